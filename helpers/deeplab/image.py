"""Any picture as RGB bytes, and in the form the networks take."""

import importlib.util
import os
import struct
import warnings
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageOps

from helpers import inputs, paths

LARGEST = 1026  # pixels of the longer side of a reader's own picture: twice the demo's
UNREADABLE = (
    OSError, EOFError, SyntaxError, ValueError, tifffile.TiffFileError, Image.DecompressionBombError
)  # fmt: skip


def own_pictures(names: str | list[str] | None) -> dict[str, np.ndarray]:
    """Return {name: RGB picture} of a reader's own files, shrunk to `LARGEST`.

    `names` is a path from the project's folder or the home (~), or a list of such, or empty; a
    folder stands for the pictures in it.

    Raises:
        ValueError: one of them is an address, missing, an empty folder, or no readable picture.
    """
    pictures = {}
    for name in [names] if isinstance(names, str) and names else names or []:
        if not isinstance(name, str):
            raise ValueError(f"own_picture holds {name!r}: give paths, each in quotes")
        if "://" in name:
            raise ValueError(f"{name} is an address: download the picture and give its path")
        path = inputs.used(paths.ROOT / Path(name).expanduser())
        files = sorted(path.glob("[!.]*.*")) if path.is_dir() else [path]
        if not files:
            raise ValueError(f"{path}: the folder holds no picture")
        for file in files:
            pictures[file.name] = read_picture(file, LARGEST)
    return pictures


def read_picture(path: str | os.PathLike, longest: int | None = None) -> np.ndarray:
    """Return a file's picture as RGB, uint8 (height, width, 3), upright, transparency on white.

    The file is in any format that Pillow reads, or a TIFF of any depth. A picture larger than
    `longest` is shrunk to it, which spares memory.

    Raises:
        ValueError: no readable picture, or so many pixels that Pillow takes the file for a
            decompression bomb (179 million); the message names file and fault.
    """
    path = inputs.used(Path(path).absolute())
    hint = ""
    if path.suffix.lower() in (".heic", ".heif"):
        hint = ". To read HEIC, pip install pillow-heif, or save the picture as JPEG"
        if importlib.util.find_spec("pillow_heif"):
            importlib.import_module("pillow_heif").register_heif_opener()
    try:
        with warnings.catch_warnings():  # from half of the limit on Pillow only warns
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return decode(path, longest)
    except UNREADABLE as error:
        raise ValueError(f"{path}: not a picture that can be read: {error}{hint}") from error


def decode(path: Path, longest: int | None) -> np.ndarray:
    """Return a file's picture as RGB bytes, shrunk to `longest` before all else if it is larger."""
    colours = deep_colours(path) if path.suffix.lower() in (".tif", ".tiff") else None
    if colours is not None:
        step = max(1, max(colours.shape) // (4 * longest)) if longest else 1
        colours = to_bytes(colours[::step, ::step])
    with Image.open(path) if colours is None else Image.fromarray(colours) as file:
        picture: Image.Image = file
        if longest and max(picture.size) > longest:
            if picture.mode == "P":  # whose numbers are no colours, and have no mean
                picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
            gap = None if picture.mode.startswith("I") else 2  # else decoded at a smaller size
            picture.thumbnail((longest, longest), reducing_gap=gap)
        try:
            picture = ImageOps.exif_transpose(picture)
        except (struct.error, SyntaxError, ValueError, TypeError, KeyError, OSError):
            picture.load()  # as it is: only what its EXIF says is damaged
    if picture.mode[0] in "IF":  # grey of 16 or 32 bits, or float: Pillow would clip it
        picture = Image.fromarray(to_bytes(np.asarray(picture)))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("RGB"))


def deep_colours(path: Path) -> np.ndarray | None:
    """Return a TIFF's colours of more than 8 bits, of which Pillow keeps the upper 8; else None."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        if page.samplesperpixel not in (3, 4) or page.dtype == np.uint8:
            return None
        colours = page.asarray()
    return colours if page.axes.endswith("S") else np.moveaxis(colours, 0, -1)


def to_bytes(levels: np.ndarray) -> np.ndarray:
    """Return levels of light as bytes: integers by the bits that they need, floats from 0 to 1.

    Floats beyond 0 to 1 are spread from the least to the largest.

    Raises:
        ValueError: a level is not finite.
    """
    if not np.isfinite(levels).all():
        raise ValueError("it holds values that are not finite")
    least, most = 0, 1
    if np.issubdtype(levels.dtype, np.integer):  # a camera's 12 bits come in 16
        most = next(2**bits - 1 for bits in (8, 10, 12, 14, 16, 32) if levels.max() < 2**bits)
    elif levels.min() < 0 or levels.max() > 1:
        least, most = levels.min(), levels.max()
    return np.round((levels.clip(least) - least) / max(most - least, 1e-30) * 255).astype(np.uint8)


def shrink(picture: np.ndarray, longest: int) -> np.ndarray:
    """Return the picture scaled so that its longer side is `longest`, as the demo does it.

    Sizes are cut to whole pixels; Lanczos (the demo's ANTIALIAS).
    """
    height, width = picture.shape[:2]
    ratio = longest / max(height, width)
    size = max(1, int(width * ratio)), max(1, int(height * ratio))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def to_input(picture: np.ndarray, size: int) -> np.ndarray:
    """Return the picture as float32 (size, size, 3) in [-1, 1], padded right and below with 0.

    0 is what the official graphs' padding colour, 127.5, becomes. The picture must fit.
    """
    height, width = picture.shape[:2]
    padded = np.zeros((size, size, 3), np.float32)
    padded[:height, :width] = picture * np.float32(2 / 255) - 1
    return padded

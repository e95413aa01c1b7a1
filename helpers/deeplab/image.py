"""Any picture as RGB bytes, and in the form the networks take."""

import importlib.util
import os
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers import inputs, paths

Picture = str | os.PathLike | Image.Image | np.ndarray
LARGEST = 1026  # pixels of the longer side of a reader's own picture: twice the demo's


def own_pictures(names: str | list[str] | None) -> dict[str, np.ndarray]:
    """Return {name: RGB picture} of a reader's own files, shrunk to `LARGEST`.

    Args:
        names: a path from the project's folder or the home (~), or a list of such; a folder
            stands for the pictures in it; empty for none.

    Raises:
        FileNotFoundError, ValueError: one of them is an address, missing, an empty folder, or no
            readable picture.
    """
    pictures = {}
    for name in [names] if isinstance(names, str) else names or []:
        if not isinstance(name, str):
            raise ValueError(f"own_picture holds {name!r}: give paths, each in quotes")
        if "://" in name:
            raise ValueError(f"{name} is an address: download the picture and give its path")
        path = inputs.used(paths.ROOT / Path(name).expanduser()) if name else None
        inside = sorted(path.glob("[!.]*.*")) if path and path.is_dir() else []
        if path and path.is_dir() and not inside:
            raise ValueError(f"{path}: the folder holds no picture")
        for file in inside or [path] * bool(name):
            pictures[file.name] = read_picture(file, LARGEST)
    return pictures


def read_picture(image: Picture, longest: int | None = None) -> np.ndarray:
    """Return a picture as RGB, uint8 (height, width, 3), upright and without transparency.

    Args:
        image: path; PIL image of any mode (EXIF rotation is applied, transparency is laid on
            white); or array (height, width), (height, width, 1, 3 or 4), uint8 or float in [0, 1].
        longest: to shrink a larger file to, which spares memory.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no readable picture, one pixel or none, or so many that Pillow takes the file
            for a decompression bomb (179 megapixels); the message names picture and fault.
    """
    if isinstance(image, np.ndarray):
        return check_size(from_array(image), "the array")
    if isinstance(image, Image.Image):
        return check_size(to_rgb(image), "the image")
    if not isinstance(image, str | os.PathLike):
        raise ValueError(
            f"a picture is a path, a PIL image or an array, not {type(image).__name__}"
        )
    path = inputs.used(Path(image).absolute())
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    if path.is_dir():
        raise ValueError(f"{path}: a folder, not a picture")
    try:
        return check_size(read_file(path, longest), path)
    except UnidentifiedImageError as error:
        hint = ""
        if path.suffix.lower() in (".heic", ".heif"):
            hint = ": to read HEIC, pip install pillow-heif, or save the picture as JPEG"
        fault = f"empty, or not a picture in any known format{hint}"
        raise ValueError(f"{path}: {fault}") from error
    except (OSError, SyntaxError, EOFError) as error:
        raise ValueError(f"{path}: the picture is damaged: {error}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path}: too large to decode safely: {error}") from error


def read_file(path: Path, longest: int | None) -> np.ndarray:
    """Return a file's picture as RGB bytes, shrunk to `longest` before all else if it is larger."""
    if path.suffix.lower() in (".heic", ".heif") and importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()
    with warnings.catch_warnings():  # from half of the limit on Pillow only warns
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as file:
            opened: Image.Image = file
            if longest and max(opened.size) > longest:
                if opened.mode == "P":  # whose numbers are no colours, and have no mean
                    opened = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
                gap = None if opened.mode.startswith("I") else 2  # else decoded at a smaller size
                opened.thumbnail((longest, longest), reducing_gap=gap)
            return to_rgb(opened)


def to_rgb(image: Image.Image) -> np.ndarray:
    """Return a PIL image as RGB bytes, upright, transparency laid on white."""
    try:
        image = ImageOps.exif_transpose(image)
    except (struct.error, SyntaxError, ValueError, TypeError, KeyError, OSError, EOFError):
        image.load()  # as it is: only what its EXIF says is damaged
    if image.mode[0] in "IF":  # grey of 16 or 32 bits, or float: Pillow would clip it
        image = Image.fromarray(grey_bytes(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def grey_bytes(values: np.ndarray) -> np.ndarray:
    """Return grey levels as bytes: integers by the bits that they need, floats from 0 to 1.

    Floats beyond 0 to 1 are spread from the least to the largest.

    Raises:
        ValueError: a value is not finite.
    """
    if not np.isfinite(values).all():
        raise ValueError("the picture holds values that are not finite")
    least, most = 0, 1
    if np.issubdtype(values.dtype, np.integer):  # a camera's 12 bits come in 16
        most = next(2**bits - 1 for bits in (8, 10, 12, 14, 16, 32) if values.max() < 2**bits)
    elif values.min() < 0 or values.max() > 1:
        least, most = values.min(), values.max()
    return np.round((values.clip(least) - least) / max(most - least, 1e-30) * 255).astype(np.uint8)


def from_array(array: np.ndarray) -> np.ndarray:
    """Return an array of grey, RGB or RGBA values as RGB bytes.

    Raises:
        ValueError: another shape or type, or floats outside [0, 1].
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(
            f"a picture has shape (height, width) or (height, width, 1, 3 or 4), not {array.shape}"
        )
    if np.issubdtype(array.dtype, np.floating):
        if array.size and not (array.min() >= 0 and array.max() <= 1):  # NaN fails too
            raise ValueError("the array's floats must lie in [0, 1]; give bytes for 0 to 255")
        array = np.round(array * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise ValueError(f"the array must hold uint8 or floats in [0, 1], not {array.dtype}")
    if array.ndim == 3 and array.shape[2] == 4 and array.size:
        return to_rgb(Image.fromarray(array))
    return np.broadcast_to(np.atleast_3d(array), (*array.shape[:2], 3))


def check_size(picture: np.ndarray, name: str | Path) -> np.ndarray:
    """Return `picture`; raise ValueError when it has at most one pixel."""
    height, width = picture.shape[:2]
    if height * width <= 1:
        raise ValueError(f"{name}: a picture of {width}×{height} pixels cannot be segmented")
    return picture


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

    0 is what the official graphs' padding colour, 127.5, becomes.

    Raises:
        ValueError: the picture is larger than `size`.
    """
    height, width = picture.shape[:2]
    if max(height, width) > size:
        raise ValueError(f"{width}×{height} pixels do not fit into {size}×{size}")
    padded = np.zeros((size, size, 3), np.float32)
    padded[:height, :width] = picture * np.float32(2 / 255) - 1
    return padded

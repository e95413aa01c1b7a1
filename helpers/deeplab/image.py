"""Any picture as RGB bytes, and in the form the networks take."""

import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers import inputs


def read_picture(image):
    """Return a picture as RGB, uint8 (height, width, 3), upright and without transparency.

    Args:
        image: path; PIL image of any mode (EXIF rotation is applied, transparency is laid on
            white); or array (height, width), (height, width, 1, 3 or 4), uint8 or float in [0, 1].

    Raises:
        FileNotFoundError: no such file.
        ValueError: no readable picture, one pixel or none, or so many that Pillow takes the file
            for a decompression bomb (179 megapixels); the message names picture and fault.
    """
    if isinstance(image, np.ndarray):
        return check_size(from_array(image), "the array")
    if isinstance(image, Image.Image):
        return check_size(np.asarray(to_rgb(image)), "the image")
    if not isinstance(image, str | os.PathLike):
        raise ValueError(
            f"a picture is a path, a PIL image or an array, not {type(image).__name__}"
        )
    path = inputs.used(Path(image).absolute())
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        with warnings.catch_warnings():  # from half of the limit on Pillow only warns
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as opened:
                return check_size(np.asarray(to_rgb(opened)), path)
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: empty, or not a picture in any known format") from error
    except (OSError, SyntaxError, EOFError) as error:
        raise ValueError(f"{path}: the picture is damaged: {error}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path}: too large to decode safely: {error}") from error


def to_rgb(image):
    """Return a PIL image upright, in mode RGB, transparency laid on white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode == "I":  # 16-bit grey: Pillow would clip it
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8)).convert(
            "RGB"
        )
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def from_array(array):
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
        return np.asarray(to_rgb(Image.fromarray(array)))
    return np.broadcast_to(np.atleast_3d(array), (*array.shape[:2], 3))


def check_size(picture, name):
    """Return `picture`; raise ValueError when it has at most one pixel."""
    height, width = picture.shape[:2]
    if height * width <= 1:
        raise ValueError(f"{name}: a picture of {width}×{height} pixels cannot be segmented")
    return picture


def shrink(picture, longest):
    """Return the picture scaled so that its longer side is `longest`, as the demo does it.

    Sizes are cut to whole pixels; Lanczos (the demo's ANTIALIAS).
    """
    height, width = picture.shape[:2]
    ratio = longest / max(height, width)
    size = max(1, int(width * ratio)), max(1, int(height * ratio))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def to_input(picture, size):
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

"""CIFAR-10 (Krizhevsky 2009) as people have it: binary version, Python version, or pictures."""

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import download, files, inputs, paths

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
SHA256 = "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
COUNT = 10_000  # images in a file
RECORD = 1 + 3 * 32 * 32  # label, then red, green and blue planes
BINARY = (*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin")
PYTHON = {  # name: MD5 as torchvision has it, datasets/cifar.py
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
REMEDY = "`make data` downloads CIFAR-10; data/README.md says which folders of your own are read"


def fetch_cifar10() -> Path:
    """Download, verify and unpack CIFAR-10 (170 MB) unless it is there; return its folder.

    Raises:
        DownloadError: see `helpers.download`; or the folder is there, but not complete.
    """
    if not (paths.DATA / "cifar10").exists() and not candidates():
        archive = download.fetch(URL, paths.DATA / URL.rpartition("/")[2], SHA256)
        download.unpack(archive, paths.DATA / "cifar10")
        files.seal(candidates()[0])
    try:
        read_cifar10()
    except (FileNotFoundError, ValueError) as error:
        raise download.DownloadError(f"{error}; or delete the folder and run make data") from error
    return candidates()[0]


def candidates() -> list[Path]:
    """Return the folders below `cifar10` in the data folder, or Keras' own, that hold CIFAR-10."""
    keras_home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    bases = [paths.DATA / "cifar10", *sorted(keras_home.glob("datasets/cifar-10*"))]
    marks = [mark for base in bases for mark in sorted(base.rglob("*_batch*"))]
    folders = [mark.parent for mark in marks if mark.name in (*BINARY, *PYTHON)]
    folders += [mark.parents[1] for mark in sorted(bases[0].rglob("train/airplane"))]
    return list(dict.fromkeys(folders))


def read_cifar10() -> tuple:
    """Return (training images, labels), (test images, labels), class names, origin, verified.

    Images are (count, 32, 32, 3), uint8. They are verified if they have the checksums of the
    archive that `make data` downloaded, or those that torchvision knows.

    Raises:
        FileNotFoundError: there is none, or files are missing; the message names them.
        ValueError: a file has not the size, the labels or the checksum of CIFAR-10.
    """
    inputs.used(paths.DATA / "cifar10")
    folders = candidates()
    if not folders:
        raise FileNotFoundError(f"{paths.DATA / 'cifar10'} holds no CIFAR-10: {REMEDY}")
    folder = folders[0]
    if (folder / "train").is_dir():
        parts = [read_pictures(folder / half) for half in ("train", "test")]
        return *parts, CLASSES, f"{folder.name}, not verified", False
    binary = any(folder.glob("*.bin"))
    names = BINARY if binary else PYTHON
    if missing := [name for name in names if not (folder / name).exists()]:
        raise FileNotFoundError(f"{folder} is incomplete: it lacks {', '.join(missing)}: {REMEDY}")
    *train, test = [(read_binary if binary else read_python)(folder / name) for name in names]
    images, labels = map(np.concatenate, zip(*train, strict=True))
    verified = not binary or not files.damaged(folder)
    origin = URL if verified else f"{folder.name}, not verified"
    return (images, labels), test, CLASSES, origin, verified


def read_binary(path: Path) -> tuple:
    """Return images (10000, 32, 32, 3), uint8, and labels (10000,) of a file of records."""
    content = np.fromfile(path, dtype="uint8")
    if content.size != COUNT * RECORD:
        wanted = f"CIFAR-10 has {COUNT * RECORD:,} in each"
        raise ValueError(f"{path} has {content.size:,} bytes, {wanted}: {REMEDY}")
    records = content.reshape(COUNT, RECORD)
    labels = records[:, 0]
    if labels.max() >= len(CLASSES):
        raise ValueError(f"{path} holds label {labels.max()}: this is not CIFAR-10: {REMEDY}")
    return planes_last(records[:, 1:]), labels


def read_python(path: Path) -> tuple:
    """Return images and labels of a pickled file; none is unpickled whose checksum is unknown."""
    content = path.read_bytes()
    if hashlib.md5(content).hexdigest() != PYTHON[path.name]:
        raise ValueError(f"{path} is not CIFAR-10's {path.name}: its checksum differs: {REMEDY}")
    batch = pickle.loads(content, encoding="latin1")
    return planes_last(batch["data"]), np.array(batch["labels"], "uint8")


def planes_last(rows: np.ndarray) -> np.ndarray:
    """Return images (n, 32, 32, 3) of rows of red, green and blue planes (n, 3072)."""
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def read_pictures(folder: Path) -> tuple:
    """Return images and labels of a folder of one folder a class, shuffled alike every time."""
    images, labels = [], []
    for label, name in enumerate(CLASSES):
        pictures = sorted([*(folder / name).glob("*.png"), *(folder / name).glob("*.jp*g")])
        if not pictures:
            raise FileNotFoundError(f"{folder} is incomplete: no pictures in {name}: {REMEDY}")
        for path in pictures:
            with Image.open(path) as picture:
                images.append(np.asarray(picture.convert("RGB")))
            if images[-1].shape != (32, 32, 3):
                raise ValueError(f"{path} has {images[-1].shape[:2]} pixels, not 32×32: {REMEDY}")
        labels += [label] * len(pictures)
    order = np.random.default_rng(0).permutation(len(labels))
    return np.stack(images)[order], np.array(labels, "uint8")[order]

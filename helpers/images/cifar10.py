"""CIFAR-10 (Krizhevsky 2009) in its binary version, which needs no unpickling."""

import numpy as np

from helpers import download, inputs, paths

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
SHA256 = "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
TRAIN = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
TEST = ("test_batch.bin",)
COUNT = 10_000  # images in a file
RECORD = 1 + 3 * 32 * 32  # label, then red, green and blue planes


def batches_folder():
    """Return the folder of the .bin files: `cifar10` in the data folder, or one inside it."""
    base = paths.DATA / "cifar10"
    inner = base / "cifar-10-batches-bin"  # as the archive has it
    return inner if inner.exists() else base


def fetch_cifar10():
    """Download, verify and unpack CIFAR-10 (170 MB) unless it is there; return its folder.

    Raises:
        DownloadError: see `helpers.download`; or the folder is there, but not complete.
    """
    if not (paths.DATA / "cifar10").exists():
        archive = download.fetch(URL, paths.DATA / URL.rpartition("/")[2], SHA256)
        download.unpack(archive, paths.DATA / "cifar10")
    if wrong := [name for name in TRAIN + TEST if not is_whole(batches_folder() / name)]:
        raise download.DownloadError(
            f"{batches_folder()} is incomplete: missing or cut off {', '.join(wrong)}. "
            f"Put the files there, or delete {paths.DATA / 'cifar10'} and run make data again"
        )
    return batches_folder()


def is_whole(path):
    """Return whether a file of the binary version is there, all of it."""
    return path.exists() and path.stat().st_size == COUNT * RECORD


def read_cifar10():
    """Return ((images, labels) to train on, (images, labels) to test on, class names, origin).

    Images are (count, 32, 32, 3), uint8.

    Raises:
        FileNotFoundError: a file is missing; the message says how to get it.
        ValueError: a file has not the size or the labels of CIFAR-10.
    """
    inputs.used(paths.DATA / "cifar10")
    return read_files(TRAIN), read_files(TEST), CLASSES, URL


def read_files(names):
    """Return images and labels of several files, in order."""
    images, labels = zip(*(read_file(batches_folder() / name) for name in names), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def read_file(path):
    """Return images (10000, 32, 32, 3), uint8, and labels (10000,) of one file."""
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: `make data` downloads CIFAR-10; or set REPORT_DATA to the folder "
            f"that holds cifar10/{path.name}"
        )
    content = np.fromfile(path, dtype="uint8")
    if content.size != COUNT * RECORD:
        raise ValueError(
            f"{path} has {content.size:,} bytes, CIFAR-10 has {COUNT * RECORD:,} in each file: "
            f"delete the folder and run `make data` again"
        )
    records = content.reshape(COUNT, RECORD)
    labels = records[:, 0]
    if labels.max() > 9:
        raise ValueError(
            f"{path} holds label {labels.max()}: this is not CIFAR-10's binary version"
        )
    images = records[:, 1:].reshape(COUNT, 3, 32, 32)  # (image, channel, row, column)
    return images.transpose(0, 2, 3, 1), labels

"""Data sets: the digits' split, CIFAR-10's binary records, subsets, the mean."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_digits

from helpers import download, fetch_data, images, paths
from helpers.images import cifar10, gallery


def test_digits_are_all_there_once_and_split_evenly():
    data = images.load("digits")
    assert data.train_images.shape == (1437, 8, 8, 1) and data.test_images.shape == (360, 8, 8, 1)
    assert data.train_images.dtype == data.test_images.dtype == np.float32
    shares = np.bincount(data.test_labels) / np.bincount(data.train_labels)
    assert np.abs(shares - 360 / 1437).max() < 0.01
    everything = np.concatenate([data.train_images, data.test_images])
    levels = np.round((everything - everything.min(axis=0)) * 16)[..., 0]  # undo the mean
    expected = load_digits().images
    assert sorted(map(bytes, levels.astype("uint8"))) == sorted(
        map(bytes, expected.astype("uint8"))
    )


def test_pixel_means_are_the_training_images():
    data = images.load("digits", train_subset=100)
    assert len(data.train_images) == len(data.train_labels) == 100
    np.testing.assert_allclose(data.train_images.mean(axis=0), 0, atol=1e-6)
    assert np.abs(data.test_images.mean(axis=0)).max() > 0.01
    whole = images.load("digits")
    np.testing.assert_array_equal(data.train_labels, whole.train_labels[:100])
    assert data.source == whole.source


@pytest.mark.parametrize("name, subset", [("mnist", None), ("digits", 1438), ("digits", 0)])
def test_load_refuses_what_is_not_there(name, subset):
    with pytest.raises(ValueError, match="received"):
        images.load(name, train_subset=subset)


def test_gallery_leaves_out_classes_that_a_subset_lacks():
    subset = images.load("digits", train_subset=5)
    axes = gallery.draw_classes(subset).axes
    shown = [label for label, ax in enumerate(axes) if ax.images]
    assert shown == sorted(set(subset.train_labels)) and len(axes) == 10
    plt.close("all")


@pytest.fixture
def cifar_folder(tmp_path, monkeypatch):
    """Write CIFAR-10 files of two images each: image k of file f is a ramp that names itself."""
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setattr(cifar10, "COUNT", 2)
    folder = tmp_path / "cifar10"
    folder.mkdir()
    for f, name in enumerate(cifar10.TRAIN + cifar10.TEST):
        records = np.zeros((2, cifar10.RECORD), "uint8")
        records[:, 0] = f, 9 - f
        records[:, 1:] = 10 * f
        records[0, 1 + 1024 + 32 * 3 + 5] = 200  # green, row 3, column 5
        (folder / name).write_bytes(records.tobytes())
    return folder


def test_cifar_records(cifar_folder):
    (train, labels), (test, test_labels), classes, _ = cifar10.read_cifar10()
    assert train.shape == (10, 32, 32, 3) and test.shape == (2, 32, 32, 3)
    assert labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5] and test_labels.tolist() == [5, 4]
    assert np.argwhere(train[0]).tolist() == [[3, 5, 1]]
    assert train[3].min() == train[3].max() == 10 and classes[3] == "cat"
    data = images.load("cifar10", train_subset=4)
    assert data.train_images.shape == (4, 32, 32, 3)
    np.testing.assert_allclose(
        data.train_images[2:, 0, 0, 0] - data.train_images[:2, 0, 0, 0], 10 / 255
    )


@pytest.mark.parametrize("there", [True, False])
def test_cifar_is_noted_as_data_of_the_notebook(cifar_folder, monkeypatch, tmp_path, there):
    monkeypatch.setenv("REPORT_RUN", str(tmp_path / "used"))
    if there:
        images.load("cifar10")
    else:
        (cifar_folder / "test_batch.bin").unlink()
        with pytest.raises(FileNotFoundError):
            images.load("cifar10")
    assert (tmp_path / "used").read_text() == f"{cifar_folder}\n"


def test_cifar_inside_the_archives_own_folder(cifar_folder):
    inner = cifar_folder / "cifar-10-batches-bin"
    inner.mkdir()
    for path in list(cifar_folder.glob("*.bin")):
        path.rename(inner / path.name)
    assert cifar10.fetch_cifar10() == inner  # complete: nothing is downloaded
    assert len(cifar10.read_cifar10()[0][0]) == 10


def test_make_data_names_what_an_incomplete_folder_lacks(cifar_folder, monkeypatch):
    monkeypatch.setattr(download, "fetch", lambda *arguments: pytest.fail("170 MB for nothing"))
    (cifar_folder / "data_batch_2.bin").unlink()
    (cifar_folder / "test_batch.bin").write_bytes(b"cut off")
    message = (
        f"make data: {cifar_folder} is incomplete: missing or cut off data_batch_2.bin, "
        f"test_batch.bin. Put the files there, or delete {cifar_folder} and run make data again"
    )
    with pytest.raises(SystemExit, match=f"^{re.escape(message)}$"):
        fetch_data.main(["cifar10"])


def test_cifar_errors_name_file_and_remedy(cifar_folder):
    path = cifar_folder / "data_batch_3.bin"
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(ValueError, match="data_batch_3.bin has 6,145 bytes.*make data"):
        cifar10.read_cifar10()
    path.write_bytes(b"\xff" + content[1:])
    with pytest.raises(ValueError, match="data_batch_3.bin holds label 255"):
        cifar10.read_cifar10()
    path.unlink()
    with pytest.raises(FileNotFoundError, match="data_batch_3.bin is missing.*make data"):
        images.load("cifar10")

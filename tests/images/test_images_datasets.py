"""Data sets: the digits' split, CIFAR-10's binary records, subsets, the mean."""

import hashlib
import pickle
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from helpers import download, fetch_data, files, images, paths
from helpers.images import cifar10, gallery


def test_digits_are_all_there_once_and_split_evenly():
    data = images.load_images("digits")
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
    data = images.load_images("digits", train_subset=100)
    assert len(data.train_images) == len(data.train_labels) == 100
    np.testing.assert_allclose(data.train_images.mean(axis=0), 0, atol=1e-6)
    assert np.abs(data.test_images.mean(axis=0)).max() > 0.01
    whole = images.load_images("digits")
    np.testing.assert_array_equal(data.train_labels, whole.train_labels[:100])
    assert data.source == whole.source


@pytest.mark.parametrize("name, subset", [("mnist", None), ("digits", 1438), ("digits", 0)])
def test_load_refuses_what_is_not_there(name, subset):
    with pytest.raises(ValueError, match="received"):
        images.load_images(name, train_subset=subset)


def test_gallery_leaves_out_classes_that_a_subset_lacks():
    subset = images.load_images("digits", train_subset=5)
    axes = gallery.draw_classes(subset).axes
    shown = [label for label, ax in enumerate(axes) if ax.images]
    assert shown == sorted(set(subset.train_labels)) and len(axes) == 10
    plt.close("all")


def records(f):
    """Return two labelled images of file f: ramps that name themselves, one with a green dot."""
    rows = np.full((2, cifar10.RECORD), 10 * f, "uint8")
    rows[:, 0] = f, 9 - f
    rows[0, 1 + 1024 + 32 * 3 + 5] = 200  # green, row 3, column 5
    return rows


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Keep data and Keras' folder in a temporary one, and let files hold two images."""
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(cifar10, "COUNT", 2)
    return tmp_path


def write_binary(folder):
    folder.mkdir(parents=True)
    for f, name in enumerate(cifar10.BINARY):
        (folder / name).write_bytes(records(f).tobytes())


def write_python(folder, monkeypatch):
    folder.mkdir(parents=True)
    checksums = {}
    for f, name in enumerate(cifar10.PYTHON):
        content = {"data": records(f)[:, 1:], "labels": records(f)[:, 0].tolist()}
        (folder / name).write_bytes(pickle.dumps(content))
        checksums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(cifar10, "PYTHON", checksums)


def write_pictures(folder):
    for half in ("train", "test"):
        for label, name in enumerate(cifar10.CLASSES):
            (folder / half / name).mkdir(parents=True)
            for k in range(2):
                image = np.full((32, 32, 3), 20 * label + k, "uint8")
                Image.fromarray(image).save(folder / half / name / f"{k}.png")


def assert_is_all_there():
    (train, labels), (test, test_labels), classes, _, _ = cifar10.read_cifar10()
    assert train.shape == (10, 32, 32, 3) and test.shape == (2, 32, 32, 3)
    assert labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5] and test_labels.tolist() == [5, 4]
    assert np.argwhere(train[0]).tolist() == [[3, 5, 1]]
    assert train[3].min() == train[3].max() == 10 and classes[3] == "cat"


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-bin"])
def test_the_binary_version_is_read_and_verified_only_if_it_was_downloaded(home, inner):
    folder = home / "data" / "cifar10" / inner
    write_binary(folder)
    assert_is_all_there()
    assert cifar10.fetch_cifar10() == folder  # complete: nothing is downloaded
    assert images.load_images("cifar10").source["verified"] is False
    files.seal(folder)
    source = images.load_images("cifar10").source
    assert source["verified"] is True and source["source"] == cifar10.URL
    (folder / "test_batch.bin").write_bytes(records(4).tobytes())
    assert images.load_images("cifar10").source["verified"] is False


@pytest.mark.parametrize(
    "place",
    [
        "data/cifar10",
        "data/cifar10/a/cifar-10-batches-py",
        "keras/datasets/cifar-10-batches-py",
        "keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py",
    ],
)
def test_the_python_version_is_read_where_keras_and_torchvision_leave_it(home, monkeypatch, place):
    write_python(home / place, monkeypatch)
    assert_is_all_there()
    assert images.load_images("cifar10").source["verified"] is True
    path = home / place / "data_batch_2"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ValueError, match="data_batch_2 is not CIFAR-10's.*checksum.*make data"):
        cifar10.read_cifar10()


def test_pictures_in_folders_of_classes_are_read(home):
    folder = home / "data" / "cifar10" / "mine"
    write_pictures(folder)
    (train, labels), (test, _), _, origin, verified = cifar10.read_cifar10()
    assert len(train) == len(test) == 20 and origin == "mine, not verified" and not verified
    assert (train[:, 0, 0, 0] // 20).tolist() == labels.tolist() != sorted(labels)
    Image.new("RGB", (9, 9)).save(folder / "train" / "cat" / "0.png")
    with pytest.raises(ValueError, match=r"cat/0.png has \(9, 9\) pixels, not 32×32"):
        cifar10.read_cifar10()
    for path in (folder / "test" / "dog").iterdir():
        path.unlink()
    Image.new("RGB", (32, 32)).save(folder / "train" / "cat" / "0.png")
    with pytest.raises(FileNotFoundError, match="test is incomplete: no pictures in dog"):
        cifar10.read_cifar10()


def test_subsets_are_the_first_images(home):
    write_binary(home / "data" / "cifar10")
    data = images.load_images("cifar10", train_subset=4, test_subset=1)
    assert data.train_images.shape == (4, 32, 32, 3) and data.test_labels.tolist() == [5]
    np.testing.assert_allclose(
        data.train_images[2:, 0, 0, 0] - data.train_images[:2, 0, 0, 0], 10 / 255
    )
    with pytest.raises(ValueError, match="test_subset of cifar10 must lie between 1 and 2"):
        images.load_images("cifar10", test_subset=3)


@pytest.mark.parametrize("there", [True, False])
def test_cifar_is_noted_as_data_of_the_notebook(home, monkeypatch, there):
    monkeypatch.setenv("REPORT_RUN", str(home / "used"))
    if there:
        write_binary(home / "data" / "cifar10")
        images.load_images("cifar10")
    else:
        with pytest.raises(FileNotFoundError, match="holds no CIFAR-10: `make data`"):
            images.load_images("cifar10")
    assert (home / "used").read_text() == f"{home / 'data' / 'cifar10'}\n"


def test_make_data_names_what_an_incomplete_folder_lacks(home, monkeypatch):
    monkeypatch.setattr(download, "fetch", lambda *arguments: pytest.fail("170 MB for nothing"))
    folder = home / "data" / "cifar10"
    write_binary(folder)
    (folder / "data_batch_2.bin").unlink()
    (folder / "test_batch.bin").unlink()
    message = f"make data: {folder} is incomplete: it lacks data_batch_2.bin, test_batch.bin: "
    with pytest.raises(SystemExit, match=re.escape(message)):
        fetch_data.main(["cifar10"])
    write_binary_again = records(1).tobytes()
    (folder / "data_batch_2.bin").write_bytes(write_binary_again)
    (folder / "test_batch.bin").write_bytes(b"cut off")
    with pytest.raises(SystemExit, match="test_batch.bin has 7 bytes"):
        fetch_data.main(["cifar10"])


def test_a_wrong_label_names_its_file(home):
    write_binary(home / "data" / "cifar10")
    path = home / "data" / "cifar10" / "data_batch_3.bin"
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    with pytest.raises(ValueError, match="data_batch_3.bin holds label 255"):
        cifar10.read_cifar10()

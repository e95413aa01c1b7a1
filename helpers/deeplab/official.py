"""The four official checkpoints of the demo: where they are, and Keras networks from them."""

from helpers import download, inputs, paths
from helpers.deeplab import checkpoint, network

FOLDER = paths.DATA / "deeplab"
URL = "https://download.tensorflow.org/models/"
PHOTOGRAPHS = (
    "https://raw.githubusercontent.com/tensorflow/models/master/research/deeplab/g3doc/img/"
)
IMAGES = ("image1.jpg", "image2.jpg", "image3.jpg")
# Checksums as others published them: Open Model Zoo (first), IBM's MAX-Image-Segmenter (second
# and fourth). For the third none is published: that of the first download is kept.
ARCHIVES = {
    "mobilenetv2_coco_voctrainaug": (
        "deeplabv3_mnv2_pascal_train_aug_2018_01_29.tar.gz",
        "sha384:d3f2b27bb00c485ca45d68731f7198a23926cb865dd010fc444bcad9158e33413cd60da2588a9be3ff1e8c9b4557362b",
    ),
    "mobilenetv2_coco_voctrainval": (
        "deeplabv3_mnv2_pascal_trainval_2018_01_29.tar.gz",
        "md5:4020e71ab31636648101b000cca3b6b4",
    ),
    "xception_coco_voctrainaug": ("deeplabv3_pascal_train_aug_2018_01_04.tar.gz", None),
    "xception_coco_voctrainval": (
        "deeplabv3_pascal_trainval_2018_01_04.tar.gz",
        "md5:7a4c217c0f122544678a4f590141ccf7",
    ),
}


def fetch_all():
    """Download and unpack the four archives and the demo's three photographs (about 0.9 GB).

    A file that is already in `data/deeplab/` is verified and used.

    Raises:
        helpers.download.DownloadError: no network, or a file is not what it should be.
    """
    for name in ARCHIVES:
        unpacked(name)
    for image in IMAGES:
        download.fetch(PHOTOGRAPHS + image, FOLDER / image)


def archive_of(name):
    """Return (file name, checksum) of a checkpoint; raise ValueError for an unknown one."""
    if name not in ARCHIVES:
        raise ValueError(f"no official checkpoint {name!r}; there are {', '.join(ARCHIVES)}")
    return ARCHIVES[name]


def unpacked(name):
    """Return the folder of an official archive, downloaded and unpacked if it is not there yet."""
    archive, checksum = archive_of(name)
    folder = FOLDER / archive.removesuffix(".tar.gz")
    if not folder.exists():
        download.unpack(download.fetch(URL + archive, FOLDER / archive, checksum), folder)
    return folder


def available(wanted=tuple(ARCHIVES)):
    """Return which of the checkpoints `wanted` have an archive or a folder on this machine.

    Raises:
        ValueError: one of them is unknown.
    """
    found = []
    for name in wanted:
        archive = inputs.used(FOLDER / archive_of(name)[0])
        folder = inputs.used(FOLDER / archive.name.removesuffix(".tar.gz"))
        if archive.exists() or folder.exists():
            found.append(name)
    return found


def photographs():
    """Return {name: path} of the demo's photographs that are on this machine."""
    return {name: FOLDER / name for name in IMAGES if inputs.used(FOLDER / name).exists()}


def graph_of(name):
    """Return the path of a checkpoint's frozen graph.

    Raises:
        ValueError: the archive holds none.
    """
    folder = unpacked(name)
    graphs = sorted(folder.rglob("frozen_inference_graph.pb"))
    if not graphs:
        raise ValueError(f"{folder} holds no frozen graph: delete it and run make data again")
    return graphs[0]


def build_official(name, size=None):
    """Return the Keras network of an official checkpoint, without its weights."""
    builder = network.deeplab_v3 if name.startswith("mobilenetv2") else network.deeplab_v3_plus
    return builder(size=size)


def load_official(name):
    """Return the Keras network of an official checkpoint, at the demo's output stride, 8.

    The weights come from the TensorFlow-1 checkpoint, or, where the archive has none, from the
    constants of the frozen graph.

    Raises:
        helpers.download.DownloadError: it is not there and cannot be downloaded.
        ValueError: no such checkpoint, or its variables are not the network's.
    """
    folder = unpacked(name)
    indices = sorted(folder.rglob("*.ckpt*.index"))
    source = indices[0].with_suffix("") if indices else graph_of(name)
    return checkpoint.load_weights(build_official(name), source)

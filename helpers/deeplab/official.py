"""The files of the official demo: four checkpoints and three photographs. No TensorFlow here."""

import tarfile
import zlib
from pathlib import Path

from google.protobuf import empty_pb2
from google.protobuf.message import DecodeError

from helpers import download, inputs, paths

FOLDER = paths.DATA / "deeplab"
URL = "https://download.tensorflow.org/models/"
PHOTOGRAPHS_URL = (
    "https://raw.githubusercontent.com/tensorflow/models/master/research/deeplab/g3doc/img/"
)
PHOTOGRAPHS = {
    "image1.jpg": "sha256:66606e5ab23f7e1c78739cf591ce2a54668c5bcee715a299682d154a426c9d5b",
    "image2.jpg": "sha256:10f954620cf6c7a21f6d70fbda794bbcdd11c43a1deb45bfc003ccfc36fc0573",
    "image3.jpg": "sha256:67f7123946db7da1b69bada024fbc1b001420b3b30e0623e76c2c0656983425a",
}
# Archive, MB, and its checksum as others published it: Open Model Zoo (first), IBM's
# MAX-Image-Segmenter (second and fourth). For the third none is published.
CHECKPOINTS = {
    "mobilenetv2_coco_voctrainaug": (
        "deeplabv3_mnv2_pascal_train_aug_2018_01_29.tar.gz", 24,
        "sha384:d3f2b27bb00c485ca45d68731f7198a23926cb865dd010fc444bcad9158e33413cd60da2588a9be3ff1e8c9b4557362b",
    ),
    "mobilenetv2_coco_voctrainval": (
        "deeplabv3_mnv2_pascal_trainval_2018_01_29.tar.gz", 24,
        "md5:4020e71ab31636648101b000cca3b6b4",
    ),
    "xception_coco_voctrainaug": ("deeplabv3_pascal_train_aug_2018_01_04.tar.gz", 440, None),
    "xception_coco_voctrainval": (
        "deeplabv3_pascal_trainval_2018_01_04.tar.gz", 440,
        "md5:7a4c217c0f122544678a4f590141ccf7",
    ),
}  # fmt: skip


def fetch_photograph(name: str) -> Path:
    """Return the path of one of the demo's photographs, downloaded unless it is there.

    Raises:
        helpers.download.DownloadError: no network, or the file is not what it should be.
    """
    return download.fetch(PHOTOGRAPHS_URL + name, FOLDER / name, PHOTOGRAPHS[name])


def fetch_checkpoint(name: str) -> Path:
    """Return the folder of a checkpoint, downloaded and unpacked unless it is there.

    Raises:
        helpers.download.DownloadError: as `fetch_photograph`.
    """
    archive, _megabytes, checksum = CHECKPOINTS[name]
    folder = FOLDER / archive.removesuffix(".tar.gz")
    if not folder.is_dir():
        path = download.fetch(URL + archive, FOLDER / archive, checksum, fault_of_archive)
        download.unpack(path, folder)
    return folder


def fault_of_archive(path: Path) -> str | None:
    """Return why a file is no intact archive with a DeepLab graph in it, or None."""
    fault: str | None = "it is an archive without a DeepLab graph"
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:  # to the end, whose checksum is that of gzip
                if Path(member.name).name == "frozen_inference_graph.pb":
                    graph = tar.extractfile(member).read()
                    empty_pb2.Empty.FromString(graph)  # parses any message
                    fault = None if b"SemanticPredictions" in graph else fault
    except (tarfile.TarError, OSError, EOFError, zlib.error, DecodeError) as error:
        fault = f"it is no archive of a DeepLab graph ({error})"
    return fault


def available(wanted: list[str]) -> list[str]:
    """Return the checkpoints, whose names begin as one of `wanted`, that are on this machine.

    Raises:
        ValueError: no checkpoint's name begins so.
    """
    for beginning in wanted:
        if not any(name.startswith(beginning) for name in CHECKPOINTS):
            known = ", ".join(CHECKPOINTS)
            raise ValueError(f"no official checkpoint {beginning!r}; there are {known}")
    present = []
    for name in filter(lambda name: name.startswith(tuple(wanted)), CHECKPOINTS):
        archive = FOLDER / CHECKPOINTS[name][0]
        folder = archive.with_name(archive.name.removesuffix(".tar.gz"))
        if any([inputs.used(path).exists() for path in (archive, folder)]):  # notes both
            present.append(name)
    return present


def photographs() -> dict[str, Path]:
    """Return {name: path} of the demo's photographs that are on this machine."""
    return {name: FOLDER / name for name in PHOTOGRAPHS if inputs.used(FOLDER / name).exists()}


def files_in(folder: Path) -> tuple[Path, Path]:
    """Return (prefix of the TF-1 checkpoint, frozen graph) of a checkpoint's folder.

    Raises:
        ValueError: one of them is not there.
    """
    indices = sorted(folder.rglob("[!.]*.ckpt*.index"))
    graphs = sorted(folder.rglob("frozen_inference_graph.pb"))
    if not indices or not graphs:
        fault = f"{folder} holds no checkpoint with its frozen graph"
        raise ValueError(f"{fault}: delete it and run make data again")
    return indices[0].with_suffix(""), graphs[0]

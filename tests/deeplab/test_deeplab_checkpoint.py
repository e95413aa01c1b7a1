"""Weights from checkpoints and frozen graphs, against the graphs themselves."""

import shutil
import tarfile

import numpy as np
import official_style
import pytest
import tensorflow as tf
from PIL import Image

from helpers import download, inputs, paths
from helpers.deeplab import (
    checkpoint,
    image,
    network,
    official,
    reference,
    scene_networks,
    segmenter,
)

SIZE, CLASSES = 65, 5
WIDTH = {"mobilenet": 0.5, "xception": 0.125}


def build(kind, **options):
    if kind == "mobilenet":
        return network.deeplab_v3(8, WIDTH[kind], CLASSES, SIZE, **options)
    return network.deeplab_v3_plus(8, WIDTH[kind], CLASSES, SIZE, **{"middle_units": 1, **options})


def load(model, prefix):
    checkpoint.assign(checkpoint.named_variables(model), checkpoint.read_checkpoint(prefix), prefix)
    return model


@pytest.fixture(scope="module", params=["mobilenet", "xception"])
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    filters = 256 if request.param == "mobilenet" else 32
    graph = official_style.build(request.param, SIZE, CLASSES, WIDTH[request.param], filters)
    return request.param, *official_style.export(graph, folder)


@pytest.fixture(scope="module")
def picture():
    noise = np.random.default_rng(4).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(noise).resize((120, 90), Image.Resampling.BICUBIC))


def test_checkpoint_and_graph_give_the_reference_s_logits_and_labels(exported, picture):
    kind, prefix, graph_path = exported
    ours = segmenter.Segmenter(load(build(kind), prefix))
    assert len(np.unique(ours.predict(picture).labels)) > 1  # labels that could differ
    found = reference.parity(reference.load_graph(graph_path), ours, [picture])
    assert found["input_error"] < 1e-6
    assert found["logits_error"] < 5e-5  # rounding; a wrong epsilon makes 1e-2
    assert found["graph_error"] < 5e-5
    assert found["agreement"] > 99.9


def test_left_over_missing_and_misshapen_variables_are_named(exported):
    kind, prefix, _ = exported
    if kind == "mobilenet":
        with pytest.raises(ValueError, match=r"logits/semantic/biases is \(5,\), not \(7,\)"):
            load(network.deeplab_v3(8, WIDTH[kind], 7, SIZE), prefix)
    else:
        with pytest.raises(ValueError, match="left over: decoder/decoder_conv0_depthwise/Batch"):
            load(build(kind, decoder=False), prefix)
        with pytest.raises(ValueError, match="missing: .*middle_flow/block1/unit_2"):
            load(build(kind, middle_units=2), prefix)


def test_a_refused_checkpoint_changes_nothing():
    model = build("mobilenet")
    named = checkpoint.named_variables(model)
    before = named["aspp0/BatchNorm/gamma"].numpy()
    stored = {name: np.full(variable.shape, 7.0) for name, variable in named.items()}
    del stored["logits/semantic/biases"]
    with pytest.raises(ValueError, match="missing: logits/semantic/biases"):
        checkpoint.assign(named, stored, "here")
    np.testing.assert_array_equal(named["aspp0/BatchNorm/gamma"].numpy(), before)


def test_numbers_that_are_not_finite_are_refused():
    model = build("mobilenet")
    named = checkpoint.named_variables(model)
    stored = {name: np.zeros(variable.shape, np.float32) for name, variable in named.items()}
    stored["aspp0/weights"][0, 0, 5, 7] = np.nan
    with pytest.raises(ValueError, match="aspp0/weights holds numbers that are not finite"):
        checkpoint.assign(named, stored, "here")


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (
            {"xception_71/entry_flow/x": (1,), "logits/semantic/biases": (19,)},
            "xception_71, 19 classes .Cityscapes.",
        ),
        (
            {"MobilenetV2/Conv/weights": (3, 3, 3, 16), "logits/semantic/biases": (151,)},
            "MobilenetV2 of width 0.5, 151 classes .ADE20K.",
        ),
        (
            {"resnet_v1_50/conv1": (1,), "logits/semantic/biases": (3,)},
            "resnet_v1_50, 3 classes .of another data set.",
        ),
        ({"dense/kernel": (1,)}, "no backbone that is known"),
    ],
)
def test_a_checkpoint_of_another_network_is_told_as_what_it_is(stored, words):
    arrays = {name: np.zeros(shape) for name, shape in stored.items()}
    with pytest.raises(ValueError, match=f"not hold the weights of this network, but {words}"):
        checkpoint.assign({}, arrays, "here")


@pytest.mark.parametrize("damage", ["half", "empty", "missing", "flipped"])
def test_a_damaged_checkpoint_is_named(exported, tmp_path, damage):
    kind, prefix, _graph = exported
    copy = tmp_path / "model.ckpt-30000"
    for suffix in (".index", ".data-00000-of-00001"):
        shutil.copy2(f"{prefix}{suffix}", f"{copy}{suffix}")
    data = tmp_path / "model.ckpt-30000.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[len(content) // 3] ^= 1
    data.write_bytes({"half": content[: len(content) // 2], "flipped": content}.get(damage, b""))
    if damage == "missing":
        data.unlink()
    with pytest.raises(ValueError, match=f"{copy}: no readable checkpoint"):
        load(build(kind), copy)


def test_names_are_those_of_the_official_checkpoints():
    names = checkpoint.named_variables(network.deeplab_v3())
    assert len(names) == 272
    assert "MobilenetV2/expanded_conv_16/depthwise/depthwise_weights" in names
    assert "MobilenetV2/expanded_conv/expand/weights" not in names
    assert names["logits/semantic/biases"].shape == (21,)


def test_what_is_no_deeplab_graph_is_refused(tmp_path):
    path = tmp_path / "other.pb"
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="alone")
    for content in (None, b"no graph", graph.as_graph_def().SerializeToString()):
        if content:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path}: no frozen DeepLab graph"):
            reference.load_graph(path)


def test_official_archive_laid_by_hand_is_used(exported, tmp_path, monkeypatch):
    kind, prefix, graph_path = exported
    if kind == "xception":
        pytest.skip("one archive is enough")
    name = "mobilenetv2_coco_voctrainaug"
    archive = tmp_path / official.CHECKPOINTS[name][0]
    with tarfile.open(archive, "w:gz") as tar:
        for path in graph_path.parent.iterdir():
            tar.add(path, f"deeplabv3_mnv2/{path.name}")
            tar.add(path, f"deeplabv3_mnv2/._{path.name}")  # as macOS packs
    monkeypatch.setattr(official, "FOLDER", tmp_path)
    assert official.available([""]) == [name]
    with pytest.raises(download.DownloadError, match="its checksum is not sha384:d3f2.* Delete"):
        official.fetch_checkpoint(name)  # not the published archive
    monkeypatch.setitem(official.CHECKPOINTS, name, (archive.name, 1, None))
    folder = official.fetch_checkpoint(name)
    found = official.files_in(folder)
    assert found[0].name == "model.ckpt-30000" and found[1].read_bytes() == graph_path.read_bytes()
    with pytest.raises(ValueError, match="MobilenetV2 of width 0.5, 5 classes"):
        checkpoint.load_official(name)  # the small checkpoint is found and read, and does not fit
    found[1].unlink()
    with pytest.raises(ValueError, match="holds no checkpoint with its frozen graph: delete it"):
        official.files_in(folder)


def test_what_is_looked_for_is_noted_though_it_is_missing(tmp_path, monkeypatch):
    name = "xception_coco_voctrainval"
    archive = official.CHECKPOINTS[name][0]
    monkeypatch.setattr(official, "FOLDER", tmp_path)
    monkeypatch.setenv("REPORT_RUN", str(tmp_path / "used"))
    (tmp_path / "image1.jpg").touch()
    (tmp_path / archive).touch()
    assert official.available([name]) == [name]
    assert list(official.photographs()) == ["image1.jpg"]
    scene_networks.load("mobilenetv2")
    with pytest.raises(ValueError, match="No such file"):
        image.own_pictures(str(tmp_path / "own.png"))
    noted = (tmp_path / "used").read_text(encoding="utf-8").split()
    weights = inputs.relative_name(paths.WEIGHTS / "scenes_mobilenetv2.npz")
    expected = [archive, archive.removesuffix(".tar.gz"), *official.PHOTOGRAPHS]
    expected = [str(tmp_path / each) for each in [*expected, "own.png"]]
    assert sorted(set(noted)) == sorted([*expected, weights])


def test_an_unknown_checkpoint_is_refused_and_those_there_are_named():
    with pytest.raises(ValueError, match="'resnet'; there are mobilenetv2_coco_voctrainaug, "):
        official.available(["xception", "resnet"])

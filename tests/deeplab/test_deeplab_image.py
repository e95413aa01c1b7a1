"""Pictures of every kind become RGB bytes, or one clear error."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from helpers import paths
from helpers.deeplab import image

RED = np.full((4, 6, 3), (200, 30, 40), np.uint8)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("L", ".png"), ("P", ".png"), ("RGBA", ".png"), ("LA", ".png"), ("1", ".png"),
     ("CMYK", ".jpg"), ("CMYK", ".tif"), ("RGB", ".webp"), ("P", ".gif"), ("YCbCr", ".jpg")],
)  # fmt: skip
def test_every_mode_reads_as_rgb(tmp_path, mode, suffix):
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(RED).convert(mode).save(path)
    picture = image.read_picture(path)
    assert picture.shape == (4, 6, 3)
    assert picture.dtype == np.uint8
    expected = np.asarray(Image.fromarray(RED).convert(mode).convert("RGB"), float)
    if mode != "1":
        assert abs(picture.mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max() < 8


def test_exif_rotation_is_applied(tmp_path):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    Image.fromarray(RED).save(path, exif=exif)
    assert image.read_picture(path).shape == (6, 4, 3)


def test_transparency_is_laid_on_white(tmp_path):
    clear = np.zeros((3, 3, 4), np.uint8)
    clear[1, 1] = (10, 20, 30, 255)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    picture = image.read_picture(tmp_path / "clear.png")
    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture[1, 1].tolist() == [10, 20, 30]


def test_sixteen_bit_grey_keeps_its_range(tmp_path):
    path = tmp_path / "grey.png"
    Image.fromarray(np.array([[0, 65535], [32896, 257]], np.uint16)).save(path)
    assert image.read_picture(path)[..., 0].tolist() == [[0, 255], [128, 1]]


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_camera_s_bits_in_sixteen_are_not_black(tmp_path, bits):
    path = tmp_path / "grey.tif"
    levels = np.array([[0, 2**bits - 1], [2 ** (bits - 1), 100]], np.uint16)
    Image.fromarray(levels).save(path)
    assert image.read_picture(path)[..., 0].tolist()[0] == [0, 255]
    assert image.read_picture(path)[1, 0, 0] == 128


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"planarconfig": "separate"}])
def test_deep_colours_keep_their_range(tmp_path, bits, options):
    """Pillow alone keeps the upper 8 of 16 bits, and so 4 of a camera's 12."""
    levels = np.zeros((20, 30, 3), np.uint16)
    levels[...] = 2**bits - 1, 2 ** (bits - 1), 0
    if "planarconfig" in options:
        levels = np.moveaxis(levels, -1, 0)
    tifffile.imwrite(tmp_path / "deep.tif", levels, photometric="rgb", **options)
    picture = image.read_picture(tmp_path / "deep.tif")
    assert picture.shape == (20, 30, 3)
    assert np.ptp(picture, axis=(0, 1)).max() == 0 and picture[0, 0].tolist() == [255, 128, 0]


def test_colours_may_be_floats_and_large(tmp_path):
    ramp = np.tile(np.linspace(0, 1, 900, dtype=np.float32)[:, None], (300, 1, 3))
    tifffile.imwrite(tmp_path / "float.tif", ramp, photometric="rgb")
    whole = image.read_picture(tmp_path / "float.tif")
    np.testing.assert_array_equal(whole, np.round(ramp * 255))
    small = image.read_picture(tmp_path / "float.tif", 90)
    assert small.shape == (30, 90, 3) and (np.diff(small[15, :, 0].astype(int)) >= 0).all()


def test_floats_in_a_file_are_spread_over_the_greys(tmp_path):
    path = tmp_path / "float.tif"
    for levels, greys in [
        ([[0, 1], [0.5, 0.2]], [[0, 255], [128, 51]]),
        ([[0, 4000], [2000, 1000]], [[0, 255], [128, 64]]),
        ([[-1, 1], [0, 0]], [[0, 255], [128, 128]]),
    ]:
        Image.fromarray(np.array(levels, np.float32)).save(path)
        assert image.read_picture(path)[..., 0].tolist() == greys
    Image.fromarray(np.array([[0, np.nan]], np.float32)).save(path)
    with pytest.raises(ValueError, match="not finite"):
        image.read_picture(path)


def test_a_damaged_exif_block_does_not_cost_the_picture(tmp_path):
    path = tmp_path / "exif.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    Image.fromarray(RED).save(path, exif=exif)
    whole = path.read_bytes()
    start = whole.index(b"Exif\0\0") + 6
    for end in (start + 10, start + 13, start + 24):  # nothing but zeros behind
        tail = whole.index(b"\xff\xdb")
        path.write_bytes(whole[:end] + b"\xff" * (tail - end) + whole[tail:])
        assert image.read_picture(path).shape in [(4, 6, 3), (6, 4, 3)]


def test_a_reader_s_pictures_are_found_and_shrunk(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path / "project")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "project" / "folder").mkdir(parents=True)
    picture = Image.fromarray(RED)
    for name in ("a.png", "project/b.png", "project/folder/c.png", "project/folder/d.jpg"):
        picture.save(tmp_path / name)
    (tmp_path / "project" / "folder" / ".hidden.png").touch()
    assert image.own_pictures("") == image.own_pictures(None) == image.own_pictures([]) == {}
    assert list(image.own_pictures("b.png")) == ["b.png"]
    several = image.own_pictures(["~/a.png", "folder", str(tmp_path / "project" / "b.png")])
    assert list(several) == ["a.png", "c.png", "d.jpg", "b.png"]
    assert several["c.png"].tolist() == RED.tolist()
    picture.resize((3000, 2000)).save(tmp_path / "project" / "large.jpg")
    assert image.own_pictures("large.jpg")["large.jpg"].shape == (684, 1026, 3)
    (tmp_path / "project" / "empty").mkdir()
    for name, message in [
        ("https://example.invalid/a.png", "is an address: download the picture"),
        ("empty", "the folder holds no picture"),
        (["b.png", 3], "own_picture holds 3: give paths"),
        ("text.png", "No such file"),
    ]:
        with pytest.raises(ValueError, match=message):
            image.own_pictures(name)


def test_a_folder_is_no_picture_and_heic_wants_a_reader(tmp_path):
    with pytest.raises(ValueError, match="not a picture that can be read: .*directory"):
        image.read_picture(tmp_path)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(ValueError, match="pip install pillow-heif, or save the picture as JPEG"):
        image.read_picture(tmp_path / "a.heic")


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "I;16", "LA"])
def test_a_large_picture_is_shrunk_before_all_else(tmp_path, mode):
    path = tmp_path / "large.png"
    ramp = np.tile(np.linspace(0, 255, 2000).astype(np.uint8), (900, 1))
    large = Image.fromarray(ramp.astype(np.uint16) * 257 if mode == "I;16" else ramp)
    (large if mode == "I;16" else large.convert(mode)).save(path)
    whole, small = image.read_picture(path), image.read_picture(path, 500)
    assert small.shape == (225, 500, 3)
    expected = np.asarray(Image.fromarray(whole).resize((500, 225)), float)
    assert np.abs(small - expected).max() <= 6


def test_impossible_files_are_refused(tmp_path):
    whole = tmp_path / "whole.png"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole)
    cases = {
        "empty.jpg": (b"", "cannot identify"),
        "text.png": (b"no picture at all", "cannot identify"),
        "half.png": (whole.read_bytes()[:3000], "truncated"),
    }
    for name, (content, message) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path}.*{message}"):
            image.read_picture(path)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = tmp_path / "bomb.png"
    Image.new("1", (200, 200)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200 * 200 // 2 - 1)
    with pytest.raises(ValueError, match="bomb.png: .*could be decompression bomb"):
        image.read_picture(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200 * 200 // 2)  # half as many only warn
    assert image.read_picture(path).shape == (200, 200, 3)


def test_preparation_is_the_demo_s():
    small = image.shrink(np.zeros((1000, 333, 3), np.uint8), 513)
    assert small.shape == (513, 170, 3)  # 333 · 0.513 = 170.8, cut
    square = image.to_input(np.full((2, 3, 3), 255, np.uint8), 5)
    assert square[:2, :3].min() == pytest.approx(1)
    assert not square[2:].any() and not square[:, 3:].any()
    assert image.to_input(np.zeros((2, 2, 3), np.uint8), 5)[0, 0, 0] == -1

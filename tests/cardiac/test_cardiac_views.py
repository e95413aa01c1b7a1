"""What the figures of hearts show, and in which words."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

import helpers.say  # noqa: F401 (it lets figures be drawn in any language)
from helpers import figures, translation
from helpers.cardiac import anatomy, views


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def cups():
    """Two hearts (2, s, s, s, 2) whose walls are 8 mm thick at ED and 16 mm at ES."""
    axis = (np.arange(20) - 9.5) * 6.0
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    off = abs(np.sqrt(x**2 + y**2 + (z / 1.4) ** 2) - 28)
    heart = [np.where(z < 20, half - off, -5) / 10 for half in (4, 8)]
    return np.stack([np.moveaxis(heart, 0, -1)] * 2).astype("float16")


def test_portraits_are_coloured_by_thickness(cups):
    pictures = views.portraits(cups, 6.0)
    assert pictures.shape[:2] == (2, 2) and pictures.shape[-1] == 3
    np.testing.assert_array_equal(pictures[0], pictures[1])
    blue = pictures[0] - pictures[0][..., :1]  # cividis: thin is blue, thick is yellow
    assert blue[0, ..., 2].sum() > 0 > blue[1, ..., 2].sum()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("fill", [-1.0, 1.0])
def test_a_decoded_shape_without_surface_is_an_empty_picture(fill):
    assert (views.portraits(np.full((1, 8, 8, 8, 2), fill), 6.0) == 1).all()


def test_the_walk_is_in_the_words_of_its_language(monkeypatch):
    words = {"ru": {"step {step}": "шаг {step}", "wall thickness (mm)": "толщина (мм)"}}
    monkeypatch.setattr(translation, "catalogue", lambda language: words.get(language, {}))
    pictures, titles = np.zeros((2, 2, 4, 4, 3)), [translation.text("step {step}", step=7)] * 2
    drawn = {}
    for language in ("en", "ru"):
        with translation.drawing(language):
            figure = views.strip(pictures, titles)
            drawn[language] = views.frames(pictures, titles)
        assert figure.axes[0].get_title() == {"en": "step 7", "ru": "шаг 7"}[language]
        assert [figure.axes[row * 2].get_ylabel() for row in (0, 1)] == ["ED", "ES"]
    assert figure.axes[-1].get_ylabel() == "толщина (мм)"
    assert len(drawn["en"]) == 2 and drawn["en"] != drawn["ru"]


def test_frames_are_pictures_that_a_slider_points_at():
    pictures = views.frames(np.random.default_rng(0).random((3, 2, 4, 4, 3)), ["a", "b", "c"])
    assert [picture[:4] for picture in pictures] == [b"\x89PNG"] * 3
    control, image = views.slider(pictures).children
    control.value = 2
    assert image.value == pictures[2] != pictures[0]


def test_sections_pair_outlines_and_planes(cups):
    figure = views.sections(cups, ["healthy", "HCM"], 6.0)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [
        "healthy, short axis",
        "healthy, long axis",
        "HCM, short axis",
        "HCM, long axis",
    ]
    handles, labels = figure.axes[0].get_legend_handles_labels()
    colours = {label: line.get_color() for line, label in zip(handles, labels, strict=True)}
    assert colours == {"ED": figures.BLUE, "ES": figures.ORANGE}


def test_the_change_is_the_end_less_the_start_and_minus_is_no_hyphen():
    start, end = np.full(17, 8.0), np.full(17, 8.0)
    end[1], end[4], end[6], end[16] = 12, 7.5, 7.96, np.nan
    figure = views.bullseyes(start, end, np.full(17, np.nan))
    assert [ax.get_title() for ax in figure.axes] == ["start", "end", "change"]
    shown = [text.get_text() for text in figure.axes[2].texts]
    assert shown == ["0.0", "4.0", "0.0", "0.0", "−0.5", *["0.0"] * 11, "–"]
    assert to_hex(figure.axes[2].patches[16].get_facecolor()) == "#ffffff"  # unknown
    assert len(views.bullseyes(start, end, np.arange(17.0)).axes) == 4


def test_bullseye_cells_lie_where_their_segments_lie():
    depth = {1: 0.1, 2: 0.5, 3: 0.9}
    for segment in range(1, 17):
        radius, low, width = views.cell(segment)
        display = np.radians(low + width / 2)
        ring = 1 if segment <= 6 else 2 if segment <= 12 else 3
        angle = np.pi - display  # septum on the left, anterior up
        assert anatomy.segment_of(np.array(depth[ring]), np.array(angle)) == segment
        assert radius == 5 - ring

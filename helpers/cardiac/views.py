"""Pictures of ventricles: bull's-eyes, shaded surfaces and slices."""

import io

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colors, patches
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import art3d
from scipy import ndimage, spatial
from skimage import measure

from helpers import figures
from helpers.cardiac import anatomy
from helpers.translation import text

THICKNESS = plt.Normalize(4, 18)  # mm, of the colours of surfaces


def bullseye(ax: Axes, values: np.ndarray, norm: colors.Normalize, cmap: str) -> None:
    """Draw the AHA bull's-eye of values (17,): anterior up, septum left, apex in the middle.

    NaN is a white field with a dash.
    """
    mappable = plt.cm.ScalarMappable(norm, cmap)
    for segment, value in enumerate(values, start=1):
        radius, low, width = cell(segment)
        known = np.isfinite(value)
        colour, edge = (mappable.to_rgba(value), "white") if known else ("white", "lightgrey")
        wedge = patches.Wedge(
            (0, 0), radius, low, low + width, width=1, facecolor=colour, edgecolor=edge
        )
        ax.add_patch(wedge)
        middle = np.radians(low + width / 2)
        distance = radius - 0.5 if segment < 17 else 0
        dark = np.dot(colors.to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5
        shown = f"{round(value, 1) + 0.0:.1f}".replace("-", "−") if known else "–"  # but no −0.0
        ax.text(
            distance * np.cos(middle), distance * np.sin(middle), shown,
            ha="center", va="center", fontsize=6, color="white" if dark else "black",
        )  # fmt: skip
    ax.set(xlim=(-4.05, 4.05), ylim=(-4.05, 4.05), aspect="equal")
    ax.axis("off")


def cell(segment: int) -> tuple[int, int, int]:
    """Return (outer radius, first angle, width) of a segment in the bull's-eye, degrees."""
    if segment == 17:
        return 1, 0, 360
    if segment > 12:
        return 2, 45 + 90 * (segment - 13), 90
    return (4 if segment <= 6 else 3), 60 * ((segment - 1) % 6 + 1), 60


def surface(ax: Axes, distance: np.ndarray, spacing: float) -> None:
    """Draw a wall's distances (x, y, z) of `spacing` mm as a surface, its septum in front.

    `ax` has three dimensions; colours are the wall's thickness.
    """
    fine, step = ndimage.gaussian_filter(anatomy.finer(distance), 0.8), spacing / 2
    ax.axis("off")
    if not fine.min() < 0 < fine.max():
        return  # the decoded shape has no surface
    vertices, faces = measure.marching_cubes(fine, 0.0, step_size=2)[:2]
    places, thickness = anatomy.across_the_wall(fine, anatomy.cavity(fine))
    local = np.zeros(len(faces))
    if len(places):
        nearest = spatial.cKDTree(places).query(vertices[faces].mean(1))[1]
        local = thickness[nearest] * step
    points = (vertices - (np.array(fine.shape) - 1) / 2) * step
    colour = plt.get_cmap()(THICKNESS(local))
    light = colors.LightSource(-60, 45)
    mesh = art3d.Poly3DCollection(  # whose edges cover the seams between triangles
        points[faces], facecolors=colour, edgecolors=colour, linewidth=0.3, shade=True,
        lightsource=light,
    )  # fmt: skip
    ax.add_collection3d(mesh)
    reach = 0.5 * np.array(distance.shape) * spacing * 0.75
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), zlim=(-reach[2], reach[2]))
    ax.set_box_aspect((1, 1, 1), zoom=1.35)
    ax.view_init(18, -20)  # degrees of elevation and azimuth


def portraits(hearts: np.ndarray, spacing: float) -> np.ndarray:
    """Return pictures (n, 2, p, p, 3) of decoded hearts (n, s, s, s, 2) as shaded surfaces.

    They hold no word and take the time, so one drawing of them serves every figure and language.
    """
    pictures = []
    for distance in np.moveaxis(hearts, -1, 1).reshape(-1, *hearts.shape[1:4]):
        figure = plt.figure(figsize=(2, 2), layout="none")
        surface(figure.add_axes((0, 0, 1, 1), projection="3d"), distance, spacing)
        pictures.append(plt.imread(io.BytesIO(png(figure)))[..., :3])
    return np.reshape(pictures, (len(hearts), 2, *pictures[0].shape))


def strip(pictures: np.ndarray, titles: list[str]) -> Figure:
    """Return a figure of `portraits`: ED above, ES below, one column a step."""
    size = 1.3 + 1.0 * len(pictures), 3.0
    figure, axes = plt.subplots(2, len(pictures), figsize=size, squeeze=False)
    for (phase, step), ax in np.ndenumerate(axes):
        ax.imshow(pictures[step, phase])
        ax.set(xticks=[], yticks=[], frame_on=False)
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title)
    for ax, phase in zip(axes[:, 0], ("ED", "ES"), strict=True):
        ax.set_ylabel(phase)
    colours = plt.cm.ScalarMappable(THICKNESS)
    figure.colorbar(colours, ax=axes, label="wall thickness (mm)", shrink=0.7)
    return figure


def frames(pictures: np.ndarray, titles: list[str]) -> list[bytes]:
    """Return a PNG of `strip` for each step by itself."""
    parts = np.split(pictures, len(pictures))
    return [png(strip(part, [title]), 140) for part, title in zip(parts, titles, strict=True)]


def png(figure: Figure, dpi: int = 200) -> bytes:
    """Return a figure as PNG (bytes), and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    plt.close(figure)
    return buffer.getvalue()


def slider(pictures: list[bytes]) -> widgets.Widget:
    """Return a widget that shows the picture its slider points at."""
    image = widgets.Image(value=pictures[0], format="png")
    control = widgets.IntSlider(0, 0, len(pictures) - 1, description="stop")
    control.observe(lambda change: setattr(image, "value", pictures[change["new"]]), "value")
    return widgets.VBox([control, image])


def bullseyes(start: np.ndarray, end: np.ndarray, truth: np.ndarray) -> Figure:
    """Return a figure of thickness (17,) in mm at both ends of a walk, its change, and the truth.

    The truth is left out where it is not known: all NaN.
    """
    ends, both = plt.Normalize(4, 14), plt.Normalize(-7, 7)
    panels = [("start", start, ends, "cividis"), ("end", end, ends, "cividis")]
    panels.append(("change", end - start, both, "RdBu_r"))
    if np.isfinite(truth).any():
        panels.append(("true difference", truth, both, "RdBu_r"))
    figure, axes = plt.subplots(1, len(panels), figsize=(figures.WIDTH, 2.0))
    for ax, (title, values, norm, cmap) in zip(axes, panels, strict=True):
        bullseye(ax, values, norm, cmap)
        ax.set_title(title)
    return figure


def sections(hearts: np.ndarray, titles: list[str], spacing: float) -> Figure:
    """Return a figure of outlines at ED and ES, half-way up each heart and along its long axis.

    Hearts are distances (n, s, s, s, 2) of `spacing` mm.
    """
    figure, axes = plt.subplots(1, 2 * len(hearts), figsize=(figures.WIDTH, 2.1), sharey=True)
    middle = hearts.shape[1] // 2
    extent = (np.arange(hearts.shape[1]) - (hearts.shape[1] - 1) / 2) * spacing
    across = -extent  # septum (x > 0) on the left, as radiologists look
    for heart, title, (short, long) in zip(hearts, titles, axes.reshape(-1, 2), strict=True):
        inside = np.flatnonzero((heart[..., 0] > 0).any((0, 1)))  # levels of the heart
        level = int(inside.mean()) if len(inside) else middle
        short.set_title(text("{name}, short axis", name=title))
        long.set_title(text("{name}, long axis", name=title))
        for ax, plane in ((short, heart[:, :, level]), (long, heart[:, middle])):
            for phase, colour in enumerate((figures.BLUE, figures.ORANGE)):
                outline = across, extent, plane[..., phase].T.astype(np.float32)
                ax.contourf(*outline, levels=[0, np.inf], colors=[colour], alpha=0.25)
                ax.contour(*outline, levels=[0], colors=[colour], linewidths=1)
                ax.plot([], [], color=colour, label=("ED", "ES")[phase])
            ax.set(aspect="equal", xlabel="mm", ylabel="mm")
    axes[0].legend(loc="upper left", fontsize=6)
    return figure

"""Pictures of ventricles: bull's-eyes, shaded surfaces and slices."""

import io

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colors, patches
from mpl_toolkits.mplot3d import art3d
from PIL import Image
from scipy import ndimage
from skimage import measure
from sklearn import metrics

from helpers import figures
from helpers.cardiac import anatomy
from helpers.translation import translate as _


def bullseye(ax, values, norm, cmap="cividis", digits=1):
    """Draw the AHA bull's-eye: anterior up, septum left, apex in the middle.

    Args:
        ax: Matplotlib axes.
        values: (17,) in the units of the colour bar; NaN stays white.
        norm: Matplotlib colour norm.
        cmap: colour map's name.
        digits: decimals written in each segment.

    Returns:
        The mappable for a colour bar.
    """
    mappable = plt.cm.ScalarMappable(norm, cmap)
    for segment, value in enumerate(values, start=1):
        radius, low, width = cell(segment)
        colour = mappable.to_rgba(value) if np.isfinite(value) else "white"
        wedge = patches.Wedge(
            (0, 0), radius, low, low + width, width=1, facecolor=colour, edgecolor="white"
        )
        ax.add_patch(wedge)
        if not np.isfinite(value):
            continue
        middle = np.radians(low + width / 2)
        distance = radius - 0.5 if segment < 17 else 0
        dark = np.dot(colors.to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5
        ax.text(
            distance * np.cos(middle), distance * np.sin(middle), f"{value:.{digits}f}",
            ha="center", va="center", fontsize=6, color="white" if dark else "black",
        )  # fmt: skip
    ax.set(xlim=(-4.05, 4.05), ylim=(-4.05, 4.05), aspect="equal")
    ax.axis("off")
    return mappable


def cell(segment):
    """Return (outer radius, first angle, width) of a segment in the bull's-eye, degrees."""
    if segment == 17:
        return 1, 0, 360
    if segment > 12:
        return 2, 45 + 90 * (segment - 13), 90
    return (4 if segment <= 6 else 3), 60 * ((segment - 1) % 6 + 1), 60


def surface(ax, distance, spacing, norm, cmap="cividis", view=(18, -20)):
    """Draw a wall as a shaded surface coloured by its thickness.

    Args:
        ax: 3-D Matplotlib axes.
        distance: signed distances (x, y, z), positive in the wall.
        spacing: mm.
        norm: colour norm of the thickness in mm.
        cmap: colour map's name.
        view: elevation and azimuth in degrees; azimuth 0 looks at the septum.
    """
    fine = ndimage.zoom(
        np.asarray(distance, np.float32), 2, order=1, grid_mode=True, mode="nearest"
    )
    fine, step = ndimage.gaussian_filter(fine, 0.8), spacing / 2
    vertices, faces = measure.marching_cubes(fine, 0.0, step_size=2)[:2]
    hollow = anatomy.cavity(fine > 0).any()
    thickness = anatomy.wall_thickness(fine > 0, step) if hollow else np.zeros(fine.shape)
    wall = thickness > 0
    nearest = ndimage.distance_transform_edt(~wall, return_distances=False, return_indices=True)
    local = ndimage.map_coordinates(thickness[tuple(nearest)], vertices[faces].mean(1).T, order=1)
    points = (vertices - (np.array(fine.shape) - 1) / 2) * step
    colour = plt.get_cmap(cmap)(norm(local))
    mesh = art3d.Poly3DCollection(
        points[faces],
        facecolors=colour,
        edgecolors=colour,  # covers the seams between triangles
        linewidth=0.3,
        shade=True,
        lightsource=colors.LightSource(-60, 45),
    )
    ax.add_collection3d(mesh)
    reach = 0.5 * np.array(distance.shape) * spacing * 0.75
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), zlim=(-reach[2], reach[2]))
    ax.set_box_aspect((1, 1, 1), zoom=1.6)
    ax.view_init(*view)
    ax.axis("off")
    return ax


def strip(hearts, titles, spacing, norm, label):
    """Return a figure of decoded hearts (n, s, s, s, 2): ED above, ES below, one column a step."""
    figure, axes = plt.subplots(
        2, len(hearts), figsize=(figures.WIDTH, 3.0), subplot_kw={"projection": "3d"}
    )
    for phase, row in enumerate(axes):
        for ax, heart in zip(row, hearts, strict=True):
            surface(ax, heart[..., phase], spacing, norm)
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title)
    figure.colorbar(plt.cm.ScalarMappable(norm), ax=axes, label=label, shrink=0.7)
    return figure


def frames(hearts, titles, spacing, norm):
    """Return one PNG (bytes) for each decoded heart (n, s, s, s, 2): ED and ES side by side."""
    pictures = []
    for heart, title in zip(hearts, titles, strict=True):
        figure, axes = plt.subplots(1, 2, figsize=(4, 2.4), subplot_kw={"projection": "3d"})
        for ax, phase, name in zip(axes, (0, 1), ("ED", "ES"), strict=True):
            surface(ax, heart[..., phase], spacing, norm)
            ax.set_title(name)
        figure.suptitle(title)
        pictures.append(png(figure, 110))
    return pictures


def png(figure, dpi=200):
    """Return a figure as PNG (bytes), and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    plt.close(figure)
    return buffer.getvalue()


def movie(pictures, milliseconds=400):
    """Return PNGs (bytes) joined to a GIF (bytes) that plays there and back for ever."""
    images = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    images += images[-2:0:-1]
    buffer = io.BytesIO()
    images[0].save(
        buffer, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0
    )
    return buffer.getvalue()


def slider(pictures, label):
    """Return a widget that shows the picture its slider points at."""
    image = widgets.Image(value=pictures[0], format="png")
    control = widgets.IntSlider(0, 0, len(pictures) - 1, description=label)
    control.observe(lambda change: setattr(image, "value", pictures[change["new"]]), "value")
    return widgets.VBox([control, image])


def bullseyes(panels):
    """Return a figure of bull's-eyes: panels are (title, values (17,), norm, colour map)."""
    figure, axes = plt.subplots(1, len(panels), figsize=(figures.WIDTH, 2.0))
    for ax, (title, values, norm, cmap) in zip(axes, panels, strict=True):
        bullseye(ax, values, norm, cmap)
        ax.set_title(title)
    return figure


def roc(ax, labels, scores):
    """Draw ROC curves of {name: scores (n,)} against labels (n,)."""
    for name, values in scores.items():
        false_positive, true_positive, _ = metrics.roc_curve(labels, values)
        ax.plot(false_positive, true_positive, label=name)
    ax.set(aspect="equal")
    ax.legend(fontsize=7, loc="lower right")
    return ax


def confusion(ax, labels, predicted, names):
    """Draw the confusion matrix of two classes with its counts, and return it."""
    matrix = metrics.confusion_matrix(labels, predicted, labels=(0, 1))
    ax.imshow(matrix, cmap="Blues", vmax=2 * matrix.max())
    for (row, column), count in np.ndenumerate(matrix):
        ax.text(column, row, count, ha="center", va="center")
    ax.set(xticks=(0, 1), yticks=(0, 1), xticklabels=names, yticklabels=names)
    return matrix


def contours(ax, distance, spacing, plane, colour=figures.BLUE, fill=True, label=None):
    """Draw the wall's outline in the middle "short" or "long" axis plane of distances (x, y, z)."""
    middle = distance.shape[0] // 2
    picture = distance[:, :, middle].T if plane == "short" else distance[:, middle, :].T
    half = (len(picture) - 1) / 2 * spacing
    extent = np.linspace(-half, half, len(picture))
    picture = picture.astype(np.float32)
    across = -extent  # septum (x > 0) on the left, as radiologists look
    if fill:
        ax.contourf(across, extent, picture, levels=[0, np.inf], colors=[colour], alpha=0.25)
    ax.contour(across, extent, picture, levels=[0], colors=[colour], linewidths=1)
    ax.plot([], [], color=colour, label=label)
    ax.set(aspect="equal", xlabel=_("mm"), ylabel=_("mm"))
    return ax

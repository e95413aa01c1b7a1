"""Pictures of ventricles: bull's-eyes, shaded surfaces and slices."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colors, patches
from mpl_toolkits.mplot3d import art3d
from scipy import ndimage
from skimage import measure

from helpers import figures
from helpers.cardiac import anatomy


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


def surface(ax, distance, spacing, norm, cmap="cividis", view=(15, -60)):
    """Draw a wall as a shaded surface coloured by its thickness.

    Args:
        ax: 3-D Matplotlib axes.
        distance: signed distances (x, y, z), positive in the wall.
        spacing: mm.
        norm: colour norm of the thickness in mm.
        cmap: colour map's name.
        view: elevation and azimuth in degrees; azimuth 0 looks at the septum.
    """
    vertices, faces, _, _ = measure.marching_cubes(
        np.pad(distance.astype(np.float32), 1, mode="edge"), 0.0
    )
    thickness = anatomy.wall_thickness(distance > 0, spacing)
    nearest = ndimage.distance_transform_edt(
        thickness == 0, return_distances=False, return_indices=True
    )
    spread = ndimage.gaussian_filter(thickness[tuple(nearest)], 0.7)
    centres = vertices[faces].mean(1) - 1
    shade = mm_colours(
        ndimage.map_coordinates(spread, centres.T, order=1, mode="nearest"), norm, cmap
    )
    points = (vertices - 1 - (np.array(distance.shape) - 1) / 2) * spacing
    mesh = art3d.Poly3DCollection(
        points[faces],
        facecolors=shade,
        shade=True,
        lightsource=colors.LightSource(60, 40),
        linewidth=0,
    )
    ax.add_collection3d(mesh)
    reach = 0.5 * np.array(distance.shape) * spacing * 0.75
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), zlim=(-reach[2], reach[2]))
    ax.set_box_aspect((1, 1, 1), zoom=1.5)
    ax.view_init(*view)
    ax.axis("off")
    return ax


def mm_colours(values, norm, cmap):
    """Return RGBA colours of values."""
    return plt.get_cmap(cmap)(norm(values))


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
    ax.set(aspect="equal", xlabel="mm", ylabel="mm")
    return ax

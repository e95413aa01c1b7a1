"""Whether segmentations can be a heart: faults that stop the report, remarks that a reader is told.

Limits are generous: small women's and large athletes' hearts lie well within them (Kawel-Boehm et
al., 2015), and so do dilated and hypertrophied ones.
"""

import numpy as np
from scipy import ndimage

from helpers.cardiac import anatomy
from helpers.cardiac.segmentation import HeartPhase

VOLUME = {"ED": (20, 700), "ES": (3, 700)}  # ml, of the muscle or of the cavity
SLICES = {"ED": 5, "ES": 3}  # at least
HEIGHT = 40, 150  # mm, at ED
WIDTH = 20, 130  # mm, of the widest section at ED
OVAL = {True: 1.2, False: 1.6}  # long over short width of sections of a wall, of a cavity
SHIFT = 25  # mm between the centres of ED and ES; hearts shorten by less
MUSCLE = 0.5, 2.0  # of ES over ED: muscle keeps its volume
OPEN_APEX = {True: 0.5, False: 0.85}  # of the widest hollow of a wall, or section of a cavity
TOLD = {  # shares beyond which a reader is told
    "resized": 0.03,  # of the volume, by the common grid
    "specks": 0.03,  # of the volume, apart from the heart and left out
    "open": 0.1,  # of the cavity, not enclosed by the muscle
}


def faults(ed: HeartPhase, es: HeartPhase, base_last: bool) -> list[str]:
    """Return why a subject cannot be used, a line a fault: the file, the fault and the remedy.

    `base_last` says whether the base is at the end of ED's stack.
    """
    lines = size_fault(ed, "ED") + size_fault(es, "ES")
    if lines:
        return lines
    if np.array_equal(ed.structure, es.structure) and np.allclose(ed.affine, es.affine):
        return [f"{es.file}: the same segmentation as {ed.file}; give each phase its own"]
    lines = section_faults(ed, base_last)
    both = f"{ed.file} and {es.file}"
    shift = np.linalg.norm(centre(ed) - centre(es))
    if shift > SHIFT:
        lines.append(f"{both}: the phases lie {shift:.0f} mm apart; export both in one world")
    blood = [phase.millilitres(phase.hollow) for phase in (ed, es)]
    muscle = [phase.millilitres(phase.structure) for phase in (ed, es)]
    if not ed.is_wall:
        blood = muscle
    elif not MUSCLE[0] < muscle[1] / muscle[0] < MUSCLE[1]:
        change = f"{muscle[0]:.0f} ml of muscle at ED, {muscle[1]:.0f} at ES"
        lines.append(f"{both}: {change}, though muscle keeps its volume; check files and labels")
    if blood[1] > blood[0]:
        change = f"{blood[0]:.0f} ml of blood at ED, {blood[1]:.0f} at ES"
        lines.append(f"{both}: {change}; the phases are swapped, or not those of one beat")
    return lines


def size_fault(phase: HeartPhase, name: str) -> list[str]:
    """Return the first fault of size of the phase "ED" or "ES", if it has one."""
    volume, slices = phase.millilitres(phase.structure), np.flatnonzero(phase.filled.any((0, 1)))
    area = phase.filled.sum((0, 1)).max() * phase.voxel[0] * phase.voxel[1]
    height, width = (np.ptp(slices) + 1) * phase.voxel[2], 2 * np.sqrt(area / np.pi)
    fault = ""
    if not VOLUME[name][0] <= volume <= VOLUME[name][1]:
        fault = f"a structure of {volume:.3g} ml; check the voxel sizes, units and label"
    elif len(slices) < SLICES[name]:
        fault = f"{len(slices)} slices at {name}, at least {SLICES[name]} are needed"
    elif name == "ED" and not HEIGHT[0] <= height <= HEIGHT[1]:
        fault = f"a heart {height:.0f} mm tall; check the voxel sizes and order of axes"
    elif name == "ED" and not WIDTH[0] <= width <= WIDTH[1]:
        fault = f"a heart {width:.0f} mm wide; check the voxel sizes and order of axes"
    return [f"{phase.file}: {fault}"] if fault else []


def section_faults(ed: HeartPhase, base_last: bool) -> list[str]:
    """Return the faults of the sections at ED: along the heart, or none through its apex."""
    lines, wall = [], ed.is_wall
    i, j, k = np.nonzero(ed.filled)
    slices = np.maximum(1, np.bincount(k))
    x = ed.voxel[0] * (i - (np.bincount(k, i) / slices)[k])
    y = ed.voxel[1] * (j - (np.bincount(k, j) / slices)[k])
    short, long = np.sqrt(np.linalg.eigvalsh(np.cov(x, y)))  # about the middle of each slice
    rings = anatomy.enclosed(ed.structure).any((0, 1)).sum()  # along a heart muscle is a horseshoe
    closed = wall and rings >= ed.structure.any((0, 1)).sum() / 2
    if long > OVAL[wall] * short and not closed:
        ratio = f"sections are {long / short:.1f} times as long as wide"
        lines.append(f"{ed.file}: {ratio}; slices across the heart must lie along one axis")
    areas = (ed.hollow if wall else ed.structure).sum((0, 1))
    levels = np.flatnonzero(ed.filled.any((0, 1)))
    apical = areas[levels[0] if base_last else levels[-1]] / areas.max()
    if apical > OPEN_APEX[wall]:
        share = f"the last slice is {apical:.0%} as open as the widest"
        lines.append(f"{ed.file}: the apex is missing, {share}; segment it too")
    return lines


def remarks(phase: HeartPhase, volume: float) -> dict[str, float]:
    """Return what a reader should know of a segmentation that can be used, as shares by `TOLD`.

    `volume` is that of its structure on the common grid, in ml.
    """
    shares = {
        "resized": volume / phase.millilitres(phase.structure) - 1,
        "specks": phase.left_out,
    }
    if phase.is_wall:
        closed = np.count_nonzero(anatomy.enclosed(phase.structure))
        shares["open"] = 1 - closed / np.count_nonzero(phase.hollow)
    return {kind: share for kind, share in shares.items() if abs(share) > TOLD[kind]}


def centre(phase: HeartPhase) -> np.ndarray:
    """Return the centre of a heart in the world, mm."""
    return phase.affine[:3, :3] @ ndimage.center_of_mass(phase.filled) + phase.affine[:3, 3]

"""Hearts of simple shape, as arrays and files, for the tests of what reads them."""

import nibabel
import numpy as np

from helpers.cardiac import cohort, segmentation


def heart(voxel=(2.0, 2.0, 6.0), spin=0.0, inner=22.0):
    """Labels of ACDC: an ellipsoid shell cut at the base, apex at k = 0, right ventricle along x.

    Half-axes are 30 (outer) and `inner` mm across, 55 and 47 mm along; the cavity lies 1.5 mm
    towards the right ventricle.
    """
    shape = [int(130 / size) for size in voxel]
    axes = [(np.arange(n) - (n - 1) / 2) * size for n, size in zip(shape, voxel, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    x, y = x * np.cos(spin) + y * np.sin(spin), y * np.cos(spin) - x * np.sin(spin)
    labels = np.zeros(shape, np.uint8)
    labels[((x - 32) ** 2 + y**2 < 15**2) & (abs(z) < 25)] = 1
    labels[(np.hypot(x, y) / 30) ** 2 + (z / 55) ** 2 < 1] = 2
    labels[(np.hypot(x - 1.5, y) / inner) ** 2 + (z / 47) ** 2 < 1] = 3
    return np.where(z < 20, labels, 0).astype(np.uint8)


def save(path, array, affine=(2.0, 2.0, 6.0, 1.0)):
    """Write a NIfTI file; an affine of four numbers is its diagonal."""
    affine = np.diag(affine) if np.ndim(affine) == 1 else affine
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.Nifti1Image(array, affine).to_filename(path)
    return path


def subject(folder, ed, es, labels=cohort.ACDC, affine=(2.0, 2.0, 6.0, 1.0)):
    """Return a subject whose files hold these labels."""
    files = save(folder / "ed.nii.gz", ed, affine), save(folder / "es.nii.gz", es, affine)
    return cohort.Subject("s", "healthy", *files, labels=labels)


def segmented(labels, affine, cavity=True, right_ventricle=True, structure=2):
    """Return the HeartPhase of labels, with or without their cavity and right ventricle."""
    mask = segmentation.large_parts(labels == structure)
    filled = segmentation.fill(mask, labels == 3 if cavity else None)
    right = (labels == 1) & right_ventricle
    return segmentation.HeartPhase("heart.nii.gz", affine, mask, filled, right, 0.0)

"""The linear shape model: principal components of whole cohorts, computed in bounded memory."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class ShapeModel:
    """x ≈ mean + basis (scale · z): basis (voxels, d) orthonormal, scale (d,), mean (voxels,).

    Codes z have unit variance over the training shapes, as the VAE's prior expects.
    """

    mean: np.ndarray
    basis: np.ndarray
    scale: np.ndarray

    def encode(self, shapes):
        """Return the codes (n, d) of shapes (n, …); a few shapes at a time become floats."""
        flat = shapes.reshape(len(shapes), -1)
        parts = (flat[start : start + 32] - self.mean for start in range(0, len(flat), 32))
        return np.concatenate([part @ self.basis for part in parts]) / self.scale

    def decode(self, codes):
        """Return the shapes (n, voxels) of codes (n, d)."""
        return self.mean + (codes * self.scale) @ self.basis.T


def fit(shapes, components, chunk=16384):
    """Fit a ShapeModel to shapes (n, …) of any number type.

    n shapes have n − 1 components at most; where more are wanted, the rest of the basis is zero.
    The eigenvectors of the n × n Gram matrix give those of the covariance (Sirovich, 1987); shapes
    are converted to float a chunk of voxels at a time, so that a cohort of bytes stays bytes.
    """
    n, flat = len(shapes), shapes.reshape(len(shapes), -1)
    kept = min(components, n - 1)
    parts = [slice(start, start + chunk) for start in range(0, flat.shape[1], chunk)]

    def centred(part):
        block = flat[:, part].astype(np.float32)
        return block - block.mean(0)

    gram = sum((block @ block.T).astype(np.float64) for block in map(centred, parts))
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1][:kept], vectors[:, ::-1][:, :kept]
    length = np.sqrt(np.maximum(values, 1e-12 * values[0]))
    weights = (vectors / length).astype(np.float32)
    basis = np.zeros((flat.shape[1], components), np.float32)
    scale = np.ones(components, np.float32)
    scale[:kept] = length / np.sqrt(n - 1)
    for part in parts:
        basis[part, :kept] = centred(part).T @ weights
    mean = np.concatenate([flat[:, part].mean(0, dtype=np.float32) for part in parts])
    return ShapeModel(mean, basis, scale)

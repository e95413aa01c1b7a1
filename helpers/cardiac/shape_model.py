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
        """Return the codes (n, d) of shapes (n, …)."""
        flat = shapes.reshape(len(shapes), -1)
        return (flat.astype(np.float32) - self.mean) @ self.basis / self.scale

    def decode(self, codes):
        """Return the shapes (n, voxels) of codes (n, d)."""
        return self.mean + (codes * self.scale) @ self.basis.T


def fit(shapes, components, chunk=16384):
    """Fit a ShapeModel to shapes (n, …) of any number type, `components` < n.

    The eigenvectors of the n × n Gram matrix give those of the covariance (Sirovich, 1987); shapes
    are converted to float a chunk of voxels at a time, so that a cohort of bytes stays bytes.

    Raises:
        ValueError: fewer shapes than components + 1.
    """
    n, flat = len(shapes), shapes.reshape(len(shapes), -1)
    if n <= components:
        raise ValueError(f"{components} components need more than {n} shapes; lower latent_size")
    parts = [slice(start, start + chunk) for start in range(0, flat.shape[1], chunk)]

    def centred(part):
        block = flat[:, part].astype(np.float32)
        return block - block.mean(0)

    gram = sum((block @ block.T).astype(np.float64) for block in map(centred, parts))
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1][:components], vectors[:, ::-1][:, :components]
    length = np.sqrt(np.maximum(values, 1e-12 * values[0]))
    weights = (vectors / length).astype(np.float32)
    basis = np.concatenate([centred(part).T @ weights for part in parts])
    mean = np.concatenate([flat[:, part].mean(0, dtype=np.float32) for part in parts])
    return ShapeModel(mean, basis, (length / np.sqrt(n - 1)).astype(np.float32))

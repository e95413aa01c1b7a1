"""Principal components of whole cohorts, the linear rival of the autoencoder, in bounded memory."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Components:
    """x ≈ mean + basis (scale · z): basis (voxels, d) orthonormal, scale (d,), mean (voxels,).

    Codes z have unit variance over the training shapes.
    """

    mean: np.ndarray
    basis: np.ndarray
    scale: np.ndarray

    def encode(self, shapes: np.ndarray) -> np.ndarray:
        """Return the codes (n, d) of shapes (n, …); a few shapes at a time become floats."""
        flat = shapes.reshape(len(shapes), -1)
        parts = (flat[start : start + 32] - self.mean for start in range(0, len(flat), 32))
        return np.concatenate([part @ self.basis for part in parts]) / self.scale

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the shapes (n, voxels) of the first k ≤ d codes (n, k)."""
        k = codes.shape[1]
        return self.mean + (codes * self.scale[:k]) @ self.basis[:, :k].T


def fit_components(shapes: np.ndarray, count: int, chunk: int = 16384) -> Components:
    """Return the Components of shapes (n, …) of any number type: n − 1 at most.

    The eigenvectors of the n × n Gram matrix give those of the covariance (Sirovich, 1987); shapes
    are converted to float a chunk of voxels at a time, so that a cohort of bytes stays bytes.
    """
    n, flat = len(shapes), shapes.reshape(len(shapes), -1)
    count = min(count, n - 1)
    parts = [slice(start, start + chunk) for start in range(0, flat.shape[1], chunk)]

    def centred(part):
        block = flat[:, part].astype(np.float32)
        return block - block.mean(0)

    gram = sum((block @ block.T).astype(np.float64) for block in map(centred, parts))
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    length = np.sqrt(np.maximum(values, 1e-12 * values[0]))
    weights = (vectors / length).astype(np.float32)
    basis = np.concatenate([centred(part).T @ weights for part in parts])
    mean = np.concatenate([flat[:, part].mean(0, dtype=np.float32) for part in parts])
    return Components(mean, basis, (length / np.sqrt(n - 1)).astype(np.float32))

"""Hearts as the network sees them: 2×2×2 voxels of both phases are the 16 channels of one position.

Convolutions at full resolution would cost most.
"""

import numpy as np


def fold(x: np.ndarray) -> np.ndarray:
    """Fold 2×2×2 voxels into channels (space to depth): (b, s, s, s, 2) to (b, h, h, h, 16)."""
    batch, half = len(x), x.shape[1] // 2
    x = x.reshape(batch, half, 2, half, 2, half, 2, 2)
    return x.transpose(0, 1, 3, 5, 2, 4, 6, 7).reshape(batch, half, half, half, 16)


def unfold(x: np.ndarray) -> np.ndarray:
    """Unfold channels into voxels, the inverse of `fold`."""
    batch, half = len(x), x.shape[1]
    x = x.reshape(batch, half, half, half, 2, 2, 2, 2)
    return x.transpose(0, 1, 4, 2, 5, 3, 6, 7).reshape(batch, 2 * half, 2 * half, 2 * half, 2)

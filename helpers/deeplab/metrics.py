"""Scores of a segmentation: intersection over union, over all pixels or near the edges."""

import numpy as np
from scipy import ndimage
from skimage import segmentation
from sklearn import metrics

BAND = 3  # pixels from an edge
VOID = 255  # label of pixels that count for nothing, such as PASCAL VOC's rims of objects


def scores(labels: np.ndarray, predictions: np.ndarray, classes: int) -> dict[str, float]:
    """Return {"miou", "boundary_miou"} of predictions, all of them (batch, height, width).

    The second counts the pixels of `trimap` alone (1802.02611, figure 5).
    """
    band = trimap(labels)
    return {
        "miou": mean_iou(labels, predictions, classes),
        "boundary_miou": mean_iou(labels[band], predictions[band], classes),
    }


def mean_iou(labels: np.ndarray, predictions: np.ndarray, classes: int) -> float:
    """Return PASCAL VOC's mIoU: the mean, over classes that occur, of IoU over all images.

    Raises:
        ValueError: a label is neither below `classes` nor `VOID`, or a prediction not below them.
    """
    counted = labels != VOID
    labels, predictions = labels[counted], predictions[counted]
    strange = np.setdiff1d([labels.min(), labels.max(), predictions.min(), predictions.max()],
                           range(classes))  # fmt: skip
    if strange.size:
        raise ValueError(f"labels must be from 0 to {classes - 1} or {VOID}, not {strange[0]}")
    return float(metrics.jaccard_score(labels, predictions, average="macro"))


def trimap(labels: np.ndarray) -> np.ndarray:
    """Return which pixels (batch, height, width) lie less than `BAND` pixels from an edge.

    An edge pixel has a neighbour (left, right, above, below) of another label. A void rim is one
    edge, not two, and is no part of the band.
    """
    bands = []
    for label in labels:
        edge = segmentation.find_boundaries(label, mode="thick")
        near = ndimage.distance_transform_edt(~edge) < BAND
        bands.append(near & (label != VOID) if edge.any() else edge)
    return np.stack(bands)

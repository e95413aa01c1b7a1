"""Scores of a segmentation: intersection over union, over all pixels or near the edges."""

import numpy as np
from scipy import ndimage
from skimage import segmentation
from sklearn import metrics

BAND = 3  # pixels from an edge
VOID = 255  # label of pixels that count for nothing, such as PASCAL VOC's rims of objects


def mean_iou(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Return PASCAL VOC's mIoU: the mean, over classes that occur, of IoU over all images."""
    counts = labels != VOID
    return float(metrics.jaccard_score(labels[counts], predictions[counts], average="macro"))


def boundary_iou(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Return the mIoU of the pixels at most `BAND` from a label edge (1802.02611, figure 5)."""
    band = trimap(labels)
    return mean_iou(labels[band], predictions[band])


def boundary_ious(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return `boundary_iou` of each image alone (batch,); NaN where an image has no edge."""
    scores = []
    for label, prediction in zip(labels, predictions, strict=True):
        has_edge = np.ptp(label) > 0
        scores.append(boundary_iou(label[None], prediction[None]) if has_edge else np.nan)
    return np.array(scores)


def trimap(labels: np.ndarray) -> np.ndarray:
    """Return which pixels (batch, height, width) lie at most `BAND` pixels from an edge.

    An edge pixel has a neighbour (left, right, above, below) of another label. A void rim is one
    edge, not two, and is no part of the band.
    """
    bands = []
    for label in labels:
        void = label == VOID
        edge = segmentation.find_boundaries(label, mode="thick")
        near = ndimage.distance_transform_edt(~edge) < BAND
        bands.append(near & ~void if edge.any() else edge)
    return np.stack(bands)

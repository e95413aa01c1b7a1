"""Scores of a segmentation: intersection over union, over all pixels or near the edges."""

import numpy as np
from scipy import ndimage
from sklearn import metrics

BAND = 3  # pixels from an edge


def mean_iou(labels, predictions):
    """Return PASCAL VOC's mIoU: the mean, over classes that occur, of IoU over all images."""
    return float(metrics.jaccard_score(np.ravel(labels), np.ravel(predictions), average="macro"))


def boundary_iou(labels, predictions):
    """Return the mIoU of the pixels at most `BAND` from a label edge (1802.02611, figure 5)."""
    band = trimap(labels)
    return mean_iou(np.asarray(labels)[band], np.asarray(predictions)[band])


def boundary_ious(labels, predictions):
    """Return `boundary_iou` of each image alone (batch,); NaN where an image has no edge."""
    return np.array(
        [
            boundary_iou(label[None], prediction[None]) if np.ptp(label) else np.nan
            for label, prediction in zip(labels, predictions, strict=True)
        ]
    )


def trimap(labels):
    """Return which pixels (batch, height, width) lie at most `BAND` pixels from an edge.

    An edge pixel has a neighbour (left, right, above, below) of another label.
    """
    labels = np.asarray(labels)
    edge = np.zeros(labels.shape, bool)
    for axis in (1, 2):
        ahead, behind = [slice(None)] * 3, [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        differs = labels[tuple(ahead)] != labels[tuple(behind)]
        edge[tuple(ahead)] |= differs
        edge[tuple(behind)] |= differs
    distance = [
        ndimage.distance_transform_edt(~e) if e.any() else np.full(e.shape, np.inf) for e in edge
    ]
    return np.stack(distance) < BAND

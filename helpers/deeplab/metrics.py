"""Scores of a segmentation: intersection over union, over all pixels or near the edges."""

import numpy as np
from scipy import ndimage


def confusion(labels, predictions, classes):
    """Return the matrix (classes, classes) of pixel counts: row label, column prediction.

    Pixels whose label is not below `classes` (VOC's 255, "void") are left out.
    """
    labels, predictions = np.ravel(labels).astype(int), np.ravel(predictions).astype(int)
    valid = labels < classes
    pairs = labels[valid] * classes + predictions[valid]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def class_iou(matrix):
    """Return each class's intersection over union (classes,); NaN where it never occurs."""
    intersection = np.diag(matrix).astype(float)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - intersection
    return np.divide(intersection, union, out=np.full(len(union), np.nan), where=union > 0)


def mean_iou(labels, predictions, classes):
    """Return PASCAL VOC's mIoU: the mean over classes of IoU counted over all images."""
    return float(np.nanmean(class_iou(confusion(labels, predictions, classes))))


def boundary_iou(labels, predictions, classes, width=3):
    """Return the mIoU of the pixels at most `width` from a label edge (1802.02611, figure 5)."""
    band = trimap(labels, width)
    return mean_iou(np.asarray(labels)[band], np.asarray(predictions)[band], classes)


def boundary_ious(labels, predictions, classes, width=3):
    """Return `boundary_iou` of each image alone (batch,); NaN where an image has no edge."""
    pairs = zip(labels, predictions, strict=True)
    return np.array(
        [
            boundary_iou(label[None], prediction[None], classes, width) if np.ptp(label) else np.nan
            for label, prediction in pairs
        ]
    )


def trimap(labels, width=3):
    """Return which pixels (batch, height, width) lie at most `width` pixels from an edge.

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
    return np.stack(distance) < width

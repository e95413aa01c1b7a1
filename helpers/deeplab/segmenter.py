"""From a picture to a label for each of its pixels."""

import dataclasses

import numpy as np
import tensorflow as tf
from PIL import Image

from helpers.deeplab import fold, image

VOC = ("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
       "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
       "train", "tv")  # fmt: skip
SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)  # the model zoo's multi-scale test


@dataclasses.dataclass(frozen=True)
class Segmentation:
    """What `Segmenter.predict` finds in a picture."""

    picture: np.ndarray  # (height, width, 3) uint8, as it was read
    labels: np.ndarray  # (height, width) uint8
    confidence: np.ndarray  # (height, width) float16: probability of the label
    classes: tuple  # names

    @property
    def shares(self):
        """Return {class name: share of the pixels} of the classes found, largest first."""
        counts = np.bincount(self.labels.ravel(), minlength=len(self.classes)) / self.labels.size
        return {self.classes[i]: float(counts[i]) for i in np.argsort(-counts) if counts[i]}


class Segmenter:
    """A DeepLab network with what it needs to segment pictures of any kind and size."""

    def __init__(self, model, classes=VOC, size=513):
        """Fold `model` (logits out) for squares of `size`², or of its own fixed input size."""
        self.classes, self.size = tuple(classes), model.input_shape[1] or size
        self.forward = fold.with_constants(fold.fold_batch_norm(model))
        # One graph for any number of squares, and any size where the network's is open.
        squares = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        self.label = tf.function(self._label, input_signature=squares)
        self.probabilities = tf.function(self._probabilities, input_signature=squares)

    def _label(self, squares):
        """Return (labels, their probabilities), each (batch, size, size), of inputs in [-1, 1]."""
        logits = self.forward(squares)
        top = tf.reduce_max(logits, axis=-1, keepdims=True)
        confidence = 1 / tf.reduce_sum(tf.exp(logits - top), axis=-1)
        return tf.cast(tf.argmax(logits, axis=-1, output_type=tf.int32), tf.uint8), confidence

    def _probabilities(self, squares):
        """Return class probabilities (batch, size, size, classes) of inputs in [-1, 1]."""
        return tf.nn.softmax(self.forward(squares))

    def predict(self, picture, scales=(1.0,), flip=False):
        """Segment one picture of any kind (see `image.read`), shrunk as the demo does it.

        Args:
            picture: path, PIL image or array.
            scales: factors of the input size whose probabilities are averaged; `SCALES` for the
                model zoo's test. Other sizes than 1 need a network of open size.
            flip: average with the mirrored picture too.

        Returns:
            Segmentation at the picture's own size.

        Raises:
            FileNotFoundError, ValueError: as `image.read`.
        """
        return self.predict_batch([picture], scales, flip)[0]

    def predict_batch(self, pictures, scales=(1.0,), flip=False):
        """Segment several pictures in one pass; arguments, result and errors as `predict`."""
        pictures = [image.read(picture) for picture in pictures]
        small = [image.shrink(picture, self.size) for picture in pictures]
        squares = np.stack([image.to_input(picture, self.size) for picture in small])
        if tuple(scales) == (1.0,) and not flip:
            labels, confidence = (found.numpy() for found in self.label(squares))
        else:
            average = self.average(squares, scales, flip)
            labels, confidence = average.argmax(axis=-1).astype(np.uint8), average.max(axis=-1)
        return [
            self.enlarge(picture, reduced.shape, *maps)
            for picture, reduced, *maps in zip(pictures, small, labels, confidence, strict=True)
        ]

    def average(self, squares, scales=(1.0,), flip=False):
        """Return the mean probabilities (batch, size, size, classes) over scales and mirroring."""
        total = 0.0
        for scale in scales:
            scaled = resize(squares, round((self.size - 1) * scale) + 1)
            for mirrored in (False, True) if flip else (False,):
                step = -1 if mirrored else 1
                found = self.probabilities(tf.constant(scaled[:, :, ::step]))
                total = total + resize(found, self.size)[:, :, ::step]
        return total / (len(scales) * (2 if flip else 1))

    def predict_tiles(self, picture, overlap=64):
        """Segment a large picture at its own resolution in tiles; only one tile is in the network.

        Neighbouring tiles share `overlap` pixels, and each pixel is labelled by the tile in whose
        middle it lies more. `picture` may be a memory-mapped array (height, width, 3) of bytes.
        Result and errors as `predict`.

        Raises:
            ValueError: the overlap leaves no room for tiles.
        """
        if not 0 <= overlap < self.size:
            raise ValueError(f"the overlap must be 0 to {self.size - 1} pixels, not {overlap}")
        picture = image.read(picture)
        height, width = picture.shape[:2]
        labels = np.zeros((height, width), np.uint8)
        confidence = np.zeros((height, width), np.float16)
        margin = overlap // 2
        for top in starts(height, self.size, overlap):
            for left in starts(width, self.size, overlap):
                tile = picture[top : top + self.size, left : left + self.size]
                found = self.label(image.to_input(tile, self.size)[None])
                # The outer half of an overlap belongs to the tile before; at the picture's
                # border there is none.
                inside = np.s_[
                    margin * bool(top) : tile.shape[0], margin * bool(left) : tile.shape[1]
                ]
                place = np.s_[top + inside[0].start : top + inside[0].stop,
                              left + inside[1].start : left + inside[1].stop]  # fmt: skip
                labels[place], confidence[place] = (maps.numpy()[0][inside] for maps in found)
        return Segmentation(picture, labels, confidence, self.classes)

    def enlarge(self, picture, reduced, labels, confidence):
        """Return the Segmentation of `picture` from the maps of its reduced copy."""
        height, width = reduced[:2]
        size = picture.shape[1::-1]
        labels = Image.fromarray(labels[:height, :width])
        confidence = Image.fromarray(confidence[:height, :width])
        return Segmentation(
            picture,
            np.asarray(labels.resize(size, Image.Resampling.NEAREST)),
            np.asarray(confidence.resize(size, Image.Resampling.BILINEAR)).astype(np.float16),
            self.classes,
        )


def resize(maps, size):
    """Return maps (batch, …, …, channels) at size², corners aligned, as a NumPy array."""
    if maps.shape[1] == size:
        return np.asarray(maps)
    return tf.raw_ops.ResizeBilinear(images=maps, size=(size, size), align_corners=True).numpy()


def starts(length, tile, overlap):
    """Return where tiles begin so that they cover `length` pixels; the last one ends at the end."""
    if length <= tile:
        return [0]
    return [*range(0, length - tile, tile - overlap), length - tile]

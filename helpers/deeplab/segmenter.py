"""From a picture to a label for each of its pixels."""

import dataclasses
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from helpers.deeplab import fold, image

VOC = ("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
       "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
       "train", "tv")  # fmt: skip
SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)  # the model zoo's multi-scale test
FEW = 10_000_000  # weights that are worth being constants


@dataclasses.dataclass(frozen=True)
class Segmentation:
    """What `Segmenter.predict` finds in a picture."""

    picture: np.ndarray  # (height, width, 3) uint8, as it was read
    labels: np.ndarray  # (height, width) uint8
    classes: tuple[str, ...]

    @property
    def shares(self) -> dict[str, float]:
        """Return {class name: share of the pixels} of the classes found, largest first."""
        counts = np.bincount(self.labels.ravel(), minlength=len(self.classes)) / self.labels.size
        return {self.classes[i]: float(counts[i]) for i in np.argsort(-counts) if counts[i]}


class Segmenter:
    """A DeepLab network with what it needs to segment pictures of any size.

    `network` is the folded network, logits out; `label` and `probabilities` are compiled functions
    of squares (batch, size, size, 3) in [-1, 1].
    """

    def __init__(self, model: keras.Model, classes: Sequence[str] = VOC, size: int = 513):
        """Fold `model` (logits out) for squares of `size`², or of its own fixed input size."""
        self.classes, self.size = tuple(classes), model.input_shape[1] or size
        self.network = fold.fold_batch_norm(model)
        forward = with_constants(self.network)

        def label(squares):
            return tf.cast(tf.argmax(forward(squares), axis=-1, output_type=tf.int32), tf.uint8)

        # One graph for any number of squares, and any size where the network's is open.
        squares = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        # Traced here, or TensorFlow would warn of retracing where networks follow one another.
        self.label = tf.function(label, squares).get_concrete_function()
        self.probabilities = tf.function(lambda each: tf.nn.softmax(forward(each)), squares)

    def predict(
        self, picture: np.ndarray, scales: Sequence[float] = (1.0,), flip: bool = False
    ) -> Segmentation:
        """Segment one RGB picture (height, width, 3), uint8, shrunk as the demo does it.

        With other `scales` than 1 or `flip`, the labels are those of `average`.
        """
        small = image.shrink(picture, self.size)
        square = image.to_input(small, self.size)[None]
        if tuple(scales) == (1.0,) and not flip:
            labels = self.label(square).numpy()[0]
        else:
            labels = self.average(square, scales, flip)[0].argmax(axis=-1).astype(np.uint8)
        height, width = small.shape[:2]
        labels = Image.fromarray(labels[:height, :width])
        labels = labels.resize(picture.shape[1::-1], Image.Resampling.NEAREST)
        return Segmentation(picture, np.asarray(labels), self.classes)

    def average(
        self, squares: np.ndarray, scales: Sequence[float] = (1.0,), flip: bool = False
    ) -> np.ndarray:
        """Return the mean probabilities (batch, size, size, classes) over scales and mirroring.

        `scales` are factors of the input size, `SCALES` in the model zoo's test; others than 1 need
        a network of open size. `flip` is to average with the mirrored squares too.
        """
        probabilities = []
        for scale in scales:
            scaled = resize(squares, round((self.size - 1) * scale) + 1)
            probabilities.append(resize(self.probabilities(scaled), self.size))
            if flip:
                mirrored = self.probabilities(scaled[:, :, ::-1])
                probabilities.append(resize(mirrored, self.size)[:, :, ::-1])
        return np.mean(probabilities, axis=0)


def resize(maps: np.ndarray | tf.Tensor, size: int) -> tf.Tensor:
    """Return maps (batch, …, …, channels) at size², corners aligned."""
    return tf.raw_ops.ResizeBilinear(images=maps, size=(size, size), align_corners=True)


def with_constants(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return `model` as a function for `tf.function`, its weights, if few, as constants of a graph.

    TensorFlow and oneDNN make more of constants than of variables, which may change between calls:
    MobileNetV2 runs about twice as fast so. Xception gains nothing from it, and a graph with its
    160 MB of constants takes longer to start.
    """
    if model.count_params() > FEW:
        return model
    values = [variable.numpy() for variable in model.trainable_variables]

    def forward(images):
        constants = [tf.constant(value) for value in values]
        return model.stateless_call(constants, [], images)[0]

    return forward

"""Pictures of a data set."""

import matplotlib.pyplot as plt
import numpy as np

from helpers import figures
from helpers.images.datasets import Dataset

NAMES = {"digits": "the digits", "cifar10": "CIFAR-10"}  # as sentences call the data sets


def draw_classes(dataset: Dataset) -> plt.Figure:
    """Return a figure of the first training image of each class, where there is one."""
    figure, axes = plt.subplots(1, len(dataset.classes), figsize=(figures.WIDTH, 0.8))
    for label, ax in enumerate(axes):
        for image in dataset.train_images[dataset.train_labels == label][:1]:
            ax.imshow((image - image.min()) / np.ptp(image), cmap="gray")
        ax.set_title(dataset.classes[label], fontsize=7)
        ax.axis("off")
    return figure

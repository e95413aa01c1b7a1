"""Small image data sets for classification: scikit-learn's digits and CIFAR-10."""

from helpers.images.datasets import Dataset, load_images

__all__ = ["Dataset", "load_images"]

"""Images to classify: CIFAR-10, digits, augmentation."""

"""`make data`: download, verify and unpack the real data sets; what is there stays as it is."""

import sys

from helpers import paths
from helpers.deeplab import official
from helpers.download import DownloadError
from helpers.images import cifar10


def main():
    """Fetch CIFAR-10, the official DeepLab checkpoints and the demo's photographs."""
    try:
        print(f"CIFAR-10: {cifar10.fetch_cifar10()}")
        official.fetch_all()
        print(f"DeepLab: {official.FOLDER}")
    except DownloadError as error:
        sys.exit(f"make data: {error}")
    print(f"ACDC needs a registration; {paths.ROOT / 'data' / 'README.md'} says where to put it")


if __name__ == "__main__":
    main()

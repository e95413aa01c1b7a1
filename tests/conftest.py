"""TensorFlow is configured before any test module imports it."""

import os

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from helpers import runtime  # noqa: E402

runtime.configure_tensorflow()

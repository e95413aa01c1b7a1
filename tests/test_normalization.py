"""Batch normalisation as one kernel and as composed operations."""

import numpy as np
import pytest

from helpers import normalization


@pytest.mark.parametrize("training", [False, True])
def test_the_composed_form_equals_the_kernel(training):
    generator = np.random.default_rng(0)
    x = generator.normal(1, 2, (4, 5, 6, 3)).astype("float32")
    layer = normalization.FusedBatchNormalization(epsilon=1e-3)
    layer.build(x.shape)
    for variable in layer.variables:
        variable.assign(generator.uniform(0.5, 2, 3))
    kernel = normalization.one_kernel(layer, x, training)
    for ours, theirs in zip(normalization.composed(layer, x, training), kernel, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)

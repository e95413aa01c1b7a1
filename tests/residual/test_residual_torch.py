"""The same weights give the same logits in PyTorch, written from the papers' description."""

import keras
import numpy as np
import pytest

from helpers.residual import cifar

torch = pytest.importorskip("torch")
functional = torch.nn.functional


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def convolve(x, layer, stride):
    kernel = layer.kernel.value.numpy()
    weight = tensor(kernel.transpose(3, 2, 0, 1))
    return functional.conv2d(x, weight, stride=stride, padding=kernel.shape[0] // 2)


def normalise(x, layer, training):
    return functional.batch_norm(
        x,
        tensor(layer.moving_mean.value.numpy()),
        tensor(layer.moving_variance.value.numpy()),
        tensor(layer.gamma.value.numpy()),
        tensor(layer.beta.value.numpy()),
        training=training,
        eps=1e-5,
    )


def forward(model, images, units, training):
    layer = model.get_layer
    x = tensor(images.transpose(0, 3, 1, 2))
    x = functional.relu(normalise(convolve(x, layer("stem_conv"), 1), layer("stem_bn"), training))
    for stage in (1, 2, 3):
        for unit in range(1, units + 1):
            name = f"stage{stage}_unit{unit}"
            stride = 2 if stage > 1 and unit == 1 else 1
            y = convolve(x, layer(f"{name}_conv1"), stride)
            y = functional.relu(normalise(y, layer(f"{name}_bn1"), training))
            y = normalise(convolve(y, layer(f"{name}_conv2"), 1), layer(f"{name}_bn2"), training)
            if f"{name}_projection" in {each.name for each in model.layers}:
                x = convolve(x, layer(f"{name}_projection"), stride)
                x = normalise(x, layer(f"{name}_projection_bn"), training)
            elif x.shape != y.shape:  # option A
                x = x[:, :, ::2, ::2]
                x = torch.cat([x, torch.zeros(len(x), y.shape[1] - x.shape[1], *x.shape[2:])], 1)
            x = functional.relu(x + y)
    dense = layer("head_dense")
    return x.mean((2, 3)) @ tensor(dense.kernel.value.numpy()) + tensor(dense.bias.value.numpy())


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize("training", [False, True])
def test_resnet_20_agrees_with_pytorch(shortcut, training):
    keras.utils.set_random_seed(0)
    model = cifar.build_cifar("resnet", 20, shortcut=shortcut)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if layer.name.endswith(tuple(f"bn{k}" for k in ("", 1, 2))):
            layer.gamma.assign(rng.uniform(0.5, 1.5, layer.gamma.shape))
            layer.beta.assign(rng.normal(size=layer.beta.shape))
            layer.moving_mean.assign(rng.normal(size=layer.beta.shape))
            layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.beta.shape))
    images = rng.normal(size=(4, 32, 32, 3)).astype("float32")
    expected = forward(model, images, units=3, training=training).numpy()
    logits = model(images, training=training).numpy()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)

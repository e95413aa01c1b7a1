"""Training residual networks: ours against the same network in PyTorch and in Keras as it comes.

Forward pass, backward pass and update of CIFAR networks, without augmentation.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import side_by_side

BATCH, STEPS = 128, 3


def rows() -> list[dict]:
    """Return resnet20_vs_torch, resnet56_vs_torch and resnet20_vs_stock: images a second."""
    torch = side_by_side.torch_interpreter()
    results = []
    for depth, rounds in ((20, 7), (56, 5)):
        sides = {"ours": sys.executable} | ({"torch": torch} if torch else {})
        if depth == 20:
            sides["stock"] = sys.executable
        speeds = side_by_side.alternate(__file__, sides, depth, rounds)
        for peer, name, goal in (("torch", "PyTorch", 1.1), ("stock", "Keras, no settings", 1.7)):
            if peer == "stock" and depth != 20:
                continue
            row = {
                "id": f"resnet{depth}_vs_{peer}",
                "work": f"training ResNet-{depth}, 32×32×3, batches of {BATCH}",
                "peer_name": name,
                "goal": goal,
            }
            if peer in speeds:
                results.append(row | side_by_side.compare(speeds, peer, "images/s"))
            else:
                results.append(row | {"skipped": side_by_side.NO_TORCH})
    return [*results, time_against_depth()]


def time_against_depth(depths: Sequence[int] = (20, 56, 110), rounds: int = 3) -> dict:
    """Return the row of the line through milliseconds an image against depth, and its R²."""
    sides = {"ours": sys.executable}
    speeds = [side_by_side.alternate(__file__, sides, depth, rounds)["ours"] for depth in depths]
    milliseconds = [1000 / np.median(speed) for speed in speeds]
    slope, start = np.polyfit(depths, milliseconds, 1)
    return {
        "id": "resnet_time_against_depth",
        "work": "training ResNet-20, -56 and -110, as above",
        "ours": slope,
        "unit": "ms/image/layer",
        "at_depth_zero": start,
        "milliseconds": dict(zip(depths, milliseconds, strict=True)),
        "r_squared": np.corrcoef(depths, milliseconds)[0, 1] ** 2,
    }


def work(side: str, depth: int) -> None:
    """Build one side's training; for each line of input, time its steps and print images/s."""
    train = {"ours": ours, "stock": stock, "torch": torch}[side](depth)
    for _ in sys.stdin:
        started = time.perf_counter()
        train()
        print(STEPS * BATCH / (time.perf_counter() - started), flush=True)


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Return images (STEPS * BATCH, 32, 32, 3), float32, and labels."""
    generator = np.random.default_rng(0)
    images = generator.normal(size=(STEPS * BATCH, 32, 32, 3)).astype("float32")
    return images, generator.integers(0, 10, STEPS * BATCH).astype("int32")


def ours(depth: int) -> Callable:
    """Return a function that trains STEPS batches as `helpers.training` does."""
    from helpers import runtime

    runtime.start("benchmark", "", 0)
    import tensorflow as tf

    from helpers.residual import cifar
    from helpers.training import loop

    model, optimizer = cifar.build_cifar(depth=depth), loop.FusedSGD(0.1, 0.9)
    optimizer.build(model.trainable_variables)
    step = loop.compile_step(model, optimizer, 1e-4, BATCH)
    batches = list(zip(*(tf.split(array, STEPS) for array in pictures()), strict=True))

    def train():
        with loop.without_graph_optimizer():
            losses = [step(images, labels, tf.constant(0.1))[0] for images, labels in batches]
        return np.array(losses)

    return train


def stock(depth: int) -> Callable:
    """Return a function that trains with `Model.fit`, every setting as Keras has it."""
    import keras
    from keras import layers

    def convolve(x, filters, stride=1):
        x = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    x = inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolve(x, 16))
    for filters in (16, 32, 64):
        for unit in range((depth - 2) // 6):
            stride = 2 if filters > 16 and unit == 0 else 1
            y = convolve(layers.ReLU()(convolve(x, filters, stride)), filters)
            if stride == 2:
                x = layers.AveragePooling2D(1, 2)(x)
                x = layers.Concatenate()([x, keras.ops.zeros_like(x)])
            x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Dense(10)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1, 0.9), loss=loss)
    images, labels = pictures()
    return lambda: model.fit(images, labels, batch_size=BATCH, verbose=0)


def torch(depth: int) -> Callable:
    """Return a function that trains in PyTorch, channels last, on as many threads as cores."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(os.cpu_count())

    class Unit(nn.Module):
        def __init__(self, inputs, filters, stride):
            super().__init__()
            self.stride, self.added = stride, filters - inputs
            self.conv1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
            self.bn1, self.bn2 = nn.BatchNorm2d(filters), nn.BatchNorm2d(filters)

        def forward(self, x):
            y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
            if self.added:
                x = x[:, :, :: self.stride, :: self.stride]
                x = functional.pad(x, (0, 0, 0, 0, 0, self.added))
            return functional.relu(x + y)

    body, width = [], 16
    for filters in (16, 32, 64):
        for unit in range((depth - 2) // 6):
            body.append(Unit(width, filters, 2 if filters > 16 and unit == 0 else 1))
            width = filters
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *body,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    optimiser = torch.optim.SGD(model.parameters(), 0.1, 0.9, weight_decay=1e-4)
    images, labels = pictures()
    images = torch.from_numpy(images.transpose(0, 3, 1, 2))
    images = images.to(memory_format=torch.channels_last)
    labels = torch.from_numpy(labels).long()

    def train():
        for x, y in zip(images.split(BATCH), labels.split(BATCH), strict=True):
            optimiser.zero_grad()
            functional.cross_entropy(model(x), y).backward()
            optimiser.step()

    return train


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))

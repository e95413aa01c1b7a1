"""Training the cardiac VAE: ours against the same network in PyTorch and in Keras as it comes."""

import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import side_by_side

WIDTH, D, BATCH, STEPS = 16, 64, 8, 6
ALPHA, BETA, GAMMA, SMOOTHING = 2e-5, 0.02, 1.0, 0.1


def rows() -> list[dict]:
    """Return our cost against PyTorch's and plain Keras', and by grid size, per training sample."""
    torch = side_by_side.torch_interpreter()
    results = []
    for size, rounds in ((48, 5), (80, 3)):
        work = f"training, {size}³ × 2 voxels, batches of {BATCH}"
        row = {"id": f"vae{size}_vs_torch", "work": work, "peer_name": "PyTorch", "goal": 1.3}
        if torch:
            results.append(row | measure("torch", size, rounds, torch))
        else:
            results.append(row | {"skipped": side_by_side.NO_TORCH})
    work = f"training, 48³ × 2 voxels, batches of {BATCH}"
    row = {"id": "vae48_vs_stock", "work": work, "peer_name": "Keras, no settings", "goal": 5}
    return [*results, row | measure("stock", 48, 3), cost_by_grid()]


def cost_by_grid(sizes: Sequence[int] = (32, 48, 64, 80)) -> dict:
    """Return our milliseconds a training sample against the grid's voxels a side."""
    sides = {"ours": sys.executable}
    times = {n: side_by_side.alternate(__file__, sides, n, 1)["ours"][0] for n in sizes}
    work = f"training, size³ × 2 voxels, batches of {BATCH}"
    return {"id": "vae_by_grid", "work": work, "unit": "ms/sample", "by_size": times}


def measure(peer: str, size: int, rounds: int, python: str = sys.executable) -> dict:
    """Return the figures of a row against `peer`."""
    sides = {"ours": sys.executable, peer: python}
    times = side_by_side.alternate(__file__, sides, size, rounds)
    return side_by_side.compare(times, peer, "ms/sample")


def work(side: str, size: int) -> None:
    """Build one side's training step; for each line of input, time six steps and print it."""
    step = {"ours": ours, "stock": stock, "torch": torch}[side](size)
    for _ in sys.stdin:
        started = time.perf_counter()
        for _ in range(STEPS):
            step()
        print(1000 * (time.perf_counter() - started) / (STEPS * BATCH), flush=True)


def hearts(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 distances (batch, size, size, size, 2) of two nested shells, and labels."""
    axis = np.linspace(-1, 1, size)
    radius = np.sqrt(sum(a**2 for a in np.meshgrid(axis, axis, axis, indexing="ij")))
    shells = [np.clip((0.1 - abs(radius - r)) / 0.15, -1, 1) for r in (0.6, 0.5)]
    shapes = (127 * np.stack(shells, -1)).astype(np.int8)
    return np.repeat(shapes[None], BATCH, 0), np.arange(BATCH) % 2


def ours(size: int) -> Callable:
    """Return a training step of the project's model and settings."""
    from helpers import runtime

    runtime.configure_tensorflow()
    from helpers.cardiac import folding, vae, vae_training

    shapes, labels = hearts(size)
    folded = folding.fold(shapes)
    model = vae.CardiacVAE(folded.mean(0) / 127, vae.Design(D, WIDTH, ALPHA, BETA, GAMMA))
    vae_training.compile_vae(model, 3e-3, steps=10_000)
    return lambda: model.train_on_batch(folded, labels)


def stock(size: int) -> Callable:
    """Return a step of the plain design: full-resolution convolutions, Keras' own settings."""
    import keras
    from keras import layers

    x = inputs = keras.Input((size, size, size, 2))
    for filters, stride in ((WIDTH, 1), (WIDTH, 2), (2 * WIDTH, 2), (4 * WIDTH, 2), (4 * WIDTH, 2)):
        x = layers.Conv3D(filters, 3, stride, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    mu, log_variance = layers.Dense(D)(x), layers.Dense(D)(x)
    small = size // 16
    z = layers.Dense(small**3 * 4 * WIDTH, activation="relu")(mu)
    x = layers.Reshape((small, small, small, 4 * WIDTH))(z)
    for filters in (4 * WIDTH, 2 * WIDTH, WIDTH, WIDTH):
        x = layers.Conv3DTranspose(filters, 3, 2, padding="same", activation="relu")(x)
    decoded = layers.Conv3D(2, 3, padding="same", activation="tanh")(x)
    label = layers.Dense(1, activation="sigmoid")(layers.Dense(32, activation="tanh")(mu))
    model = keras.Model(inputs, [decoded, layers.Concatenate()([mu, log_variance]), label])
    model.compile("adam", ["mae", "mse", "binary_crossentropy"])
    shapes, labels = hearts(size)
    x = shapes.astype(np.float32) / 127
    return lambda: model.train_on_batch(x, [x, np.zeros((BATCH, 2 * D)), labels[:, None]])


def torch(size: int) -> Callable:
    """Return a training step of the same network as `ours` in PyTorch, channels last."""
    import torch
    from torch import nn
    from torch.nn import functional

    small, w = size // 8, WIDTH
    encoder = nn.Sequential(
        nn.Conv3d(16, 2 * w, 2, 2), nn.SiLU(), nn.Conv3d(2 * w, 4 * w, 3, 2, 1), nn.SiLU()
    )
    mean_code, spread = nn.Linear(small**3 * 4 * w, D), nn.Linear(4 * w, D)
    decoder = nn.Sequential(
        nn.Linear(D, small**3 * 4 * w), nn.Unflatten(1, (4 * w, small, small, small)),
        nn.ConvTranspose3d(4 * w, 2 * w, 3, 2, 1, 1), nn.SiLU(),
        nn.ConvTranspose3d(2 * w, 16, 3, 2, 1, 1),
    )  # fmt: skip
    classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(D, 32), nn.Tanh(), nn.Linear(32, 2))
    networks = nn.ModuleList([encoder, mean_code, spread, decoder, classifier]).to(
        memory_format=torch.channels_last_3d
    )
    optimiser = torch.optim.Adam(networks.parameters(), 3e-3)
    half = size // 2
    shapes, labels = (torch.from_numpy(array) for array in hearts(size))
    folded = shapes.reshape(BATCH, half, 2, half, 2, half, 2, 2).permute(0, 2, 4, 6, 7, 1, 3, 5)
    folded = folded.reshape(BATCH, 16, half, half, half).contiguous(
        memory_format=torch.channels_last_3d
    )
    mean = folded.float().mean(0) / 127

    def step():
        target = folded.float() / 127
        features = encoder(target - mean)
        mu, log_variance = mean_code(features.flatten(1)), spread(features.mean((2, 3, 4)))
        distance = decoder(mu + torch.exp(0.5 * log_variance) * torch.randn_like(mu)) + mean
        p, mask = torch.sigmoid(20 * distance), (folded > 0).float()
        overlap, total = ((p * mask).sum((2, 3, 4)), (p + mask).sum((2, 3, 4)))  # (b, 16)
        overlap, total = (x.reshape(BATCH, 8, 2).sum(1) for x in (overlap, total))
        dice = ((2 * overlap + 1e-5) / (total + 1e-5)).mean(0)
        kl = 0.5 * (mu**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        entropy = functional.cross_entropy(classifier(mu), labels, label_smoothing=SMOOTHING)
        loss = 2 - dice.sum() + ALPHA * kl + BETA * entropy
        loss = loss + GAMMA * (distance - target).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        for parameter in networks.parameters():  # each by itself, as Keras' clipnorm
            nn.utils.clip_grad_norm_([parameter], 1.0)
        optimiser.step()

    return step


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))

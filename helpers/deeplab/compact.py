"""The compact networks for scenes: their recipes, their weights in git, their scores."""

import json

import numpy as np

from helpers import files, inputs, paths, runtime
from helpers.deeplab import checkpoint, metrics, network, scenes

TEST_SCENES = 300
REMEDY = "restore data/weights from git, or make train-scenes"
RECIPES = {
    "mobilenetv2": {"width": 0.35, "output_stride": 8, "train_stride": 16, "steps": 39_500},
    "xception": {"width": 0.25, "middle_units": 4, "output_stride": 16, "train_stride": 16,
                 "steps": 15_100},
    # The ablation goes on from the trained network, without its decoder.
    "xception_no_decoder": {"width": 0.25, "middle_units": 4, "decoder": False, "start": "xception",
                            "output_stride": 16, "train_stride": 16, "steps": 500},
}  # fmt: skip


def build(name, output_stride=None, size=scenes.SIZE):
    """Return the untrained compact network `name`, at its own output stride by default.

    `size` is that of the images in pixels, None for any.

    Raises:
        ValueError: no network has that name.
    """
    if name not in RECIPES:
        raise ValueError(f"no compact network {name!r}; there are {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    options = {key: recipe[key] for key in ("width", "middle_units", "decoder") if key in recipe}
    builder = network.deeplab_v3_plus if "xception" in name else network.deeplab_v3
    stride = output_stride or recipe["output_stride"]
    model = builder(stride, classes=len(scenes.CLASSES), size=size, **options)
    for layer in model.layers:
        if hasattr(layer, "momentum"):
            layer.momentum = 0.99  # 100 steps, not the thousands of the official recipe
    return model


def load(name, output_stride=None, size=scenes.SIZE):
    """Return the compact network with the weights that the project trained.

    Raises:
        FileNotFoundError: they are not there; the message says how to train them.
        ValueError: they are not as they were stored, or do not fit the network.
    """
    path = inputs.used(paths.WEIGHTS / f"scenes_{name}.npz")
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: {REMEDY}")
    if path.name in files.damaged(paths.WEIGHTS):
        raise ValueError(f"{path} is not the file of {files.SEAL} beside it: {REMEDY}")
    model = build(name, output_stride, size)
    with np.load(path) as stored:
        checkpoint.assign(checkpoint.named_variables(model), dict(stored), path)
    return model


def scaled(images):
    """Return uint8 images as the networks take them: float32 in [-1, 1]."""
    return np.asarray(images, np.float32) * (2 / 255) - 1


def score(forward, images, labels):
    """Return ({"miou", "boundary_miou"}, predicted labels) of a network on scenes.

    Args:
        forward: a network, or a compiled call of one: images in [-1, 1] → logits.
        images, labels: from `scenes.scenes`.
    """
    batches = [scaled(images[start : start + 16]) for start in range(0, len(images), 16)]
    predictions = np.concatenate([np.argmax(forward(batch), axis=-1) for batch in batches])
    return {
        "miou": metrics.mean_iou(labels, predictions),
        "boundary_miou": metrics.boundary_iou(labels, predictions),
    }, predictions


def store(name, model, state, seed):
    """Write the weights (half precision) and the model card; return the card's figures."""
    arrays = {
        key: variable.numpy().astype(np.float16)
        for key, variable in checkpoint.named_variables(model).items()
    }
    with files.replacing(paths.WEIGHTS / f"scenes_{name}.npz") as temporary:
        np.savez_compressed(temporary, **arrays)
    files.seal(paths.WEIGHTS)
    figures, _ = score(load(name), *scenes.scenes("test", range(TEST_SCENES)))
    files.write_text(paths.WEIGHTS / f"scenes_{name}.md", card(name, model, state, seed, figures))
    return json.dumps(figures)


def card(name, model, state, seed, figures):
    """Return the model card: what the weights are, what made them, what they reach."""
    recipe = ", ".join(f"{key} {value}" for key, value in RECIPES[name].items() if key != "steps")
    again, origin = f"--model {name} --steps {state['step']} --seed {seed}", "random weights"
    if state["start"]:
        again += f" --start {state['start']}"
        origin = (
            f"scenes_{state['start']}.npz of SHA-256 {state['start_sha256'][:16]}…; "
            "`git log data/weights` finds it"
        )
    return f"""# scenes_{name}.npz

Weights of the compact network `{name}` ({model.count_params():,} values, half precision).

- Task: segment handwritten digits on photographs, 129 x 129 pixels, 11 classes
  (`helpers/deeplab/scenes.py`).
- Data: {state["step"] * 16:,} training scenes, each seen once, made of scikit-learn's digits 0 to
  1346 (Alpaydin and Kaynak 1998) and of photographs that scikit-learn and scikit-image ship.
  Test scenes use other digits and other photographs.
- Recipe: {recipe}; {state["step"]:,} steps of 16 scenes, seed {seed}.
- Start: {origin}.
- Time: {state["seconds"] / 3600:.2f} hours on {runtime.processor()}, shared with other work.
- Again: `python -m helpers.deeplab.train_scenes {again}`
- Figures on {TEST_SCENES} test scenes: mIoU {figures["miou"]:.3f}; within 3 pixels of an edge
  {figures["boundary_miou"]:.3f}.
- Licence: as the project. Use: to show how the networks behave, not to read digits.
"""

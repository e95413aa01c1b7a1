"""The core of the source, as an appendix of the report prints it."""

import ast

from helpers import paths
from nbtypst.problems import DocumentError

CORE = {
    "residual/units.py": ("PaddedIdentity", "activate", "residual_unit"),
    "residual/cifar.py": ("build_cifar",),
    "training/loop.py": ("train_epoch", "compile_step"),
    "cardiac/vae.py": (
        "build_encoder", "build_decoder", "CardiacVAE", "soft_dice", "kl_divergence",
    ),
    "cardiac/walk.py": ("probability_and_gradient", "ascend", "ascend_whitened"),
    "deeplab/network.py": (
        "deeplab_v3", "deeplab_v3_plus", "image_pooling", "project", "add_detail", "with_logits",
    ),
}  # fmt: skip


def core_sources() -> dict[str, list[str]]:
    """Return {file in helpers: sources of the functions and classes that `CORE` names}.

    Raises:
        DocumentError: a name is not defined there.
    """
    return {f"helpers/{name}": definitions(name, wanted) for name, wanted in CORE.items()}


def definitions(name: str, wanted: tuple[str, ...]) -> list[str]:
    """Return the sources of what a file in helpers defines under the names that are wanted."""
    source = (paths.ROOT / "helpers" / name).read_text(encoding="utf-8")
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "\n".join(source.splitlines()[start - 1 : node.end_lineno])
    if missing := [each for each in wanted if each not in found]:
        raise DocumentError(f"helpers/{name} has no {', '.join(missing)}: see listings.CORE")
    return [found[each] for each in wanted]

"""The core of the source, as an appendix of the report prints it."""

import ast

from helpers import paths

CORE = {
    "residual/units.py": ("PaddedIdentity", "activate", "residual_unit"),
    "residual/cifar.py": ("build_cifar",),
    "training/loop.py": ("train_epoch", "compile_step"),
    "cardiac/vae.py": (
        "build_encoder", "build_decoder", "CardiacVAE", "soft_dice", "kl_divergence",
    ),
    "cardiac/walk.py": ("ascend", "ascend_whitened"),
    "deeplab/network.py": (
        "deeplab_v3", "deeplab_v3_plus", "image_pooling", "project", "with_logits",
    ),
}  # fmt: skip


def core_sources() -> dict[str, list[str]]:
    """Return {file: sources of the functions and classes in it} of those that `CORE` names."""
    found: dict[str, list[str]] = {}
    for name, wanted in CORE.items():
        lines = (paths.ROOT / "helpers" / name).read_text(encoding="utf-8").splitlines()
        for node in ast.parse("\n".join(lines)).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in wanted:
                start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                source = "\n".join(lines[start - 1 : node.end_lineno])
                found.setdefault(f"helpers/{name}", []).append(source)
    return found

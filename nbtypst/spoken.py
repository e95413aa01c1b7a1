"""Formulas as text for a reader who hears them."""

import re
from collections.abc import Callable

SPOKEN: list[tuple[str, str | Callable[[re.Match], str]]] = [
    (r"(?<=[a-zA-Z])(?=\\(?:math|bold|bm|text|operatorname))", " "),
    (
        r"\\(?:left|right|middle|displaystyle|textstyle|limits|nolimits|bigg?[lrm]?|Bigg?[lrm]?)(?![a-zA-Z])",
        "",
    ),
    (
        r"\\(?:mathrm|mathbf|mathcal|mathbb|mathit|boldsymbol|bm|text\w*|operatorname\*?|mbox)\s*\{([^{}]*)\}",
        r"\1",
    ),
    (r"\\d?t?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)"),
    (r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[^{}]*\})?|\\[!;,:> ]|\\q?quad|&|~", " "),
    (r"\\\\", "; "),
    (r"([_^])\{(\w+)\}", r"\1\2"),
    (r"[{}]", lambda match: {"{": "(", "}": ")"}[match[0]]),
    (r"\\([a-zA-Z]+)", r" \1 "),
    (r"\\", ""),
]


def spoken(tex: str) -> str:
    """Return a line of plain text for a reader who hears the formula: x_(l+1) = x_l + F(x_l)."""
    for _ in range(2):  # twice, for braces in braces
        for pattern, replacement in SPOKEN[:4]:
            tex = re.sub(pattern, replacement, tex)
    for pattern, replacement in SPOKEN[4:]:
        tex = re.sub(pattern, replacement, tex)
    return " ".join(tex.split()) or "formula"

"""One look for every figure of the report: colours, sizes, the text's font."""

import matplotlib.pyplot as plt

# Okabe and Ito's palette: tellable apart with any colour vision.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW = COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442",
)  # fmt: skip
WIDTH = 6.3  # inches, the text width of an A4 page


def use_style() -> None:
    """Set Matplotlib's defaults for the whole report: the text's font and size, thin frames."""
    plt.rcParams.update(
        {
            "figure.figsize": (WIDTH, 2.8),
            "figure.constrained_layout.use": True,
            "savefig.dpi": 200,
            "font.family": "STIXGeneral",
            "mathtext.fontset": "stix",
            "font.size": 9,
            "axes.titlesize": 9,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.6,
            "lines.linewidth": 1.2,
            "legend.frameon": False,
            "image.cmap": "cividis",
            "svg.hashsalt": "report",  # the same drawing gives the same bytes
        }
    )

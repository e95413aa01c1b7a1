"""From executed notebooks to a typeset report."""

from helpers.report.report import build
from nbtypst.problems import DocumentError

__all__ = ["DocumentError", "build"]

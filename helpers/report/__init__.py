"""From executed notebooks to a typeset report."""

from helpers.report.assembly import write_report
from nbtypst.problems import DocumentError

__all__ = ["DocumentError", "write_report"]

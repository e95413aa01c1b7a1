"""From executed notebooks to a typeset report."""

from helpers.report.problems import ReportError
from helpers.report.report import build, build_html

__all__ = ["ReportError", "build", "build_html"]

"""Training runs: written down, trained once, resumed when killed, spread over processes.

Knows no network and no data set: a run names both by the functions that make them.
"""

from helpers.training.finished import measure_all, train_all
from helpers.training.spec import Protocol, Run, call

__all__ = ["Protocol", "Run", "call", "measure_all", "train_all"]

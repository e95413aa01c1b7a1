"""Progress bars of long work in notebooks."""

import os

import tqdm
import tqdm.auto


def bar(total, description, unit="epoch"):
    """Return a tqdm bar to `update()`, and to use as a context manager.

    Under `make report` the notebook's own output must stay clean, so the bar is written to the
    file named by REPORT_PROGRESS, whose last line the pipeline shows beside the running cell.
    """
    channel = os.environ.get("REPORT_PROGRESS")
    if not channel:
        return tqdm.auto.tqdm(total=total, desc=description, unit=unit, leave=False)
    return tqdm.tqdm(
        total=total,
        desc=description,
        unit=unit,
        file=open(channel, "a", encoding="utf-8", buffering=1),  # noqa: SIM115 (tqdm holds it)
        bar_format="{desc} {n_fmt}/{total_fmt} {unit}, {elapsed}<{remaining}",
        mininterval=0.5,
    )

"""pandoc, called directly: its exit code is checked and its warnings are errors.

Starting pandoc costs more than converting a cell, so whole notebooks go through in one call.
"""

import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path

# Jupyter's Markdown is GitHub's. Mathematics is taken out before, as JupyterLab does.
MARKDOWN = "commonmark+pipe_tables+strikeout+task_lists+footnotes+autolink_bare_uris"
SEPARATOR = "pandoc-separator-3b1f"


class PandocError(ValueError):
    """pandoc failed or warned; the message is what it said."""


def program():
    """Return the path of the pandoc that `pypandoc-binary` installed."""
    folder = Path(importlib.util.find_spec("pypandoc").submodule_search_locations[0])
    return folder / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")


def run(text, *arguments):
    """Return pandoc's output for `text`.

    Raises:
        PandocError: pandoc failed, or warned that something would be lost.
    """
    # In the sandbox it fetches nothing: not an iframe of a page, nor a file.
    command = [program(), "--sandbox", "--fail-if-warnings", "--wrap=none", *arguments]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        message = done.stderr.decode(errors="replace")
        message = re.sub(r"\[WARNING\] |Failing because there were warnings\.", "", message)
        raise PandocError(" ".join(message.split()))
    return done.stdout.decode()


def read(texts, source_format=MARKDOWN):
    """Return the blocks of pandoc's syntax tree for each of `texts`, in one call where possible."""
    separator = f"<p>{SEPARATOR}</p>" if source_format.startswith("html") else SEPARATOR
    joined = f"\n\n{separator}\n\n".join(texts)
    blocks = harmless(json.loads(run(joined, "-f", source_format, "-t", "json"))["blocks"])
    parts = [[]]
    for block in blocks:
        if block == {"t": "Para", "c": [{"t": "Str", "c": SEPARATOR}]}:
            parts.append([])
        else:
            parts[-1].append(block)
    if len(parts) == len(texts):
        return parts
    # A text with an unclosed fence swallowed a separator: read one by one.
    return [read([text], source_format)[0] for text in texts]


def harmless(node):
    """Return the tree without attributes such as typst:fill, whose values pandoc would paste."""
    match node:
        case dict():
            return {key: harmless(value) for key, value in node.items()}
        case [str() as identifier, list() as classes, list() as pairs]:
            return [identifier, classes, [pair for pair in pairs if "typst:" not in pair[0]]]
        case list():
            return [harmless(item) for item in node]
    return node


def write(trees, target="typst"):
    """Return the source, in format `target`, of each of `trees` (lists of blocks), in one call.

    Raises:
        PandocError: something in one of the trees cannot be written.
    """
    separator = f"//{SEPARATOR}" if target == "typst" else f"<!--{SEPARATOR}-->"
    blocks = [b for tree in trees for b in (*tree, {"t": "RawBlock", "c": [target, separator]})]
    document = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": blocks}
    text = run(json.dumps(document), "-f", "json", "-t", target)
    return [part.strip("\n") for part in text.split(separator)[:-1]]


def transform(node, change):
    """Return the tree with each element replaced by the list `change(element)`, children first.

    `change` returns None to keep an element.
    """
    if isinstance(node, dict):
        return {key: transform(value, change) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    result = []
    for item in node:
        item = transform(item, change)
        replacement = change(item) if isinstance(item, dict) and "t" in item else None
        result.extend([item] if replacement is None else replacement)
    return result

"""What is wrong in a YAML file that people edit, in one line."""

import contextlib

import yaml


def one_line(path, text, error):
    """Return one line on the `error` that PyYAML raised for the `text` of the file `path`."""
    mark = getattr(error, "problem_mark", None)
    line = f", line {first_line(text, error, mark) + 1}" if mark else ""
    remedy = 'a line is written as name: "text" or name: [1, 2]; quotes in the text as \\"'
    return f"{path}{line}: not YAML; {remedy}"


def first_line(text, error, mark):
    """Return the line, from 0, where the fault that PyYAML met at `mark` begins.

    A quote or a bracket that nothing closes is met on a later line than its own.
    """
    if "block" not in (error.context or ""):
        return (error.context_mark or mark).line
    line = mark.line  # the context is the whole block; a quote begins where the last text does
    with contextlib.suppress(yaml.YAMLError):
        for token in yaml.scan(text):
            if token.end_mark.index > mark.index:
                break
            line = token.start_mark.line
    return line

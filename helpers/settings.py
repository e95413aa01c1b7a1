"""Reading YAML that people edit: it fits its pydantic model, or one line tells each fault."""

import reprlib
from pathlib import Path
from typing import Any

import yaml

REMEDY = 'write name: "text" or name: [1, 2], indented with spaces; quotes in the text as \\"'
FAULTS = {  # pydantic's kinds of error; of any other its own message is told
    "missing": "is missing: add it",
    "extra_forbidden": "is unknown: remove it, or correct its name",
    "invalid_key": "holds the key {value}, which is no text: remove it",
    "model_type": "must hold fields, one a line, indented, such as name: value; found {value}",
    "string_type": 'must be text in quotes, {name}: "…"; found {value}',
    "float_type": "must be a number, found {value}; YAML wants 1.0e-4 rather than 1e-4",
}


class Loader(yaml.SafeLoader):
    """PyYAML's, which also refuses references and notes keys that are there twice.

    A few lines of references to references can stand for more values than fit into memory.
    """

    def __init__(self, text: str) -> None:
        """Load from `text`; `faults` will be (line from 0, fault)."""
        super().__init__(text)
        self.faults: list[tuple[int, str]] = []
        self.open_quote: Any = None

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node of the tree."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="found a reference", problem_mark=event.start_mark)
        quoted = isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"')
        several_lines = event.start_mark.line < event.end_mark.line  # a quote left open ends below
        self.open_quote = event.start_mark if quoted and several_lines else None
        return super().compose_node(parent, index)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Return a node's value; of `!!int x`, which has none, the node: no field wants one."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError):  # PyYAML lets them pass
            return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        """Return a mapping."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            name, line = str(key.value), key.start_mark.line
            if name in lines:
                first = f"first in line {lines[name] + 1}"
                self.faults.append((line, f"{name} is there twice, {first}: remove one"))
            lines.setdefault(name, line)
        return super().construct_mapping(node, deep)


# Nor does a field want a date, which is told as it is written.
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node)


def read_settings(path: Path, model: Any, failure: type[ValueError]) -> Any:
    """Return the YAML file `path` as an instance of the pydantic `model`.

    Raises:
        failure: the file cannot be read or does not fit; a line for each fault names the file, the
            line, the key and what to do.
    """
    import pydantic  # takes 0.1 s

    tree, faults = None, []
    try:
        source = path.read_bytes()
        loader = Loader(source.decode("utf-8-sig"))
        tree, faults = loader.get_single_node(), loader.faults
        settings = model.model_validate(loader.construct_document(tree) if tree else None)
    except OSError as error:
        raise failure(f"{path.name}: {error.strerror}: put a YAML file there") from error
    except UnicodeDecodeError as error:
        fault = "not UTF-8: save it in this encoding"
        faults.append((source.count(b"\n", 0, error.start), fault))
    except RecursionError:
        faults.append((0, "brackets within brackets within brackets …: remove them"))
    except yaml.reader.ReaderError as error:
        line = source.decode("utf-8-sig").count("\n", 0, error.position)
        faults.append((line, f"not YAML, {error.reason}: remove the character"))
    except yaml.MarkedYAMLError as error:
        whole = any(word in (error.context or "") for word in ("block", "constructing", "document"))
        mark = loader.open_quote or (not whole and error.context_mark) or error.problem_mark
        faults.append((mark.line, f"not YAML, {error.problem}: {REMEDY}"))
    except pydantic.ValidationError as error:
        faults += [(line_of(tree, each["loc"]), explain(each)) for each in error.errors()]
    if faults:
        lines = (f"{path.name}, line {line + 1}: {fault}" for line, fault in sorted(faults))
        raise failure("\n".join(" ".join(line.split()) for line in lines))
    return settings


def line_of(tree: Any, location: tuple) -> int:
    """Return the line, from 0, of what pydantic calls `location`, or of what it is missing from."""
    line = 0
    for name in location:
        if isinstance(tree, yaml.SequenceNode) and isinstance(name, int):
            tree = tree.value[name]
            line = tree.start_mark.line
        elif isinstance(tree, yaml.MappingNode):
            for key, value in tree.value:  # of a key that is there twice, the last one counts
                if key.value == str(name):
                    line, tree = key.start_mark.line, value
    return line


def explain(fault: Any) -> str:
    """Return which key a fault of pydantic's is about, what it is and what to do."""
    kind, location, value = fault["type"], fault["loc"], fault["input"]
    value = "nothing" if value is None else getattr(value, "value", "") or reprlib.repr(value)
    key = ".".join(map(str, location[:-1] if kind == "invalid_key" else location)) or "the file"
    if kind in FAULTS:
        return f"{key} {FAULTS[kind].format(value=value, name=key.rpartition('.')[2])}"
    return f"{key} must {fault['msg'].rpartition(' should ')[2]}, found {value}"

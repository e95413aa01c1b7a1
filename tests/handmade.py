"""Notebooks made by hand, so that no kernel runs."""

import base64
import struct
import zlib


def png(width=4, height=4):
    """Return the bytes of a grey PNG, written out by its specification."""

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes([120] * width) for _ in range(height)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


class Make:
    """Short forms of nbformat's dictionaries."""

    png = base64.b64encode(png()).decode()
    gif = base64.b64encode(
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00"
        b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    ).decode()

    @staticmethod
    def markdown(source, cell_id="prose", **more):
        return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source, **more}

    @staticmethod
    def code(source="x", *outputs, cell_id="code", tags=()):
        return {
            "cell_type": "code",
            "id": cell_id,
            "metadata": {"tags": list(tags)},
            "execution_count": None,
            "source": source,
            "outputs": list(outputs),
        }

    @staticmethod
    def shown(report=None, **data):
        """Return a display output; keys such as image_png become MIME types."""
        data = {key.replace("__", "/", 1).replace("_", "+"): value for key, value in data.items()}
        metadata = {"report": report} if report else {}
        return {"output_type": "display_data", "data": data, "metadata": metadata}

    @staticmethod
    def stream(text, name="stdout"):
        return {"output_type": "stream", "name": name, "text": text}

    @staticmethod
    def figure(label="fig-a", caption="A caption.", alt="A grey square."):
        report = {"kind": "figure", "label": label, "caption": caption, "alt": alt}
        return Make.shown(report, image__png=Make.png)

    @staticmethod
    def table(columns, rows, align, label="tab-a", caption="A table."):
        content = {"columns": columns, "rows": rows}
        report = {"kind": "table", "label": label, "caption": caption, **content}
        output = Make.shown(report | {"formats": [None] * len(columns)})
        content["align"] = align
        output["data"] = {"application/vnd.report.table+json": content, "text/html": "<table/>"}
        return output

    @staticmethod
    def book(*cells):
        return {
            "cells": list(cells),
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }

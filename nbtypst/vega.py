"""Charts of Altair and Vega-Lite as pictures, where vl-convert is installed."""

import base64
import importlib.util
import json
import re

MIME = re.compile(r"application/vnd\.vega(lite)?\.v\d+\+json")
EMBEDDED = re.compile(r"\}\)\((\{[\s\S]*\}), \{\"mode\": \"(vega-lite|vega)\"")  # Altair's HTML


def with_picture(data: dict) -> dict:
    """Return an output's data, with "image/png" if it holds a chart that can be drawn.

    A chart whose data lie elsewhere, or that is faulty, stays what it is.
    """
    if not importlib.util.find_spec("vl_convert") or "image/png" in data:
        return data
    kinds = {mime: match for mime in data if (match := MIME.fullmatch(mime))}
    html = data.get("text/html")
    try:
        if kinds:
            mime, match = next(iter(kinds.items()))
            spec, lite = data[mime], bool(match[1])
        elif isinstance(html, str) and (embedded := EMBEDDED.search(html)):
            spec, lite = json.loads(embedded[1]), embedded[2] == "vega-lite"
        else:
            return data
        if '"url"' in json.dumps(spec):  # neither the network nor the disk is asked
            return data
        import vl_convert

        draw = vl_convert.vegalite_to_png if lite else vl_convert.vega_to_png
        png = draw(spec, ppi=144, allowed_base_urls=[])
    except (ValueError, TypeError, KeyError):
        return data
    return {**data, "image/png": base64.b64encode(png).decode()}

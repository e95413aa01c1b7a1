"""Outputs that only a browser draws."""

import base64
import importlib.machinery
import json
import sys
import types

import pytest

from nbtypst import vega


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"application__vnd.plotly.v1_json": {"data": []}}, "Plotly"),
        (
            {
                "application__vnd.plotly.v1_json": {"data": []},
                "text__html": "<script>draw()</script>",
            },
            "Plotly",
        ),
        ({"text__html": "<div id='a'></div><script>Plotly.newPlot('a')</script>"}, "Plotly"),
        (
            {
                "text__html": "<div id=altair-viz-1></div><script>VEGA</script>",
                "text__plain": "alt.C()",
            },
            "Altair",
        ),
        (
            {"text__html": "<div>Make this Notebook Trusted<iframe srcdoc=x></iframe></div>"},
            "folium",
        ),
        ({"text__html": "<div id=p1 data-root-id=p1></div>"}, "Bokeh"),
    ],
)
def test_a_figure_that_a_browser_draws_leaves_a_note(typeset, make, data, name):
    source, document = typeset(make.code("x", make.shown(**data)), strict=False)
    assert f'#interactive-note("{name}"' in source
    assert f"01_test, cell 1 (code), 'x': an interactive {name} figure" in document.notices[0]


def test_what_only_loads_scripts_leaves_nothing(typeset, make):
    loads = make.shown(application__javascript="x")
    loads["data"]["application/vnd.bokehjs_load.v0+json"] = ""
    source, document = typeset(make.code("", loads, make.shown(text__html="<style>a{}</style>")))
    assert source.strip().startswith("// @") and source.strip().count("\n") == 0
    assert not document.problems


SPEC = {"mark": "bar", "data": {"values": [{"a": 1}]}}


ALTAIR = '<div id="v"></div><script>(function(s, o){})(%s, {"mode": "vega-lite"});</script>'


@pytest.mark.parametrize(
    ("data", "drawn"),
    [
        ({"application/vnd.vegalite.v5+json": SPEC}, True),
        ({"application/vnd.vega.v5+json": SPEC}, True),
        ({"text/html": ALTAIR % json.dumps(SPEC)}, True),
        ({"application/vnd.vegalite.v5+json": {"data": {"url": "file:///etc/passwd"}}}, False),
        ({"application/vnd.vegalite.v5+json": {"mark": "nonsense"}}, False),
        ({"text/html": ALTAIR % '{"mark": }'}, False),
        ({"text/plain": "x"}, False),
    ],
)
def test_charts_are_drawn_where_that_asks_for_nothing(data, drawn, monkeypatch, make):
    def draw(spec, **options):
        assert spec == SPEC or not drawn
        if spec["mark"] == "nonsense":
            raise ValueError("no such mark")
        return base64.b64decode(make.png)

    library = types.ModuleType("vl_convert")
    library.__spec__ = importlib.machinery.ModuleSpec("vl_convert", None)
    library.vegalite_to_png = library.vega_to_png = draw
    monkeypatch.setitem(sys.modules, "vl_convert", library)
    assert vega.with_picture(data) == (data | {"image/png": make.png} if drawn else data)

"""Join the executed notebooks into one report.

The pipeline calls

    from helpers.report import ReportError, build

    build(
        executed,              # paths of the executed notebooks, in the report's order
        pdf,                   # where the PDF goes; replaced in one step, left alone on an error
        language="en",         # "en" or "ru"
        title=None,            # path of report.yml; paths.ROOT / "report.yml" by default
        results=None,          # folder of the results' JSON; paths.RESULTS by default
        code=False,            # append every code cell (CODE=1)
    )

`ReportError` is the only exception that bad input raises; its message is one fault a line, each
with notebook, cell (id and first line), fault and remedy. What the PDF depends on, apart from
these arguments: helpers/report/**, notebooks/references.bib, report.yml, locale/**.
Importing this module is cheap: pandoc and Typst are loaded when `build` runs.
"""

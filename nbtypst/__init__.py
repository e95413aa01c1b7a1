"""Notebook in, Typst out: a PDF or an HTML page, without TeX and without a browser."""

"""nbconvert exporters: `jupyter nbconvert --to typst` and `--to typst-pdf` on any notebook.

nbconvert loads every registered exporter to list them, so Typst and the like wait for an export.
"""

from pathlib import Path
from typing import Any, TextIO

from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, Integer, Unicode

from nbtypst import compiler, notebook, reading
from nbtypst.document import Document, keys_of
from nbtypst.problems import DocumentError, ExportError
from nbtypst.text import quote

HEAD = """#set document(title: {title}, author: {authors})
#show: style.with(lang: {language}, size: 11pt, fallback: true)
#set heading(numbering: none)
"""


class TypstExporter(TemplateExporter):
    """A notebook as a Typst document; its images become files beside it.

    What cannot be set is shown as its source, and named with its cell in a warning.
    """

    export_from_notebook = "Typst"
    output_mimetype = "text/vnd.typst"
    file_extension = Unicode(".typ")
    language = Unicode("", help="Language, such as 'ru'; by default the notebook's, or English")
    most_lines = Integer(0, help="Lines of a printed output that are kept; 0 keeps all of them")
    allow_outside = Bool(False, help="Whether images may lie outside the notebook's folder")
    for option in (language, most_lines, allow_outside):
        option.tag(config=True)

    def from_file(self, file_stream: TextIO, resources: dict | None = None, **kwargs: Any) -> tuple:
        """Convert an open notebook file; see `from_notebook_node`.

        Raises:
            ExportError: the file is no valid notebook, or Typst fails on it.
        """
        name = (resources or {}).get("metadata", {}).get("name")
        try:
            book = reading.parsed(file_stream, f"{name}.ipynb" if name else "the notebook")
            return self.from_notebook_node(book, resources, **kwargs)
        except DocumentError as error:
            raise ExportError(str(error)) from error

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple:
        """Return (Typst source, resources); the images are in resources["outputs"]."""
        text, resources, document = self.typeset(nb, resources, **kwargs)
        prefix = resources.get("output_files_dir") or "."
        resources["outputs"] = {f"{prefix}/{path}": data for path, data in document.files.items()}
        for path in document.files:
            text = text.replace(quote(path), quote(f"{prefix}/{path}"))
        return text.replace(compiler.IMPORT, compiler.style("pdf"), 1), resources

    def typeset(self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any) -> tuple:
        """Return (Typst source, resources, the `Document` with its images)."""
        # TemplateExporter's own step would render cells; the base class runs preprocessors.
        prepare = super(TemplateExporter, self).from_notebook_node
        prepared, resources = prepare(nb, resources, **kwargs)
        resources["output_extension"] = self.file_extension
        name = resources["metadata"].get("name") or "notebook"
        folder = Path(resources["metadata"].get("path") or ".")
        references = folder / "references.bib"
        bibliography = references.read_bytes() if references.is_file() else b""
        book = reading.plain(prepared)
        front = reading.front_matter(book, name)
        language = self.language or front["language"]
        document = Document(
            strict=False,
            language=language,
            folders=(folder,),
            outside=self.allow_outside,
            most_lines=self.most_lines,
            keys=keys_of(bibliography),
        )
        shown = not self.exclude_input
        cells = notebook.typeset({name: book}, document, show_code=lambda cell: shown)[name]
        if document.cited:
            document.files["references.bib"] = bibliography
            cells += '\n\n#bibliography("references.bib", style: "ieee")'
        for message in document.notices:
            self.log.warning(message)
        title, date = quote(front["title"]), quote(front["date"])
        authors = f"({''.join(f'{quote(author)}, ' for author in front['authors'])})"
        text = compiler.IMPORT + HEAD.format(title=title, authors=authors, language=quote(language))
        if front["has_title"]:
            text += f"#title-block({title}, {authors}, {date})\n"
        return text + cells, resources, document


class TypstPDFExporter(TypstExporter):
    """A notebook as a PDF, set by Typst: no TeX, no browser."""

    export_from_notebook = "PDF via Typst"
    output_mimetype = "application/pdf"
    file_extension = Unicode(".pdf")

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple:
        """Return (the PDF's bytes, resources); what Typst rejects is named and shown as text."""
        text, resources, document = self.typeset(nb, resources, **kwargs)
        files = {**document.files, "main.typ": text.encode()}
        pdf, messages = compiler.compile_mended(files, document.fallbacks)
        for message in messages:
            self.log.warning(message)
        return pdf, resources

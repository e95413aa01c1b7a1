"""nbconvert exporters: `jupyter nbconvert --to typst` and `--to typst-pdf` on any notebook.

Heavy imports wait for an export, because nbconvert loads every registered exporter to list them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Bool, Integer, Unicode, default


class TypstExporter(TemplateExporter):
    """A notebook as a Typst document; its images become files beside it.

    What cannot be set is shown as its source, and named with its cell in a warning.
    """

    export_from_notebook = "Typst"
    output_mimetype = "text/vnd.typst"
    language = Unicode(
        "", help="Language of the document, such as 'ru'; by default the notebook's, or English"
    ).tag(config=True)
    most_lines = Integer(
        0, help="Lines of a printed output that are kept; 0 keeps all of them"
    ).tag(config=True)
    allow_outside = Bool(False, help="Whether images may lie outside the notebook's folder").tag(
        config=True
    )

    @default("file_extension")
    def _file_extension_default(self):
        return ".typ"

    @default("template_extension")
    def _template_extension_default(self):
        return ".typ.j2"

    @default("template_name")
    def _template_name_default(self):
        return "typst"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self):
        return [str(Path(__file__).parent / "templates")]

    @default("exclude_input_prompt")
    def _exclude_input_prompt_default(self):
        return True

    def _create_environment(self):
        environment = super()._create_environment()
        # Typst is full of { and #, as TeX is: the delimiters of nbconvert's LaTeX templates.
        environment.block_start_string, environment.block_end_string = "((*", "*))"
        environment.variable_start_string, environment.variable_end_string = "(((", ")))"
        environment.comment_start_string, environment.comment_end_string = "((=", "=))"
        return environment

    def default_filters(self) -> Iterator[tuple]:
        """Add the filter that quotes text for Typst."""
        from nbtypst.document import quote

        yield from super().default_filters()
        yield "typst_string", quote

    def from_file(self, file_stream: TextIO, resources: dict | None = None, **kwargs: Any) -> tuple:
        """Convert an open notebook file; see `from_notebook_node`.

        Raises:
            ExportError: the file is no valid notebook, or Typst fails on it.
        """
        from nbtypst import reading
        from nbtypst.problems import DocumentError, ExportError

        name = reading.file_name(resources)
        try:
            book = reading.parsed(file_stream, name)
            return self.from_notebook_node(book, resources, **kwargs)
        except DocumentError as error:
            raise ExportError(str(error)) from error

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple:
        """Return (Typst source, resources); the images are in resources["outputs"]."""
        from nbtypst.document import quote

        text, resources, document = self.typeset(nb, resources, **kwargs)
        prefix = resources.get("output_files_dir") or "."
        for path, content in document.files.items():
            resources["outputs"][f"{prefix}/{path}"] = content
            text = text.replace(quote(path), quote(f"{prefix}/{path}"))
        return text, resources

    def typeset(self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any) -> tuple:
        """Return (Typst source, resources, the `Document` with its images)."""
        from nbtypst import notebook, reading
        from nbtypst.document import Document, keys_of, quote

        with reading.validated(reading.file_name(resources)):
            # TemplateExporter's own step would render cells; the base class runs preprocessors.
            prepare = super(TemplateExporter, self).from_notebook_node
            prepared, resources = prepare(nb, resources, **kwargs)
        metadata = resources["metadata"]
        name = metadata.get("name") or "notebook"
        folder = metadata.get("path") or "."
        references = Path(folder) / "references.bib"
        bibliography = references.read_bytes() if references.is_file() else b""
        book, problems = reading.known_parts(prepared, name)
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
        source = notebook.typeset(
            {name: book}, document, show_code=lambda cell: not self.exclude_input
        )[name]
        if document.cited:
            document.files["references.bib"] = bibliography
            source += '\n\n#bibliography("references.bib", style: "ieee")'
        for message in (*problems, *document.problems, *document.notices):
            self.log.warning(message)
        resources.setdefault("outputs", {})
        resources["typst"] = source
        resources["output_extension"] = self.file_extension
        authors = "".join(f"{quote(author)}, " for author in front["authors"])
        text = self.template.render(
            nb=book, resources=resources, front=front, authors=f"({authors})", language=language
        )
        return text, resources, document


class TypstPDFExporter(TypstExporter):
    """A notebook as a PDF, set by Typst: no TeX, no browser."""

    export_from_notebook = "PDF via Typst"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self):
        return ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **kwargs: Any
    ) -> tuple:
        """Return (the PDF's bytes, resources); what Typst rejects is named and shown as text."""
        from nbtypst import recovery

        text, resources, document = self.typeset(nb, resources, **kwargs)
        resources.pop("outputs")
        resources.pop("typst")
        formulas = {f.typst(): f.source for f in document.formulas if f.rows}
        pdf, messages = recovery.pdf({**document.files, "main.typ": text.encode()}, formulas)
        for message in messages:
            self.log.warning(message)
        return pdf, resources

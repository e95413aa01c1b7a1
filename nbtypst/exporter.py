"""nbconvert exporters: `jupyter nbconvert --to typst` and `--to typst-pdf` on any notebook.

Heavy imports wait for an export, because nbconvert loads every registered exporter to list them.
"""

import re
from pathlib import Path

from nbconvert.exporters.templateexporter import TemplateExporter
from traitlets import Unicode, default

BLANK = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


class TypstExporter(TemplateExporter):
    """A notebook as a Typst document; its images become files beside it.

    What cannot be set is shown as its source, and named with its cell in a warning.
    """

    export_from_notebook = "Typst"
    output_mimetype = "text/vnd.typst"
    language = Unicode("en", help="Language of the document, such as 'ru'").tag(config=True)

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

    def default_filters(self):
        """Add the filter that quotes text for Typst."""
        from nbtypst.document import quote

        yield from super().default_filters()
        yield "typst_string", quote

    def from_notebook_node(self, nb, resources=None, **kwargs):
        """Return (Typst source, resources); the images are in resources["outputs"]."""
        from nbtypst import notebook
        from nbtypst.document import Document, keys_of, quote

        # TemplateExporter's own step would render the cells; the base class prepares the notebook.
        book, resources = super(TemplateExporter, self).from_notebook_node(nb, resources, **kwargs)
        metadata = resources["metadata"]
        name = metadata.get("name") or "notebook"
        folder = metadata.get("path") or "."
        references = Path(folder) / "references.bib"
        bibliography = references.read_bytes() if references.is_file() else b""
        document = Document(
            strict=False,
            language=self.language,
            folders=(folder,),
            keys=keys_of(bibliography),
        )
        source = notebook.typeset(
            {name: book}, document, show_code=lambda cell: not self.exclude_input
        )[name]
        if document.cited:
            document.files["references.bib"] = bibliography
            source += '\n\n#bibliography("references.bib", style: "ieee")'
        for message in (*document.problems, *document.notices):
            self.log.warning(message)
        prefix = resources.get("output_files_dir") or "."
        resources.setdefault("outputs", {})
        for path, content in document.files.items():
            resources["outputs"][f"{prefix}/{path}"] = content
            source = source.replace(quote(path), quote(f"{prefix}/{path}"))
        headings = re.findall(r"(?m)^=+ ", source)
        if headings and headings[0] != "= ":  # PDF/UA wants a title above the other headings
            source = f"#heading(level: 1, {quote(name)})\n{source}"
        resources["typst"] = source
        title = book.metadata.get("title") or name
        resources["output_extension"] = self.file_extension
        text = self.template.render(
            nb=book, resources=resources, title=title, language=self.language
        )
        return text, resources


class TypstPDFExporter(TypstExporter):
    """A notebook as a PDF, set by Typst: no TeX, no browser."""

    export_from_notebook = "PDF via Typst"
    output_mimetype = "application/pdf"

    def from_notebook_node(self, nb, resources=None, **kwargs):
        """Return (the PDF's bytes, resources)."""
        text, resources = super().from_notebook_node(nb, resources, **kwargs)
        files = {**resources.pop("outputs"), "main.typ": text.encode()}
        resources.pop("typst")
        resources["output_extension"] = ".pdf"
        return self.compiled(files), resources

    def compiled(self, files):
        """Return the PDF of a Typst project; what stands in its way is named and left out."""
        from nbtypst import compiler
        from nbtypst.problems import DocumentError

        try:
            return compiler.compile_pdf(files, timestamp=None, system_fonts=True)
        except DocumentError as error:
            self.log.warning("%s", error)
        broken = compiler.unreadable_images(files)
        if not broken:
            return compiler.compile_pdf(files, timestamp=None, standards=(), system_fonts=True)
        main = files["main.typ"].decode()
        for path in broken:
            main = main.replace(path, "unreadable.svg")
        kept = {path: content for path, content in files.items() if path not in broken}
        return self.compiled({**kept, "main.typ": main.encode(), "unreadable.svg": BLANK})

"""The small library that the report's notebooks import, and what make calls."""

import sys

# jsonschema, which nbformat imports, would compile a grammar of internationalised addresses: two
# seconds at every start, for a format that no notebook uses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

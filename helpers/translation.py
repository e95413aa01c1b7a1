"""The strings that figures, tables and computed sentences show, in the report's language."""

import gettext
import os

from helpers import paths

language = os.environ.get("REPORT_LANG", "en")
translate = gettext.translation(
    "figures", localedir=paths.LOCALE, languages=[language], fallback=True
).gettext

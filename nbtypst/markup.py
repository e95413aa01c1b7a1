"""HTML in Markdown and outputs: what of it can be set."""

import re

# Tags whose meaning survives pandoc's HTML reader; what another tag holds would be lost.
SET_TAGS = set(
    """a abbr address article aside b big blockquote body br caption center cite code col colgroup
    dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hr
    html i img ins kbd label li main mark nav nobr ol p pre q s samp section small span strike
    strong sub summary sup table tbody td tfoot th thead time title tr tt u ul var wbr""".split()
)
UNSEEN = re.compile(r"<!--[\s\S]*?-->|<style\b[\s\S]*?</style\s*>")  # style sheets hold no text
SCRIPT = re.compile(r"(<script\b)[\s\S]*?(?:</script\s*>|$)")
TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)\b[^>]*>?")


def settable(markup):
    """Return (HTML that pandoc reads without loss, the other tags' names in order).

    A tag that cannot be set leaves its name, as code, where it stood.
    """
    unknown = []

    def replace(match):
        name = match[2].lower()
        if name in SET_TAGS:
            return match[0]
        if match[1]:
            return ""
        unknown.append(name)
        return f"<code>&lt;{name}&gt;</code>"

    markup = SCRIPT.sub(r"\1>", UNSEEN.sub("", markup))
    return TAG.sub(replace, markup), sorted(set(unknown))

r"""The table of TeX commands; those that are one character are in symbols.txt."""

import re
import unicodedata

from nbtypst import commands as c
from nbtypst import macros
from nbtypst.environments import environment, table

ACCENTS = {
    "hat": "302", "widehat": "302", "bar": "304", "vec": "20d7", "dot": "307", "ddot": "308",
    "dddot": "20db", "ddddot": "20dc", "tilde": "303", "widetilde": "303", "check": "30c",
    "widecheck": "30c", "breve": "306", "acute": "301", "grave": "300", "mathring": "30a",
    "overrightarrow": "20d7", "overleftarrow": "20d6", "overleftrightarrow": "20e1",
}  # fmt: skip
FUNCTIONS = {  # Typst functions of one argument, and what stands behind it
    "overline": ("overline", ""), "underline": ("underline", ""), "underbar": ("underline", ""),
    "cancel": ("cancel", ""),
    "bcancel": ("cancel", ", inverted: #true"), "xcancel": ("cancel", ", cross: #true"),
    "sout": ("cancel", ", angle: #90deg"), "mathop": ("op", ", limits: #true"),
    "mathbb": ("bb", ""), "mathds": ("bb", ""), "Bbb": ("bb", ""), "mathcal": ("cal", ""),
    "mathscr": ("scr", ""), "mathfrak": ("frak", ""), "frak": ("frak", ""),
    "boldsymbol": ("bold", ""), "bm": ("bold", ""), "pmb": ("bold", ""), "symbf": ("bold", ""),
    "mathrm": ("upright", ""), "mathup": ("upright", ""), "mathit": ("italic", ""),
    "mathsf": ("sans", ""), "mathtt": ("mono", ""),
}  # fmt: skip
WRAPPED = {  # what stands before and after the argument
    "mathbf": ("bold(upright(", "))"), "mathnormal": ("", ""), "smash": ("", ""),
    "overbrace": ("limits(overbrace(", "))"), "underbrace": ("limits(underbrace(", "))"),
    "overbracket": ("limits(overbracket(", "))"), "underbracket": ("limits(underbracket(", "))"),
    "phantom": ("#hide($", "$)"), "hphantom": ("#hide($", "$)"),
    "vphantom": ("#box(width: 0pt, hide($", "$))"), "llap": ("", ""), "rlap": ("", ""),
    "mathllap": ("", ""), "mathrlap": ("", ""), "bra": (r"lr(\⟨ ", r" \|)"), "ket": (r"lr(\| ",
    r" \⟩)"),
    "Bra": (r"lr(\⟨ ", r" \|)"), "Ket": (r"lr(\| ", r" \⟩)"), "braket": (r"lr(\⟨ ", r" \⟩)"),
    "norm": (r"lr(\‖ ", r" \‖)"), "abs": (r"lr(\| ", r" \|)"), "pod": (r"#h(1em) \( ", r" \)"),
    "pmod": (r'#h(1em) \( op("mod") ', r" \)"), "textsuperscript": ('attach("", t: ', ")"),
    "textsubscript": ('attach("", b: ', ")"),
}  # fmt: skip
CLASSES = {
    "mathbin": "binary", "mathrel": "relation", "mathopen": "opening", "mathclose": "closing",
    "mathord": "normal", "mathpunct": "punctuation", "mathinner": "fence",
}  # fmt: skip
ARROWS = {
    "xrightarrow": "→", "xleftarrow": "←", "xleftrightarrow": "↔", "xRightarrow": "⇒",
    "xLeftarrow": "⇐", "xLeftrightarrow": "⇔", "xmapsto": "↦", "xhookrightarrow": "↪",
    "xhookleftarrow": "↩", "xlongequal": "\\=", "xrightleftharpoons": "⇌",
}  # fmt: skip
SPACES = {
    ",": 3 / 18, "thinspace": 3 / 18, ":": 4 / 18, ">": 4 / 18, "medspace": 4 / 18, ";": 5 / 18,
    "thickspace": 5 / 18, "!": -3 / 18, "negthinspace": -3 / 18, "negmedspace": -4 / 18,
    "negthickspace": -5 / 18, "quad": 1, "qquad": 2, "enspace": 0.5, "enskip": 0.5, " ": 1 / 3,
    "\n": 1 / 3, "\t": 1 / 3, "space": 1 / 3, "nobreakspace": 1 / 3,
}  # fmt: skip
OPERATORS = """arccos arcsin arctan arccot arctg arcctg arg ch cos cosec cosh cot coth
    csc ctg cth deg dim exp hom ker lg ln log sec sh sin sinh tan tanh tg th""".split()
LIMITED = {name: name for name in "det gcd inf lim max min Pr sup".split()}
LIMITED |= {"limsup": "lim sup", "liminf": "lim inf", "injlim": "inj lim", "projlim": "proj lim"}
TEXTS = {
    "text": "{}", "textrm": "{}", "textnormal": "{}", "textup": "{}", "mbox": "{}", "hbox": "{}",
    "fbox": "#boxed($ {} $)", "textbf": "bold({})", "textit": "italic({})", "emph": "italic({})",
    "texttt": "mono({})", "textsf": "sans({})", "textsc": "{}", "textsl": "italic({})",
    "verb": "{}",
}  # fmt: skip
SIZES = {"big": 1.2, "Big": 1.8, "bigg": 2.4, "Bigg": 3}
SIDES = {"": "", "l": "opening", "r": "closing", "m": "relation"}
IGNORED = {
    "require": 1, "label": 1, "tag": 1, "nonumber": 0, "notag": 0, "allowbreak": 0, "nobreak": 0,
    "mathstrut": 0, "strut": 0, "hfill": 0, "hfil": 0, "break": 0, "newline": 0, "noindent": 0,
    "hline": 0, "displaylimits": 0, "relax": 0, "protect": 0, "ensuremath": 0, "centering": 0,
    "bgroup": 0, "egroup": 0, "vspace": 1, "vskip": 1, "raise": 1, "lower": 1,
    "allowdisplaybreaks": 0,
    "mathchoice": 3, "bbox": 0, "pagebreak": 0, "setcounter": 2,
    "smallskip": 0, "medskip": 0, "bigskip": 0, "limits": 0, "nolimits": 0, "par": 0,
}  # fmt: skip


def negated(parser):
    r"""Return \not before a relation, as one character where Unicode has it."""
    relation = parser.atom()
    one = unicodedata.normalize("NFC", relation.removeprefix("\\") + "\u0338")
    return one if len(one) == 1 else f"cancel({relation})"


def lines(parser):
    r"""Return \substack{…}: lines below each other."""
    rows = [[parser.sub(line)] for line in re.split(r"\\\\", parser.raw())]
    return table(rows, options="row-gap: #0.3em, ")


def set_builder(parser):
    r"""Return \set{…} between braces."""
    return f"lr(\\{{ {parser.argument()} \\}})"


def continued_fraction(parser):
    r"""Return \cfrac[l]{a}{b}."""
    parser.optional()
    return f"display({c.calls('frac')(parser)})"


def cancelled_to(parser):
    r"""Return \cancelto{value}{expression}."""
    value, body = parser.argument() or c.quote(""), parser.argument() or c.quote("")
    return f"attach(cancel({body}), t: {value})"


def chemistry(parser):
    r"""Return \ce{…} of plain formulas and arrows, such as \ce{2H2 + O2 -> 2H2O}."""
    arrows = {"<=>": "⇌", "<->": "↔", "->": "→", "<-": "←"}
    text = re.sub(r"\s*(<=>|<->|->|<-)\s*", lambda match: f" {arrows[match[1]]} ", parser.raw())
    pieces = []
    for word in re.findall(r"(?<=[A-Za-z)\]])\d+|\^\{?[\d+-]+\}?|\s|[^\s\d^]+|\d+|\S", text):
        digits = word.strip("^{}")
        if word.startswith("^") and pieces:
            pieces.append(f'attach("", t: {c.quote(digits)})')
        elif word.isdecimal() and pieces and pieces[-1] != "#h(0.2em)":
            pieces.append(f'attach("", b: {c.quote(word)})')
        else:
            pieces.append(c.quote(word) if word.strip() else "#h(0.2em)")
    return " ".join(pieces)


def wrapped(before, after):
    """Return the command that puts something around its argument."""
    return lambda parser: f"{before}{parser.argument() or c.quote('')}{after}"


def classed(kind):
    """Return the command that gives its argument a class of spacing."""
    return lambda parser: f'class("{kind}", {parser.argument() or c.quote("")})'


def character(parser):
    r"""Return \unicode{x263a}."""
    text = parser.raw().strip()
    code = int(text[1:], 16) if re.fullmatch("[xX][0-9a-fA-F]{1,5}", text) else 0xFFFD
    return c.escaped(chr(code if 31 < code < 0xD800 or 0xE000 <= code else 0xFFFD))


COMMANDS = {name: c.accent(code) for name, code in ACCENTS.items()}
COMMANDS |= {name: c.call(*function) for name, function in FUNCTIONS.items()}
COMMANDS |= {name: wrapped(*pair) for name, pair in WRAPPED.items()}
COMMANDS |= {name: classed(kind) for name, kind in CLASSES.items()}
COMMANDS |= {name: c.arrow(character) for name, character in ARROWS.items()}
COMMANDS |= {name: c.gap(size) for name, size in SPACES.items()}
COMMANDS |= {name: f'op("{name}")' for name in OPERATORS}
COMMANDS |= {name: f'op("{text}", limits: #true)' for name, text in LIMITED.items()}
COMMANDS |= {name: c.words(style) for name, style in TEXTS.items()}
COMMANDS |= {
    name + letter: c.sized(size, side)
    for name, size in SIZES.items()
    for letter, side in SIDES.items()
}
COMMANDS |= {name: c.ignored(count) for name, count in IGNORED.items()}
COMMANDS |= {name: c.space for name in "hspace mspace hskip mskip kern mkern".split()}
COMMANDS |= {character: f"\\{character}" for character in "_$&#%{}"}
COMMANDS |= {
    "|": r'class("normal", \‖)', "lvert": r'class("opening", \|)',
    "rvert": r'class("closing", \|)', "lVert": r'class("opening", \‖)',
    "rVert": r'class("closing", \‖)', "-": "", "/": "", "*": "",
    "bmod": '#h(0.22em) op("mod") #h(0.22em)',
    "mod": '#h(1em) op("mod")', "frac": c.calls("frac"),
    "tfrac": lambda p: f"inline({c.calls('frac')(p)})",
    "dfrac": lambda p: f"display({c.calls('frac')(p)})", "cfrac": continued_fraction,
    "binom": c.calls("binom"), "dbinom": lambda p: f"display({c.calls('binom')(p)})",
    "tbinom": lambda p: f"inline({c.calls('binom')(p)})", "sqrt": c.root, "left": c.delimited,
    "overset": c.stacked("t"), "underset": c.stacked("b"), "stackrel": c.stacked("t", "relation"),
    "boxed": c.box, "textcolor": c.colour, "operatorname": c.operator, "sideset": c.side_set,
    "cancelto": cancelled_to, "begin": environment, "ce": chemistry, "substack": lines,
    "not": negated,
    "newcommand": macros.definition, "renewcommand": macros.definition,
    "providecommand": macros.definition,
    "def": macros.primitive, "gdef": macros.primitive, "let": macros.synonym, "unicode": character,
    "DeclareMathOperator": macros.operator_definition, "ref": c.reference, "eqref": c.reference,
    "set": set_builder, "Set": set_builder, "idotsint": "∫ ⋯ ∫",
    "TeX": '"TeX"', "LaTeX": '"LaTeX"',
}  # fmt: skip
COMMANDS = {f"\\{name}": command for name, command in COMMANDS.items()}

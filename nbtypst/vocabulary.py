"""What each TeX command becomes: Typst to insert, or a function of the parser."""

from functools import partial
from html.entities import html5
from pathlib import Path

from nbtypst import commands as c
from nbtypst import tex
from nbtypst.atoms import escaped, gap
from nbtypst.environments import environment

# HTML's names of characters are TeX's, but for short ones and those in symbols.txt.
SYMBOLS = {
    name[:-1]: sign
    for name, sign in html5.items()
    if len(name) > 4 and name[:-1].isalpha() and len(sign) == 1 and sign.isprintable()
}
OWN = (Path(__file__).parent / "symbols.txt").read_text(encoding="utf-8").split()
SYMBOLS |= dict(zip(OWN[::2], OWN[1::2], strict=True))
ACCENTS = {
    "hat": "302", "widehat": "302", "bar": "304", "vec": "20d7", "dot": "307", "ddot": "308",
    "dddot": "20db", "ddddot": "20dc", "tilde": "303", "widetilde": "303", "check": "30c",
    "widecheck": "30c", "breve": "306", "acute": "301", "grave": "300", "mathring": "30a",
    "overrightarrow": "20d7", "overleftarrow": "20d6", "overleftrightarrow": "20e1",
}  # fmt: skip
FUNCTIONS = {  # Typst's functions of one argument
    "overline": "overline", "underline": "underline", "underbar": "underline", "cancel": "cancel",
    "mathbb": "bb", "mathds": "bb", "Bbb": "bb", "mathcal": "cal", "mathscr": "scr",
    "mathfrak": "frak", "frak": "frak", "boldsymbol": "bold", "bm": "bold", "pmb": "bold",
    "symbf": "bold", "mathrm": "upright", "mathup": "upright", "mathit": "italic",
    "mathsf": "sans", "mathtt": "mono",
}  # fmt: skip
TEMPLATES = {  # what the arguments #1 and #2 become
    "mathbf": "bold(upright(#1))", "mathnormal": "#1", "smash": "#1", "llap": "#1", "rlap": "#1",
    "mathllap": "#1", "mathrlap": "#1", "phantom": "#hide($#1$)", "hphantom": "#hide($#1$)",
    "vphantom": "#box(width: 0pt, hide($#1$))", "boxed": "#boxed($ #1 $)",
    "overbrace": "limits(overbrace(#1))", "underbrace": "limits(underbrace(#1))",
    "overbracket": "limits(overbracket(#1))", "underbracket": "limits(underbracket(#1))",
    "bra": r"lr(\⟨ #1 \|)", "Bra": r"lr(\⟨ #1 \|)", "ket": r"lr(\| #1 \⟩)",
    "Ket": r"lr(\| #1 \⟩)", "braket": r"lr(\⟨ #1 \⟩)", "norm": r"lr(\‖ #1 \‖)",
    "abs": r"lr(\| #1 \|)", "set": r"lr(\{ #1 \})", "Set": r"lr(\{ #1 \})",
    "pod": r"#h(1em) \( #1 \)", "pmod": r'#h(1em) \( op("mod") #1 \)',
    "textsuperscript": 'attach("", t: #1)', "textsubscript": 'attach("", b: #1)',
    "frac": "frac(#1, #2)", "tfrac": "inline(frac(#1, #2))", "dfrac": "display(frac(#1, #2))",
    "binom": "binom(#1, #2)", "tbinom": "inline(binom(#1, #2))",
    "dbinom": "display(binom(#1, #2))", "overset": "attach(limits(#2), t: #1)",
    "underset": "attach(limits(#2), b: #1)",
    "stackrel": 'class("relation", attach(limits(#2), t: #1))',
    "cancelto": "attach(cancel(#2), t: #1)", "bcancel": "cancel(#1, inverted: #true)",
    "xcancel": "cancel(#1, cross: #true)", "sout": "cancel(#1, angle: #90deg)",
    "mathop": "op(#1, limits: #true)",
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
SWITCHES = {
    "displaystyle": "display({})", "textstyle": "inline({})", "scriptstyle": "script({})",
    "scriptscriptstyle": "sscript({})", "rm": "upright({})", "bf": "bold(upright({}))",
    "it": "italic({})", "cal": "cal({})", "tt": "mono({})", "sf": "sans({})",
}  # fmt: skip
SWITCHES |= dict.fromkeys(
    "tiny scriptsize small normalsize large Large LARGE huge Huge".split(), "{}"
)
SIZES = {"big": 1.2, "Big": 1.8, "bigg": 2.4, "Bigg": 3}
SIDES = {"": "", "l": "opening", "r": "closing", "m": "relation"}
RULES = {"hline": 0, "hdashline": 0, "cline": 1, "toprule": 0, "midrule": 0, "bottomrule": 0}
IGNORED = {"require": 1, "vspace": 1, "vskip": 1, "raise": 1, "lower": 1, "setcounter": 2}
IGNORED |= dict.fromkeys(
    """allowbreak nobreak mathstrut strut hfill hfil break newline noindent displaylimits relax
    protect ensuremath centering bgroup egroup allowdisplaybreaks bbox pagebreak smallskip medskip
    bigskip limits nolimits par - / *""".split(),
    0,
)


COMMANDS: dict[str, tex.Command] = {
    **{name: escaped(sign) for name, sign in SYMBOLS.items()},
    **{name: f'accent(#1, "\\u{{{code}}}")' for name, code in ACCENTS.items()},
    **{name: f"{function}(#1)" for name, function in FUNCTIONS.items()},
    **TEMPLATES,
    **{name: f'class("{kind}", #1)' for name, kind in CLASSES.items()},
    **{name: f"attach(limits(stretch({arrow})), t: #1, b: #0)" for name, arrow in ARROWS.items()},
    **{name: gap(size) for name, size in SPACES.items()},
    **{name: f'op("{name}")' for name in OPERATORS},
    **{name: f'op("{text}", limits: #true)' for name, text in LIMITED.items()},
    **{name: partial(c.words, style) for name, style in TEXTS.items()},
    **{name: partial(c.switch, style) for name, style in SWITCHES.items()},
    **{
        name + letter: partial(c.sized, size, side)
        for name, size in SIZES.items()
        for letter, side in SIDES.items()
    },
    **{name: partial(c.ignored, count) for name, count in IGNORED.items()},
    **{name: partial(c.marked, "ruled", count) for name, count in RULES.items()},
    **{name: c.space for name in "hspace mspace hskip mskip kern mkern".split()},
    **{character: f"\\{character}" for character in "_$&#%{}"},
    "|": r'class("normal", \‖)', "lvert": r'class("opening", \|)',
    "rvert": r'class("closing", \|)', "lVert": r'class("opening", \‖)',
    "rVert": r'class("closing", \‖)', "bmod": '#h(0.22em) op("mod") #h(0.22em)',
    "mod": '#h(1em) op("mod")', "cfrac": c.continued_fraction, "sqrt": c.root, "left": c.delimited,
    "color": c.colour_switch, "textcolor": c.colour, "operatorname": c.operator,
    "sideset": c.side_set, "not": c.negated,
    "begin": environment, "ce": c.chemistry, "substack": c.lines, "unicode": c.character,
    "newcommand": c.new_command, "renewcommand": c.new_command, "providecommand": c.new_command,
    "def": c.primitive, "gdef": c.primitive, "let": c.synonym,
    "DeclareMathOperator": c.new_operator, "tag": c.tag, "label": c.label,
    "nonumber": partial(c.marked, "silent", 0), "notag": partial(c.marked, "silent", 0),
    "ref": c.reference, "eqref": c.reference, "idotsint": "∫ ⋯ ∫", "TeX": '"TeX"',
    "LaTeX": '"LaTeX"',
}  # fmt: skip
COMMANDS = {f"\\{name}": command for name, command in COMMANDS.items()}

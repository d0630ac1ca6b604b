"""A Sphinx extension: docstrings are read as plain text, so that the package needs no reStructuredText escapes.

In `phi (m, *shape)` or `|z| > bound` the star and the bars are meant as they stand, and a line that says "B." is no list.
They are escaped here, outside of ``code``, :roles:`...`, directives, literal blocks and examples, before napoleon reads the
section headings. "name : what it is." in a list of parameters has a description and no type, and "equation eq-name" is a
link. And a public name is shown at its public address, not at that of the private module where it is written; a function or
class that is a default, by its name: with the angle brackets of its repr Sphinx cannot read the signature, and links none
of its types.
"""

import re
from itertools import takewhile

from docutils import nodes

MARKED = re.compile(r"(``.+?``|(?::[\w:]+:)?`[^`]+`)")
SPECIAL = re.compile(r"(?<!\\)([*|]|(?<=\w)_(?!\w))")
EQUATION = re.compile(r"\beq-[a-z0-9-]+")
LISTS = ("Parameters", "Attributes", "Raises")
DESCRIBED = re.compile(r"^(\S.*?) : (.*\.(?: .*)?)$")  # a type has no full stop
LETTERED = re.compile(r"^( *)([A-Za-z]\.(?: |$))")  # else the second entry of a list, from A


def describe(lines: list[str]) -> None:
    """Put what the entries of a docstring's lists say under their names, and part attributes that share an entry, in place."""
    described = []
    section = ""
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if below and not below.strip("-"):
            section = line
        entry = [line]
        if section in LISTS and (found := DESCRIBED.match(line)):
            entry = [found[1], f"    {found[2]}"]
        if section == "Attributes" and not line.startswith(" "):
            names, colon, kind = entry[0].partition(" : ")
            body = [*entry[1:], *takewhile(lambda text: text.startswith(" "), lines[number + 1 :])]
            *others, name = names.split(", ")
            for other in others:
                described += [other + colon + kind, *body]
            entry[0] = name + colon + kind
        described += entry
    lines[:] = described


def escape(app, what, name, obj, options, lines: list[str]) -> None:
    """Escape the lines of one docstring in place."""
    describe(lines)
    block = None  # the indent of the line that opened a literal block or a directive
    example = False  # from a prompt to the next empty line all is shown as it stands
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if line.strip() and block is not None and indent <= block:
            block = None
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>> "))
        if block is None and line.lstrip().startswith(".. "):
            block = indent
        elif block is None and not example:
            pieces = MARKED.split(LETTERED.sub(r"\1\\\2", line))  # plain text at even places
            pieces[::2] = [EQUATION.sub(r":eq:`\g<0>`", SPECIAL.sub(r"\\\1", piece)) for piece in pieces[::2]]
            lines[number] = "".join(pieces)
            if line.rstrip().endswith("::"):
                block = indent


def name_defaults(app, what, name, obj, options, signature: str | None, returned: str | None):
    """The signature with the names of functions and classes for their reprs, and without private fields."""
    if signature:
        signature = re.sub(r", _\w+: [^=]* = <factory>", "", signature)
        signature = re.sub(r"<(?:function|class) '?(?:\w+\.)*(\w+)[^>]*>", r"\1", signature)
    return signature, returned


def show_public_addresses(app, doctree, docname: str) -> None:
    """Drop private modules from the titles of links, in place."""
    for link in doctree.findall(nodes.reference):
        if "sgdsde_helpers." in link.get("reftitle", ""):
            link["reftitle"] = re.sub(r"\._\w+", "", link["reftitle"])


def setup(app) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", escape, priority=400)  # napoleon runs at 500
    app.connect("autodoc-process-signature", name_defaults)
    app.connect("doctree-resolved", show_public_addresses, priority=900)  # after links are resolved
    return {"parallel_read_safe": True}

"""One style sheet in place of a dozen: the rules that some page or script can need, and no others.

The theme brings all of Bootstrap, all icons of Font Awesome and all of sphinx-design; a page waits for them before it
shows its first word. A rule stays if each class and id that it names stands in a page or in a script. The book's own
sheets stay whole.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

OWN = ("book.css", "widgets.css", "mathematics.css", "comparisons.css", "print.css")
LINK = re.compile(r'\s*<link\b[^>]*\bhref="([^"?]*\.css)[^"]*"[^>]*>')
# Made by scripts that bring their names in pieces: Bootstrap's tooltips and menus, the widgets, MathJax.
MADE = re.compile(
    r"(show|fade|collaps\w*|tooltip.*|bs-tooltip.*|dropdown.*|active|widget.*|jp-.*|jupyter.*|noUi.*|mjx.*)"
)
FROM_SCRIPTS = ("bootstrap.js", "fontawesome.js", "embed.js")  # their words are not counted
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")


def blocks(css: str) -> Iterable[tuple[str, str | None]]:
    """The statements of a sheet without comments: what stands before the brace, and what stands inside; None without."""
    start = at = 0
    while at < len(css):
        mark = re.compile(r'["\';{]|url\(').search(css, at)
        if not mark:
            return
        at = mark.end()
        if mark[0] in "\"'":
            at = re.compile(rf"(?:\\.|[^\\{mark[0]}])*{mark[0]}", re.DOTALL).match(css, at).end()
        elif mark[0] == "url(":
            at = re.compile(r'\s*(?:"[^"]*"|\'[^\']*\'|[^)]*)\s*\)').match(css, at).end()
        elif mark[0] == ";":
            yield css[start:at].strip(), None
            start = at
        else:
            head, inner = css[start : at - 1].strip(), at
            depth = 1
            while depth:
                mark = re.compile(
                    r'"(?:\\.|[^\\"])*"|\'(?:\\.|[^\\\'])*\'|url\(\s*(?:"[^"]*"|\'[^\']*\'|[^)]*)\s*\)|[{}]'
                ).search(css, at)
                depth += {"{": 1, "}": -1}.get(mark[0], 0)
                at = mark.end()
            yield head, css[inner : at - 1]
            start = at


def selectors(head: str) -> list[str]:
    """A list of selectors, cut at the commas that stand in no bracket."""
    parts, depth = [""], 0
    for sign in head:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def purged(css: str, known: Callable[[str], bool]) -> str:
    """The sheet without the rules that nothing can need."""
    out = []
    for head, body in blocks(css):
        if body is None:
            out.append(head)
        elif head.startswith(("@media", "@supports", "@layer", "@container")):
            inner = purged(body, known)
            out += [f"{head}{{{inner}}}"] if inner else []
        elif head.startswith("@"):
            out.append(f"{head}{{{body}}}")
        else:
            kept = [one for one in selectors(head) if all(known(name) for name in names(one))]
            out += [f"{','.join(kept)}{{{body}}}"] if kept else []
    return "\n".join(out)


def names(selector: str) -> list[str]:
    """The classes and ids that a selector asks for; what stands in brackets may be one of several, or a refusal."""
    while (shorter := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", selector)) != selector:
        selector = shorter
    return [re.sub(r"\\(.)", r"\1", name) for name in NAME.findall(selector)]


def placed(css: str, sheet: Path, folder: Path) -> str:
    """The sheet with its addresses as they are from the folder."""

    def address(url: re.Match) -> str:
        given = url[1].strip("\"' ")
        if given.startswith(("data:", "#", "http")):
            return url[0]
        path, mark, rest = re.match(r"([^?#]*)([?#]?)(.*)", given).groups()
        return f'url("{(sheet.parent / path).resolve().relative_to(folder.resolve()).as_posix()}{mark}{rest}")'

    return re.sub(r'url\(\s*("[^"]*"|\'[^\']*\'|[^)]*)\s*\)', address, css)


def read(sheet: Path) -> str:
    """A sheet without its comments, and with what it imports in place."""
    css = re.sub(
        r'("(?:\\.|[^\\"])*")|/\*.*?\*/', lambda part: part[1] or "", sheet.read_text("utf-8"), flags=re.DOTALL
    )
    imported = re.compile(r"@import\s+(?:url\()?[\"']?([^\"')]+)[\"']?\)?\s*;")
    return imported.sub(lambda name: read(sheet.parent / name[1]), css)


def one_sheet(html: Path, places: list[str]) -> None:
    """Put one sheet into `_static`, and its link into each page."""
    static = html / "_static"
    pages = {place: (html / place).read_text("utf-8") for place in places}
    words = set()
    for text in pages.values():
        words.update(re.findall(r"[\w-]+", text))
    for script in [*static.glob("*.js"), *static.glob("scripts/*.js")]:
        if script.name not in FROM_SCRIPTS:
            words.update(re.findall(r"[\w-]+", script.read_text("utf-8")))
    sheets: dict[Path, None] = {}
    for place, text in pages.items():
        for link in LINK.finditer(text):
            sheets[((html / place).parent / link[1]).resolve()] = None
    out = []
    for sheet in sorted(sheets, key=lambda sheet: sheet.name in OWN):
        css = read(sheet)
        css = re.sub(r"@charset[^;]*;", "", css)
        css = css if sheet.name in OWN else purged(css, lambda name: name in words or bool(MADE.fullmatch(name)))
        out.append(placed(css, sheet, static))
    css = "\n".join(out)
    name = f"site.{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    (static / name).write_text(css, "utf-8")
    for place, text in pages.items():
        up = "../" * place.count("/")
        first = LINK.search(text)
        if first:
            text = text[: first.start()] + "\n    <!--sheet-->" + text[first.end() :]
            text = LINK.sub("", text).replace("<!--sheet-->", f'<link rel="stylesheet" href="{up}_static/{name}"/>')
            (html / place).write_text(text, "utf-8")

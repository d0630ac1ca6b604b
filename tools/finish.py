"""The last work on the built pages: what a reader waits for is made small, and comes in the order in which it is read.

Each step takes the text of a page and returns it changed. All addresses stay relative, so that the site can be read from
a disk too.
"""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from comparisons import Row, everything, summary, tables
from PIL import Image
from stylesheets import one_sheet

from sgdsde_helpers.scenes import script as live_scenes

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
LEDGER = "chapters/ledger.html"
REMEMBERED = """<script>try {
      if (localStorage.getItem("hide-code")) document.documentElement.classList.add("hide-code");
    } catch {}</script>"""  # before the text is seen
FONTS = ("source-serif-4/latin-400-normal", "source-serif-4/latin-600-normal")  # what each page begins with
# Fetched before the style sheet asks for them, so that no text changes its face when it has been seen. A browser would
# refuse what is asked for in this way by a page read from a disk. There the fonts come at once, but not before the text,
# which would go without them: it waits.
FONTS_FIRST = """<script>if (location.protocol !== "file:") for (const name of {names})
      document.head.append(Object.assign(document.createElement("link"),
        {{rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href: "{vendor}/" + name + ".woff2"}}));</script>"""
FONTS_FROM_DISK = (
    """<script>if (location.protocol === "file:") for (const face of document.fonts) face.display = "block";</script>"""
)
VOID = ("br", "hr", "img", "input", "col", "wbr", "source")  # tags that nothing closes
# Signs of text that take as much room as a line of code, a row of a table, or a picture as high as it is wide.
LINE, ROW, PICTURE = 55, 100, 2000
FIRST_SCREEN = 20  # so many parts of the text fill it, on a wide page too
NOT_FOUND = "404.html"
NOT_LISTED = ("search.html", "genindex.html", NOT_FOUND)
FOOTER = "Text CC BY 4.0, code MIT."  # as in _config.yml

# Scripts by the end of their address, and what a page must hold to need them. The rest is needed everywhere.
NEEDED_FOR = {
    "fontawesome.js": None,  # the style sheet draws the same icons by web font
    "sphinx-thebe.js": None,
    "vendor/widgets/embed.js": None,  # widgets.js fetches it when a widget comes near the screen
    "searchtools.js": 'id="search-results"',
    "language_data.js": 'id="search-results"',
    "searchindex.js": 'id="search-results"',
    "clipboard.min.js": 'class="highlight"',
    "copybutton.js": 'class="highlight"',
    "togglebutton.js": "dropdown",
    "design-tabs.js": "sd-tab-set",
    "widgets.js": VIEW,
    "scenes.js": "<sgd-scene",
}
INLINE = ("documentation_options.js", "mathematics.js")
AT_ONCE = (*INLINE, "searchtools.js", "language_data.js", "searchindex.js")


def scripts(text: str, up: str) -> str:
    """Drop the scripts that the page does not need; let the others wait for its text. mathematics.js fetches MathJax itself."""

    searched = 'id="search-results"' in text  # the search begins while the page is read

    def one(tag: re.Match) -> str:
        source = tag["source"].partition("?")[0]
        for ending, mark in NEEDED_FOR.items():
            if f"/{source}".endswith(f"/{ending}") and (mark is None or mark not in text):
                return ""
        if (
            source.endswith(AT_ONCE)
            or (searched and source.endswith("/doctools.js"))
            or " defer" in tag[0]
            or " async" in tag[0]
        ):
            return tag[0]
        return tag[0].replace("<script", '<script defer="defer"', 1)

    text = re.sub(r'<script\b[^>]*\bsrc="(?P<source>[^"]*)"[^>]*></script>\n?', one, text)
    text = re.sub(r"<script>const THEBE_JS_URL.*?</script>\n?", "", text)
    text = re.sub(r'<link rel="preload" as="script"[^>]*>\n?', "", text)  # what is read comes first
    start = re.search(r"<script[^>]*vendor/mathjax/startup\.js[^>]*></script>\n?", text)
    if not start:
        return text
    first = [
        f'<meta name="vendor" content="{up}_static/vendor"/>',  # where mathematics.js finds MathJax
        f'<script src="{up}_static/mathematics.js"></script>',
    ]
    text = text.replace(start[0], "")
    return text.replace("<title>", "\n    ".join(first) + "\n    <title>", 1)


def with_their_signs(text: str, short: int) -> str:
    """Formulas of so many signs of TeX, which stand on one line, and longer ones, with the bracket or full stop at them."""
    sign, formula = "[.,;:)?!\u2019]+", r'<span class="math notranslate nohighlight">\\\('
    one_line = rf"{formula}[^<]{{1,{short}}}\\\)</span>"
    text = re.sub(rf"(\(?{one_line})({sign})", r'<span class="whole">\1\2</span>', text)
    text = re.sub(rf"(?<!>)(\({one_line})", r'<span class="whole">\1</span>', text)
    # A long formula is broken into lines, and what stands after the last of them would begin a new one.
    return re.sub(rf"({formula}[^<]{{{short + 1},}})\\\)</span>({sign})", r"\1\\mathclose{\\text{\2}}\\)</span>", text)


def words(text: str) -> str:
    """No bracket, comma or full stop is parted from its formula; the reader knows which chapter of how many this is."""
    cells = re.split(r"(<td\b.*?</td>)", text, flags=re.DOTALL)  # every second piece is one
    text = "".join(with_their_signs(piece, 12 if i % 2 else 36) for i, piece in enumerate(cells))
    text = re.sub(r"(Solution to)(<a [^>]*>) ", r"\1 \2", text)  # the space is no part of the link
    entries = re.findall(r'<li class="toctree-l1[^"]*"><a class="([^"]*)" href="[^"]*">(\d+)\. ', text)
    here = [int(number) for kind, number in entries if "current" in kind]
    if here and len(entries) > 1:
        title = '<h1><span class="section-number">'  # that of the page; the theme has another for paper before it
        said = f'<p class="chapter-of">Chapter {here[0]} of {max(int(number) for _, number in entries)}</p>'
        text = text.replace(title, f"{said}\n{title}", 1)
    return text.replace("</body>", '<div class="read-so-far" aria-hidden="true"></div>\n</body>', 1)


def inline(text: str, page: Path) -> str:
    """Put into the page the small scripts for which its text would wait."""

    def one(tag: re.Match) -> str:
        return f"<script>{(page.parent / tag[1]).read_text('utf-8').strip()}</script>"

    return re.sub(rf'<script src="([^"?]*/({"|".join(INLINE)}))[^"]*"></script>', one, text)


class _Parts(HTMLParser):
    """Where the parts of the sections begin, and which of them is the first of its section that has a formula."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines = [0, *(end.end() for end in re.finditer("\n", text))]
        self.open: list[tuple[str, int]] = []  # the elements in which we are: their tags, and where they begin
        self.parts: dict[int, float] = {}  # but headings: how long each is, in signs of plain text
        self.first: dict[int, int] = {}  # where a section begins: where that part of it begins
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        line, column = self.getpos()
        at, given = self.lines[line - 1] + column, dict(attrs)
        outermost = self.open and all(outer == "section" for outer, _ in self.open)  # a theorem has a section, too
        if outermost and not re.fullmatch("section|h[1-6]", tag):
            self.parts[at] = 0.0
            self.folded = "dropdown" in (given.get("class") or "")
        self.open.append((tag, at))
        if tag == "tr" and self.parts:
            self.longer(ROW)
        if tag == "img" and self.parts and {"width", "height"} <= given.keys():
            self.longer(PICTURE * int(given["height"]) / int(given["width"]))
        if "math" in (given.get("class") or "").split():
            for (outer, section), (_, part) in pairwise(self.open):
                if outer == "section":
                    self.first.setdefault(section, part)
        if tag in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.parts and self.open and self.open[-1][0] != "script":
            code = any(tag == "pre" for tag, _ in self.open)
            self.longer(LINE * data.count("\n") if code else len(data))

    def longer(self, signs: float) -> None:
        if not self.folded:
            self.parts[next(reversed(self.parts))] += signs

    def handle_endtag(self, tag: str) -> None:
        while any(tag == known for known, _ in self.open) and self.open.pop()[0] != tag:
            pass


def parts(text: str) -> str:
    """Mark what mathematics.css waits with: from where on a section is hidden at first, and what is far from the first screen.

    What is far says how long it is, so that the page is nearly as high as it will be.

    Style rules could find the former, and would look for it again at each formula that is set.
    """
    before, start, rest = text.partition('<article class="bd-article"')
    article, end, rest = rest.partition("</article>")
    found = _Parts(article)
    first, far = set(found.first.values()), set(list(found.parts)[FIRST_SCREEN:])
    for at in sorted(first | far, reverse=True):
        tag = re.compile(r'<([\w-]+)(?:(?:\s[^>]*?)?\sclass="|)').match(article, at)
        new = " ".join(name for name, those in (("first-formula", first), ("distant", far)) if at in those)
        new = f"{new} " if tag[0].endswith('"') else f' class="{new}"'
        article = article[: tag.end()] + new + article[tag.end() :]
        if at in far:
            article = f'{article[: tag.end(1)]} style="--signs: {found.parts[at]:.0f}"{article[tag.end(1) :]}'
    return before + start + article + end + rest


def fonts(text: str, up: str) -> str:
    """Ask for the fonts with which the page begins, before all else."""
    names = json.dumps(FONTS)
    text = text.replace("</head>", f"  {FONTS_FROM_DISK}\n  </head>", 1)  # after the style sheet, which names them
    return text.replace("<title>", FONTS_FIRST.format(names=names, vendor=f"{up}_static/vendor") + "\n    <title>", 1)


def calm(script: Path) -> None:
    """The theme asks of each box whether it can be scrolled, and notes it, in turn: a layout of the page for each box.

    Here all are asked first, but those that are not laid out yet, and what is so already is not noted. Examples of the reference are never wider than the page.
    """
    text, found = re.subn(
        r'document\.querySelectorAll\(\["pre",([^\]]*)\]\.join\(", "\)\)\.forEach\(e=>\{e\.tabIndex=([^}]*)\}\)',
        r'[...document.querySelectorAll(["pre:not(dl.py pre)",\1].join(", "))]'
        r".filter(e=>e.checkVisibility({contentVisibilityAuto:true})).map(e=>[e,\2])"
        r".filter(([e,t])=>e.tabIndex!==t).forEach(([e,t])=>{e.tabIndex=t})",
        script.read_text("utf-8"),
    )
    if not found:
        raise SystemExit(f"{script.name} of the theme is not the one that tools/finish.py knows: look at it again")
    script.write_text(text, "utf-8")


def head(text: str, place: str, base: str) -> str:
    """What search engines and other sites show of a page; one statement of the viewport, where the theme makes three."""
    before, view, rest = text.partition('<meta name="viewport"')
    text = before + view + re.sub(r'\s*<meta name="viewport"[^>]*>', "", rest)
    title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]
    article = text[text.find('<article class="bd-article"') :]
    said = next((p for p in re.findall(r"<p>(.*?)</p>", article, re.DOTALL) if len(p) > 80), title)
    said = re.sub(r"\\\\[()]|[\\\\{}$]", "", re.sub(r"<[^>]*>", "", said))
    said = " ".join(said.replace('"', "&quot;").split())
    said = said if len(said) <= 155 else said[:155].rpartition(" ")[0] + " \u2026"
    tags = [
        REMEMBERED,
        f'<meta name="description" content="{said}"/>',
        f'<meta property="og:title" content="{title}"/>',
        f'<meta property="og:description" content="{said}"/>',
        '<meta property="og:type" content="article"/>',
    ]
    if base and place == NOT_FOUND:  # shown at other addresses than its own
        text = text.replace("<head>", f'<head>\n    <base href="{base}"/>', 1)
    elif base:
        picture = '<meta name="twitter:card" content="summary_large_image"/>'
        tags += [
            f'<link rel="canonical" href="{base}{place}"/>',
            f'<meta property="og:url" content="{base}{place}"/>',
            f'<meta property="og:image" content="{base}_static/two_points.jpg"/>',
            picture,
        ]
    return text.replace("</title>", "</title>\n    " + "\n    ".join(tags), 1)


def scenes(text: str) -> str:
    """Put the picture of a figure of class scene-NAME into the element that takes its place when it is alive."""
    figure = r'(<figure class="[^"]*\bscene-([a-z-]+)[^"]*"[^>]*>\s*)(<img\b[^>]*>)'
    return re.sub(figure, r'\1<sgd-scene name="\2">\3</sgd-scene>', text)


def offer(text: str, address: str) -> str:
    """Name the printed book beside the licence, at the foot of the page."""
    if FOOTER not in text:
        raise ValueError(f"the page is not allowed: its foot must say {FOOTER!r}")
    return text.replace(FOOTER, f'{FOOTER} <a href="{address}">The whole book as a PDF</a>.', 1)


def sizes(text: str, page: Path) -> str:
    """Say how large each picture is, so that nothing moves when it comes; fetch it when it comes near the screen."""
    article = text.find('<article class="bd-article"')
    first = text.find("<img", article)
    second = text.find("<h2", article)

    def one(tag: re.Match) -> str:
        source = re.search(r'src="([^"]+)"', tag[0])
        if not source or source[1].startswith(("data:", "http")) or re.search(r'\swidth="\d+"\s+height=', tag[0]):
            return tag[0]
        width, height = size(page.parent / source[1])
        kept = re.sub(r'\s(width|height|loading|decoding)="[^"]*"', "", tag[0])
        at_once = tag.start() < article or tag.start() == first < second
        late = "" if at_once else ' loading="lazy" decoding="async"'
        return kept.replace("<img", f'<img width="{width}" height="{height}"{late}', 1)

    return re.sub(r"<img\b[^>]*>", one, text)


def size(path: Path) -> tuple[int, int]:
    """Width and height of a picture in pixels."""
    if path.suffix != ".svg":
        with Image.open(path) as picture:
            return picture.size
    root = re.search(r"<svg\b[^>]*>", path.read_text("utf-8"))[0]
    given = [re.search(rf'\b{side}="([\d.]+)(px|pt)?"', root) for side in ("width", "height")]
    box = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', root)
    sides = [match[1] for match in given] if all(given) else [box[1], box[2]]
    return round(float(sides[0])), round(float(sides[1]))


def widget_pictures(text: str, up: str, folder: Path) -> str:
    """Move the pictures of the page's widgets into files, and put the one that is shown first where each will stand."""
    parts = text.split(f'<script type="{STATE}">')
    if len(parts) == 1:
        return text
    stills = {}
    for place, part in enumerate(parts[1:], 1):
        body, end, rest = part.partition("</script>")
        state = json.loads(body)
        for model in state["state"].values():
            value = model["state"].get("value")
            if isinstance(value, str) and "data:image/" in value:
                model["state"]["value"] = re.sub(
                    r'src="data:image/(\w+);base64,([^"]+)"', lambda data: filed(data, up, folder), value
                )
        stills |= shown_first(state["state"])
        body = json.dumps(state, separators=(",", ":")).replace("</", "<\\/")
        parts[place] = body + end + rest

    def view(tag: re.Match) -> str:
        still = stills.get(json.loads(tag[1])["model_id"])
        return f'<div class="explorer-still">{still}</div>{tag[0]}' if still else tag[0]

    text = f'<script type="{STATE}">'.join(parts)
    return re.sub(rf'<script type="{re.escape(VIEW)}">(.*?)</script>', view, text, flags=re.DOTALL)


def filed(data: re.Match, up: str, folder: Path) -> str:
    """Write a picture that stands in the text into a file; the attributes that fetch it."""
    picture = base64.b64decode(data[2])
    name = f"{hashlib.sha256(picture).hexdigest()[:20]}.{data[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(picture)
    return f'loading="lazy" src="{up}_images/{folder.name}/{name}"'


def shown_first(state: dict) -> dict[str, str]:
    """By the id of each widget: the picture that its sliders show when the page is opened."""

    def child(model: dict, index: int) -> dict:
        return state[model["state"]["children"][index].removeprefix("IPY_MODEL_")]

    found = {}
    for name, model in state.items():
        if "explorer" in model["state"].get("_dom_classes", ()):
            stage = next(
                child(model, i)
                for i in range(len(model["state"]["children"]))
                if "explorer-stage" in child(model, i)["state"].get("_dom_classes", ())
            )
            while "selected_index" in stage["state"]:
                stage = child(stage, stage["state"]["selected_index"])
            found[name] = stage["state"]["value"]
    return found


def pages(html: Path) -> Iterator[Path]:
    """The pages of a built site."""
    return (path for path in sorted(html.rglob("*.html")) if "_static" not in path.parts)


def finish(html: Path, base: str = "", printed: Path | None = None) -> None:
    """Do all of this to a built site, in place.

    `base` is the address at which it will be read, if there is one; `printed` the book as a PDF, which is offered if it is there.
    """
    offered = printed is not None and printed.exists()
    if offered:
        shutil.copy(printed, html)
    rows: list[Row] = []
    done = []
    for path in pages(html):
        text = path.read_text("utf-8")
        if 'http-equiv="Refresh"' in text:
            continue
        place = path.relative_to(html).as_posix()
        up = "../" * place.count("/")
        text = widget_pictures(text, up, html / "_images" / "w")
        text, here = tables(text, place)
        rows += here
        text = sizes(text, path)
        text = scenes(text)
        text = inline(fonts(scripts(text, up), up), path)
        text = parts(words(text))
        text = offer(text, up + printed.name) if offered else text
        text = head(text, place, base)
        path.write_text(text, "utf-8")
        done.append(place)
    for place in done:
        path, up = html / place, "../" * place.count("/")
        text = path.read_text("utf-8")
        if '<div class="ledger-' in text:
            text = text.replace('<div class="ledger-summary"></div>', summary(rows, up, LEDGER))
            text = text.replace('<div class="ledger-all"></div>', everything(rows, up))
            path.write_text(text, "utf-8")
    static = html / "_static"
    (static / "scenes").mkdir(exist_ok=True)
    (static / "scenes" / "all.js").write_text(f"(() => {{\n{live_scenes()}}})();\n", "utf-8")
    for font in (static / "vendor" / "icons").glob("*.woff2"):
        shutil.copyfile(font, static / "vendor" / "fontawesome" / "webfonts" / font.name)
    unused = [*static.glob("scripts/fontawesome.js*"), *static.glob("vendor/fontawesome/webfonts/*.ttf")]
    for file in unused:
        file.unlink()
    calm(static / "scripts" / "pydata-sphinx-theme.js")
    one_sheet(html, done)
    if base:
        urls = "".join(f"<url><loc>{base}{place}</loc></url>" for place in done if place not in NOT_LISTED)
        (html / "sitemap.xml").write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>\n'
        )

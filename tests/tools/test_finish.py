"""What depends on where a site will be read, and on whether the book was printed."""

import re

import finish
import pytest
from comparisons import tables

PAGE = """<html><head>
    <meta name="viewport" content="width=device-width"/><title>A page</title><link rel="stylesheet" href="_static/a.css"/></head>
<body><article class="bd-article"><h1>A page</h1><p>{}</p></article><footer><p>Text CC BY 4.0, code MIT.</p></footer></body></html>"""
BASE = "https://example.org/book/"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Three pages and a style sheet, unfinished; without the theme's script."""
    monkeypatch.setattr(finish, "calm", lambda script: None)
    html = tmp_path / "html"
    (html / "chapters").mkdir(parents=True)
    (html / "_static").mkdir()
    (html / "_static" / "a.css").write_text("h1 { color: black }")
    for place in ("chapters/one.html", "search.html", "404.html"):
        text = PAGE.format("Words. " * 20).replace("_static/", "../" * place.count("/") + "_static/")
        (html / place).write_text(text, "utf-8")
    return html


def read(site, place):
    return (site / place).read_text("utf-8")


def test_a_site_with_an_address_names_it(site):
    finish.finish(site, BASE)
    assert f'<link rel="canonical" href="{BASE}chapters/one.html"/>' in read(site, "chapters/one.html")
    assert re.findall("<loc>(.*?)</loc>", read(site, "sitemap.xml")) == [f"{BASE}chapters/one.html"]


def test_a_site_without_an_address_names_none(site):
    """No link leads to a site that there may not be."""
    finish.finish(site)
    assert not (site / "sitemap.xml").exists()
    for place in ("chapters/one.html", "404.html"):
        assert not re.search("canonical|og:url|og:image|<base", read(site, place))


def test_the_page_for_what_is_not_there_has_a_base_before_all_links(site):
    """It is shown at any address, `/book/a/b/c` too."""
    finish.finish(site, BASE)
    text = read(site, "404.html")
    assert f'<base href="{BASE}"/>' in text
    assert text.index("<base") < re.search(r'\b(?:href|src)="(?!https)', text).start()
    assert "canonical" not in text


def test_each_section_knows_its_first_part_with_a_formula():
    """From there on it is hidden until formulas are set; what stands before can be read."""
    formula = '<span class="math notranslate">x</span>'
    text = f"""<body><span class="math">y</span><article class="bd-article"><section id="a">
<h1>A</h1><p class="lead">Words<br>and<img src="a.png">words.</p>
<section id="b"><h2>B</h2><p>Words.</p><p class="more">of {formula}</p><ul><li>{formula}</li></ul></section>
<section id="c"><div><p>{formula}</p></div></section></section></article></body>"""
    marked = finish.parts(text)
    assert re.findall('<[^>]*first-formula[^>]*>', marked) == [
        '<section class="first-formula" id="b">', '<p class="first-formula more">', '<div class="first-formula">'
    ]  # fmt: skip
    assert re.sub(' class="first-formula"|first-formula ', "", marked) == text
    assert finish.parts("<body>no article</body>") == "<body>no article</body>"


def test_what_is_far_from_the_first_screen_is_marked(monkeypatch):
    monkeypatch.setattr(finish, "FIRST_SCREEN", 2)
    formula = '<span class="math">x</span>'
    text = f"""<article class="bd-article"><section id="a"><h1>A</h1><p>1</p><section id="b"><h2>B</h2><hr>
<sgd-scene name="one"><p>3</p></sgd-scene><p class="c">{formula}</p></section><p>5</p></section></article>"""
    marked = finish.parts(text)
    assert re.findall('<[^>]*distant[^>]*>', marked) == [
        '<sgd-scene style="--signs: 1" class="distant" name="one">',
        '<p style="--signs: 1" class="first-formula distant c">',
        '<p style="--signs: 1" class="distant">',
    ]  # fmt: skip


@pytest.mark.parametrize("printed", [True, False])
def test_the_printed_book_is_offered_where_it_was_printed(site, printed):
    pdf = site.parent / "book.pdf"
    if printed:
        pdf.write_bytes(b"%PDF")
    finish.finish(site, printed=pdf)
    assert (site / "book.pdf").exists() == printed
    assert ('href="../book.pdf"' in read(site, "chapters/one.html")) == printed
    assert ('href="book.pdf"' in read(site, "search.html")) == printed


def test_the_foot_of_the_page_is_that_of_the_settings(site):
    settings = (finish.Path(__file__).parents[2] / "_config.yml").read_text("utf-8")
    assert f"<p>{finish.FOOTER}</p>" in settings
    with pytest.raises(ValueError, match="its foot must say"):
        finish.offer("<p></p>", "book.pdf")


@pytest.mark.parametrize("length", range(1, 80))
def test_no_sign_is_parted_from_its_formula(length):
    """A short formula stands on one line with its signs; a long one, which is broken, takes the sign into its last line."""
    formula = r'<span class="math notranslate nohighlight">\(' + length * "x" + r"\)</span>"
    said = finish.words(f"and ({formula} for all, so {formula}. Then")
    whole, last = r'<span class="whole">{}</span>', formula.replace(r"\)", r"\mathclose{\text{.}}\)")
    short = f"and {whole.format('(' + formula)} for all, so {whole.format(formula + '.')} Then"
    assert said in (short, f"and ({formula} for all, so {last} Then")


def test_in_a_narrow_cell_a_formula_is_long_sooner():
    """It is broken there, and a comma beside all of its lines would stand far from the last."""
    formula = r'<span class="math notranslate nohighlight">\({}\)</span>'
    said = finish.words(f"<td>{formula.format('x' * 13)},</td><td>{formula.format('x' * 12)},</td>")
    last = formula.format("x" * 13 + r"\mathclose{\text{,}}")
    assert said == f'<td>{last}</td><td><span class="whole">{formula.format("x" * 12)},</span></td>'


def test_the_space_before_the_link_of_a_solution_is_not_underlined():
    assert finish.words('Solution to<a href="#x"> Exercise 1.1</a>') == 'Solution to <a href="#x">Exercise 1.1</a>'


def test_a_printed_agreement_can_be_broken_before_its_result_and_a_comparison_has_the_minus_of_text():
    printed = """<div class="output stream"><div class="highlight"><pre><span></span>a long name      two routes agree to 1e-09   (2 numbers)
mean   predicted -1.5   measured -1.4   s.e. 1e-1   z = +1.0
</pre></div></div>"""
    text, rows = tables(printed, "page")
    assert 'a long name<span class="pad">      </span>two routes agree to 1e-09   (2 numbers)' in text
    cells = re.findall('<td data-label="[^"]*">([^<]*)</td>', text)
    assert cells == ["\N{MINUS SIGN}1.5", "\N{MINUS SIGN}1.4", "1e\N{MINUS SIGN}1"] and len(rows) == 1


def test_text_that_is_read_from_a_disk_waits_for_its_fonts_which_the_style_sheet_names():
    page = finish.fonts(PAGE, "")
    served, sheet, disk = (page.index(part) for part in ('!== "file:"', "stylesheet", 'face.display = "block"'))
    assert served < sheet < disk < page.index("<body>")

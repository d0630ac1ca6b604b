"""A Sphinx extension: what the printed book has of its own. It does nothing to the site.

The solutions of the exercises come at the end, each under the name of its exercise; the reference has of each entry its
signature and its first paragraph; theorems and exercises have the numbers that they have on the site.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node

PAGE = "solutions"  # the id of the page's section


class SolutionsAtTheEnd(SphinxPostTransform):
    """Move each solution to the page of solutions; does nothing where the table of contents lacks that page."""

    builders = ("latex",)
    default_priority = 8  # before references are resolved, so that they find the solution where it then stands

    def run(self) -> None:
        pages = [section for section in self.document.findall(nodes.section) if PAGE in section["ids"]]
        for solution in list(self.document.findall(solution_node)) if pages else []:
            solution.parent.remove(solution)
            pages[0] += solution


class ShortReference(SphinxPostTransform):
    """Leave of each entry of the reference its first paragraph, and the entries in it: a class's methods."""

    builders = ("latex",)
    default_priority = 8

    def run(self) -> None:
        for content in list(self.document.findall(addnodes.desc_content)):
            first = next((part for part in content if isinstance(part, nodes.paragraph)), None)
            for part in list(content):
                if part is not first and not isinstance(part, addnodes.desc):
                    content.remove(part)


def number_as_on_the_site(app) -> None:
    """Theorem 10.1, not 10.2.1: sphinx-jupyterbook-latex asks for a number of the section too."""
    if app.builder.name == "latex":
        app.config["numfig_secnum_depth"] = 1


def note_the_numbers(app, exception) -> None:
    """Write the site's numbers of equations, figures and tables beside the LaTeX: tools/pdf.py compares them with its own."""
    if exception or app.builder.name != "latex":
        return
    counted = app.env.toc_fignumbers
    noted = {
        f"{page}:{name}": number
        for page, kinds in counted.items()
        for kind in ("figure", "table")
        for name, number in kinds.get(kind, {}).items()
    }
    for label, (page, _) in app.env.get_domain("math").equations.items():
        noted[f"equation:{page}:{label}"] = counted[page]["displaymath"][nodes.make_id(f"equation-{label}")]
    noted = {label: ".".join(map(str, number)) for label, number in noted.items()}
    (Path(app.outdir) / "numbers.json").write_text(json.dumps(noted), "utf-8")


def setup(app) -> dict[str, bool]:
    app.add_post_transform(SolutionsAtTheEnd)
    app.add_post_transform(ShortReference)
    app.connect("builder-inited", number_as_on_the_site, priority=900)  # after it has asked
    app.connect("build-finished", note_the_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""A Sphinx extension: in print the solutions of the exercises come at the end, each under the name of its exercise."""

from docutils import nodes
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


def setup(app) -> dict[str, bool]:
    app.add_post_transform(SolutionsAtTheEnd)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""A Sphinx extension: appendices are A, B, C, where Sphinx would go on counting the chapters."""

from docutils import nodes

APPENDIX = "chapters/appendix_"
LETTERS = "ABCDEFGH"


def letter_the_appendices(app, env) -> list[str]:
    """Put a letter for the number of an appendix wherever Sphinx has noted that number."""
    places = {name: env.toc_secnumbers.get(name, {}).get("") for name in env.titles if name.startswith(APPENDIX)}
    ordered = sorted((number[0], name) for name, number in places.items() if number)
    for letter, (_, name) in zip(LETTERS, ordered, strict=False):

        def lettered(number, letter=letter):
            return (letter, *number[1:]) if number else number

        sections = env.toc_secnumbers[name]
        sections.update({anchor: lettered(number) for anchor, number in sections.items()})
        for node in (env.titles[name], *env.tocs[name].findall(nodes.reference)):
            if node.get("secnumber"):
                node["secnumber"] = lettered(node["secnumber"])
        for numbers in env.toc_fignumbers.get(name, {}).values():
            numbers.update({label: lettered(number) for label, number in numbers.items()})
    return [name for _, name in ordered]


def setup(app) -> dict[str, bool]:
    app.connect("env-get-updated", letter_the_appendices, priority=900)  # after Sphinx has counted
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""A Sphinx extension: the widgets' state comes after the text, and the built pages get their last work.

MyST-NB writes the state of a page's widgets into the head, where the text waits for it; here it goes to the end of the
text. sphinx-thebe declares its constants twice, which is an error in the console; the second declaration is dropped.
"""

import os
from pathlib import Path

from environment import PRINTED
from finish import STATE, finish


def order_scripts(app, pagename, templatename, context, doctree) -> None:
    """Handle ``html-page-context``: change the list of scripts and the body in place."""
    kept, seen = [], set()
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", {})
        body = attributes.get("body")
        if attributes.get("type") == STATE:
            context["body"] += f'<script type="{STATE}">{body}</script>'
        elif not body or body not in seen:
            kept.append(script)
        seen.add(body)
    context["script_files"] = kept


def finish_pages(app, exception) -> None:
    """Handle ``build-finished``."""
    if exception is None and app.builder.name == "html":
        finish(Path(app.outdir), os.environ.get("BOOK_URL", ""), PRINTED)  # the address at which the site will be read


def setup(app) -> dict:
    app.connect("html-page-context", order_scripts, priority=999)  # after all who add scripts
    app.connect("build-finished", finish_pages, priority=999)  # after copied assets
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

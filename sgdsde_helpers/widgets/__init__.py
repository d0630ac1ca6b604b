"""The book's one widget: a picture that follows the learning rate and the batch size."""

from sgdsde_helpers.widgets.explorer import Explorer, explore

__all__ = ["Explorer", "explore"]

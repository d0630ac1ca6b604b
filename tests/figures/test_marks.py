"""Marks and the words of captions."""

from sgdsde_helpers.figures.marks import in_words


def test_captions_round_to_the_standard_error():
    assert in_words(-1.6, -1.5871, 0.0213) == "predicted −1.600, measured −1.587 ± 0.021"
    assert in_words(150.0, 151.26, 12.0) == "predicted 150, measured 151 ± 12"

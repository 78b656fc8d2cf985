"""No construct of a mail, however often it is repeated, costs more than in proportion."""

import pytest

from sanitizers import engine
from tests.fuzz.growth import CONSTRUCTS, TOO_MUCH, growth


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    engine.warm()


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSTRUCTS)
def test_the_work_grows_with_the_size(name: str) -> None:
    construct = CONSTRUCTS[name]
    ratio, spent = growth(construct)
    for _ in range(4):  # once more, and again: a neighbour of this machine may have disturbed it
        if ratio > TOO_MUCH:
            ratio, spent = min((ratio, spent), growth(construct))
    assert ratio <= TOO_MUCH, f"{ratio:.1f} times the work for four times as much ({spent:.2f} CPU seconds)"

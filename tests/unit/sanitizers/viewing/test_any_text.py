"""Whatever the words are: the runs of a difference make up both sides, and what is visible has nothing hidden in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.reports import UNPRINTABLE
from sanitizers.viewing.difference import _lines, difference_of
from sanitizers.viewing.sheets import COLUMNS, LINES, _cells, sheets_of
from sanitizers.viewing.visible import visible
from sanitizers.views import Side, Texts, Words

LINE = st.text(st.sampled_from("ab 一二[U+202E]<>-"), max_size=12)
PAGE = st.lists(LINE, max_size=12).map("\n".join)


@given(PAGE, PAGE)
@settings(max_examples=300, deadline=None)
def test_the_runs_make_up_both_sides(before: str, after: str) -> None:
    found = difference_of(Texts((Words("1.1", "text/plain", before),), after))
    old, new = (
        "".join(run.text for run in found.runs if run.side in {Side.SAME, side}) for side in (Side.REMOVED, Side.ADDED)
    )
    assert old == ("" if found.left_out else "".join(_lines(before)))
    assert new == "".join(_lines(after))
    assert all(one.side is not other.side for one, other in zip(found.runs, found.runs[1:], strict=False))


@given(st.text(max_size=200))
@settings(deadline=None)
def test_what_is_visible_has_nothing_hidden_in_it(text: str) -> None:
    assert UNPRINTABLE.search(visible(text).replace("\n", "").replace("\t", "")) is None
    assert visible(visible(text)) == visible(text)


@given(st.text(max_size=400))
@settings(deadline=None)
def test_a_sheet_holds_no_more_than_there_is_room_for(text: str) -> None:
    for sheet in sheets_of(text):
        assert len(sheet) <= LINES
        assert all(sum(map(_cells, line)) <= COLUMNS for line in sheet)

"""Grams: a text holds a word exactly when its grams hold the word's phrase."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.grams import folded, grams, mark, phrases
from gateway.store.indexing import domain_mark
from gateway.store.queries import Query
from gateway.store.sought import sought

LETTERS = st.text(st.sampled_from("abAB1@. 会議資料ＡｱＢ'\"\\\ue000\ue00f\u3000\x00\x07é"), max_size=12)


def holds(text: str, word: str) -> bool:
    """What the index does: each phrase of the word stands somewhere in the row of the text's grams."""
    row = grams(text)
    return all(any(_stands(row[at:], phrase) for at in range(len(row))) for phrase in phrases(word))


def _stands(row: list[str], phrase: object) -> bool:
    *whole, last = phrase.grams
    if len(row) <= len(whole) or row[: len(whole)] != whole:
        return False
    return row[len(whole)].startswith(last) if phrase.beginning else row[len(whole)] == last


@given(LETTERS, LETTERS)
def test_found_exactly_when_it_is_there(text: str, word: str) -> None:
    there = all(any(each in part for part in folded(text)) for each in folded(word))
    assert holds(text, word) is there


@given(st.text(max_size=30))
def test_nothing_is_left_that_means_something_to_a_database(text: str) -> None:
    for gram in grams(text):
        assert not set(gram) & set("\"'\\\x00 \u3000\ue00f")
        assert 1 <= len(gram) <= 3


def test_no_text_looks_like_a_mark() -> None:
    assert domain_mark("city.example.jp") == mark("d", "CITY.example.jp")
    assert domain_mark("x") not in grams("\ue00fdx")


def test_a_single_letter_narrows_nothing_but_a_single_character_of_japanese_does() -> None:
    assert sought(Query(text="a 7")).everything
    assert not sought(Query(text="市")).everything
    assert len(sought(Query(text="a 会議")).words) == 1

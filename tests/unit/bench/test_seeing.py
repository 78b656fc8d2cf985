"""How alike two readings of a file are: what is lost must show in the figures."""

import pytest
from PIL import Image

from bench.seeing import Cell, cells_kept, similarity, words_kept, words_of


def test_words_that_are_lost_count() -> None:
    assert words_kept(words_of("清め of files, of files"), words_of("of files 清め")) == {
        "words": 6, "kept": pytest.approx(4 / 6), "lost": ["of", "files"]
    }  # fmt: skip
    assert words_kept(words_of("a"), words_of("b a c"))["kept"] == 1
    assert words_kept(words_of(""), words_of("a")) == {}


@pytest.mark.parametrize(
    ("after", "same", "replaced", "different"),
    [
        (Cell("=1+1", 2, "0"), 1, 0, []),
        (Cell(None, 2, "0"), 0, 1, []),  # its last value stays
        (Cell(None, 3, "0"), 0, 0, ["A1: =1+1 → 3"]),
        (Cell("=1+2", 2, "0"), 0, 0, ["A1: =1+1 → =1+2"]),
        (Cell("=1+1", 2, "0.0"), 0, 0, ["A1: =1+1 → =1+1"]),  # shown otherwise
    ],
)
def test_cells_that_change_count(after: Cell, same: int, replaced: int, different: list[str]) -> None:
    told = cells_kept({"A1": Cell("=1+1", 2, "0")}, {"A1": after})
    assert told == {"cells": 1, "same": same, "replaced": replaced, "different": different}


def test_cells_that_come_or_go_count() -> None:
    one = {"A1": Cell(None, "市")}
    assert cells_kept(one, {})["different"] == ["A1: '市' → None"]
    assert cells_kept({}, one)["different"] == ["A1: None → '市'"]


def test_a_picture_that_changes_is_less_alike() -> None:
    page = Image.new("RGB", (80, 80), "white")
    changed = page.copy()
    changed.paste("black", (0, 0, 40, 20))
    assert similarity(page, page) == pytest.approx(1)
    assert similarity(page, changed) < 0.95
    assert similarity(page, Image.new("RGB", (80, 40), "white")) == 0

"""The table: what is blocked, lost or refused must change its figures."""

from pathlib import Path

import pytest

from bench.fidelity import family_of
from bench.fidelity_apart import ENCRYPTED, why_apart
from bench.fidelity_table import COLUMNS, Result, table_row, tell


def one(reason: str = "", apart: str = "", **seen: object) -> Result:
    return Result("a.docx", "docx", "rebuilt", reason, apart, False, 100, 50, 7.0, seen)


def row(*group: Result) -> dict[str, str]:
    return dict(zip(COLUMNS, table_row("docx", list(group))[1:], strict=True))


def test_a_whole_file_fills_the_row() -> None:
    told = row(one(kept=1.0, ssim=0.99, cells=4, same=4, replaced=0, different=[], pictures=[1, 1]))
    assert told == {
        "files": "1", "apart": "0", "well formed": "1", "passed": "1", "drawn": "0", "blocked": "0 (0.0%)",
        "words": "100.00%", "cells": "100.00%", "pictures": "1/1", "SSIM mid": "0.9900", "SSIM low": "0.9900",
        "size": "0.50", "ms": "7.0", "reopened": "1/1",
    }  # fmt: skip


def test_a_blocked_file_counts_unless_it_is_broken_or_apart() -> None:
    told = row(one(), one("malformed"), one("malformed", original_error="BadZipFile"), one("encrypted", ENCRYPTED))
    assert [told[name] for name in ("files", "apart", "well formed", "passed", "blocked")] == [
        "4", "1", "2", "1", "1 (50.0%)"
    ]  # fmt: skip


def test_losses_count() -> None:
    lost = {"kept": 0.5, "ssim": 0.5, "cells": 4, "same": 2, "replaced": 1, "different": ["A1"], "pictures": [2, 1]}
    told = row(one(**lost, clean_error="no"))
    assert [told[name] for name in ("words", "cells", "pictures", "SSIM mid", "reopened")] == [
        "50.00%", "66.67%", "0/1", "0.5000", "0/1"
    ]  # fmt: skip


def test_each_file_that_is_not_as_it_should_be_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lost = {"kept": 0.5, "words": 2, "lost": ["市"], "ssim": 0.5, "cells": 2, "same": 0, "replaced": 1}
    shown = one(**lost, different=["A1: 1 → 2"], pictures=[2, 1], drawn_kept=0.1, drawn_lost=["町"], clean_error="no")
    tell([shown, one("malformed"), one("blocked", ENCRYPTED)], {"docx": 3.0})
    told = capsys.readouterr().out
    for title in (
        "blocked although a reader opens it (1)", "a reader does not open the clean file (1)", "words lost (1)",
        "words not drawn by LibreOffice any more (1)", "cells that are not the same (1)",
        "formulas that gave way to their last value (1)", "looks different (1)", "another number of pictures (1)",
        f"counted apart (1 {ENCRYPTED}) (1)",
    ):  # fmt: skip
        assert title in told


@pytest.mark.parametrize(
    ("path", "detected", "seen", "why"),
    [
        ("a.docx", "application/encrypted", {"encrypted": True}, ENCRYPTED),
        ("a.docx", "application/pdf", {}, ""),
        ("a.pub", "application/x-ole-storage", {}, "a program that is not handled: Publisher, or a public key"),
        ("a.vbs", "text/x-vbscript", {}, "a script"),
        ("x/xmltestdata/cyclic.xml", "text/xml", {}, "hostile: entities that never end"),
        ("x/cyclic.xml", "text/xml", {}, ""),
    ],
)
def test_only_what_a_person_named_is_counted_apart(path: str, detected: str, seen: dict[str, object], why: str) -> None:
    assert why_apart(path, detected, seen) == why


@pytest.mark.parametrize(
    ("kind", "name", "family"),
    [
        ("ooxml", "a.DOTM", "docx"), ("ole-office", "a.xlt", "xls"), ("ole-office", "a.dat", "other"),
        ("odf", "a.fods", "odf"), ("rtf", "a", "rtf"), ("json", "a.doc", "text"), ("mail", "a.eml", ""),
    ],
)  # fmt: skip
def test_the_family_of_a_row(kind: str, name: str, family: str) -> None:
    assert family_of(kind, "", Path(name)) == family

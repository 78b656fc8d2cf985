"""Names in watched folders."""

import os

import pytest

from gateway.folders.naming import (
    LONGEST_PATH,
    fitting,
    given_back,
    is_temporary,
    kept,
    numbered,
    readable,
    result_name,
)

SHIFT_JIS = os.fsdecode("申請書.docx".encode("cp932"))


@pytest.mark.parametrize(
    "name", ["a.docx.part", "~$申請.docx", ".hidden", "x.TMP", "x.filepart", "Thumbs.db", ".kiyome-taken"]
)
def test_unfinished_files_wait(name: str) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize("name", ["part", "申請.docx", "a.part.docx", "tmp", "~name", "a~$b"])
def test_others_do_not(name: str) -> None:
    assert not is_temporary(name)


@pytest.mark.parametrize(
    "path", ["窓口/申請.docx", SHIFT_JIS, f"a/{SHIFT_JIS}", "50%オフ.pdf", "%41.txt", "a\nb", "\udcff\udc80", "a b+c&d"]
)
def test_every_name_comes_back_byte_for_byte(path: str) -> None:
    text = kept(path)
    text.encode()  # a database takes it
    assert text.isprintable()
    assert os.fsencode(given_back(text)) == os.fsencode(path)


def test_a_key_has_room_in_an_index() -> None:
    assert len(kept("\udcff" * LONGEST_PATH)) <= 2_400


def test_shift_jis_is_read() -> None:
    assert readable(SHIFT_JIS) == "申請書.docx"
    assert readable("申請書.docx") == "申請書.docx"
    assert readable("\udcff\udcff.txt") == "\ufffd\ufffd.txt"


def test_numbers_stand_before_the_ending() -> None:
    assert [numbered("a.tar.gz", n) for n in (1, 2)] == ["a.tar.gz", "a.tar (2).gz"]
    assert numbered(".profile", 2) == ".profile (2)"


@pytest.mark.parametrize(
    ("raw", "claimed", "clean", "result"),
    [
        ("a.docx", "a.docx", "a.docx", "a.docx"),
        ("a.doc", "a.doc", "a.docx", "a.docx"),
        (SHIFT_JIS, "申請書.docx", "申請書.pdf", os.fsdecode("申請書".encode("cp932") + b".pdf")),
        ("請求書\u202efdp.exe", "請求書\u202efdp.exe", "請求書fdp.bin", "請求書fdp.bin"),
        ("a.docx", "a.docx", "", "a.docx"),
    ],
)
def test_a_result_keeps_its_name(raw: str, claimed: str, clean: str, result: str) -> None:
    assert result_name(raw, claimed, clean) == result


def test_a_long_name_is_cut_before_its_ending() -> None:
    name = fitting("申" * 85, ".report.txt")
    assert name.endswith("申.report.txt")
    assert len(name.encode()) <= 240

"""RTF bodies: the HTML in them, or their words; control words that deceive, and bytes that are no RTF."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.formats.outlook.rtf import read_rtf
from sanitizers.model import CannotSanitize


def html(rtf: str) -> str:
    return read_rtf(rtf.encode("ascii"), 932).html


def text(rtf: str, code_page: int = 932) -> str:
    return read_rtf(rtf.encode("ascii"), code_page).text


HEAD = (
    r"{\rtf1\ansi\ansicpg932\fromhtml1 \deff0{\fonttbl{\f0\fcharset128 MS;}{\f1\fcharset0 Arial;}{\f2\fcharset204 A;}}"
)


def test_html_is_taken_out_of_its_rtf() -> None:
    rtf = HEAD + r"{\*\htmltag64 <p>}\htmlrtf \b {\htmlrtf0 words{\*\htmltag72 </p>}\htmlrtf \par}\htmlrtf0}"
    assert html(rtf).strip() == "<p>words</p>"


def test_what_is_there_for_rtf_only_is_passed_over() -> None:
    assert html(HEAD + r"a\htmlrtf HIDDEN\htmlrtf0 b{\*\mhtmltag8 HIDDEN}{\pict HIDDEN}}") == "ab"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\'93\'fa\'96\'7b", "日本"),
        (r"\'95\\", "表"),  # the second half is a backslash
        (r"\'83\'41\'83@", "アァ"),  # and here a sign
        (r"\u26085?\u26412?", "日本"),
        (r"\uc2\u26085\'93\'fa\u26412\'96\'7b", "日本"),
        (r"\uc0\u26085\u26412", "日本"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"\f1\'93\'fa", "日"),  # a western font says nothing
        (r"\f2\'e4\'e0", "да"),
        (r"\~\{\}", "\u00a0{}"),
        (r"a\par b\line c\tab d", "a\nb\nc\td"),
        (r"{\*\unknown HIDDEN}a{\fldinst HIDDEN}b", "ab"),
        (r"a\bin5 {{{{{b", "ab"),
    ],
)
def test_words(written: str, read: str) -> None:
    assert text(HEAD.replace(r"\fromhtml1 ", "") + r"\f0 " + written + "}") == read


def test_objects_are_seen_and_left_behind() -> None:
    rtf = read_rtf(rb"{\rtf1 a{\object\objemb{\*\objdata 414243}{\result b}}c}", 0)
    assert rtf.has_objects
    assert rtf.text == "ac"


def test_groups_inside_groups_end() -> None:
    with pytest.raises(CannotSanitize):
        read_rtf(b"{\\rtf1" + b"{" * 5_000, 0)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for beginning in (b"{\\rtf1 ", b"{\\rtf1\\fromhtml1 "):
        read_rtf(beginning + data, 932).text.encode("utf-8")


@given(
    st.lists(
        st.sampled_from(
            [r"\u55357?", r"\'93", "{", "}", "\\*", r"\htmltag1 ", r"\htmlrtf ", r"\uc9", "a", r"\bin-3 ", "\\\\"]
        )
    )
)
def test_pieces_in_any_order(pieces: list[str]) -> None:
    read = read_rtf((HEAD + "".join(pieces)).encode("ascii"), 932)
    read.html.encode("utf-8")

"""Plain text, logs and Markdown: every charset, no tricks, the same words."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import CannotSanitize, Threat
from sanitizers.names import running_ending
from sanitizers.rules import TextFiles
from sanitizers.verify.textfile import verify_text
from tests.unit.sanitizers.textfile.text_job import details, rebuilt

WORDS = "市長様\r\n\r\n　資料①をお送りします。〜－㈱髙﨑ｶﾅ\r\n"
LETTER = "市長様\n本日は晴天なり。資料をお送りします。\n"


@pytest.mark.parametrize(
    "codec", ["utf-8", "cp932", "utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be", "utf-32"]
)
@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.md"])
def test_every_charset_becomes_utf_8(codec: str, name: str) -> None:
    words = WORDS.replace("〜", "～")
    assert rebuilt(words.encode(codec), name).data.decode("utf-8-sig") == words


@pytest.mark.parametrize("codec", ["euc_jp", "iso2022_jp"])
def test_the_other_japanese_charsets_too(codec: str) -> None:
    assert rebuilt(LETTER.encode(codec)).data.decode() == LETTER


@pytest.mark.parametrize(
    "codec", ["cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-16-be", "utf-32", "utf-8", "utf-8-sig", "cp1252", "ascii"]
)
def test_by_rule_the_charset_is_kept(codec: str) -> None:
    text = {"cp1252": "déjà vu – façade\n", "ascii": "plain\n"}.get(codec, LETTER + "①㈱～－\n")
    if codec in {"euc_jp", "iso2022_jp"}:
        text = LETTER
    result = rebuilt(text.encode(codec), rule=TextFiles.KEPT)
    assert result.findings == ()
    assert result.data.decode(codec).removeprefix("\ufeff") == text


@pytest.mark.parametrize("charset", ["euc-jp", "iso-2022-jp"])
def test_what_nec_and_ibm_added_is_kept_too(charset: str) -> None:
    nec = b"\x1b$B-!\x1b(B" if charset == "iso-2022-jp" else b"\xad\xa1"  # ①, row 13
    original = LETTER.encode(charset.replace("-jp", "_jp").replace("iso-2022", "iso2022")) + nec + b"\n"
    assert rebuilt(original, rule=TextFiles.KEPT).data == original


def test_what_the_charset_cannot_carry_goes_as_utf_8_and_is_told() -> None:
    result = rebuilt(LETTER.encode("cp932") + b"\xa0\n", rule=TextFiles.KEPT)
    assert result.data.decode().startswith(LETTER)
    assert "written in UTF-8" in details(result)


def test_user_defined_characters_stay() -> None:
    assert "\ue000" in rebuilt(LETTER.encode("cp932") + b"\xf0\x40\n").data.decode()


@pytest.mark.parametrize("text", ["葛󠄀城市", "👨‍👩‍👧🏽", "ｶﾞ か\u3099", "é e\u0301", "𠮷野家", "\ue000"])
def test_what_japanese_needs_stays(text: str) -> None:
    assert rebuilt(text, "a.txt").data.decode() == text


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_mark_stays_where_it_was(mark: str) -> None:
    assert rebuilt(f"{mark}市\n", "a.txt").data.decode() == f"{mark}市\n"


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("a\r\nb\r\nc\n", "a\r\nb\r\nc\r\n"),
        ("a\nb\r\nc\n", "a\nb\nc\n"),
        ("a\rb\r", "a\r\nb\r\n"),
        ("a", "a"),
        ("", ""),
    ],
)
def test_lines_end_as_most_of_them_did(text: str, ended: str) -> None:
    assert rebuilt(text).data.decode() == ended


@pytest.mark.parametrize(
    ("hidden", "threat"),
    [
        ("a\u202eb", Threat.DECEPTION),
        ("a\u2066b", Threat.DECEPTION),
        ("a\u200bb", Threat.HIDDEN_CONTENT),
        ("a\ufeffb", Threat.HIDDEN_CONTENT),
        ("a\x07b", Threat.HIDDEN_CONTENT),
        ("a\x1b[31mb", Threat.HIDDEN_CONTENT),
        ("a\x1b]0;title\x07b", Threat.HIDDEN_CONTENT),
        ("a\x1b]8;;http://x/\x1b\\b\x1b]8;;\x1b\\", Threat.HIDDEN_CONTENT),
        ("a\x9b31mb", Threat.HIDDEN_CONTENT),
        ("a\x1bPq#0\x1b\\b", Threat.HIDDEN_CONTENT),
        ("a\x1b7b", Threat.HIDDEN_CONTENT),
    ],
)
def test_what_hides_goes(hidden: str, threat: Threat) -> None:
    result = rebuilt(f"{hidden}\n{'words ' * 100}\n")
    assert result.data.decode().startswith("ab\n")
    assert {found.threat for found in result.findings} == {threat}


def test_nul_goes() -> None:
    assert rebuilt(b"a\0b" + b"c" * 100, "a.txt", "text/plain").data == b"ab" + b"c" * 100


def test_a_wrong_label_is_seen_through() -> None:
    result = rebuilt(LETTER.encode("cp932"), "a.txt", "text/plain; charset=utf-8")
    assert result.data.decode() == LETTER
    assert "read as shift_jis" in details(result)


def test_formulas_in_plain_text_are_words() -> None:
    assert rebuilt("=SUM(A1)\n- 項目\n======\n").findings == ()


@pytest.mark.parametrize(
    "name",
    [
        "a.js",
        "a.vbs",
        "a.BAT",
        "a.ps1.",
        "a.txt.cmd",
        "a.reg ",
        "a.url",
        "a.hta",
        "a.iqy",
        "a.slk",
        "a.rdp",
        "a.inf",
        "a.scf",
        "a.library-ms",
        "a.settingcontent-ms",
        "a.wsf",
        "a.py",
        "a.lnk",
        "a.com",
        "a.msc",
        "a.desktop",
    ],
)
def test_a_name_that_runs_is_never_delivered(name: str) -> None:
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt("only words\n", name)
    assert refusal.value.threat is Threat.ACTIVE_CONTENT


@pytest.mark.parametrize("name", ["", "a", "a.txt", "js", ".js", "a.js.txt", "a.html", "a.md", "a.vbs報告"])
def test_other_names_do_not_run(name: str) -> None:
    assert running_ending(name) == ""


def test_a_long_line_is_fine() -> None:
    assert len(rebuilt("漢" * 2_000_000).data) == 6_000_000


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u202e", "\u200b", "\ufeff", "\x85", "\x9b"])
def test_the_second_reading_refuses_what_hides(hidden: str) -> None:
    with pytest.raises(CannotSanitize):
        verify_text(f"市a{hidden}b".encode())


@given(
    st.binary(max_size=200), st.sampled_from(["a.txt", "a.csv", "a.json", "a.xml"]), st.sampled_from(list(TextFiles))
)
def test_any_bytes_come_out_clean(data: bytes, name: str, rule: TextFiles) -> None:
    with suppress(CannotSanitize, KeyError):  # refused, or not text at all
        rebuilt(data, name, "text/plain", rule)


def test_a_euro_sign_in_a_kept_charset_is_no_control_to_the_second_reading() -> None:
    assert rebuilt(b"20 \x80\n", rule=TextFiles.KEPT).data == b"20 \x80\n"


@pytest.mark.parametrize("codec", ["utf-16", "utf-32"])
def test_a_replacement_character_that_stands_in_wide_text_is_no_damage(codec: str) -> None:
    assert details(rebuilt((LETTER * 4 + "\ufffd\n").encode(codec), rule=TextFiles.KEPT)) == ""


def test_wide_text_that_breaks_is_reported_once() -> None:
    assert details(rebuilt(LETTER.encode("utf-16") + b"\x00\xd8\x41\x00")) == "1 places that utf-16-le cannot read"


@pytest.mark.parametrize("hiding", ["\x08", "\x00", "\u200b", "\x1b[0m"])
def test_a_shortcut_behind_characters_that_hide_does_not_become_one(hiding: str) -> None:
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(f'<?xml version="1.0" encoding="utf-8"?>{hiding}<jnlp codebase="https://example.com/"></jnlp>', "a.xml")
    assert refusal.value.threat is Threat.ACTIVE_CONTENT

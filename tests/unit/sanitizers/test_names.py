"""File names: safe to show, safe to store, nothing hidden."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import Severity, Threat
from sanitizers.names import LONGEST_BYTES, LONGEST_CHARACTERS, safe_name


@pytest.mark.parametrize(
    "name", ["報告書（最終版）.docx", "a b.tar.gz", "ﾃｽﾄ.pdf", "①議事録_2026.10.01.xlsx", "README", "v1.2.txt"]
)
def test_an_ordinary_name_stays(name: str) -> None:
    assert safe_name(name) == (name, ())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\a.txt", "a.txt"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ("C:a.txt", "a.txt"),
        ("/abs/a.txt", "a.txt"),
        ("a.txt:evil.exe", "a.txt：evil.exe"),
        ("a.txt::$DATA", "a.txt：：$DATA"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com¹.log", "_Com¹.log"),
        ("a.exe. . ", "a.exe"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("ev\u200bil\x00.txt", "evil.txt"),
        ("x.{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}", "x"),
        ("a.txt.{00021401-0000-0000-C000-000000000046}", "a.txt"),
        ("資料　　　　　　　　.exe", "資料 .exe"),
        ("a" + "\u3164" * 20 + ".exe", "a .exe"),
    ],
)
def test_harmful_names_lose_their_harm_and_are_reported(name: str, safe: str) -> None:
    result, findings = safe_name(name)
    assert result == safe
    assert findings
    assert all(finding.detail.isprintable() for finding in findings)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("か\u3099.txt", "が.txt"),
        ('a<b>"c"|d?*.txt', "a＜b＞＂c＂｜d？＊.txt"),
        ("a¥b.txt", "a￥b.txt"),
        ("", ""),
        ("..", ""),
        (".profile", "profile"),
    ],
)
def test_names_that_only_need_another_spelling(name: str, safe: str) -> None:
    assert safe_name(name)[0] == safe


@pytest.mark.parametrize("name", ["report.pdf.exe", "報告.docx.scr", "a.jpg     .exe", "写真.png.lnk"])
def test_a_double_ending_stays_visible_and_is_a_danger(name: str) -> None:
    safe, findings = safe_name(name)
    assert safe.endswith(name[-4:])
    assert (Threat.DECEPTION, Severity.DANGER) in [(finding.threat, finding.severity) for finding in findings]


@pytest.mark.parametrize("name", ["setup.exe", "a.b.docx", "report.2026.pdf", "x.pdf.zip"])
def test_an_ordinary_ending_is_no_double_one(name: str) -> None:
    assert safe_name(name)[1] == ()


def test_a_long_name_keeps_its_ending() -> None:
    safe, findings = safe_name("あ" * 300 + ".docx")
    assert safe.endswith("あ.docx")
    assert len(safe.encode()) <= LONGEST_BYTES
    assert [finding.threat for finding in findings] == [Threat.LIMIT_EXCEEDED]


NASTY = st.sampled_from(
    [
        "/",
        "\\",
        ":",
        "C:",
        "..",
        ".",
        " ",
        "　",
        "CON",
        "nul",
        "\u202e",
        "\u200b",
        "\x00",
        "\n",
        ".{00021401-0000",
        "-",
        "}",
        "pdf",
        ".exe",
        "か",
        "\u3099",
        "é",
        "\ud800",
        "𠮷",
        "*",
        "¥",
        "a" * 90,
        "あ" * 50,
        "COM1",
        "￥",
        "\u0345",
        "가",
        "\u1100",
        "\u1161",
    ]
)


@given(st.one_of(st.lists(NASTY, max_size=10).map("".join), st.text(alphabet=st.characters(), max_size=60)))
def test_any_name_becomes_safe_and_stays_so(name: str) -> None:
    safe, _ = safe_name(name)
    assert safe_name(safe)[0] == safe
    assert not set(safe) & set('/\\<>:"|?*')
    assert unicodedata.is_normalized("NFC", safe)
    assert len(safe) <= LONGEST_CHARACTERS
    assert len(safe.encode()) <= LONGEST_BYTES
    assert safe == safe.strip(" .")
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in safe)

"""Plain text bodies: the words stay, the tricks go, a second pass finds nothing."""

import binascii
import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.detect import detect
from sanitizers.formats.text import PlainText
from sanitizers.job import Job
from sanitizers.model import Action, File, Rebuilt, Threat
from sanitizers.rules import Links, Profile

CORPUS = Path(__file__).parents[3] / "../shared/corpus"


class TextJob:
    """A job that only knows the rules: plain text needs no child."""

    def __init__(self, links: Links) -> None:
        self.rules = Profile(links=links)


def rebuild(data: bytes, claimed: str = "text/plain; charset=utf-8", links: Links = Links.KEPT) -> Rebuilt:
    return PlainText().rebuild(File("", claimed, "text/plain", data), cast("Job", TextJob(links)))


def text_of(data: bytes, claimed: str = "text/plain; charset=utf-8", links: Links = Links.KEPT) -> str:
    return rebuild(data, claimed, links).data.decode()


def uuencoded(data: bytes, name: str, *, end: str = "end\r\n") -> bytes:
    lines = [binascii.b2a_uu(data[place : place + 45], backtick=True) for place in range(0, len(data), 45)]
    return f"begin 644 {name}\r\n".encode() + b"".join(lines).replace(b"\n", b"\r\n") + b"`\r\n" + end.encode()


def test_an_ordinary_body_is_only_written_in_utf_8() -> None:
    body = "市長様\r\n\r\n　資料①をお送りします。\r\n-- \r\n鈴木\r\n"
    for codec, label in (("cp932", "Shift_JIS"), ("utf_8", "utf-8"), ("euc_jis_2004", "euc-jp")):
        rebuilt = rebuild(body.encode(codec), f'text/plain; charset="{label}"')
        assert rebuilt == Rebuilt(body.replace("\r\n", "\n").encode(), "", "text/plain", ())


@pytest.mark.parametrize("codec", ["utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be"])
def test_wide_characters_that_nobody_announced_are_read(codec: str) -> None:
    assert text_of("市長様、資料です。\r\n".encode(codec), "text/plain") == "市長様、資料です。\n"


def test_the_parameter_charset_is_found_in_any_spelling() -> None:
    data = "ソ表".encode("cp932")
    for claimed in (
        "text/plain;charset=Shift_JIS",
        'text/plain; format=fixed; CharSet="shift_jis"',
        "text/plain ; charset = sjis",
    ):
        assert text_of(data, claimed) == "ソ表"


def test_markup_stays_as_words() -> None:
    assert text_of(b"<script>alert(1)</script>") == "<script>alert(1)</script>"


def test_invisible_characters_go() -> None:
    rebuilt = rebuild("請求書\u202egpj.exe\u200b\x00".encode())
    assert rebuilt.data.decode() == "請求書gpj.exe"
    assert {finding.threat for finding in rebuilt.findings} == {Threat.DECEPTION, Threat.HIDDEN_CONTENT}


@pytest.mark.parametrize("end", ["end\r\n", ""])
def test_a_uuencoded_file_goes_and_its_name_is_told(end: str) -> None:
    rebuilt = rebuild(b"before\r\n" + uuencoded(bytes(range(200)), "../../evil.exe", end=end) + b"after\r\n")
    assert rebuilt.data.decode() == "before\n[添付ファイル削除 / attachment removed: evil.exe]\nafter\n"
    assert Threat.EMBEDDED_OBJECT in {finding.threat for finding in rebuilt.findings}


def test_a_base64_uuencoded_file_goes() -> None:
    data = b"begin-base64 644 a.bin\n" + binascii.b2a_base64(bytes(40)) + b"====\nafter\n"
    assert text_of(data) == "[添付ファイル削除 / attachment removed: a.bin]\nafter\n"


def test_a_sentence_that_begins_is_no_file() -> None:
    sentence = "begin 644 the road\nand go on\nend\n"
    assert text_of(sentence.encode()) == sentence


def test_a_yenc_file_goes_before_its_bytes_are_taken_for_letters() -> None:
    data = (
        "前\r\n=ybegin line=128 size=9 name=evil.exe\r\n".encode()
        + b"\x8e\x8f\xff\xf0=}\x00\x01\r\n=yend size=9\r\n"
        + "後\r\n".encode()
    )
    rebuilt = rebuild(data)
    assert rebuilt.data.decode() == "前\n[添付ファイル削除 / attachment removed: evil.exe]\n後\n"
    assert [finding.threat for finding in rebuilt.findings] == [Threat.EMBEDDED_OBJECT]


def test_a_binhex_file_goes() -> None:
    data = b"x\n(This file must be converted with BinHex 4.0)\n\n:$f*TEQKPH#jdH@9\n3f*0cN!:\nbye\n"
    assert text_of(data) == "x\n[添付ファイル削除 / attachment removed: BinHex]\nbye\n"


def test_flowed_paragraphs_become_whole() -> None:
    flowed = b"a b \r\nc d\r\n> q \r\n> r\r\n>> s\r\n-- \r\nsig\r\n  stuffed\r\n"
    assert text_of(flowed, "text/plain; format=flowed") == "a b c d\n> q r\n>> s\n-- \nsig\n stuffed\n"
    assert text_of(flowed, "text/plain") == "a b\nc d\n> q\n> r\n>> s\n-- \nsig\n  stuffed\n"


def test_flowed_japanese_loses_the_blank_that_only_marked_the_flow() -> None:
    assert (
        text_of("あいう \r\nえお\r\n".encode(), "text/plain; charset=utf-8; format=flowed; delsp=yes") == "あいうえお\n"
    )


def test_links_follow_the_profile() -> None:
    data = "申請は https://www.city.example.lg.jp/ へ".encode()
    assert text_of(data) == data.decode()
    assert text_of(data, links=Links.DEFANGED) == "申請は hxxps://www[.]city[.]example[.]lg[.]jp/ へ"
    assert text_of(data, links=Links.REMOVED) == "申請は [リンク削除 / link removed] へ"


def passes_again_unchanged(rebuilt: Rebuilt, links: Links) -> None:
    again = rebuild(rebuilt.data, links=links)
    assert again.data == rebuilt.data
    assert again.findings == ()


PIECES = st.sampled_from(
    [
        b"begin 644 a",
        b"begin-base64 644 b",
        b"end",
        b"M" + b"!" * 60,
        b"`",
        b"====",
        b"QUJD",
        b"=ybegin line=128 name=x",
        b"=yend",
        b"=ypart ",
        b"(This file must be converted with BinHex 4.0)",
        b":abc",
        b":",
        b"https://example.jp/",
        b"https://a@b.jp",
        b'\x1b$B$"',
        b"\x1b(B",
        b"\xe3\x81\x82",
        b"\x82\xa0",
        b" ",
        b"> ",
        b"-- ",
        b"\r\n",
        b"\n",
        b"\r",
        b"\xe2\x80\xae",
        b"\x00",
        b"+AD4-",
        b"www.x.jp",
        b"file://x",
        b"\\\\a\\b",
        b"\t",
    ]
)


@given(
    st.lists(PIECES, max_size=16).map(b"".join),
    st.sampled_from(["", "utf-8", "iso-2022-jp", "shift_jis", "us-ascii", "utf-7", "utf-16", "hz"]),
    st.sampled_from(["", "; format=flowed", "; format=flowed; delsp=yes"]),
    st.sampled_from(Links),
)
def test_a_second_pass_finds_nothing(data: bytes, charset: str, flow: str, links: Links) -> None:
    rebuilt = rebuild(data, f"text/plain; charset={charset}{flow}", links)
    assert b"\r" not in rebuilt.data
    assert b"\0" not in rebuilt.data
    passes_again_unchanged(rebuilt, links)


def corpus_texts() -> list[tuple[str, bytes, str]]:
    """Every text/plain part of the corpus' mails: where, decoded bytes, claimed type."""
    found: list[tuple[str, bytes, str]] = []
    if not (CORPUS / "INDEX.tsv").exists():
        return found
    for row in (CORPUS / "INDEX.tsv").read_text().splitlines()[1:]:
        columns = row.split("\t")
        path = CORPUS / columns[-1]
        if columns[5] != "mail" or not path.is_file() or path.stat().st_size > 200_000:
            continue
        try:
            parts: list[Any] = list(message_from_bytes(path.read_bytes(), policy=policy.compat32).walk())
        except Exception:  # noqa: BLE001 - broken on purpose; this test is not about the standard library
            continue
        found += [
            (columns[-1], part.get_payload(decode=True) or b"", str(part.get("Content-Type", "")))
            for part in parts
            if part.get_content_type() == "text/plain" and not part.is_multipart()
        ]
    return found


def test_real_bodies_are_read_and_a_second_pass_finds_nothing() -> None:
    texts = corpus_texts()
    if not texts:
        pytest.skip("the shared corpus is not here")
    for where, data, claimed in texts:
        unfolded = re.sub(r"\s+", " ", claimed)
        if detect(data, unfolded) == "text/plain":
            rebuilt = rebuild(data, unfolded)
            assert not re.search(rb"[\x00-\x08\x0b-\x1f]", rebuilt.data), where
            passes_again_unchanged(rebuilt, Links.KEPT)
            assert all(finding.action is not Action.BLOCKED for finding in rebuilt.findings)

"""Ichitaro documents: their words come out as a person would read them, and nothing else of the file does."""

import os
import struct
from pathlib import Path

import pytest

from sanitizers.budget import BudgetMeter
from sanitizers.formats.ichitaro import lh5
from sanitizers.model import CannotSanitize, Outcome, Threat
from sanitizers.rules import Author, Budget, Profile
from tests.unit.sanitizers.japanese.compound_files import compound
from tests.unit.sanitizers.japanese.documents import (
    inline,
    jtd,
    jtdc,
    old,
    pieces_store,
    properties,
    record,
    row,
    ruby,
    store,
    stored_lh5,
    units,
)
from tests.unit.sanitizers.japanese.working import (
    AS_WORD,
    REMOVED,
    cleaned,
    findings,
    parts_of,
    reason,
    text_of,
    word_of,
)

CORPUS = Path(os.environ.get("KIYOME_CORPUS", Path(__file__).parents[5] / "shared" / "corpus"))
FOLDER = CORPUS / "codelibs+fess-crawler/fess-crawler/src/test/resources/extractor/ichitaro"
LINE, PAGE, TAB = [0x0A], [0x0C], [0x09]


def test_paragraphs_tabs_and_pages() -> None:
    body = units("住民のしおり", LINE, LINE, "第一条", TAB, "目的", LINE, PAGE, "次の頁")
    assert text_of(jtd(body)) == "住民のしおり\n\n第一条\t目的\n次の頁\n"
    paragraphs = word_of(jtd(body)).paragraphs
    assert [each.text for each in paragraphs] == ["住民のしおり", "", "第一条\t目的", "次の頁"]
    assert [each.paragraph_format.page_break_before for each in paragraphs] == [None, None, None, True]


def test_a_record_is_layout_and_none_of_its_numbers_are_words() -> None:
    body = [*record(0x10, 0, 0x24, 1, 1, 0x4E00, 0x4E8C, 0xFFFF, 0), *units("中央"), *record(0x00, 0x61, 0x62), 0x0A]
    assert text_of(jtd(body)) == "中央\n"


def test_something_that_only_looks_like_a_record_loses_no_words() -> None:
    body = [0x1C, 0x10, 60_000, *units("あとの言葉"), 0x0A, 0x1C]
    assert "あとの言葉" in text_of(jtd(body))


def test_readings_stand_in_parentheses() -> None:
    assert text_of(jtd([*units("本日は"), *ruby("晴天", "せいてん"), *units("なり")])) == "本日は晴天(せいてん)なり\n"


def test_hidden_hints_stay_behind_and_are_told() -> None:
    data = jtd([*units("氏名"), *inline(0, 1, "○○○"), *inline(1, 0, "KIYOME-HARM-HINT")])
    assert text_of(data) == "氏名○○○\n"
    assert Threat.HIDDEN_CONTENT in {found.threat for found in findings(cleaned(data, "a.jtd"))}


def test_words_inside_words_end_where_the_text_ends() -> None:
    assert text_of(jtd([0x1C, 1, 7, 0, 0, 3, 0x1D, *units("閉じない")])) == "閉じない\n"
    many = [0x1C, 1, 7, 0, 0, 3, 0x1D] * 500
    assert text_of(jtd([*many, *units("深い")])).endswith("深い\n")


def test_a_line_of_a_table_is_a_line_with_tabs() -> None:
    body = [*units("表", LINE), *row("項目", "値"), *row("合計", "百"), *units("以上")]
    assert text_of(jtd(body)) == "表\n項目\t値\n合計\t百\n以上\n"


def test_a_line_that_ends_inside_a_cell_goes_on_in_it() -> None:
    assert text_of(jtd([*row("一行目\n二行目\n", "値"), *units("後")])) == "一行目 二行目\t値\n後\n"


def test_characters_beyond_the_first_plane_and_of_our_own() -> None:
    assert text_of(jtd(units("𠮷野家\ue000様"))) == "𠮷野家\ue000様\n"


def test_a_long_document_lies_in_pieces() -> None:
    whole = [*units("前半"), *record(0x10, 0, 1, 0, 0xFFFF, 0), *units("後半", LINE)]
    assert text_of(jtd(pieces_store(whole[:5], whole[5:]))) == "前半後半\n"


def test_what_is_deceptive_in_words_is_gone() -> None:
    data = jtd(units("請求\u202egpj.exe\u200b"))
    assert text_of(data) == "請求gpj.exe\n"
    assert Threat.DECEPTION in {found.threat for found in findings(cleaned(data, "a.jtd"))}


def test_heads_frames_and_notes_follow_the_body() -> None:
    data = jtd(units("本文"), Header=store(units("某市")), LayoutBoxText=store(units("枠"), units("囲み")),
               Footnote=store(units("注釈")))  # fmt: skip
    assert text_of(data).split("\n") == [
        "本文", "",
        "【ヘッダー・フッター / headers and footers】", "某市", "",
        "【枠内の文字 / text in frames】", "枠", "囲み", "",
        "【注 / notes】", "注釈", "",
    ]  # fmt: skip
    document = word_of(data)
    assert [each.text for each in document.sections[0].header.paragraphs] == ["某市"]


def test_the_number_of_the_page_is_no_header() -> None:
    assert text_of(jtd(units("本文"), Header=store(units("- ? -")))) == "本文\n"


def test_further_sheets_follow_on_pages_of_their_own() -> None:
    data = jtd(units("一枚目"), ObjectSheets__DocSheet__DOCS_0001__DocumentText=store(units("二枚目")))
    assert text_of(data) == "一枚目\n\n二枚目\n"
    assert word_of(data).paragraphs[1].paragraph_format.page_break_before


def test_an_embedded_document_is_no_sheet() -> None:
    data = jtd(units("本文"), Embedding_1__DocumentText=store(units("KIYOME-HARM-INNER")))
    assert text_of(data) == "本文\n"
    assert Threat.EMBEDDED_OBJECT in {found.threat for found in findings(cleaned(data, "a.jtd"))}


def test_macros_are_told_and_stay_behind() -> None:
    data = jtd(units("本文"), DocumentMacro__Macros__BaseStorage0__MacrosStream=b"KIYOME-HARM-MACRO")
    result = cleaned(data, "a.jtd", AS_WORD)
    assert Threat.ACTIVE_CONTENT in {found.threat for found in findings(result)}
    assert "KIYOME-HARM" not in parts_of(result.data)
    empty = jtd(units("本文"), DocumentMacro__Macros__BaseStorage0__MacrosStream=b"\0\0")
    assert Threat.ACTIVE_CONTENT not in {found.threat for found in findings(cleaned(empty, "a.jtd"))}


@pytest.mark.parametrize(("rule", "author"), [(Author.KEPT, "山田"), (Author.REMOVED, "")])
def test_title_and_author_by_rule(rule: Author, author: str) -> None:
    data = jtd(units("本文"), **{"\x05SummaryInformation": properties("計画書", "山田")})
    said = word_of(data, profile=Profile(office_author=rule)).core_properties
    assert (said.title, said.author) == ("計画書", author)


def test_the_name_says_what_it_is_now() -> None:
    assert cleaned(jtd(units("x")), "計画.jtd").name == "計画.txt"
    assert cleaned(jtd(units("x")), "計画.jtd", AS_WORD).name == "計画.docx"
    result = cleaned(jtd(units("x")), "計画.doc", AS_WORD)
    assert result.name == "計画.docx"
    assert Threat.TYPE_MISMATCH in {found.threat for found in findings(result)}


def test_by_rule_it_stays_behind() -> None:
    assert "by rule" in reason(cleaned(jtd(units("x")), "a.jtd", REMOVED))


def test_words_that_would_run_do_not_become_a_text_file() -> None:
    data = jtd(units("@echo off\nstart calc.exe\n"))
    assert "would run" in reason(cleaned(data, "a.jtd"))
    assert word_of(data).paragraphs[0].text == "@echo off"


# Packed --------------------------------------------------------------------------------


def test_a_packed_document() -> None:
    assert text_of(jtdc(jtd(units("中身"))), "a.jtdc") == "中身\n"
    inner = jtd(units("中身"))
    assert text_of(jtdc(inner, b"-lh0-", inner), "a.jttc") == "中身\n"


def test_a_packed_document_whose_header_goes_on() -> None:
    """Level 1: extensions behind the header count as packed data (the name of the file, here)."""
    inner = jtd(units("中身"))
    packed = stored_lh5(inner)
    extension = struct.pack("<B4sH", 1, b"name", 0)
    head = struct.pack("<BB5sIIIBBBHBH", 25, 0, b"-lh5-", len(packed) + 7, len(inner), 0, 0x20, 1, 0, 0, 0x4D, 7)
    stream = b"&\0JustCompressedDocument".ljust(38, b"\0") + head + extension + packed
    assert text_of(compound({"JSCompDocument": stream}), "a.jtdc") == "中身\n"
    endless = stream.replace(b"name\0\0", b"name\7\0")
    assert "cannot be unpacked" in reason(cleaned(compound({"JSCompDocument": endless}), "a.jtdc"))


def test_a_packed_document_in_a_packed_one_is_not_opened() -> None:
    assert "without its words" in reason(cleaned(jtdc(jtdc(jtd(units("x")))), "a.jtdc"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (jtdc(jtd(units("x")), b"-lh7-"), "unknown way"),
        (jtdc(jtd(units("x")), size=10**9), "more than"),
        (jtdc(jtd(units("x")), packed=b"\xff" * 500, size=5_000), "cannot be unpacked"),
        (jtdc(jtd(units("x")), packed=b""), "cannot be unpacked"),
    ],
)
def test_what_is_not_packed_as_it_says_is_blocked(data: bytes, says: str) -> None:
    assert says in reason(cleaned(data, "a.jtdc"))


def unpack(packed: bytes, size: int, **limits: int) -> bytes:
    return lh5.unpacked(packed, size, BudgetMeter(Budget(**limits)))


def test_lh5_gives_back_what_was_packed() -> None:
    data = bytes(range(256)) * 300
    assert unpack(stored_lh5(data), len(data)) == data


def test_lh5_never_writes_more_than_the_budget() -> None:
    with pytest.raises(CannotSanitize, match="grows more than"):
        unpack(stored_lh5(b"x"), 400_000_000)
    with pytest.raises(CannotSanitize, match="when decoded"):
        unpack(bytes(100_000), 2_000_000, bytes_in=1_000_000)


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no folder {CORPUS}")
def test_lh5_against_archives_of_many_packers() -> None:
    seen = 0
    for path in sorted((CORPUS / "fragglet+lhasa/test/archives").glob("*/*lh5.lzh")):
        data = path.read_bytes()
        if data[2:7] != b"-lh5-" or data[20] != 0:
            continue
        packed, size = struct.unpack_from("<II", data, 7)
        (wanted,) = struct.unpack_from("<H", data, 22 + data[21])
        start = data[0] + 2
        assert crc16(unpack(data[start : start + packed], size)) == wanted, path
        seen += 1
    assert seen > 3


def crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


# Versions 4 to 6 --------------------------------------------------------------------------------


def test_an_old_document() -> None:
    words = (
        "お知らせ".encode("cp932")
        + b"\xfe\x41\xfe\x41"
        + "①ｶﾅ abc".encode("cp932")
        + b"\xfe\x45"
        + "終".encode("cp932")
    )
    assert text_of(old(words), "a.jbw") == "お知らせ\n\n①ｶﾅ abc\n終\n"
    assert text_of(old(words, blocks_before=3), "a.jaw") == "お知らせ\n\n①ｶﾅ abc\n終\n"


def test_codes_of_an_old_document_are_no_words() -> None:
    words = (
        b"\x1c\x41\x42"
        + "本".encode("cp932")
        + b"\x1f\x01\x05\x41\x41"
        + b"\xfd\x22"
        + b"\x1e"
        + b"\x0c"
        + "文".encode("cp932")
    )
    assert text_of(old(words), "a.jsw") == "本│\n文\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (old(b"x")[:0xE3], "cut off"),
        (old(b"x")[:0x801], "without its words"),
        (old(b"x" * 900)[:0x900], "cut off"),
    ],
)
def test_an_old_document_that_is_cut_off_is_blocked(data: bytes, says: str) -> None:
    assert says in reason(cleaned(data, "a.jbw"))


# Malformed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"encrypted, whatever it is",
        b"SsmgV.01" + bytes(12),
        b"SsmgV.01" + struct.pack(">3I", 1, 256, 0xFFFFFFFF),
        b"SsmgV.01" + struct.pack(">3I", 0xFFFFFFFF, 256, 0),
        b"SsmgV.01" + struct.pack(">3I", 1, 0, 0) + struct.pack(">5I", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0),
        store(units("x"))[:-20],
    ],
)
def test_a_store_of_another_build_is_never_words(content: bytes) -> None:
    result = cleaned(jtd(content), "a.jtd")
    assert result.data in {None, b"\r\n"}


def test_a_block_that_is_used_twice_is_refused() -> None:
    """Each sub-stream naming all the blocks would make a small file large."""
    many = 200
    head = b"SsmgV.01" + struct.pack(">3I", many, 256, 4) + b"TextV.01".ljust(1_024, b"\0")
    entries = b"".join(struct.pack(">5I4I", number, 0, 1_024, 4, 4, 0, 1, 2, 3) for number in range(many))
    assert "not stored" in reason(cleaned(jtd(head + entries), "a.jtd"))


def test_a_loop_of_sectors_ends() -> None:
    data = bytearray(jtd(units("輪" * 4_000)))
    table = struct.unpack_from("<I", data, 76)[0]
    struct.pack_into("<I", data, (table + 1) * 512, 0)  # the first sector follows itself
    assert cleaned(bytes(data), "a.jtd").report.parts[0].outcome is Outcome.BLOCKED


def test_too_many_paragraphs_are_too_many() -> None:
    result = cleaned(jtd([0x0A] * 200_100), "a.jtd")
    assert findings(result)[-1].threat is Threat.LIMIT_EXCEEDED


def test_a_document_without_words_is_blocked() -> None:
    data = compound({"JSCompDocument": b"", "x": b""})
    assert cleaned(data, "a.jtd").data is None


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no folder {FOLDER}")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*")), ids=lambda path: path.suffix)
def test_documents_of_the_corpus_say_what_a_person_sees(path: Path) -> None:
    assert text_of(path.read_bytes(), path.name) == "test\n\nテスト\n\n一太郎\n\nsheet1\n\nシート1\n"
    assert [each.text for each in word_of(path.read_bytes(), path.name).paragraphs][4] == "一太郎"

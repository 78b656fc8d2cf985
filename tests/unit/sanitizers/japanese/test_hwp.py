"""HWP documents: words, tables and notes; nothing else of the file goes on."""

import os
import struct
from pathlib import Path

import pytest

from sanitizers.model import Outcome, Threat
from sanitizers.rules import Author, Budget, Profile
from tests.unit.sanitizers.japanese.documents import (
    control,
    hanging,
    hwp,
    hwp_record,
    hwpx,
    hwpx_paragraph,
    listed,
    paragraph,
    table,
)
from tests.unit.sanitizers.japanese.working import AS_TEXT, REMOVED, cleaned, findings, reason, text_of, word_of

CORPUS = Path(os.environ.get("KIYOME_CORPUS", Path(__file__).parents[5] / "shared" / "corpus"))
FOLDER = CORPUS / "neolord0+hwplib/sample_hwp"

# File of the corpus → words that its first page shows.
SHOWN = {
    "source.hwp": ("첫 문단...", "이것은 원본 HWP 파일의 내용입니다.", "ABC\t123"),
    "basic/표.hwp": ("ABC 123\tDEF\tGHI", "LMN\tOPQ\tSTR", "UVM\t123\t456"),
    "basic/글상자.hwp": ("그림", "ABC\n123\nABC"),
    "basic/바탕쪽.hwp": ("바타아 쪼옥",),
    "basic/수식.hwp": ("(a+b) ^{2} =a ^{2} +2ab+b ^{2}",),
    "basic/각주미주.hwp": ("sssd",),
}


def told(data: bytes, name: str = "a.hwp") -> set[Threat]:
    return {found.threat for found in findings(cleaned(data, name))}


@pytest.mark.parametrize("flags", [0, 1], ids=["plain", "packed"])
def test_paragraphs_of_all_sections(flags: int) -> None:
    lines = text_of(hwp(paragraph("첫 문단"), paragraph("日本語の段落"), flags=flags), "a.hwp")
    assert lines == "첫 문단\n\n日本語の段落\n"


def test_characters_that_are_controls_are_skipped_with_all_their_units() -> None:
    tab = "\t" + "ab\0\0\0\0" + "\t"
    assert (
        text_of(hwp(paragraph(f"前{tab}後{control(b'cold', 2)}末\n行\x18\x1e\x1f終")), "a.hwp")
        == "前\t後末\n行-\xa0 終\n"
    )


def test_a_long_record_says_its_size_behind_itself() -> None:
    assert text_of(hwp(paragraph("長" * 5_000)), "a.hwp") == "長" * 5_000 + "\n"


def test_a_table_is_a_table() -> None:
    data = hwp(paragraph(control(b"tbl "), 0, table(1, [["項目", "値"], ["合計", "百"]])))
    assert text_of(data, "a.hwp") == "項目\t値\n合計\t百\n"
    rows = word_of(data, "a.hwp").tables[0].rows
    assert [[cell.text for cell in row.cells] for row in rows] == [["項目", "値"], ["合計", "百"]]


def test_a_table_in_a_table_becomes_lines_of_its_cell() -> None:
    inner = table(3, [["内", "側"]])
    cell = listed(2, paragraph("外", 2), paragraph(control(b"tbl "), 2, inner), cell=(0, 0))
    data = hwp(paragraph(control(b"tbl "), 0, hanging(b"tbl ", 1, hwp_record(77, 2, bytes(16)), cell)))
    assert "内" in text_of(data, "a.hwp")
    assert "側" in text_of(data, "a.hwp")


def test_heads_notes_boxes_and_equations() -> None:
    data = hwp(
        paragraph(
            "本文" + control(b"head", 16) + control(b"fn  ", 17) + control(b"gso ") + control(b"eqed"), 0,
            hanging(b"head", 1, listed(2, paragraph("頭", 2))),
            hanging(b"fn  ", 1, listed(2, paragraph("注", 2))),
            hanging(b"gso ", 1, hwp_record(76, 2, b""), listed(3, paragraph("箱", 3))),
            hanging(b"eqed", 1, hwp_record(88, 2, bytes(4) + struct.pack("<H", 3) + "a+b".encode("utf-16-le"))),
        )
    )  # fmt: skip
    text = text_of(data, "a.hwp")
    assert text.startswith("本文\na+b\n")
    assert [line for line in text.split("\n") if line in {"頭", "箱", "注"}] == ["頭", "箱", "注"]


@pytest.mark.parametrize(
    ("data", "threat"),
    [
        (hwp(paragraph("本文" + control(b"tcmt", 15), 0,
                       hanging(b"tcmt", 1, listed(2, paragraph("KIYOME-HARM", 2))))), Threat.HIDDEN_CONTENT),
        (hwp(paragraph("本文" + control(b"%hlk", 3), 0, hanging(b"%hlk", 1))), Threat.EXTERNAL_REFERENCE),
        (hwp(paragraph("本文" + control(b"gso "), 0, hanging(b"gso ", 1, hwp_record(84, 2, b"KIYOME-HARM")))),
         Threat.EMBEDDED_OBJECT),
        (hwp(paragraph("本文"), flags=0, Scripts__DefaultJScript=b"KIYOME-HARM" * 50), Threat.ACTIVE_CONTENT),
        (hwp(paragraph("本文"), BinData__BIN0001=b"KIYOME-HARM"), Threat.EMBEDDED_OBJECT),
        (hwp(paragraph("本文"), DocHistory__VersionLog0=b"KIYOME-HARM"), Threat.HIDDEN_CONTENT),
    ],
    ids=["comment", "hyperlink", "ole", "script", "data", "history"],
)  # fmt: skip
def test_what_does_not_go_on_is_told(data: bytes, threat: Threat) -> None:
    assert threat in told(data)
    assert text_of(data, "a.hwp") == "本文\n"


@pytest.mark.parametrize(
    ("flags", "threat", "says"),
    [(3, Threat.ENCRYPTED, "password"), (0x11, Threat.ENCRYPTED, "password"), (5, Threat.UNSUPPORTED, "distribution")],
)
def test_what_is_locked_is_blocked(flags: int, threat: Threat, says: str) -> None:
    result = cleaned(hwp(paragraph("x"), flags=flags), "a.hwp")
    assert says in reason(result)
    assert findings(result)[-1].threat is threat


def test_a_document_of_before_version_5_is_blocked() -> None:
    data = b"HWP Document File V3.00 \x1a\1\2\3\4\5" + bytes(200)
    assert "before version 5" in reason(cleaned(data, "a.hwp"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (hwp(hwp_record(66, 0, b"") + b"\xff\xff\xff\x7f"), "cut off"),
        (hwp(paragraph("x"), BodyText__Section0=b"\xff" * 40), "damaged"),
        (hwp(), "sections"),
    ],
)
def test_what_is_broken_is_blocked(data: bytes, says: str) -> None:
    result = cleaned(data, "a.hwp")
    assert result.report.parts[0].outcome is Outcome.BLOCKED
    assert says in findings(result)[-1].detail or result.report.parts[0].detected_type == "application/x-ole-storage"


def test_a_bomb_is_stopped_while_it_grows() -> None:
    result = cleaned(hwp(hwp_record(66, 0, b"") * 5_000_000), "a.hwp")
    assert findings(result)[-1].threat is Threat.LIMIT_EXCEEDED


def test_tables_in_tables_without_end_are_stopped() -> None:
    level, below = 399, b""
    for depth in range(level, 0, -2):
        below = hanging(b"gso ", depth, listed(depth + 1, paragraph("深", depth + 1, below)))
    result = cleaned(hwp(paragraph("x", 0, below)), "a.hwp")
    assert findings(result)[-1].threat is Threat.LIMIT_EXCEEDED


def test_more_words_than_the_budget_are_too_many() -> None:
    result = cleaned(hwp(paragraph("あ" * 900_000)), "a.hwp", AS_TEXT, Budget(bytes_in=1_000_000))
    assert result.data is None


def test_by_rule_it_stays_behind() -> None:
    assert "by rule" in reason(cleaned(hwp(paragraph("x")), "a.hwp", REMOVED))


# HWPX --------------------------------------------------------------------------------


def test_hwpx_paragraphs_and_tables() -> None:
    cell = "<hp:tc><hp:subList>{}</hp:subList></hp:tc>"
    cells = "".join(cell.format(hwpx_paragraph(text)) for text in ("項目", "値"))
    data = hwpx(
        hwpx_paragraph("첫 문단<hp:tab/>탭<hp:lineBreak/>행")
        + hwpx_paragraph("", f"<hp:tbl><hp:tr>{cells}</hp:tr></hp:tbl>")
        + hwpx_paragraph("a &lt;b&gt;")
    )
    assert text_of(data, "a.hwpx") == "첫 문단\t탭\n행\n項目\t値\na <b>\n"
    assert word_of(data, "a.hwpx").tables[0].cell(0, 1).text == "値"


def test_hwpx_notes_and_heads() -> None:
    note = f"<hp:ctrl><hp:footNote><hp:subList>{hwpx_paragraph('注')}</hp:subList></hp:footNote></hp:ctrl>"
    head = f"<hp:ctrl><hp:header><hp:subList>{hwpx_paragraph('頭')}</hp:subList></hp:header></hp:ctrl>"
    lines = text_of(hwpx(hwpx_paragraph("本文", note + head)), "a.hwpx").split("\n")
    assert lines.index("頭") < lines.index("注")


@pytest.mark.parametrize(
    ("inside", "threat"),
    [
        ("<hp:pic><hp:img binaryItemIDRef='KIYOME-HARM'/></hp:pic>", Threat.EMBEDDED_OBJECT),
        ("<hp:ole binaryItemIDRef='KIYOME-HARM'/>", Threat.EMBEDDED_OBJECT),
        ("<hp:ctrl><hp:fieldBegin type='HYPERLINK' command='KIYOME-HARM'/></hp:ctrl>", Threat.EXTERNAL_REFERENCE),
        ("<hp:ctrl><hp:hiddenComment><hp:t>KIYOME-HARM</hp:t></hp:hiddenComment></hp:ctrl>", Threat.HIDDEN_CONTENT),
    ],
)
def test_hwpx_what_does_not_go_on_is_told(inside: str, threat: Threat) -> None:
    data = hwpx(hwpx_paragraph("本文", inside))
    assert text_of(data, "a.hwpx") == "本文\n"
    assert threat in told(data, "a.hwpx")


def test_hwpx_scripts_are_told() -> None:
    data = hwpx(hwpx_paragraph("本文"), Scripts__headerScripts=b"KIYOME-HARM")
    assert Threat.ACTIVE_CONTENT in told(data, "a.hwpx")


def test_hwpx_entities_are_never_resolved() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "KIYOME-HARM">]><a>&b;</a>'
    data = hwpx(hwpx_paragraph("x"), **{"Contents__section1.xml": bomb.encode()})
    assert "document type" in reason(cleaned(data, "a.hwpx"))


def test_hwpx_behind_a_password() -> None:
    manifest = b'<odf:manifest xmlns:odf="x"><odf:file-entry><odf:encryption-data/></odf:file-entry></odf:manifest>'
    result = cleaned(hwpx(hwpx_paragraph("x"), **{"META-INF__manifest.xml": manifest}), "a.hwpx")
    assert findings(result)[-1].threat is Threat.ENCRYPTED


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no folder {FOLDER}")
@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.hwp")), ids=lambda path: path.stem)
def test_documents_of_the_corpus_say_what_a_person_sees(path: Path) -> None:
    text = text_of(path.read_bytes(), path.name)
    for words in SHOWN.get(str(path.relative_to(FOLDER)), ()):
        assert words in text
    word_of(path.read_bytes(), path.name, Profile(office_author=Author.REMOVED))

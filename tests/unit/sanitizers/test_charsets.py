"""Bytes to text: every charset of Japanese mail, labelled, mislabelled and unlabelled."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.charsets import decode
from sanitizers.charsets.japanese import _read_step_by_step
from sanitizers.charsets.labels import CODECS, canonical
from sanitizers.model import Threat

SENTENCE = "これはテストです。ご確認ください。"


def jis(*codes: int) -> bytes:
    """A run of two-byte cells, designated and closed as RFC 1468 says."""
    return b"\x1b$B" + b"".join(code.to_bytes(2, "big") for code in codes) + b"\x1b(B"


def threats(data: bytes, label: str) -> set[Threat]:
    return {finding.threat for finding in decode(data, label).findings}


@pytest.mark.parametrize(
    ("codec", "label", "name"),
    [
        ("iso2022_jp", "ISO-2022-JP", "iso-2022-jp"),
        ("iso2022_jp", '"iso-2022-jp-ms"', "iso-2022-jp"),
        ("iso2022_jp", "cp50220", "iso-2022-jp"),
        ("cp932", "Shift_JIS", "shift_jis"),
        ("cp932", "x-sjis", "shift_jis"),
        ("cp932", "MS_Kanji", "shift_jis"),
        ("cp932", "Windows-31J", "shift_jis"),
        ("euc_jp", "EUC-JP", "euc-jp"),
        ("euc_jp", "cp51932", "euc-jp"),
        ("utf_8", "utf8", "utf-8"),
        ("utf_8_sig", "UTF-8", "utf-8"),
        ("utf_16", "utf-16", "utf-16"),
        ("utf_16_le", "utf-16", "utf-16le"),
        ("gb18030", "gb2312", "gb18030"),
        ("utf_8", "utf-8*ja", "utf-8"),
    ],
)
def test_a_true_label_gives_the_words_and_no_finding(codec: str, label: str, name: str) -> None:
    decoded = decode(SENTENCE.encode(codec), label)
    assert decoded == type(decoded)(SENTENCE, name, ())


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        ("привет".encode("koi8_r"), "koi8-r", "привет"),
        ("대한민국".encode("cp949"), "ks_c_5601-1987", "대한민국"),
        ("臺灣".encode("big5"), "Big5", "臺灣"),
        (b"\x80 100", "iso-8859-1", "€ 100"),
        (b"\xa4", "iso-8859-15", "€"),
        ("ไทย".encode("cp874"), "tis-620", "ไทย"),
    ],
)
def test_the_charsets_of_the_neighbours(data: bytes, label: str, text: str) -> None:
    assert decode(data, label).text == text


def test_the_trail_byte_5c_of_shift_jis_is_no_backslash() -> None:
    assert decode(b"\x83\x5c\x95\x5c\x94\x5c", "shift_jis").text == "ソ表能"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (jis(0x2D21, 0x2D6A), "①㈱"),  # NEC row 13
        (jis(0x7921, 0x7C6E), "纊ⅹ"[0] + decode(b"\xee\xec", "cp932").text),  # NEC-selected IBM extensions
        (b"\x1b(I1234\x1b(B", "ｱｲｳｴ"),  # half-width kana, 7 bit
        (b"\x0e1234\x0f!", "ｱｲｳｴ!"),  # the same by shift out (CP50222)
        (b'\x1b$@$"\x1b(J\\~', "あ\\~"),  # JIS C 6226-1978; JIS X 0201 Roman
        (b"\x1b$(D\x22\x6f\x1b(B", "™"),  # JIS X 0212
        (b'\x1b&@\x1b$B$"\x1b(B', "あ"),  # JIS X 0208-1990 announced
        (b'\x1b$(B$"\x1b(B', "あ"),
        (b"\x1b$A\x56\x50\x1b(B", "中"),  # GB 2312 in ISO-2022-JP-2
        (b"\x1b$(C\x30\x21\x1b(B", "가"),
        (b'\x1b$B$"$$', "あい"),  # never closed
        (b'\x1b$B$"\nabc', "あ\nabc"),  # a line ends in ASCII even when it forgets to say so
        (b'\x1b$B$"\r\nabc\x1b$B$$', "あ\r\nabcい"),
        (b'\x1b$B$" $$\x1b(B', "あ い"),  # a blank between two-byte characters
    ],
)
def test_iso_2022_jp_as_it_is_really_written(data: bytes, text: str) -> None:
    decoded = decode(data, "iso-2022-jp")
    assert decoded.text == text
    assert decoded.findings == ()


def test_the_ibm_rows_of_cp50221_are_read() -> None:
    assert decode(b"\x1b$B\x93\x21\x1b(B", "cp50221").text == "ⅰ"


def test_a_footer_in_utf_8_behind_iso_2022_jp_is_read() -> None:
    assert decode(jis(0x2422) + b"\n" + "登録解除".encode(), "iso-2022-jp").text == "あ\n登録解除"


def test_bogus_escapes_go_and_are_reported() -> None:
    decoded = decode(b"a\x1b[31mred\x1b\x1b$Z b" + jis(0x2422), "iso-2022-jp")
    assert decoded.text == "ared bあ"
    assert [finding.threat for finding in decoded.findings] == [Threat.MALFORMED]


def test_eight_bit_kana_inside_iso_2022_jp_are_read_and_reported() -> None:
    decoded = decode(jis(0x2422) + b" \xb1\xb2\xb3", "iso-2022-jp")
    assert decoded.text == "あ ｱｲｳ"
    assert [finding.threat for finding in decoded.findings] == [Threat.TYPE_MISMATCH]


def test_user_defined_characters_become_geta() -> None:
    assert decode(b"\xf0\x40\xf9\xfc", "cp932").text == "〓〓"
    assert decode(b"\x1b$B\x7f\x21\x1b(B", "cp50221").text == "〓"
    assert threats(b"\xf0\x40", "cp932") == {Threat.UNSUPPORTED}


@pytest.mark.parametrize("cell", [0x2141, 0x2142, 0x215D, 0x2171, 0x2172, 0x224C, 0x213D])
def test_wave_dash_and_its_kind_are_the_same_whichever_charset_carried_them(cell: int) -> None:
    by_iso_2022_jp = decode(jis(cell), "iso-2022-jp").text
    by_euc_jp = decode((cell | 0x8080).to_bytes(2, "big"), "euc-jp").text
    assert by_iso_2022_jp == by_euc_jp == by_iso_2022_jp.encode("cp932").decode("cp932")


def test_the_wave_dash_is_the_full_width_tilde() -> None:
    assert decode(jis(0x2141), "iso-2022-jp").text == decode(b"\x81\x60", "shift_jis").text == "\uff5e"


@given(st.text(alphabet=st.characters(codec="iso2022_jp", exclude_characters="\x1b\x0e\x0f\r\n¥‾"), max_size=40))
def test_the_quick_way_and_the_slow_way_agree(text: str) -> None:
    data = text.encode("iso2022_jp").replace(b"\x1b(J", b"\x1b(B")
    assert decode(data, "iso-2022-jp").text == _read_step_by_step(data).text


def test_euc_jp_with_extensions() -> None:
    assert decode(b"\xad\xa1\x8e\xb1\x8f\xb0\xa1\x8f\xf4\xa8", "eucJP-ms").text == "①ｱ丂Ⅹ"


@pytest.mark.parametrize(
    "label", ["", "us-ascii", "unknown-8bit", "iso-8859-1", "utf-8", "x-no-such-charset", "iso-2022-jp"]
)
@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "utf_8", "iso2022_jp"])
def test_japanese_under_a_wrong_label_or_none_is_still_read(codec: str, label: str) -> None:
    decoded = decode(SENTENCE.encode(codec), label)
    assert decoded.text == SENTENCE
    honest = label in {"", "unknown-8bit"} or canonical(label) == decoded.charset
    assert [finding.threat for finding in decoded.findings] == ([] if honest else [Threat.TYPE_MISMATCH])


def test_euc_jp_labelled_shift_jis_is_not_shown_as_half_width_kana() -> None:
    assert decode(SENTENCE.encode("euc_jp"), "shift_jis").text == SENTENCE


def test_half_width_kana_labelled_shift_jis_stay_half_width() -> None:
    assert decode("ｱｲｳｴｵ ｶﾅ".encode("cp932"), "shift_jis").text == "ｱｲｳｴｵ ｶﾅ"


@pytest.mark.parametrize("text", ["café crème brûlée", "Müller, Größe über", "señor niño", "é", "naïve façade"])
def test_western_text_is_not_taken_for_japanese(text: str) -> None:
    assert decode(text.encode("latin_1"), "").text == text
    assert decode(text.encode("latin_1"), "iso-8859-1").text == text


def test_one_broken_byte_does_not_change_the_charset() -> None:
    decoded = decode(SENTENCE.encode() + b"\xe3\x81" + SENTENCE.encode(), "utf-8")
    assert decoded.text == f"{SENTENCE}\ufffd{SENTENCE}"
    assert threats(SENTENCE.encode() + b"\xe3\x81" + SENTENCE.encode(), "utf-8") == {Threat.MALFORMED}


def test_overlong_utf_8_is_no_character() -> None:
    assert "<" not in decode(b"\xc0\xbcscript", "utf-8").text


def test_utf_7_is_read_and_called_a_disguise() -> None:
    assert decode(b"+ADw-script+AD4-", "utf-7").text == "<script>"
    assert threats(b"+ADw-script+AD4-", "utf-7") == {Threat.DECEPTION}
    assert decode(b"+ADw-script+AD4-", "").text == "+ADw-script+AD4-"
    assert threats(b"nothing encoded", "unicode-1-1-utf-7") == set()


@pytest.mark.parametrize(
    "label",
    ["hex", "rot13", "zlib", "base64", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs", "undefined"],
)
def test_python_codecs_that_are_no_charsets_are_never_used(label: str) -> None:
    assert canonical(label) not in CODECS
    assert decode(b"616263 \\u0041", label).text == "616263 \\u0041"


def test_every_label_leads_to_a_codec_that_python_has() -> None:
    for codec in CODECS.values():
        assert codecs.lookup(codec).name


@given(st.binary(max_size=200), st.one_of(st.sampled_from([*CODECS, "", "x"]), st.text(max_size=20)))
def test_anything_is_read_without_an_exception_and_utf_8_can_carry_it(data: bytes, label: str) -> None:
    decoded = decode(data, label)
    decoded.text.encode("utf-8")
    for finding in decoded.findings:
        assert finding.detail.isprintable()


@given(
    st.lists(
        st.sampled_from(
            [
                b"\x1b",
                b"$B",
                b"$@",
                b"(B",
                b"(I",
                b"(J",
                b"$(D",
                b"$(?",
                b"&@",
                b"[",
                b"\x0e",
                b"\x0f",
                b"\n",
                b"\x24",
                b"\xa4",
                b"\x93\x21",
                b"-!",
                b" ",
                b"\x7f",
                b"N",
            ]
        ),
        max_size=30,
    )
)
def test_any_order_of_escapes_is_read(pieces: list[bytes]) -> None:
    assert "\x1b" not in decode(b"\x1b$B" + b"".join(pieces), "iso-2022-jp").text

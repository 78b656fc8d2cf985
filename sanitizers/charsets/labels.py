"""Which names a charset goes by in real mail, and the one Python codec that may read it: an allow-list."""

from functools import lru_cache
from typing import Final

# Python also offers codecs that are no charsets (hex, zlib, rot13, idna, punycode, unicode_escape, mbcs …): only what
# stands here is ever looked up. Columns: our name, Python codec, labels (lower case, "-" for "_"), in one row or more.
# Superset rule, as in the WHATWG Encoding Standard and in every mail reader: a label names what senders really write
# (shift_jis → CP932, gb2312 → GB18030, ks_c_5601 → CP949, iso-8859-1 → windows-1252).
_TABLE: Final = """
    us-ascii      ascii        ascii ansi-x3.4-1968 ansi-x3.4-1986 iso-ir-6 iso646-us iso-646.irv:1991 us
    us-ascii      ascii        ibm367 cp367 646 7bit
    utf-8         utf_8        utf8 utf-8n unicode-1-1-utf-8 unicode-2-0-utf-8 utf-8-mac x-utf-8 utf8mb4
    utf-8         utf_8        cp65001 65001
    utf-7         utf_7        utf7 unicode-1-1-utf-7 unicode-2-0-utf-7 x-unicode-2-0-utf-7 cp65000
    utf-16        utf_16       utf16 unicode ucs-2 iso-10646-ucs-2 csunicode
    utf-16le      utf_16_le    utf16le utf-16-le ucs-2le unicodefeff
    utf-16be      utf_16_be    utf16be utf-16-be ucs-2be unicodefffe
    utf-32le      utf_32_le    utf32le utf-32-le
    utf-32be      utf_32_be    utf32be utf-32-be
    utf-32        utf_32       utf32 ucs-4 iso-10646-ucs-4
    iso-2022-jp   iso2022_jp   iso2022jp iso2022-jp iso-2022jp jis csiso2022jp iso-2022-jp-ms iso2022jpms
    iso-2022-jp   iso2022_jp   iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-2004 iso-2022-jp-ext
    iso-2022-jp   iso2022_jp   csiso2022jp2 cp50220 cp50221 cp50222 50220 50221 50222 x-windows-50220
    iso-2022-jp   iso2022_jp   x-windows-50221 x-windows-iso2022jp x-iso-2022-jp x-jis iso-2022-jp-kddi jis7
    iso-2022-jp   iso2022_jp   jis8 x-iso2022jp
    shift_jis     cp932        sjis s-jis shiftjis shift-jis x-sjis x-shift-jis x-sjis-jp ms-kanji csshiftjis
    shift_jis     cp932        windows-31j cswindows31j cp932 ms932 932 windows-932 x-ms-cp932 ibm-943 cp943
    shift_jis     cp932        cp943c x-mac-japanese sjis-win sjis-open shift-jisx0213 shift-jis-2004
    shift_jis     cp932        x-sjis-2004 sjis-2004 sjis-mac sjis-docomo sjis-kddi sjis-softbank
    euc-jp        euc_jp       eucjp euc-j ujis x-euc-jp x-euc x-eucjp cseucpkdfmtjapanese
    euc-jp        euc_jp       extended-unix-code-packed-format-for-japanese eucjp-ms eucjpms euc-jp-ms
    euc-jp        euc_jp       eucjp-win cp51932 51932 cp20932 euc-jisx0213 euc-jis-2004 ajec
    gb18030       gb18030      gb2312 gbk gb-2312 gb-2312-80 gb2312-80 chinese csgb2312 csiso58gb231280
    gb18030       gb18030      iso-ir-58 x-gbk cp936 ms936 936 windows-936 euc-cn euccn x-euc-cn gb18030-2000
    gb18030       gb18030      gb18030-2022 gb-18030
    hz-gb-2312    hz           hz hzgb hz-gb2312
    big5          cp950        big5-eten big-5 cn-big5 csbig5 x-x-big5 cp950 950 ms950 windows-950 x-big5
    big5-hkscs    big5hkscs    big5hkscs big5-hkscs:2004 hkscs
    euc-kr        cp949        euckr ks-c-5601 ks-c-5601-1987 ks-c-5601-1989 ksc5601 ksc-5601 ksx1001 korean
    euc-kr        cp949        iso-ir-149 csksc56011987 cseuckr uhc cp949 ms949 949 windows-949 x-windows-949
    johab         johab        cp1361 ms1361
    iso-2022-kr   iso2022_kr   iso2022kr csiso2022kr
    windows-1250  cp1250       cp1250 x-cp1250
    windows-1251  cp1251       cp1251 x-cp1251 win-1251
    windows-1252  cp1252       cp1252 x-cp1252 1252 ansi iso-8859-1 iso8859-1 iso88591 8859-1 latin1 latin-1
    windows-1252  cp1252       l1 iso-ir-100 iso-8859-1:1987 csisolatin1 ibm819 cp819 x-ansi
    windows-1253  cp1253       cp1253 x-cp1253
    windows-1254  cp1254       cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5 csisolatin5
    windows-1255  cp1255       cp1255 x-cp1255
    windows-1256  cp1256       cp1256 x-cp1256
    windows-1257  cp1257       cp1257 x-cp1257
    windows-1258  cp1258       cp1258 x-cp1258
    windows-874   cp874        cp874 tis-620 tis620 iso-8859-11 iso8859-11 dos-874
    iso-8859-2    iso8859_2    iso8859-2 latin2 l2 iso-ir-101 csisolatin2
    iso-8859-3    iso8859_3    iso8859-3 latin3 l3
    iso-8859-4    iso8859_4    iso8859-4 latin4 l4
    iso-8859-5    iso8859_5    iso8859-5 cyrillic iso-ir-144
    iso-8859-6    iso8859_6    iso8859-6 arabic iso-8859-6-i iso-8859-6-e
    iso-8859-7    iso8859_7    iso8859-7 greek greek8 elot-928
    iso-8859-8    iso8859_8    iso8859-8 hebrew iso-8859-8-i iso-8859-8-e logical visual
    iso-8859-10   iso8859_10   iso8859-10 latin6 l6
    iso-8859-13   iso8859_13   iso8859-13
    iso-8859-14   iso8859_14   iso8859-14
    iso-8859-15   iso8859_15   iso8859-15 latin9 latin-9 l9
    iso-8859-16   iso8859_16   iso8859-16
    koi8-r        koi8_r       koi8r koi8 koi cskoi8r
    koi8-u        koi8_u       koi8u koi8-ru
    macintosh     mac_roman    mac x-mac-roman csmacintosh macroman
    x-mac-cyrillic mac_cyrillic x-mac-ukrainian
    ibm437        cp437        cp437 437
    ibm850        cp850        cp850 850
    ibm852        cp852        cp852 852
    ibm866        cp866        cp866 866
"""
_ROWS: Final = tuple(tuple(line.split()) for line in _TABLE.strip().splitlines())

# Labels that say "I do not know" (RFC 1428 unknown-8bit) or nothing: the content decides and nobody was lied to.
SILENT_LABELS: Final = frozenset(
    ("", "unknown", "unknown-8bit", "x-unknown", "x-user-defined", "default", "default-charset", "none", "null",
     "binary", "8bit", "auto", "charset", "undefined", "-autodetect-", "autodetect", "autodetect-all", "detect")
)  # fmt: skip
UNLABELLED: Final = ""
UNKNOWN: Final = "?"

CODECS: Final = {name: codec for name, codec, *_ in _ROWS}
_NAMES: Final = {label: name for name, _, *labels in _ROWS for label in (name.replace("_", "-"), *labels)}


@lru_cache(maxsize=512)
def canonical(label: str) -> str:
    """Our name for a claimed charset; UNLABELLED for none or a silent one, UNKNOWN for one that we do not read."""
    # Quotes, comments (RFC 2045 section 5.1) and RFC 2231 section 5 language suffixes (charset*en) are seen around it.
    bare = label[:100].partition("(")[0].partition("*")[0].strip(" \t\r\n\"';,").lower().replace("_", "-")
    if bare in SILENT_LABELS:
        return UNLABELLED
    return _NAMES.get(bare) or _NAMES.get(bare.removeprefix("cs").removeprefix("x-")) or UNKNOWN

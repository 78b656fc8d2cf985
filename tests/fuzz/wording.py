"""Strategies for the words of a mail: texts, charsets rightly and wrongly declared, file names, HTML pages."""

from hypothesis import strategies as st

# Words of a town hall, and characters that a reader does not see or that change what is seen.
WORDS = (
    *(
        "市民課窓口",
        "いつもお世話になっております。",
        "ｶﾅ",
        "①㈱髙﨑",
        "〜－¢",
        "東京都",
        "hello",
        "a",
        " ",
        "\n",
        "\t",
        "山田 太郎",
    ),
    *(
        "\u200b",
        "\u202e",
        "\u2066",
        "\u00ad",
        "\ufeff",
        "\u2028",
        "\x85",
        "\U000e0041",
        "\u3164",
        "\u200d",
        "👩\u200d💻",
    ),
    *(
        "\x00",
        "\x07",
        "\x1b",
        "\x0c",
        "\x0e",
        "\ud800",
        "\uffff",
        "e\u0301",
        "か\u3099",
        "\U0001f3f4\U000e0067\U000e007f",
    ),
)
ADDRESSES_IN_TEXT = (
    *(
        "https://www.example.jp/",
        "http://a@b.example:80\\x",
        "www.еxample.com",
        "HTTPS:\\\\1.2.3.4",
        "https:///x",
        "hxxps://a[.]b",
    ),
    *(
        "\\\\server\\share",
        "file:///c:/x",
        "javascript:alert(1)",
        "mailto:a@example.jp?body=x",
        "https://xn--a/",
        "ftp://x/",
    ),
    *(
        "https://[::1]/",
        "http://0x7f.1/",
        "https://例え.jp/を",
        "ｈｔｔｐｓ://ｅｘａｍｐｌｅ.jp",
        "://",
        "www.",
        "[:]//",
        "https://a%2eb/",
    ),
)
# What programs from before MIME, and signers, write into a text.
IN_TEXT = (
    *(
        "begin 644 evil.exe\n#0V%T\n`\nend\n",
        "begin 644 x\n",
        "begin-base64 644 x\nQQ==\n====\n",
        "\nend\n",
        "`\n",
        "#0V%T\n",
    ),
    *("=ybegin line=128 size=3 name=evil.exe\n", "=ypart begin=1\n", "\n=yend size=3\n", "=y"),
    *("(This file must be converted with BinHex 4.0)\n\n:$f*TEQ\n:\n", "(This file must be converted with BinHex"),
    *(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n",
        "-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n",
    ),
    *(
        "-----BEGIN PGP MESSAGE-----\n\nx\n",
        "-----END PGP MESSAGE-----\n",
        "- -----BEGIN PGP",
        "-- \n",
        "> > ",
        "From ",
        ".\n",
        "..x",
    ),
    *(
        "This is a multi-part message in MIME format.",
        "Please view this mail as HTML",
        "--b\n",
        "Content-Type: text/html\n\n",
    ),
)

CHARSETS = (
    *(
        "iso-2022-jp",
        "Shift_JIS",
        "euc-jp",
        "utf-8",
        "us-ascii",
        "",
        "utf-16",
        "utf-16le",
        "utf-7",
        "iso-8859-1",
        "gb2312",
    ),
    *(
        "cp50220",
        "iso-2022-jp-ms",
        "x-sjis",
        "unknown-8bit",
        "utf-32",
        "hz-gb-2312",
        "iso-2022-kr",
        "windows-1252",
        "zlib",
    ),
    *("big5", "euc-kr", "johab", '"', "x" * 70, "utf-8*en"),
)
CODECS = ("iso2022_jp", "cp932", "euc_jp", "utf-8", "utf-16", "utf-16-le", "utf-7", "latin-1", "iso2022_jp_2", "hz")
ESCAPES = (
    *(
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b(J",
        b"\x1b(I",
        b"\x1b$@",
        b"\x1b$(D",
        b"\x1b$(O",
        b"\x1b$(?",
        b"\x1b$A",
        b"\x1b.A\x1bN",
        b"\x0e",
    ),
    *(
        b"\x0f",
        b"\x1b",
        b"\x1b[31m",
        b"\x1b&@",
        b"\x80",
        b"\xff",
        b"\xfd\xfe",
        b"\x8f\xf3\xf3",
        b"\x81",
        b"\xa4\xa2",
        b"\xf0\x40",
    ),
    *(
        b"\xfe\xff",
        b"\xff\xfe",
        b"\x00",
        b"+AGE-",
        b"~{",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xe3\x81",
        b"\r",
        b"\r\r\n",
        b"\n",
    ),
)

NAMES = (
    *(
        "見積書.pdf",
        "report.pdf.exe",
        "a\u202efdp.exe",
        "..\\..\\x.exe",
        "C:x.exe",
        "x.txt:y.exe",
        "CON.txt",
        "nul",
        "x.",
        "x ",
        "",
    ),
    *(
        "x.{00021401-0000-0000-C000-000000000046}",
        "か\u3099.doc",
        "\x00x.exe",
        "x" * 300 + ".pdf",
        "a" + " " * 50 + ".exe",
        "smime.p7m",
    ),
    *(
        "winmail.dat",
        "www.example.jp.exe",
        "https://例え.jp/x",
        "<b>.html",
        "a\r\nB: c",
        '"',
        "x.eml",
        "begin 644 x",
        "ATT00001",
        "\ud800",
    ),
    *(
        "名前" * 100,
        "x.zip",
        "-----BEGIN PGP MESSAGE-----",
        "{0}{item}",
        "\\\\server\\share\\x",
        "x\u3000\u3000\u3000.scr",
    ),
)


def texts(longest: int = 12) -> st.SearchStrategy[str]:
    """A text body, from sober to hostile."""
    piece = st.sampled_from(WORDS) | st.sampled_from(ADDRESSES_IN_TEXT) | st.sampled_from(IN_TEXT) | st.text(max_size=6)
    return st.lists(piece, max_size=longest).map("".join)


def written(text: str, codec: str) -> bytes:
    """The text in a charset, as an old mailer writes it: what it does not know becomes "?"."""
    return text.encode(codec, "replace")


@st.composite
def charset_bytes(draw: st.DrawFn) -> tuple[str, bytes]:
    """A declared charset and the bytes of a text, which need not be in it."""
    data = written(draw(texts()), draw(st.sampled_from(CODECS)))
    for escape in draw(st.lists(st.sampled_from(ESCAPES), max_size=3)):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + escape + data[at:]
    return draw(st.sampled_from(CHARSETS)), data


def names() -> st.SearchStrategy[str]:
    """A claimed file name."""
    return st.sampled_from(NAMES) | st.lists(st.sampled_from((*NAMES, *WORDS, ".", "/", ":")), max_size=4).map("".join)


TAGS = (
    *(
        "a",
        "b",
        "blockquote",
        "body",
        "br",
        "button",
        "div",
        "dl",
        "dd",
        "font",
        "form",
        "frameset",
        "h1",
        "head",
        "html",
    ),
    *(
        "iframe",
        "img",
        "input",
        "li",
        "link",
        "math",
        "meta",
        "noscript",
        "object",
        "ol",
        "option",
        "p",
        "plaintext",
        "pre",
    ),
    *(
        "q",
        "ruby",
        "rt",
        "script",
        "select",
        "span",
        "style",
        "svg",
        "table",
        "tbody",
        "td",
        "template",
        "textarea",
        "th",
    ),
    *(
        "title",
        "tr",
        "ul",
        "video",
        "xml",
        "xmp",
        "base",
        "center",
        "del",
        "sup",
        "foreignobject",
        "annotation-xml",
        "base",
    ),
)
ATTRIBUTES = (
    *(
        "",
        " hidden",
        " style='display:none'",
        " style='font-size:0'",
        " style='color:#fff;background:white'",
        " class=x id=y",
    ),
    *(
        " href='https://www.example.jp/'",
        " href=javascript:x",
        " href='//x.test'",
        " href='https://www.xn--e1awd7f.com/'",
    ),
    *(
        " src='https://t.test/1.gif' width=1 height=1",
        " src=cid:1",
        " src='data:text/html,x'",
        " onclick=x()",
        " alt='絵'",
    ),
    *(" style='position:absolute;left:-9999px'", " style='behavior:url(x)'", " style='background:url(http://t.test/)'"),
    *(" http-equiv=refresh content='0;url=http://t.test/'", " rowspan=999 colspan=999", " bgcolor=white color=#fefefe"),
    *(
        " start=-5 reversed",
        " type=hidden value=v",
        " action=http://t.test/",
        " style='visibility:hidden'",
        " opacity=0",
    ),
    *(" style='}{;:\"'", " title='<b>'", " background=x", " charset=shift_jis", " style='display:block;margin:20px'"),
)
MARKS = (
    *(
        "<!--",
        "-->",
        "<!--[if mso]>",
        "<![endif]-->",
        "<![CDATA[",
        "]]>",
        "<",
        ">",
        "&amp;",
        "&#0;",
        "&#x202e;",
        "&nbsp;",
        "</",
    ),
    *(
        "<!DOCTYPE html>",
        "<?xml version='1.0'?>",
        "<style>.x{display:none}",
        "<style>@import url(x);",
        "@media x{",
        "}",
        "'",
        '"',
    ),
    *("<script>", "</script>", "&", "<p", "/>", "<a href=", "\x00", "\r", "&#xd800;", "&zwj;", "<svg><style>", "--!>"),
)


def pages(longest: int = 20) -> st.SearchStrategy[str]:
    """An HTML body: nested, unclosed, misnested, with everything that runs, loads, hides or deceives."""
    opening = st.builds(lambda tag, rest: f"<{tag}{rest}>", st.sampled_from(TAGS), st.sampled_from(ATTRIBUTES))
    closing = st.sampled_from(TAGS).map(lambda tag: f"</{tag}>")
    word = (
        st.sampled_from(MARKS) | st.sampled_from(WORDS) | st.sampled_from(ADDRESSES_IN_TEXT) | st.sampled_from(IN_TEXT)
    )
    return st.lists(opening | opening | closing | word, max_size=longest).map("".join)

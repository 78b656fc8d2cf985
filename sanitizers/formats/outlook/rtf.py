"""RTF bodies: the HTML that Outlook packed into them ([MS-OXRTFEX]), or their words. Objects are passed over."""

import re
from typing import Final

import msgspec

from sanitizers.charsets import decode
from sanitizers.formats.outlook.properties import charset_of
from sanitizers.model import CannotSanitize, Threat

DEEPEST: Final = 2_000  # groups inside groups
MOST_TOKENS: Final = 4_000_000  # words, signs and pieces of text
_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(\r\n|[^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+"
)
_IS_HTML: Final = re.compile(rb"\\fromhtml1(?![0-9])")
_LOOKED_AT: Final = 4_096
# Destinations whose text is not the body's; others that begin with \* are passed over, too.
_DESTINATIONS: Final = """
colortbl filetbl fonttbl stylesheet listtable listoverridetable revtbl info pict object objdata objclass datastore
themedata xmlnstbl header footer headerl headerr footerl footerr fldinst bkmkstart bkmkend footnote comment rsidtbl
generator latentstyles pntext nonshppict shp shpinst template
"""
_PASSED_OVER: Final = frozenset(word.encode("ascii") for word in _DESTINATIONS.split())
_SIGNS: Final = {
    b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"sect": "\n", b"page": "\n",
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SYMBOLS: Final = {b"~": "\u00a0", b"_": "-", b"\r\n": "\n", b"\n": "\n", b"\r": "\n"}
# \fcharset → code page (RTF 1.9.1, font table).
_CODE_PAGES: Final = {
    0: 1252, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257,
    204: 1251, 222: 874, 238: 1250,
}  # fmt: skip


class Rtf(msgspec.Struct, frozen=True):
    """What an RTF body holds."""

    html: str  #: "" when it was not made from HTML
    text: str
    has_objects: bool


class _Group:
    """The state that a group inherits and gives back."""

    __slots__ = ("code_page", "in_fonts", "in_tag", "is_silent", "skip")

    def __init__(self, outer: "_Group | None") -> None:
        self.skip: bool = outer.skip if outer else False
        self.is_silent: bool = outer.is_silent if outer else False  #: \htmlrtf: what is there for RTF only
        self.in_tag: bool = outer.in_tag if outer else False
        self.in_fonts: bool = outer.in_fonts if outer else False
        self.code_page: int = outer.code_page if outer else 0


def read_rtf(data: bytes, code_page: int) -> Rtf:
    """`code_page` counts where the RTF names none. Raises CannotSanitize for groups beyond all measure."""
    is_html = _IS_HTML.search(data, 0, _LOOKED_AT) is not None
    reader = _Reader(code_page, is_html=is_html)
    reader.read(data)
    # Beyond the first plane a character is two \u, each half of a pair.
    text = "".join(reader.pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Rtf(text if is_html else "", "" if is_html else text.strip("\n"), reader.has_objects)


class _Reader:
    def __init__(self, code_page: int, *, is_html: bool) -> None:
        self.pieces: list[str] = []
        self.has_objects = False
        self._is_html = is_html
        self._default = code_page
        self._fonts: dict[int, int] = {}
        self._font = 0
        self._groups = [_Group(None)]
        self._bytes = bytearray()  #: in the code page of the group, not decoded yet
        self._skipped = 1  #: \uc: how many signs stand behind \u for readers without Unicode
        self._to_skip = 0
        self._starred = False

    def read(self, data: bytes) -> None:
        """All of it; whatever is no RTF is passed over."""
        place, end, tokens = 0, len(data), 0
        while place < end:
            tokens += 1
            if tokens > MOST_TOKENS:
                raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MOST_TOKENS} words and signs in an RTF text")
            token = _TOKEN.match(data, place)
            if token is None:
                break
            place = token.end()
            word, number, code, symbol, brace, text = token.groups()
            if word is not None:
                place += self._word(word, number)
            elif code is not None:
                self._octets(bytes((int(code, 16),)))
            elif text is not None:
                self._plain(text)
            elif brace is not None:
                self._brace(brace)
            elif symbol is not None:
                self._symbol(symbol)
        self._flush()

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self._starred = False
        self._to_skip = 0
        if brace == b"{":
            if len(self._groups) > DEEPEST:
                raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {DEEPEST} groups inside groups")
            self._groups.append(_Group(self._groups[-1]))
        elif len(self._groups) > 1:
            self._groups.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._starred = True
        elif symbol in {b"\\", b"{", b"}"}:
            self._plain(symbol)  # perhaps the second half of a character in Shift_JIS
        elif symbol in _SYMBOLS:
            self._flush()
            self._sign(_SYMBOLS[symbol])

    def _word(self, word: bytes, number: bytes | None) -> int:
        """How many raw octets follow that are no text."""
        self._flush()
        group, value = self._groups[-1], int(number or 0)
        starred, self._starred = self._starred, False
        if word == b"bin":
            return max(0, value)
        if word == b"u":
            self._unicode(value)
        elif word in _SIGNS:
            self._sign(_SIGNS[word])
        elif word == b"htmltag" and starred:
            group.in_tag, group.is_silent = True, False
        elif word == b"htmlrtf":
            group.is_silent = number != b"0"
        elif word in {b"ansicpg", b"uc"}:
            self._setting(word, value)
        elif word in {b"f", b"fcharset", b"fonttbl"}:
            self._font_word(word, value)
        elif word in _PASSED_OVER or starred:
            self.has_objects = self.has_objects or word in {b"object", b"objdata"}
            group.skip = True
        if word == b"fonttbl":
            group.skip = True
        return 0

    def _setting(self, word: bytes, value: int) -> None:
        if word == b"uc":
            self._skipped = min(max(value, 0), 16)
        else:
            self._default = value or self._default

    def _font_word(self, word: bytes, value: int) -> None:
        group = self._groups[-1]
        if word == b"fonttbl":
            group.in_fonts = True
        elif group.in_fonts:
            if word == b"f":
                self._font = value
            elif len(self._fonts) < DEEPEST:
                self._fonts[self._font] = _CODE_PAGES.get(value, 0)
        elif word == b"f":
            group.code_page = self._fonts.get(value, 0)

    def _is_shown(self) -> bool:
        group = self._groups[-1]
        return not group.skip and not (self._is_html and group.is_silent and not group.in_tag)

    def _sign(self, sign: str) -> None:
        if self._is_shown():
            self.pieces.append("\r\n" if self._is_html and sign == "\n" else sign)

    def _unicode(self, value: int) -> None:
        if self._is_shown():
            self.pieces.append(chr(value & 0xFFFF))
        self._to_skip = self._skipped

    def _plain(self, text: bytes) -> None:
        skipped = min(self._to_skip, len(text))
        self._to_skip -= skipped
        if self._is_shown():
            self._bytes += text[skipped:]

    def _octets(self, octets: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif self._is_shown():
            self._bytes += octets

    def _flush(self) -> None:
        if self._bytes:
            code_page = self._groups[-1].code_page
            # A western font says nothing when the whole is in another code page: Outlook names Arial for kanji, too.
            page = self._default if code_page in {0, 1252} and self._default else code_page or 1252
            self.pieces.append(decode(bytes(self._bytes), charset_of(page)).text)
            self._bytes.clear()

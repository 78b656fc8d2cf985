"""RTF read word by word, to tell what is in it; the file itself goes to the converter, and nothing of it is copied.

Rich Text Format 1.9.1. Strict in what it takes for a control word, so that words broken up to deceive a search for them
are counted as what they are: a deception.
"""

import re
from typing import Final

from sanitizers.formats.legacy.sightings import Sight, Sightings
from sanitizers.model import CannotSanitize, Severity, Threat

DEEPEST: Final = 2_000  # groups inside groups; Word gives up long before
MOST_FONTS: Final = 8_000  # of one table; more is an attack on those who count them in 16 bits (CVE-2023-21716)
LONGEST_WORD: Final = 32  # letters of a control word, as the specification says
COLLECTED: Final = 4_096  # characters of a field's instruction or an object's class, digits of its data

_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]+)(-?[0-9]{1,12})? ?"  # a control word and its number
    rb"|\\(\n|\r|[^a-zA-Z])"  # a control symbol
    rb"|([{}])"
    rb"|([^\\{}]+)"
)
_HEADER: Final = re.compile(rb"\{\\rtf1?(?![a-zA-Z0-9])")
_HEXADECIMAL: Final = re.compile(rb"[0-9a-fA-F]")

OBJECT: Final = Sight(Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "an embedded object")
DATA: Final = Sight(Threat.EMBEDDED_OBJECT, Severity.WARNING, "objects", "the data of an embedded object")
LINKED: Final = Sight(Threat.EXTERNAL_REFERENCE, Severity.DANGER, "objects", "an object that is fetched from elsewhere")
CONTROL: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "objects", "an ActiveX control")
AT_ONCE: Final = Sight(
    Threat.ACTIVE_CONTENT, Severity.DANGER, "objects", "an object that opens with the file (objupdate)"
)
EQUATION: Final = Sight(
    Threat.EMBEDDED_OBJECT,
    Severity.DANGER,
    "objects",
    "an object for the old equation editor, which runs code when it opens",
)
FILE: Final = Sight(Threat.EMBEDDED_OBJECT, Severity.DANGER, "objects", "an embedded file (Package)")
TEMPLATE: Final = Sight(
    Threat.EXTERNAL_REFERENCE, Severity.DANGER, "template", "a template that is fetched from elsewhere when it opens"
)
RUNNING: Final = Sight(Threat.ACTIVE_CONTENT, Severity.DANGER, "fields", "a field that runs something (DDE, macro)")
FETCHING: Final = Sight(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "fields", "a field that fetches from elsewhere")
SUBDOCUMENT: Final = Sight(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "a part that is another file")
HEADER: Final = Sight(Threat.DECEPTION, Severity.WARNING, "header", "a beginning that only some programs take for RTF")
BROKEN_UP: Final = Sight(
    Threat.DECEPTION, Severity.DANGER, "objects", "object data broken up, so that a search does not find them"
)
FONTS: Final = Sight(Threat.MALFORMED, Severity.DANGER, "fonts", "a font table that is far too long")
LONG_WORD: Final = Sight(Threat.DECEPTION, Severity.WARNING, "structure", "control words that are far too long")
BINARY: Final = Sight(Threat.HIDDEN_CONTENT, Severity.NOTE, "structure", "raw data in the text (bin)")

WORDS: Final = {
    b"object": OBJECT,
    b"objautlink": LINKED,
    b"objlink": LINKED,
    b"objocx": CONTROL,
    b"objupdate": AT_ONCE,
    b"template": TEMPLATE,
    b"subdocument": SUBDOCUMENT,
}
GATHERED: Final = frozenset({b"fldinst", b"objclass", b"objdata"})  #: destinations whose content is looked at
# First word of a field's instruction.
FIELDS: Final = {
    b"dde": RUNNING,
    b"ddeauto": RUNNING,
    b"macrobutton": RUNNING,
    b"import": FETCHING,
    b"includepicture": FETCHING,
    b"includetext": FETCHING,
    b"include": FETCHING,
    b"link": FETCHING,
    b"database": FETCHING,
    b"rd": FETCHING,
}
# In the class of an object, or in its data when these are decoded.
CLASSES: Final = ((b"equation", EQUATION), (b"package", FILE), (b"ole2link", LINKED), (b"htmlfile", LINKED))


class _Group:
    __slots__ = ("destination", "owns", "text")

    def __init__(self, outer: "_Group | None") -> None:
        self.destination: bytes = outer.destination if outer else b""
        self.text: bytearray = outer.text if outer else bytearray()
        self.owns = False  #: it began the destination

    def begin(self, destination: bytes) -> None:
        self.destination, self.text, self.owns = destination, bytearray(), True


def look(data: bytes, seen: Sightings) -> None:
    """Everything that is reported of one file. CannotSanitize: groups beyond all measure."""
    if not _HEADER.match(data):
        seen.saw(HEADER)
    _Reader(seen).read(data)


class _Reader:
    def __init__(self, seen: Sightings) -> None:
        self._seen = seen
        self._groups = [_Group(None)]
        self._fonts = 0

    def read(self, data: bytes) -> None:
        at, end = 0, len(data)
        while at < end:
            token = _TOKEN.match(data, at)
            if token is None:
                return  # a backslash at the very end
            at = token.end()
            word, number, symbol, brace, text = token.groups()
            if word is not None:
                at += self._word(word, number)
            elif brace == b"{":
                self._open()
            elif brace:
                self._close()
            elif text is not None:
                self._text(text)
            elif symbol == b"'" and self._groups[-1].destination == b"objdata":
                self._break()

    def _open(self) -> None:
        if len(self._groups) > DEEPEST:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {DEEPEST} groups inside groups")
        if self._groups[-1].destination == b"objdata":
            self._break()
        self._groups.append(_Group(self._groups[-1]))

    def _close(self) -> None:
        if len(self._groups) == 1:
            return
        group = self._groups.pop()
        if group.owns:
            self._judge(group.destination, bytes(group.text))

    def _word(self, word: bytes, number: bytes | None) -> int:
        """How many raw bytes follow that are no text."""
        group = self._groups[-1]
        if len(word) > LONGEST_WORD:
            self._seen.saw(LONG_WORD)
        if word == b"bin":
            self._seen.saw(BINARY)
            return max(0, int(number or 0))
        if word == b"fonttbl":
            group.begin(word)
            self._fonts = 0
        elif word == b"f" and group.destination == b"fonttbl":
            self._fonts += 1
            if self._fonts == MOST_FONTS:
                self._seen.saw(FONTS)
        elif word in GATHERED:
            if word == b"objdata":
                self._seen.saw(DATA)
            group.begin(word)
        elif group.destination == b"objdata":
            self._break()
        if word in WORDS:
            self._seen.saw(WORDS[word])
        return 0

    def _text(self, text: bytes) -> None:
        group = self._groups[-1]
        if group.destination in GATHERED and len(group.text) < COLLECTED:
            kept = b"".join(_HEXADECIMAL.findall(text[:COLLECTED])) if group.destination == b"objdata" else text
            group.text += kept[:COLLECTED]

    def _break(self) -> None:
        """Once for a file: who does it at all does it hundreds of times."""
        if BROKEN_UP.detail not in self._seen.names:
            self._seen.saw(BROKEN_UP)

    def _judge(self, destination: bytes, text: bytes) -> None:
        if destination == b"fldinst":
            first = text.split()[:1]
            sight = FIELDS.get(first[0].lower()) if first else None
            if sight is not None:
                self._seen.saw(sight)
        elif destination in {b"objclass", b"objdata"}:
            plain = bytes.fromhex(text[: len(text) // 2 * 2].decode("ascii")) if destination == b"objdata" else text
            for name, sight in CLASSES:
                if name in plain.lower().replace(b"\0", b"") and sight.detail not in self._seen.names:
                    self._seen.saw(sight)

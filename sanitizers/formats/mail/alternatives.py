"""Which of several versions of the same text goes on, so that no words the sender wrote are lost (RFC 2046 5.1.4)."""

import re
from enum import StrEnum

import msgspec

_LINK = re.compile(r"<?\b[a-z][a-z0-9+.-]{1,20}:(?://)?[^\s<>\u3000-\u30ff\uff00-\uffef]+>?", re.IGNORECASE)
_NOT_WORD = re.compile(r"[\W_]+")
# "Please read this mail with a program that shows HTML", in the words of common mailers.
_STUB = re.compile(
    r"HTML\s*(?:メール|形式|対応|表示|message|e-?mail|mail|format|version|part|capable|compatible|enabled)"
    r"|(?:view|see|read|display)[^.\n]{0,60}\bHTML\b|does not support HTML|plain[ -]text version",
    re.IGNORECASE,
)
_STUB_CHARACTERS = 400
_GRAM = 4  # characters; long enough that unrelated texts share few, short enough to survive a changed line break
_COMPARED = 100_000  # characters of each version; longer ones count as different
_SAME = 0.97  # share of one version's grams found in the other that makes it a part of the other
_ALIKE = 0.8  # share that makes two versions one text: greetings, footers and signs differ a little
_LINE_MISSING = _GRAM  # grams of a line that the other version has not: as many as one changed character breaks
_LINE_WORDS = 2  # letters and digits; a line with fewer says nothing


class Kind(StrEnum):
    """Where a piece of text came from."""

    PLAIN = "text/plain"
    HTML = "text/html"
    MESSAGE = "message"  # fields of an attached mail or of a delivery report


class Text(msgspec.Struct, frozen=True):
    """A piece of text of the outgoing body."""

    kind: Kind
    text: str


class Choice(msgspec.Struct, frozen=True):
    """What goes on: whole versions, and of those left out the lines that none of them has."""

    versions: tuple[tuple[Text, ...], ...]
    only_elsewhere: tuple[Text, ...] = ()

    @property
    def differ(self) -> bool:
        """Whether the versions say different things, so that the reader must see more than one."""
        return len(self.versions) > 1


class _Version:
    """One version and its words: letters and digits only, without links, so that layout does not matter."""

    def __init__(self, texts: list[Text]) -> None:
        self.texts = tuple(texts)
        self.words = "".join(_words(text.text) for text in texts)
        self.is_html = any(text.kind is Kind.HTML for text in texts)
        self._grams: frozenset[str] | None = None

    @property
    def grams(self) -> frozenset[str]:
        if self._grams is None:
            self._grams = frozenset(_grams(self.words))
        return self._grams

    def is_stub(self) -> bool:
        """Whether it only asks to read another version."""
        if self.is_html or sum(len(text.text) for text in self.texts) > _STUB_CHARACTERS:
            return False
        return any(_STUB.search(text.text) for text in self.texts)

    def share_in(self, other: "_Version") -> float:
        """How much of this version the other one says, too."""
        if self.words in other.words:
            return 1.0
        if max(len(self.words), len(other.words)) > _COMPARED:
            return 0.0
        return len(self.grams & other.grams) / len(self.grams)


def choose(versions: list[list[Text]]) -> Choice:
    """Pick the version that says most; all that say something of their own when they are different texts."""
    said = [version for version in map(_Version, versions) if version.words]
    if len(said) < 2:
        texts = [version.texts for version in said] or [tuple(version) for version in versions if version][:1]
        return Choice(tuple(texts))
    said.sort(key=lambda version: version.is_html)  # stable: plain first, otherwise in the sender's order
    kept: list[_Version] = []
    left_out = [loser for version in said if (loser := _enter(kept, version)) is not None]
    return Choice(tuple(version.texts for version in kept), tuple(_lines_only_in(left_out, kept)))


def _enter(kept: list[_Version], version: _Version) -> _Version | None:
    """Add a version, unless one that is kept says the same; returns the one that is left out."""
    for place, other in enumerate(kept):
        if other.is_stub():
            kept[place] = version
            return None
        forth, back = version.share_in(other), other.share_in(version)
        if forth >= _SAME or (forth >= _ALIKE and forth >= back):
            return version
        if back >= _ALIKE:
            kept[place] = version
            return other
    kept.append(version)
    return None


def _lines_only_in(left_out: list[_Version], kept: list[_Version]) -> list[Text]:
    """Not a line that the sender wrote is lost because another version was the better one."""
    found: list[Text] = []
    for version in left_out:
        if any(version.words in other.words for other in kept):
            continue
        lines = [line for text in version.texts for line in text.text.split("\n") if _is_missing(line, kept)]
        if lines:
            found.append(Text(Kind.HTML if version.is_html else Kind.PLAIN, "\n".join(lines)))
    return found


def _is_missing(line: str, kept: list[_Version]) -> bool:
    words = _words(line)
    if len(words) < _LINE_WORDS or any(words in version.words for version in kept):
        return False
    wanted = _grams(words)
    return all(len(wanted - version.grams) >= min(_LINE_MISSING, len(wanted)) for version in kept)


def _words(text: str) -> str:
    return _NOT_WORD.sub("", _LINK.sub(" ", text)).casefold()


def _grams(words: str) -> set[str]:
    if len(words) <= _GRAM:
        return {words}
    return {words[start : start + _GRAM] for start in range(len(words) - _GRAM + 1)}


def labelled(choice: Choice) -> list[Text]:
    """Each version under a line that says what it was."""
    labelled: list[Text] = []
    for version in choice.versions:
        kinds = dict.fromkeys(text.kind.value for text in version if text.kind is not Kind.MESSAGE)
        labelled += [Text(Kind.MESSAGE, _label(" / ".join(kinds))), *version]
    return labelled + under_labels(choice.only_elsewhere)


def under_labels(texts: tuple[Text, ...]) -> list[Text]:
    """Lines that only one version has, each group under a label."""
    return [Text(text.kind, f"{_label(f'+ {text.kind.value}')}\n{text.text}") for text in texts]


def _label(words: str) -> str:
    return f"-------- {words} --------"

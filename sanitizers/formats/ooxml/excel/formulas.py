"""Which formulas go on: those that work out a value from this file; of the others the last value stays."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from sanitizers.formats.ooxml.excel.functions import HARMLESS, PARAMETER, PREFIXES, REACHING, REFERRED, RUNNING
from sanitizers.formats.ooxml.excel.tokens import Kind, NoFormula, Token, tokens, unquoted
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.model import Action, Finding, Severity, Threat

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.package import Document
    from sanitizers.markup.addresses import Hrefs

_REACHES: Final = Trace(
    Threat.EXTERNAL_REFERENCE,
    Severity.DANGER,
    "a formula that reaches out of the file; its value stays",
    Action.REPLACED,
)
_RUNS: Final = Trace(
    Threat.ACTIVE_CONTENT, Severity.DANGER, "a formula that runs programs or macros; its value stays", Action.REPLACED
)
_DDE: Final = Trace(
    Threat.ACTIVE_CONTENT, Severity.DANGER, "a formula that starts a program (DDE); its value stays", Action.REPLACED
)
_OTHER_BOOK: Final = Trace(
    Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a formula with another workbook; its value stays", Action.REPLACED
)
_ADD_IN: Final = Trace(
    Threat.ACTIVE_CONTENT,
    Severity.WARNING,
    "a formula with a function of macros or add-ins; its value stays",
    Action.REPLACED,
)
_LINK: Final = Trace(
    Threat.EXTERNAL_REFERENCE,
    Severity.WARNING,
    "a formula with a link that is worked out or not allowed; its value stays",
    Action.REPLACED,
)
_GONE: Final = Trace(
    Threat.UNSUPPORTED,
    Severity.NOTE,
    "a formula that uses a sheet or name that does not go on; its value stays",
    Action.REPLACED,
)
_UNREADABLE: Final = Trace(
    Threat.MALFORMED, Severity.NOTE, "a formula that cannot be read; its value stays", Action.REPLACED
)

# Strings, then words, numbers, operators and parentheses: no brackets, quotes or bars: only calls can do anything.
_STRING: Final = re.compile(r'"[^"]*+"')
_PLAIN: Final = re.compile(r"(?:[A-Za-z0-9_$.:,;()+\-*/^&=<>% \r\n!]|[^\x00-\x7f])*+")
_CALL: Final = re.compile(r"([^\s()+\-*/^&=<>%,;:!]++)\s*+\(")
_WORD: Final = re.compile(r"[^\s()+\-*/^&=<>%,;:!]++")
_FAST: Final = HARMLESS - {"INDIRECT"}
#: No name of a person's own, and no sheet's, is likely to be one of these.
_NEVER_NAMED: Final = (REACHING - {"IMAGE", "PY", "REQUEST", "TRANSLATE", "RTD", "DDE"}) | {"HYPERLINK"}
_CELL: Final = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}")
_FILE: Final = re.compile(r"[\[\]\\/]")
_OUT_OF_THE_FILE: Final = re.compile(r"[\[\]|\\]|//|file:", re.IGNORECASE)
_MOST_LINKS: Final = 50  #: in one formula; each is looked at with all words of the formula
_KEPT: Final = 20_000  #: judgements that are remembered


class Judged(NamedTuple):
    """What becomes of a formula."""

    text: str | None  #: as it is written; None: only its value stays
    harm: Trace | None = None
    findings: tuple[Finding, ...] = ()  #: about links in it


class _Harmful(Exception):
    def __init__(self, trace: Trace, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(trace.words)
        self.trace = trace
        self.findings = findings


class Formulas:
    """Judges the formulas of one workbook. Sheets and names are compared without regard to case, as Excel does."""

    def __init__(self, hrefs: "Hrefs") -> None:
        self._hrefs = hrefs
        self._known: dict[str, Judged] = {}
        self._gone: set[str] = set()  #: sheets and names that do not go on
        self._own_functions: set[str] = set()

    def lose(self, name: str) -> None:
        """A sheet or a name that does not go on: formulas that use it keep their value only."""
        self._gone.add(name.casefold())
        self._known.clear()

    def learn(self, function: str) -> None:
        """A name whose formula is a LAMBDA."""
        self._own_functions.add(function.casefold())

    def judge(self, formula: str, words: str = "") -> Judged:
        """A formula without its "="; `words`: what its cell shows, which a link in it may belie."""
        known = self._known.get(formula)
        if known is None:
            known = Judged(formula) if self._is_plain(formula) else self._judged(formula, words)
            # What a link deserves depends on the words that it stands behind.
            if "HYPERLINK" not in formula.upper() and len(self._known) < _KEPT:
                self._known[formula] = known
        return known

    def _is_plain(self, formula: str) -> bool:
        """The quick answer for most: nothing but cells, numbers, text and harmless functions."""
        bare = _STRING.sub("0", formula)
        if _PLAIN.fullmatch(bare) is None or bare.count("(") != bare.count(")") or formula.count('"') % 2:
            return False
        upper = bare.upper()
        if REFERRED in upper or any(name in upper for name in _NEVER_NAMED):
            return False
        if self._gone and not self._gone.isdisjoint(map(str.casefold, _WORD.findall(bare))):
            return False
        return all(name in _FAST for name in _CALL.findall(bare))

    def _judged(self, formula: str, words: str) -> Judged:
        try:
            found = tokens(formula)
            findings = self._checked(found, words)
        except NoFormula:
            return Judged(None, _DDE if "|" in _STRING.sub("", formula) else _UNREADABLE)
        except _Harmful as harm:
            return Judged(None, harm.trace, harm.findings)
        return Judged("".join(token.text for token in found), None, findings)

    def _checked(self, found: list[Token], words: str) -> tuple[Finding, ...]:
        """Findings about links that stay. _Harmful: the formula cannot go on."""
        findings: tuple[Finding, ...] = ()
        if sum(token.text.upper() == "HYPERLINK" for token in found) > _MOST_LINKS:
            raise _Harmful(_LINK)
        harms = [_Harmful(_OTHER_BOOK)] if _leads_out(found) else []
        for place in range(len(found)):
            try:
                findings += self._token(found, place, words)
            except _Harmful as harm:
                harms.append(harm)
        if harms:  # the worst is told
            raise max(harms, key=lambda harm: list(Severity).index(harm.trace.severity))
        return findings

    def _token(self, found: list[Token], place: int, words: str) -> tuple[Finding, ...]:
        token = found[place]
        if token.kind is Kind.WORD:
            return self._word(found, place, words)
        if token.kind is Kind.PIPE:
            raise _Harmful(_DDE)
        if token.kind is Kind.QUOTED:
            self._sheet(unquoted(token.text, "'"), _next(found, place))
        elif token.kind is Kind.BRACKET:
            _bracket(found, place)
        return ()

    def _sheet(self, name: str, after: str) -> None:
        if "|" in name:
            raise _Harmful(_DDE)
        if _FILE.search(name) or after != "!":
            raise _Harmful(_OTHER_BOOK)
        if not self._gone.isdisjoint(name.casefold().split(":")):
            raise _Harmful(_GONE)

    def _word(self, found: list[Token], place: int, words: str) -> tuple[Finding, ...]:
        word = found[place].text
        if _next(found, place) == "(":
            return self._call(found, place, words)
        if word.casefold() in self._gone:
            raise _Harmful(_GONE)
        _referred(word)
        return ()

    def _call(self, found: list[Token], place: int, words: str) -> tuple[Finding, ...]:
        word = found[place].text
        name = _function(word)
        if word.casefold() in self._gone:  # its LAMBDA could not go on
            raise _Harmful(_GONE)
        if name in HARMLESS:
            return ()
        if name == "HYPERLINK":
            return self._link(found, place, words)
        if name in REACHING:
            raise _Harmful(_REACHES)
        if name in RUNNING:
            raise _Harmful(_RUNS)
        if name.startswith(PARAMETER):
            _referred(name.removeprefix(PARAMETER))
        known = name.startswith(PARAMETER) or name.casefold() in self._own_functions
        # A cell, a blank and a parenthesis: where two ranges meet.
        meets = found[place + 1].kind is Kind.BLANK and _CELL.fullmatch(name)
        if not known and not meets:
            raise _Harmful(_ADD_IN)
        return ()

    def _link(self, found: list[Token], place: int, words: str) -> tuple[Finding, ...]:
        """HYPERLINK goes on with an address that stands in the formula as it is; the rules for links decide."""
        filled = (index for index in range(place + 1, len(found)) if found[index].kind is not Kind.BLANK)
        rest = list(islice(filled, 3))
        index = rest[1] if len(rest) > 2 else place  # "(", the address, what follows
        if found[index].kind is not Kind.STRING:
            raise _Harmful(_LINK)
        address = unquoted(found[index].text, '"')
        after = found[rest[2]].text
        if address.startswith("#") and after in {",", ")", "&"} and not any(map(_is_outside, _argument(found, index))):
            return ()
        if after not in {",", ")"}:
            raise _Harmful(_LINK)
        said = [unquoted(token.text, '"') for token in found[index + 1 :] if token.kind is Kind.STRING]
        href = self._hrefs.judge(address, " ".join(dict.fromkeys((words, *said))))
        if not href.address:
            raise _Harmful(_LINK, href.findings)
        found[index] = Token(Kind.STRING, '"{}"'.format(href.address.replace('"', '""')))
        return href.findings


def of(document: "Document") -> Formulas:
    """The judge of this workbook."""
    known = document.memory.get("excel/formulas")
    if not isinstance(known, Formulas):
        known = document.memory["excel/formulas"] = Formulas(document.hrefs)
    return known


def _function(word: str) -> str:
    name = word.upper()
    while name.startswith(PREFIXES):
        name = name.partition(".")[2]
    return name


def _referred(word: str) -> None:
    """A function that is handed on as a value, to MAP, LET or a bracket behind it, is as good as called."""
    name = _function(word)
    if name in _NEVER_NAMED or (REFERRED in word.upper() and name in REACHING):
        raise _Harmful(_REACHES)
    if REFERRED in word.upper() and name not in HARMLESS:
        raise _Harmful(_RUNS if name in RUNNING else _ADD_IN)


def _leads_out(found: list[Token]) -> bool:
    """Whether INDIRECT could make another workbook's cell of a text in it."""
    indirect = any(token.kind is Kind.WORD and _function(token.text) == "INDIRECT" for token in found)
    return indirect and any(map(_is_outside, found))


def _argument(found: list[Token], place: int) -> Iterator[Token]:
    """From this token to the end of the argument that it stands in."""
    depth = 0
    for index in range(place, len(found)):
        text = found[index].text
        depth += {"(": 1, ")": -1}.get(text, 0)
        if depth < 0 or (text == "," and not depth):
            return
        yield found[index]


def _is_outside(token: Token) -> bool:
    return token.kind is Kind.STRING and _OUT_OF_THE_FILE.search(token.text) is not None


def _next(found: list[Token], place: int) -> str:
    following = (found[index] for index in range(place + 1, len(found)))  # no slice: it would cost the square
    return next((token.text for token in following if token.kind is not Kind.BLANK), "")


def _bracket(found: list[Token], place: int) -> None:
    """A part of a table stands behind its name; in front of a name or alone with a number it is another workbook."""
    inside = found[place].text[1:-1]
    if inside == "0":
        return  # this workbook
    before = found[place - 1].kind if place else Kind.SIGN
    after = found[place + 1] if place + 1 < len(found) else Token(Kind.SIGN, "")
    if after.text == "!" or (before is not Kind.WORD and (inside.isdigit() or after.kind in {Kind.WORD, Kind.QUOTED})):
        raise _Harmful(_OTHER_BOOK)

"""Passwords that the parts of one item may be tried with: given from outside, or words of the same mail."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from sanitizers.budget import BudgetMeter
from sanitizers.model import Action, Finding, Severity, Threat

MOST_FOUND: Final = 40  #: words of one mail that are taken for passwords
#: What a sanitizer says of a part that it opened with one.
OPENED: Final = Finding(
    Threat.ENCRYPTED, Severity.NOTE, Action.REWRITTEN, "password", "opened with its password; goes on without one"
)
LONGEST: Final = 64  #: characters
_SHORTEST: Final = 4
_MOST_TEXT: Final = 200_000  # characters of all texts of one mail
_LINES_BELOW: Final = 3  # behind a line that says "password:" and nothing else

# What Japanese and English mails call it, and what stands between that and the password.
_LABEL: Final = re.compile(
    r"(?:パスワ[ーア]ド|パスコード|パスフレーズ|暗証番号|(?:解凍|復号|開封|閲覧)(?:用)?(?:キー|鍵|番号|コード)"
    r"|\bpass(?:word|code|phrase|wd)?\b|\bp/?w(?:d)?\b)",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(
    r"(?:[\s:=\u2192\u21d2>\u3011\u300d\u300f\])\u30fb*_-]|[はがを]|以下|下記|次|です|とおり|の通り|\bis\b|\bas\b)*",
    re.IGNORECASE,
)
_BRACKETS: Final = (
    "\u300c\u300d\u300e\u300f\u3010\u3011\\[\\]()\uff08\uff09\"'<>\u201c\u201d\u2018\u2019\u300a\u300b\u3008\u3009"
)
_QUOTED: Final = re.compile(rf"[{_BRACKETS}]([^{_BRACKETS}\s]{{4,64}})[{_BRACKETS}]")
_WORD: Final = re.compile(r"[!-~]{4,80}")
_ADDRESS: Final = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:)\S*|[\w.+-]+@[\w.-]+", re.IGNORECASE)
_WRAPPED: Final = "[](){}<>\"'\u300c\u300d"  # after NFKC
_TAIL: Final = ".,;:!?"
_MIXED: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])|(?=.*[!-/:-@\[-`{-~])(?=.*[A-Za-z0-9])")
_RULES: Final = re.compile(r"(.)\1{3,}|[-=_*#~+.]{4,}")


class Passwords:
    """Those of one item. Iterate for each part anew: every step is a try of the budget, and ends with it."""

    def __init__(self, given: tuple[str, ...], meter: BudgetMeter) -> None:
        self._given = given
        self._meter = meter
        self._texts: list[str] = []
        self._characters = 0
        self._fitting: list[str] = []  # most of what one sender locks has one password
        self._found: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[str]:
        for password in dict.fromkeys((*self._fitting, *self._given, *self.found())):
            if not self._meter.take_password():
                return
            yield password

    def fits(self, password: str) -> None:
        """It opened a part: it is the first for the next one."""
        if password not in self._fitting:
            self._fitting.append(password)

    def hear(self, text: str) -> None:
        """A subject or a body of the mail, where a password may stand."""
        if text and self._characters < _MOST_TEXT:
            self._texts.append(text[: _MOST_TEXT - self._characters])
            self._characters += len(self._texts[-1])
            self._found = None

    def found(self) -> tuple[str, ...]:
        """Words of the mail that may be passwords, the likeliest first, at most MOST_FOUND."""
        if self._found is None:
            self._found = candidates(self._texts)
        return self._found


def candidates(texts: list[str]) -> tuple[str, ...]:
    """Behind a label, alone on a line, then any word of letters and digits or signs; as written, and as ASCII."""
    lines = [line for text in texts for line in _ADDRESS.sub(" ", text).splitlines()]
    ordered = (*_labelled(lines), *_alone(lines), *_mixed(lines))
    both = (variant for word in ordered for variant in (word, unicodedata.normalize("NFKC", word)))
    fitting = (word for word in both if _SHORTEST <= len(word) <= LONGEST and word.isprintable())
    return tuple(dict.fromkeys(fitting))[:MOST_FOUND]


def _labelled(lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        for label in _LABEL.finditer(line):
            rest = line[label.end() :]
            yield from _words(rest, first_only=True)
            if not _words(rest, first_only=True):
                below = [each for each in lines[number + 1 : number + 8] if each.strip()][:_LINES_BELOW]
                for each in below:
                    yield from _words(each, first_only=True)


def _words(text: str, *, first_only: bool) -> list[str]:
    """What may be a password in it: what stands in brackets, then the first run of printable signs."""
    quoted = _QUOTED.findall(text)
    behind = _BETWEEN.match(text)
    normal = unicodedata.normalize("NFKC", text[behind.end() :] if behind else text)
    runs = [run for run in _WORD.findall(normal) if not _RULES.fullmatch(run)]
    return [*quoted, *(variant for run in (runs[:1] if first_only else runs) for variant in _variants(run))]


def _variants(run: str) -> Iterator[str]:
    """A full stop or a bracket may belong to it or to the sentence."""
    bare = run.strip(_WRAPPED)
    yield from dict.fromkeys((bare.rstrip(_TAIL), bare, run))


def _alone(lines: list[str]) -> Iterator[str]:
    for line in lines:
        text = unicodedata.normalize("NFKC", line).strip()
        if _WORD.fullmatch(text) and not _RULES.fullmatch(text):
            yield from _variants(text)


def _mixed(lines: list[str]) -> Iterator[str]:
    for line in lines:
        for run in _WORD.findall(unicodedata.normalize("NFKC", line)):
            bare = run.strip(_WRAPPED).rstrip(_TAIL)
            if _MIXED.match(bare) and not _RULES.fullmatch(bare):
                yield bare

"""The style blocks of one HTML body: the rules among them that hide text, bring it back, or change how it flows."""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from sanitizers.markup.sight.declarations import (
    REFERENCE,
    SCRIPT,
    Declarations,
    declarations,
    pixels,
    uncertain,
)
from sanitizers.markup.sight.selectors import Selectable, Selector, selectors
from sanitizers.model import CannotSanitize, Threat

MAX_CHARACTERS = 1_000_000  #: of all style blocks together
MAX_RULES = 2_000  #: that say anything about how text is seen
MAX_WORK = 3_000_000  #: comparisons of an element with a selector

MAX_QUERY_CHARACTERS = 2_000  #: of one @media condition; a longer one may or may not apply

VIEWPORT = 1_024  #: pixels; the window of a reader at a desk, for @media

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
# A string ends with its line (CSS Syntax 3, section 4.3.5). Possessive: a failing match costs linear time.
_PIECE = re.compile(r"((?:[^{};\"']++|\"[^\"\n]*+\"|'[^'\n]*+'|[\"'])*+)([{};])")
_BLOCK = re.compile(r"((?:[^{}\"']++|\"[^\"\n]*+\"|'[^'\n]*+'|[\"'])*+)\}?+")
_IMPORT = re.compile(r"@import\s+[\"']([^\"']{1,500})", re.IGNORECASE)
_FEATURE = re.compile(r"\(\s*(min|max)-(?:device-)?width\s*:([^()]*)\)")
_OTHER_FEATURE = re.compile(r"\([^()]*\)|\bnot\b")
_OTHER_MEDIA = re.compile(r"\b(?:print|speech|aural|braille|embossed|handheld|projection|tty|tv)\b")
_GROUPS = ("@media", "@supports", "@layer", "@container", "@scope", "@document", "@-moz-document")


class Applies(IntEnum):
    """Whether the rules inside an @media block count for a reader at a desk."""

    NO = 0
    MAYBE = 1
    YES = 2


class Rule(NamedTuple):
    """One selector with its declarations."""

    specificity: tuple[int, int, int]
    order: int
    selector: Selector
    says: Declarations


class Styled(Selectable):
    """An element with the rules whose last part it satisfies, weakest first."""

    __slots__ = ("candidates",)

    candidates: list[Rule]


class StyleSheet:
    """All rules that matter, found by the id, class or tag that the element itself must have."""

    def __init__(self) -> None:
        self.references: list[str] = []
        self.scripted = False
        self.needs_ancestors = False
        self._rules = 0
        self._characters = 0
        self._work = 0
        self._by_key: dict[str, list[Rule]] = {}
        self._tests_attributes = False
        self._styled: dict[tuple[str, str, str], Styled] = {}

    @property
    def empty(self) -> bool:
        """Whether no rule can match anything."""
        return not self._by_key

    def add(self, css: str) -> None:
        """One style block, after those before it."""
        self._characters += len(css)
        if self._characters > MAX_CHARACTERS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_CHARACTERS} characters of style sheets")
        css = _COMMENT.sub(" ", css)
        self.references += REFERENCE.findall(css)
        self.references += _IMPORT.findall(css)
        self.scripted = self.scripted or SCRIPT.search(css) is not None
        self._read(css)
        self._styled.clear()

    def _read(self, css: str) -> None:
        around: list[Applies] = []
        at = 0
        while (piece := _PIECE.match(css, at)) is not None:
            at = piece.end()
            prelude, mark = piece[1].strip(), piece[2]
            if mark == "}":
                del around[-1:]
            elif mark == "{" and prelude[:20].lower().startswith(_GROUPS):
                around.append(min(media(prelude), around[-1] if around else Applies.YES))
            elif mark == "{" and prelude.startswith("@"):
                at = _after_block(css, at)
            elif mark == "{":
                block = _BLOCK.match(css, at)
                body = block[1] if block else ""
                at = max(at, block.end() if block else at)
                self._add_rule(prelude, body, around[-1] if around else Applies.YES)

    def _add_rule(self, prelude: str, body: str, applies: Applies) -> None:
        says = declarations(body)
        if applies is Applies.NO or not says.matters:
            return
        for selector in selectors(prelude):
            self._rules += 1
            if self._rules > MAX_RULES:
                raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_RULES} style rules")
            sure = applies is Applies.YES and not selector.guess
            rule = Rule(selector.specificity, self._rules, selector, says if sure else uncertain(says))
            self._by_key.setdefault(_key(selector), []).append(rule)
            self.needs_ancestors = self.needs_ancestors or len(selector.groups) > 1 or len(selector.groups[0]) > 1
            self._tests_attributes = self._tests_attributes or selector.tests_attributes

    def selectable(self, tag: str, attributes: dict[str, str | None]) -> Styled:
        """An element as selectors see it; the same object for elements that they cannot tell apart."""
        name, classes = attributes.get("id") or "", attributes.get("class") or ""
        key = (tag, name, classes)
        known = self._styled.get(key)
        if known is None:
            known = self._styled[key] = Styled(tag, name, frozenset(classes.split()), attributes)
            known.candidates = self._find_candidates(known)
        elif self._tests_attributes:
            candidates = known.candidates
            known = Styled(tag, name, known.classes, attributes)
            known.candidates = candidates
        return known

    def matching(self, chain: Sequence[Styled]) -> tuple[Rule, ...]:
        """The rules for the last element of the chain, the one that wins last."""
        candidates = chain[-1].candidates
        if not candidates:
            return ()
        self._spend(len(candidates) * len(chain))
        return tuple([rule for rule in candidates if rule.selector.matches(chain)])

    def _find_candidates(self, element: Styled) -> list[Rule]:
        keys = ["*", element.tag, *("." + name for name in element.classes)]
        if element.id:
            keys.append("#" + element.id)
        found = [rule for key in keys for rule in self._by_key.get(key, ())]
        self._spend(len(found) + len(keys))
        found.sort(key=lambda rule: (rule.specificity, rule.order))
        return found

    def _spend(self, comparisons: int) -> None:
        self._work += comparisons
        if self._work > MAX_WORK:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, "style rules that cost too much to apply")


def _key(selector: Selector) -> str:
    subject = selector.subject
    if subject.id:
        return "#" + subject.id
    if subject.classes:
        return "." + min(subject.classes)
    return subject.tag or "*"


def _after_block(css: str, at: int) -> int:
    """Where the block that began just before `at` ends, blocks inside it included."""
    depth = 1
    while depth and (piece := _PIECE.match(css, at)) is not None:
        at = piece.end()
        depth += (piece[2] == "{") - (piece[2] == "}")
    return at if not depth else len(css)


def media(prelude: str) -> Applies:
    """Whether an at-rule's block counts; what only some programs understand may count."""
    if not prelude.lower().startswith("@media") or len(prelude) > MAX_QUERY_CHARACTERS:
        return Applies.MAYBE
    return max(_media_query(query.strip()) for query in prelude[6:].lower().split(","))


def _media_query(query: str) -> Applies:
    if "not" not in query and _OTHER_MEDIA.search(query):
        return Applies.NO
    for bound, written in _FEATURE.findall(query):
        width = pixels(written)
        if width is None:
            return Applies.MAYBE
        if (width > VIEWPORT) if bound == "min" else (width < VIEWPORT):
            return Applies.NO
    return Applies.MAYBE if _OTHER_FEATURE.search(_FEATURE.sub("", query)) else Applies.YES

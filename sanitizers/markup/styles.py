"""Style attributes and style sheets, read by a small grammar and reduced to the properties that a table names."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sanitizers.markup.census import Census, Kind
from sanitizers.markup.values import safe_value
from sanitizers.model import CannotSanitize, Severity, Threat

REFERENCE: Final = Kind(
    Threat.EXTERNAL_REFERENCE, Severity.NOTE, "remote or embedded resource in a style (url, import, font)"
)
SCRIPT: Final = Kind(Threat.ACTIVE_CONTENT, Severity.WARNING, "script in a style (expression, behavior, binding)")
NOT_KEPT: Final = Kind(Threat.UNSUPPORTED, Severity.NOTE, "style that is not kept")

MAX_CHARACTERS: Final = 1_000_000  #: of all style sheets of a file together
MAX_RULES: Final = 20_000
_CACHED: Final = 500  #: characters; a longer style attribute is read anew each time

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
# A value ends at a semicolon outside of strings and brackets (CSS Syntax 3, section 5.4.5).
_DECLARATION: Final = re.compile(
    r"\s*+([-\w*\\]++)\s*+:((?:[^;\"'(\[{]++|\"[^\"\n]*+\"|'[^'\n]*+'|\((?:[^()\"']++|\"[^\"\n]*+\"|'[^'\n]*+'|\([^()]*+\))*+\))*+)(?:;|\Z)"
)
_BROKEN: Final = re.compile(r"[^;]*+;?")
_PIECE: Final = re.compile(r"((?:[^{};\"']++|\"[^\"\n]*+\"|'[^'\n]*+'|[\"'])*+)([{};]|\Z)")
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_LOADS: Final = re.compile(
    r"(?:\burl|\bimage|\bsrc|image-set)\s*\(\s*[\"']?\s*([^\"')\s]{0,500})|@import\b|@font-face\b"
)
_RUNS: Final = re.compile(
    r"expression\s*\(|behaviou?r\s*:(?!\s*url\(#default#vml\))|-moz-binding|(?:java|vb)script\s*:"
)
# Of no consequence to a reader: not worth a word in the report.
_IDLE: Final = re.compile(
    r"@(?:charset|namespace|page)\b|(?:-inkscape-|-webkit-|-moz-|-ms-|-o-|mso-|font-variant-|enable-background|cursor"
    r"|pointer-events|zoom|\*|_|text-size-adjust|-?solid-|transition|animation|user-select|will-change)"
)
_ON_A_SCREEN: Final = re.compile(
    r"@media\s+(?:(?:only\s+)?screen|all)(?:\s*,\s*(?:print|screen|all))*\Z", re.IGNORECASE
)

# Possessive, and each part begins with a character of its own: a failing match costs linear time.
_NAME: Final = r"(?:[^\W\d]|-)[\w-]*+"
_COMPOUND: Final = (
    rf"(?=[^\s>+~])(?:\*|{_NAME})?+(?:[.#]{_NAME}|\[{_NAME}(?:[~|^$*]?=(?:\"[\w .-]*+\"|'[\w .-]*+'|[\w-]++))?+\]"
    r"|:(?:root|link|visited|hover|active|focus|first-child|last-child|only-child|first-of-type|last-of-type|empty"
    r"|nth-(?:last-)?(?:child|of-type)\([\w +-]*+\)))*+"
)
_SELECTOR: Final = re.compile(rf"{_COMPOUND}(?:(?: ?[>+~] ?| ){_COMPOUND}){{0,12}}+")
_LAST: Final = re.compile(r"[^\s>+~]+\Z")
_KEY: Final = re.compile(rf"[.#]?{_NAME}|\*")
_LONGEST_SELECTOR: Final = 500

Declarations = tuple[tuple[str, str], ...]
Properties = frozenset[str]  #: names of properties that may stay


class Rule(NamedTuple):
    """Selectors, as they are written out, with what they say."""

    selectors: tuple[str, ...]
    says: Declarations

    def written(self) -> str:
        """One line of a style sheet."""
        return f"{','.join(self.selectors)}{{{written(self.says)}}}"


class _Reduced(NamedTuple):
    says: Declarations
    left: tuple[str, ...]  #: declarations that are not kept


def written(says: Declarations) -> str:
    """Declarations as text."""
    return ";".join([f"{name}:{value}" for name, value in says])


def declarations(style: str, properties: Properties, census: Census) -> Declarations:
    """A declaration list reduced to known properties with safe values; the rest is counted."""
    reduced = _cached(style, properties) if len(style) <= _CACHED else _reduce(style, properties)
    for left in reduced.left:
        count(left, census)
    return reduced.says


def count(left: str, census: Census) -> None:
    """Tell the census what a piece of style that is not kept would have done."""
    plain = _ESCAPE.sub(_unescaped, left).lower()
    if _RUNS.search(plain):
        census.met(SCRIPT, left)
    elif (loads := _LOADS.search(plain)) and not (loads[1] or "").startswith("#"):
        census.met(REFERENCE, loads[1] or left)
    elif not _IDLE.match(plain):
        census.met(NOT_KEPT, left)


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    code = int(escape[1], 16)
    return chr(code) if 0 < code < 0x110000 else "?"


def _reduce(style: str, properties: Properties) -> _Reduced:
    if "/*" in style or "<!--" in style or "-->" in style:
        style = _COMMENT.sub(" ", style)
    kept: dict[str, str] = {}
    left: list[str] = []
    at = 0
    while at < len(style):
        match = _DECLARATION.match(style, at)
        if match is None:
            broken = _BROKEN.match(style, at)
            at = broken.end() if broken else len(style)
            if broken and broken[0].strip("; \t\r\n\f"):
                left.append(broken[0][:500])
            continue
        at = match.end()
        name = match[1].lower()
        value = safe_value(match[2]) if name in properties else None
        if value:
            kept.pop(name, None)  # the later one wins, at its place
            kept[name] = value
        elif match[2].strip():
            left.append(f"{match[1]}:{match[2].strip()}"[:500])
    return _Reduced(tuple(kept.items()), tuple(left))


_cached: Final = lru_cache(maxsize=1_024)(_reduce)


class Sheet:
    """All style sheets of one file, reduced."""

    def __init__(self, properties: Properties, census: Census) -> None:
        self.rules: list[Rule] = []
        self._properties = properties
        self._census = census
        self._characters = 0

    def add(self, css: str) -> tuple[Rule, ...]:
        """Read one style sheet; the rules that stay of it."""
        self._characters += len(css)
        if self._characters > MAX_CHARACTERS:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_CHARACTERS} characters of style sheets")
        before = len(self.rules)
        self._read(_COMMENT.sub(" ", css))
        return tuple(self.rules[before:])

    def written(self) -> str:
        """All rules, one a line."""
        return "\n".join([rule.written() for rule in self.rules])

    def _read(self, css: str, *, inside: bool = False) -> None:
        at = 0
        while at < len(css):
            piece = _PIECE.match(css, at)
            if piece is None or piece.end() == at:
                return
            at = piece.end()
            prelude, mark = piece[1].strip(), piece[2]
            if mark != "{":
                if prelude:
                    count(prelude[:500], self._census)
                continue
            end = _end_of_block(css, at)
            body = css[at:end]
            at = end + 1
            if _ON_A_SCREEN.match(prelude) and not inside:
                self._read(body, inside=True)
            elif prelude.startswith("@"):
                count(f"{prelude[:200]}{{{body[:2_000]}", self._census)
            else:
                self._add_rule(prelude, body)

    def _add_rule(self, prelude: str, body: str) -> None:
        says = declarations(body, self._properties, self._census)
        kept = _kept_selectors(prelude, self._census)
        if not says or not kept:
            return
        self.rules.append(Rule(kept, says))
        if len(self.rules) > MAX_RULES:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {MAX_RULES} style rules")


def _end_of_block(css: str, at: int) -> int:
    """Where the block that began just before `at` ends; what is inside nested blocks belongs to it."""
    depth = 1
    while (piece := _PIECE.match(css, at)) is not None and piece[2]:
        at = piece.end()
        depth += (piece[2] == "{") - (piece[2] == "}")
        if not depth:
            return at - 1
    return len(css)


def _kept_selectors(prelude: str, census: Census) -> tuple[str, ...]:
    kept = []
    for selector in prelude.split(","):
        plain = " ".join(selector.split())
        if len(plain) <= _LONGEST_SELECTOR and plain and _SELECTOR.fullmatch(plain):
            kept.append(plain)
        elif plain:
            census.met(NOT_KEPT, plain)
    return tuple(kept)


def keys(selector: str) -> tuple[str, ...]:
    """What an element must be for a selector to mean it: ".class", "#id", "tag" or "*" of its last part."""
    last = _LAST.search(selector)
    simple = re.sub(r"\[[^\]]*\]|:[\w-]+(?:\([^)]*\))?", "", last[0] if last else selector)
    return tuple(_KEY.findall(simple)) or ("*",)


def by_key(rules: Sequence[Rule]) -> dict[str, list[Rule]]:
    """Rules under each key of each of their selectors."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        for selector in rule.selectors:
            for key in keys(selector):
                found.setdefault(key, []).append(rule)
    return found

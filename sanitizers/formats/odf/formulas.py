"""Takes formulas apart (ODF 1.3 part 4, 5): one goes on that has only known functions and this file's cells."""

import re
from enum import Enum
from typing import Final

from sanitizers.formats.odf.functions import FAMILIES, KNOWN, REACHING
from sanitizers.links.targets import Kind, read_target


class Verdict(Enum):
    """What becomes of a formula."""

    KEPT = "kept"
    REACHES_OUT = "reaches out"
    UNKNOWN = "unknown"
    LEFT_SHEET = "left sheet"  # it is about a sheet that does not go on


MOST_CHARACTERS: Final = 32_767

_PREFIX: Final = re.compile(r"\s*(?:(?:of|oooc|ooow|msoxl|ooo):)?=?")
_TOKEN: Final = re.compile(
    r"""
      (?P<string>"(?:[^"]|"")*+")
    | (?P<reference>\[(?:'(?:[^']|'')*+'|[^\[\]'])*+\])
    | (?P<quoted>'(?:[^']|'')*+')
    | (?P<error>\#(?:REF!|N/A|NAME\?|VALUE!|NULL!|NUM!|DIV/0!|SPILL!|CALC!))
    | (?P<number>\d[\d.]*+(?:[eE][+-]?\d++)?)
    | (?P<name>[^\W\d][\w.]*+(?:-[^\W\d][\w.]*+){0,8}+(?=\s*\()|[^\W\d][\w.]*+)
    | (?P<brace>[{}])
    | (?P<sign>[-+*/^&=<>%!~:;,()\s$?@.|])
    """,
    re.VERBOSE,
)
_ELSEWHERE: Final = re.compile(r"//|\\|\w{2,}:[^:]*/|\|", re.ASCII)  # in a quoted name: a path or an address
_CELLS: Final = re.compile(
    r"\[\$?(?:'(?P<quoted>(?:[^']|'')*+)'|(?P<sheet>[^'.\#\[\]]*+))"
    r"\.[$A-Za-z0-9\#!]++(?::\$?(?:'(?:[^']|'')*+'|[^'.\#\[\]]*+)\.[$A-Za-z0-9\#!]++)?\]"
)
_SHEETS: Final = re.compile(r"[\[:]\$?(?:'((?:[^']|'')*+)'|([^'.\#\[\]:$]+))(?=\.)")
_NOT_FOR_INDIRECT: Final = re.compile(r"[/\\#|\[]|\w{2,}:[^$A-Za-z]", re.ASCII)
_LITERAL_LINK: Final = re.compile(r'\s*\(\s*"((?:[^"]|"")*+)"\s*[;,)]')


def judge(formula: str, left_sheets: frozenset[str] = frozenset()) -> Verdict:
    """Whether it may go on as it is. `left_sheets`: names of sheets that do not go on."""
    if len(formula) > MOST_CHARACTERS:
        return Verdict.UNKNOWN
    prefix = _PREFIX.match(formula)
    place = prefix.end() if prefix else 0
    indirect = "INDIRECT" in formula.upper()
    depth = 0
    worst = Verdict.KEPT
    while place < len(formula):
        token = _TOKEN.match(formula, place)
        if token is None or (token[0] == "|" and not depth):
            return Verdict.REACHES_OUT if formula[place] in "|#[" else Verdict.UNKNOWN
        place = token.end()
        if token["brace"]:
            depth += 1 if token[0] == "{" else -1
        verdict = _of_token(token, formula, indirect=indirect, left=left_sheets)
        if verdict is Verdict.REACHES_OUT:
            return verdict
        worst = verdict if worst is Verdict.KEPT else worst
    return worst


def _of_token(token: re.Match[str], formula: str, *, indirect: bool, left: frozenset[str]) -> Verdict:
    text = token[0]
    if token["reference"]:
        return _of_reference(text, left)
    if token["quoted"]:
        after = formula[token.end() : token.end() + 1]
        return Verdict.REACHES_OUT if after == "#" or _ELSEWHERE.search(text) else _of_sheet(text[1:-1], left)
    if token["string"]:
        return Verdict.REACHES_OUT if indirect and _NOT_FOR_INDIRECT.search(text) else Verdict.KEPT
    if token["name"]:
        return _of_function(text, formula, token.end())
    return Verdict.KEPT


def _of_reference(text: str, left: frozenset[str]) -> Verdict:
    if _CELLS.fullmatch(text) is None:
        return Verdict.REACHES_OUT if "#" in text.replace("#REF!", "") or "." not in text else Verdict.UNKNOWN
    if left and any(_of_sheet(found[1] or found[2], left) is not Verdict.KEPT for found in _SHEETS.finditer(text)):
        return Verdict.LEFT_SHEET
    if "'" in text and any(_ELSEWHERE.search(found[1] or "") for found in _SHEETS.finditer(text)):
        return Verdict.REACHES_OUT
    return Verdict.KEPT


def _of_sheet(name: str, left: frozenset[str]) -> Verdict:
    return Verdict.LEFT_SHEET if name.replace("''", "'") in left else Verdict.KEPT


def _of_function(name: str, formula: str, end: int) -> Verdict:
    """A name that no bracket follows is a named range or a label."""
    upper = name.upper()
    if "-" in upper and upper not in KNOWN:
        upper = upper.rpartition("-")[2]  # a subtraction: what is in front is a name
    bare = upper.rpartition(".")[2] if upper.startswith(FAMILIES) else upper
    called = formula[end:].lstrip()[:1] == "("
    if bare in REACHING or upper in REACHING:
        return Verdict.REACHES_OUT if called else Verdict.KEPT
    if not called or upper in KNOWN:
        return Verdict.KEPT
    if bare == "HYPERLINK":
        return _of_link(formula[end:])
    return Verdict.KEPT if upper.startswith(FAMILIES) else Verdict.UNKNOWN


def _of_link(arguments: str) -> Verdict:
    """HYPERLINK: only where its address stands in the formula itself, is of the web or of mail, and deceives nobody."""
    literal = _LITERAL_LINK.match(arguments)
    if literal is None:
        return Verdict.REACHES_OUT
    address = literal[1].replace('""', '"')
    if address.startswith("#"):
        return Verdict.KEPT
    target = read_target(address)
    leads = target.kind in {Kind.WEB, Kind.MAIL} and not target.doubts and not target.parameters
    # It goes on as it is written, and blanks in front of an address are a way past those who look at its beginning.
    return Verdict.KEPT if leads and address[0] > " " else Verdict.REACHES_OUT


def links_in(formula: str) -> list[str]:
    """The addresses of its HYPERLINKs."""
    found = re.findall(r'HYPERLINK\s*\(\s*"((?:[^"]|"")*+)"', formula, re.IGNORECASE)
    return [address.replace('""', '"') for address in found]

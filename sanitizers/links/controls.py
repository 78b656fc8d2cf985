"""Takes characters out of text that a reader cannot see and that change what the reader believes to see."""

import re
import unicodedata
from typing import Final

from sanitizers.model import Action, Finding, Severity, Threat

# What each group is, why it may not stay (Unicode TR 36 and UTS 39 section 2.4), and how much a person should care.
_BIDI: Final = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
_ZERO_WIDTH: Final = "\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufff8\u180e\u034f\u17b4\u17b5"
_JOINERS: Final = "\u200c\u200d"
_SOFT_HYPHEN: Final = "\u00ad"
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters that show nothing
_CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_NEWLINES: Final = "\r\x0b\x0c\x85\u2028\u2029"
_TAGS: Final = "\U000e0000-\U000e007f"
_ANNOTATION: Final = "\ufff9-\ufffb"
_LAST_OF_PLANES: Final = "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
_BROKEN: Final = f"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_LAST_OF_PLANES}"  # surrogates and noncharacters

# Those that never belong anywhere; joiners and tags may, so they are looked at where they stand.
_GROUPS: Final = (
    (re.compile(f"[{_BIDI}]+"), "bidirectional control characters", Threat.DECEPTION, Severity.WARNING),
    (re.compile(f"[{_ZERO_WIDTH}]+"), "zero-width characters", Threat.HIDDEN_CONTENT, Severity.NOTE),
    (re.compile(f"[{_FILLERS}]+"), "invisible letters", Threat.HIDDEN_CONTENT, Severity.NOTE),
    (re.compile(f"{_SOFT_HYPHEN}+"), "soft hyphens", Threat.HIDDEN_CONTENT, Severity.NOTE),
    (re.compile(f"[{_ANNOTATION}]+"), "interlinear annotation characters", Threat.HIDDEN_CONTENT, Severity.WARNING),
    (re.compile(f"[{_CONTROLS}]+"), "control characters", Threat.HIDDEN_CONTENT, Severity.NOTE),
)
_TAG_RUN: Final = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"  # a flag: UTS 51 ED-14a
    f"|[{_TAGS}]+"
)
_JOINER_RUN: Final = re.compile(f"[{_JOINERS}]+")
_NEWLINE: Final = re.compile(f"\r\n|[{_NEWLINES}]")
_BROKEN_CHARACTER: Final = re.compile(f"[{_BROKEN}]")
# The fast way out: Japanese and Latin text is made of these alone, and this is quicker to see than what it has not.
_UNCOMMON: Final = re.compile(
    "[^\\n\\t -~\u00a0-\u00ac\u00ae-\u024f\u2010-\u2027\u2030-\u205e\u2190-\u27bf"
    "\u3000-\u312f\u3400-\u9fff\uff01-\uff9f\uffe0-\uffee]"
)
_ANYTHING: Final = re.compile(
    f"[{_BIDI}{_ZERO_WIDTH}{_JOINERS}{_SOFT_HYPHEN}{_FILLERS}{_TAGS}{_ANNOTATION}{_CONTROLS}{_NEWLINES}{_BROKEN}]"
)
# Scripts whose spelling needs joiners (Unicode 16 section 23.2): Arabic, Indic, Tibetan, Myanmar, Khmer, Mongolian.
_JOINING_SCRIPTS: Final = ((0x0600, 0x07FF), (0x0840, 0x08FF), (0x0900, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF))
_VARIATION_SELECTOR: Final = "\ufe0f"
_MODIFIERS: Final = ("\U0001f3fb", "\U0001f3ff")


def strip_deceptive_controls(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The text without invisible and direction-changing characters, with LF as its only line ending, and what was met.

    Joiners stay inside emoji sequences and inside the scripts that are spelt with them, tags inside flag emoji.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _UNCOMMON.search(text) is None or _ANYTHING.search(text) is None:
        return text, ()
    text = _NEWLINE.sub("\n", text)
    findings = []
    text, broken = _BROKEN_CHARACTER.subn("\ufffd", text)
    if broken:
        detail = f"{broken} code points that are no characters"
        findings.append(Finding(Threat.MALFORMED, Severity.NOTE, Action.REPLACED, "text", detail))
    for pattern, name, threat, severity in _GROUPS:
        before = len(text)
        text = pattern.sub("", text)
        _count(findings, before - len(text), name, threat, severity)
    before = len(text)
    text = _TAG_RUN.sub(lambda run: run[1] or "", text)
    _count(findings, before - len(text), "invisible tag characters", Threat.HIDDEN_CONTENT, Severity.WARNING)
    before = len(text)
    text = _JOINER_RUN.sub(_joiner_that_belongs, text)
    _count(findings, before - len(text), "zero-width joiners", Threat.HIDDEN_CONTENT, Severity.NOTE)
    return text, tuple(findings)


def _count(findings: list[Finding], removed: int, name: str, threat: Threat, severity: Severity) -> None:
    if removed:
        findings.append(Finding(threat, severity, Action.REMOVED, "text", f"{removed} {name}"))


def _joiner_that_belongs(run: re.Match[str]) -> str:
    """A joiner between two emoji (UTS 51 ED-16) or inside a word of a joining script; else nothing."""
    text, start, end = run.string, run.start(), run.end()
    preceding, following = text[max(0, start - 1) : start], text[end : end + 1]
    if not preceding or not following:
        return ""
    joiner = text[end - 1]
    if joiner == "\u200d" and _is_emoji(following):
        base = text[max(0, start - 2) : start - 1] if preceding == _VARIATION_SELECTOR else preceding
        if base and (_is_emoji(base) or _MODIFIERS[0] <= base <= _MODIFIERS[1]):
            return joiner
    return joiner if _is_joining(preceding) and _is_joining(following) else ""


def _is_emoji(character: str) -> bool:
    return ord(character) >= 0x2190 and unicodedata.category(character) == "So"


def _is_joining(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _JOINING_SCRIPTS) and unicodedata.category(character)[0] in "LM"

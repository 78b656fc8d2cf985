"""Plain text bodies: read in their charset, freed of what deceives and of files hidden in them, written as UTF-8."""

import re
from typing import Final

from sanitizers.budget import FINDINGS_PER_PART
from sanitizers.charsets import decode
from sanitizers.detect import SCRIPT_TYPES
from sanitizers.detect.wide import wide_charset
from sanitizers.job import Job
from sanitizers.links import rewrite_links, strip_deceptive_controls
from sanitizers.model import Action, File, Finding, Rebuilt, Severity, Threat
from sanitizers.names import safe_name

FILE_REMOVED: Final = "[添付ファイル削除 / attachment removed: {}]"

_PARAMETER: Final = re.compile(r";\s*(charset|format|delsp)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)
# Blanks at the end of a line, but not the signature separator "-- " (RFC 3676 section 4.3).
_TRAILING_BLANKS: Final = re.compile(r"(?<![ \t])(?<!\n--)[ \t]+$", re.MULTILINE)

# uuencode (POSIX 1003.1, also its base64 form), BinHex 4 (RFC 1741), yEnc 1.3: files from before MIME, which mail
# readers still take out of a text and offer to open.
_UU_BEGIN: Final = re.compile(r"^begin(-base64)?[ \t]+[0-7]{3,4}[ \t]+(\S.*)$", re.MULTILINE)
_UU_LINE: Final = re.compile(r"([ -`])([ -`]{0,88})")
# Lines that hold no uuencode and yet are taken for it by a reader that only looks for the end; no small letters in
# them, so a search that fails ends at the next "begin".
_UU_TO_THE_END: Final = re.compile(r"(?:[ -`]{1,90}\n)*+[ `]?\n?end[ \t]*(?:\n|\Z)")
_BASE64_LINE: Final = re.compile(r"[A-Za-z0-9+/]{2,200}={0,2}")
_UU_ENDS: Final = frozenset({"end", "===="})
_BINHEX: Final = re.compile(r"^\(This file must be converted with BinHex[^\n]*\n\s*:[!-9;-~\n]*:?", re.MULTILINE)
_YENC_BEGIN: Final = re.compile(r"^=ybegin [^\n]*$", re.MULTILINE)
_YENC_CONTROLS: Final = re.compile(r"^=y(?:begin|part|end)([^\n]*)(?:\n=y(?:begin|part|end)[^\n]*)*", re.MULTILINE)


class PlainText:
    """Writes a text body anew: the same words, without tricks."""

    name = "text"
    types = frozenset({"text/plain"}) | SCRIPT_TYPES  # a script in a body is only words
    limitations = (
        "Markup, scripts and commands that a text body shows literally stay: they are words there.",
        "Bodies that claim no charset, or a wrong one, are read in the most plausible one.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """Text, UTF-8, lines ended by LF."""
        parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(file.claimed_type)}
        charset = parameters.get("charset", "") or wide_charset(file.data)
        decoded = decode(_without_yenc_data(file.data), charset)
        text, deceptive = strip_deceptive_controls(decoded.text)
        if parameters.get("format", "").lower() == "flowed":
            text = _unflowed(text, delete_blank=parameters.get("delsp", "").lower() == "yes")
        text, embedded = _without_files(text)
        text, spoken = rewrite_links(text, job.rules.links)
        text = _without_trailing_blanks(text)
        findings = (*decoded.findings, *deceptive, *embedded, *spoken)
        return Rebuilt(text.encode(), file.claimed_name, "text/plain", findings)


def _without_trailing_blanks(text: str) -> str:
    if " \n" in text or "\t\n" in text or text.endswith((" ", "\t")):
        return _TRAILING_BLANKS.sub("", text)
    return text


def _unflowed(text: str, *, delete_blank: bool) -> str:
    """RFC 3676 section 4.1 to 4.4: lines that end in a blank are joined with the next of the same quote depth."""
    lines: list[str] = []
    open_depth = -1  # of a paragraph that goes on
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing
        flows = content.endswith(" ") and content != "-- "
        if flows and delete_blank:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            lines.append(content)
        else:
            lines.append(f"{'' if not lines else chr(10)}{'>' * depth}{' ' if depth and content else ''}{content}")
        open_depth = depth if flows else -1
    return "".join(lines)


class _Removals:
    """What was found in the files that were taken out: no more than a report holds, but the first of each kind."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._kinds: set[tuple[Threat, Severity, Action]] = set()

    def add(self, found: Finding) -> None:
        kind = (found.threat, found.severity, found.action)
        if len(self.findings) < FINDINGS_PER_PART or kind not in self._kinds:
            self._kinds.add(kind)
            self.findings.append(found)


def _without_files(text: str) -> tuple[str, tuple[Finding, ...]]:
    removals = _Removals()
    if "begin" in text:
        text = _without_uuencode(text, removals)
    if "=y" in text:
        text = _YENC_CONTROLS.sub(lambda lines: _removed(_yenc_name(lines[1]), "yEnc", removals), _emptied_yenc(text))
    if "converted with BinHex" in text:
        text = _BINHEX.sub(lambda _: _removed("", "BinHex", removals), text)
    return text, tuple(removals.findings)


def _removed(claimed_name: str, encoding: str, removals: _Removals) -> str:
    """The line that stands in a file's place."""
    name, name_findings = safe_name(claimed_name)
    detail = f"a file in {encoding}: {name}" if name else f"a file in {encoding}"
    for found in (Finding(Threat.EMBEDDED_OBJECT, Severity.WARNING, Action.REMOVED, "text", detail), *name_findings):
        removals.add(found)
    return FILE_REMOVED.format(name or encoding)


def _without_yenc_data(data: bytes) -> bytes:
    """Taken out before decoding: the bytes of a file in yEnc are in no charset."""
    return _emptied_yenc(data.decode("latin_1")).encode("latin_1") if b"=ybegin " in data else data


def _emptied_yenc(text: str) -> str:
    """Only the control lines of each file in yEnc are left; without its end a file is not taken for one."""
    pieces: list[str] = []
    done = 0
    for begin in _YENC_BEGIN.finditer(text):
        if begin.start() < done:
            continue
        end = text.find("\n=yend", begin.end())
        if end < 0:
            break
        pieces.append(text[done : begin.end()])
        done = end
    return "".join((*pieces, text[done:]))


def _yenc_name(control_line: str) -> str:
    return control_line.rpartition("name=")[2].strip() if "name=" in control_line else ""


def _without_uuencode(text: str, removals: _Removals) -> str:
    pieces: list[str] = []
    done = 0
    for begin in _UU_BEGIN.finditer(text):
        if begin.start() < done:
            continue
        end = _end_of_uuencode(text, begin.end() + 1, _BASE64_LINE if begin[1] else None)
        if not begin[1] and (to_the_end := _UU_TO_THE_END.match(text, begin.end() + 1)):
            end = max(end, to_the_end.end())
        if end > begin.end() + 1:
            pieces += (text[done : begin.start()], _removed(begin[2], "uuencode", removals), "\n")
            done = end
    return "".join((*pieces, text[done:]))


def _end_of_uuencode(text: str, start: int, line_pattern: re.Pattern[str] | None) -> int:
    """Behind the last line that is data or ends it; `start` when "begin 644 name" was only a sentence."""
    place = start
    while place < len(text):
        newline = text.find("\n", place)
        after = len(text) if newline < 0 else newline + 1
        line = text[place : len(text) if newline < 0 else newline]
        if line.strip() in _UU_ENDS:
            return after
        if not (line_pattern.fullmatch(line) if line_pattern else _is_uu_line(line)):
            return place
        place = after
    return place


def _is_uu_line(line: str) -> bool:
    """One length sign, then four signs for each three bytes; blanks at the end may be lost, a checksum may be there."""
    data = _UU_LINE.fullmatch(line)
    if data is None:
        return False
    expected = (((ord(data[1]) - 32) & 63) + 2) // 3 * 4
    return expected // 2 <= len(data[2]) <= expected + 2

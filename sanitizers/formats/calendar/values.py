"""Values as they go out: text freed of what deceives, and the few other kinds, each by its grammar."""

import re
from typing import Final

from sanitizers.formats.calendar.census import Census, removed, rewritten
from sanitizers.job import Job, Role
from sanitizers.links import rewrite_links, strip_deceptive_controls
from sanitizers.model import Rebuilt, Severity, Threat

LONGEST_TEXT: Final = 100_000  # characters of one value
LONGEST_PARAMETER: Final = 300
_LINE: Final = 75  # octets, RFC 5545 section 3.1
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL: Final = re.compile(r"[\\;,\n]")
_UNESCAPED: Final = {"n": "\n", "N": "\n"}
_ESCAPES: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
# What some calendars write into a description, and others show as a page.
_MARKUP: Final = re.compile(
    r"<(?:!doctype|html|body|head|meta|a\s|b>|br\s*/?>|p[\s>]|div|span|script|style|img|iframe|object|form|svg|ul>|ol>|li>|table|font|h[1-6]>"
    r"|html-blob)",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(r"<(?:br|p|div|li|tr|html)[\s/>]", re.IGNORECASE)
_NOT_IN_PARAMETER: Final = re.compile(r"[\x00-\x1f\x7f\"\\\^]+")
_WEB: Final = re.compile(r"https?://[!-~]{1,2000}", re.IGNORECASE)

OVER_LONG: Final = rewritten(Threat.LIMIT_EXCEEDED, Severity.WARNING, "text", "an over-long text was cut")
MARKUP: Final = rewritten(Threat.ACTIVE_CONTENT, Severity.NOTE, "text", "HTML in a text became its words")
NOT_WEB: Final = removed(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "links", "an address that is none of the web")


class Work:
    """One file while it is rebuilt."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.census = Census()

    def text(self, written: str) -> str:
        """A text for people, unescaped: no markup, no invisible characters, its links by rule."""
        text = self.plain(written)
        if "<" in text and _MARKUP.search(text):
            text = self._words_of(text)
        text, findings = rewrite_links(text, self.job.rules.links)
        self.census.extend(findings)
        if len(text) > LONGEST_TEXT:
            self.census.saw(OVER_LONG)
            text = text[: LONGEST_TEXT - 1] + "…"
        return text

    def plain(self, written: str) -> str:
        """A text for programs, unescaped: as it was, without control and invisible characters."""
        text, findings = strip_deceptive_controls(unescaped(written))
        self.census.extend(findings)
        return text

    def link(self, written: str) -> str:
        """A web address as text; "" when it is none, or by rule stays behind."""
        address = unescaped(written).strip()
        if not _WEB.fullmatch(address):
            self.census.saw(NOT_WEB)
            return ""
        text, findings = rewrite_links(address, self.job.rules.links)
        self.census.extend(findings)
        return text

    def _words_of(self, markup: str) -> str:
        if not _BREAK.search(markup):
            markup = markup.replace("\n", "<br>\n")  # a text with a few tags in it
        child = self.job.child("", "text/html; charset=utf-8", markup.encode(), role=Role.BODY)
        if not isinstance(child, Rebuilt) or child.type != "text/plain":
            return ""
        self.census.saw(MARKUP)
        words = child.data.decode("utf-8", "replace").strip()
        return _MARKUP.sub(lambda tag: "＜" + tag[0][1:], words)  # tags that the page spoke of


def unescaped(text: str) -> str:
    """RFC 5545 section 3.3.11."""
    return _ESCAPED.sub(lambda found: _UNESCAPED.get(found[1], found[1]), text) if "\\" in text else text


def escaped(text: str) -> str:
    """The other way."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)


def divided(written: str, sign: str) -> list[str]:
    """At each sign that is not escaped; the pieces stay escaped."""
    pieces = [""]
    for piece in re.findall(rf"(?:\\.|[^\\{sign}])+|{sign}|\\\Z", written, re.DOTALL):
        if piece == sign:
            pieces.append("")
        else:
            pieces[-1] += piece
    return pieces


def parameter(name: str, *values: str) -> str:
    """One parameter, in quotation marks where it must be; "" when nothing of it is left."""
    clean = [_NOT_IN_PARAMETER.sub(" ", value).strip()[:LONGEST_PARAMETER] for value in values]
    quoted = [f'"{value}"' if re.search(r"[^A-Za-z0-9._+/@-]", value) else value for value in clean if value]
    return f";{name}={','.join(quoted)}" if quoted else ""


def folded(line: str) -> str:
    """The line with its end, folded in octets and never inside a character."""
    data = line.encode("utf-8", "replace")
    if len(data) <= _LINE:
        return line + "\r\n"
    pieces, start, room = [], 0, _LINE
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end].decode("utf-8"))
        start, room = end, _LINE - 1
    return "\r\n ".join(pieces) + "\r\n"

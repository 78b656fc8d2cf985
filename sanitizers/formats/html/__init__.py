"""HTML bodies become text: what a reader would have seen stays, everything else is counted and left behind."""

import re

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

from sanitizers.charsets import decode
from sanitizers.formats.html import census, dangers
from sanitizers.formats.html.page import TooLong
from sanitizers.formats.html.reading import Reading
from sanitizers.formats.html.walk import Walk
from sanitizers.job import Job
from sanitizers.links import rewrite_links, strip_deceptive_controls
from sanitizers.markup.bombs import refuse_bombs
from sanitizers.markup.page_charset import page_charset
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Threat
from sanitizers.rules import Links

__all__ = ["HtmlBody"]

_DOCTYPE_WITHIN = 2_048  #: characters
_DOCTYPE = re.compile(r"<!doctype\s+html", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Old mail programs still take files out of a text that has such lines (uuencode, yEnc, BinHex).
_FILE_STARTS = re.compile(
    r"^(?=begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t]|=y(?:begin|part|end)|\(This file must be converted with BinHex)",
    re.MULTILINE,
)
_MANY_BLANK_LINES = re.compile(r"\n{4,}")


class HtmlBody:
    """Writes an HTML page anew as the text that a reader of it would have seen."""

    name = "html"
    types = frozenset({"text/html", "application/xhtml+xml"})
    limitations = (
        "Pictures, colours, fonts and places on the page do not go on; of a picture, its alternative text does.",
        "Text that a style sheet or a script would write (CSS content, generated numbers) does not appear.",
        "Text in front of a background picture, or hidden by a selector on siblings or positions, counts as visible.",
        "@media rules are read as for a window 1024 pixels wide.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """Text, UTF-8, lines ended by LF."""
        decoded = decode(file.data, page_charset(file.data, file.claimed_type))
        text, findings = html_to_text(decoded.text, job.rules.links)
        return Rebuilt(text.encode(), file.claimed_name, "text/plain", (*decoded.findings, *findings))


def html_to_text(html: str, links: Links) -> tuple[str, tuple[Finding, ...]]:
    """The visible text of a page and what was left behind; raises CannotSanitize for bombs."""
    refuse_bombs(html)
    reading = Reading(links, quirks=_DOCTYPE.search(html, 0, _DOCTYPE_WITHIN) is None)
    try:
        lines = _read(html, reading)
    except SelectolaxError as failed:
        raise CannotSanitize(Threat.MALFORMED, "the HTML parser gave up") from failed
    except TooLong as failed:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, "HTML that would become too much text") from failed
    text, deceptive = strip_deceptive_controls(_CONTROLS.sub("", "\n".join(lines)))
    reading.census.add(deceptive)
    # Addresses that stand in the text without being links: mail programs make links of them.
    text, spoken = rewrite_links(text, links, reading.hosts)
    reading.census.add(spoken)
    text, starts = _FILE_STARTS.subn(" ", text)
    if starts:
        reading.census.met(census.FILE_IN_TEXT)
    text = _MANY_BLANK_LINES.sub("\n\n\n", text).strip("\n")
    found = (*reading.census.findings(), *reading.hidden.findings(), *reading.hosts.findings())
    return (text + "\n" if text else ""), found


def _read(html: str, reading: Reading) -> list[str]:
    # Without events: the parser would otherwise copy every option of a select once more (quadratic).
    tree = LexborHTMLParser(html.encode("utf-8", "replace"), options=LexborDocumentOptions.WO_EVENTS)
    root = tree.root
    if root is None:
        return []
    for block in root.css("style"):
        dangers.style_block(reading, block.text(), block.attributes)
    Walk(reading).read(_first_node(root))
    return reading.page.result()


def _first_node(root: LexborNode) -> LexborNode:
    """Where the document begins: comments may stand before its root."""
    first = root
    while (before := first.prev) is not None:
        first = before
    return first

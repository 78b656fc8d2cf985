"""HTML files: a new page of allow-listed elements that loads and runs nothing, or its text."""

import re

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

from sanitizers.charsets import decode
from sanitizers.formats.webpage import names
from sanitizers.formats.webpage.building import Builder
from sanitizers.formats.webpage.writing import Page
from sanitizers.job import Job, Role
from sanitizers.links import strip_deceptive_controls
from sanitizers.markup.bombs import refuse_bombs
from sanitizers.markup.census import Census
from sanitizers.markup.page_charset import page_charset
from sanitizers.markup.sight.viewer import Viewer
from sanitizers.markup.styles import Sheet
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Threat, Withheld
from sanitizers.rules import HtmlFiles

__all__ = ["Webpage"]

_DOCTYPE = re.compile(r"<!doctype\s+html", re.IGNORECASE)
_DOCTYPE_WITHIN = 2_048  #: characters
_LONGEST_TITLE = 500  #: characters
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")


class Webpage:
    """Writes a page anew: what a reader without scripts and without a network would see."""

    name = "webpage"
    types = frozenset({"text/html", "application/xhtml+xml"})
    limitations = (
        "What a script would write or show does not appear; forms become the words they show.",
        "Remote pictures, fonts and style sheets do not go on; of a picture, its alternative text does.",
        "Style sheets keep simple selectors and known properties; @media rules other than for screens go.",
        "Text that nobody would see is removed; in front of a background picture, text counts as visible.",
        "Drawings inside the page (svg) go on as pictures; their links and those that are not well-formed XML go.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """HTML in UTF-8, or text by the rules."""
        if job.rules.html_files is HtmlFiles.TEXT:
            return _as_text(file, job)
        decoded = decode(file.data, page_charset(file.data, file.claimed_type))
        html = decoded.text
        refuse_bombs(html)
        try:
            data, findings = _rebuilt(html, job)
        except SelectolaxError as failed:
            raise CannotSanitize(Threat.MALFORMED, "the HTML parser gave up") from failed
        return Rebuilt(data, file.claimed_name, "text/html", (*decoded.findings, *findings))


def _as_text(file: File, job: Job) -> Rebuilt:
    """The page as a mail with it would read."""
    claimed = file.claimed_type if file.claimed_type.lower().startswith("text/html") else "text/html"
    body = job.child(file.claimed_name, claimed, file.data, role=Role.BODY)
    if isinstance(body, Withheld):
        raise CannotSanitize(body.finding.threat, body.finding.detail)
    return Rebuilt(body.data, file.claimed_name, body.type)


def _rebuilt(html: str, job: Job) -> tuple[bytes, tuple[Finding, ...]]:
    census = Census("HTML")
    # Without events: the parser would otherwise copy every option of a select once more (quadratic).
    tree = LexborHTMLParser(html.encode("utf-8", "replace"), options=LexborDocumentOptions.WO_EVENTS)
    root = tree.root
    viewer = Viewer(quirks=_DOCTYPE.search(html, 0, _DOCTYPE_WITHIN) is None, blocks=names.BLOCKS)
    language = (root.attributes.get("lang") or "") if root is not None else ""
    page = Page(language if _LANGUAGE.fullmatch(language) else "")
    builder = Builder(job, census, viewer, page)
    if root is not None:
        _head(root, page, viewer, census)
        builder.build(_first_node(root))
    findings = (*census.findings(), *builder.hidden.findings(), *builder.hrefs.findings())
    return page.bytes(), findings


def _head(root: LexborNode, page: Page, viewer: Viewer, census: Census) -> None:
    """The title, and all style sheets of the page, wherever they stand."""
    title = next((node for node in root.css("title") if node.parent is not None and node.parent.tag == "head"), None)
    if title is not None:
        words, findings = strip_deceptive_controls(" ".join((title.text(deep=True) or "")[:_LONGEST_TITLE].split()))
        census.add(findings)
        if words:
            page.entitle(words)
    sheet = Sheet(names.PROPERTIES, census)
    for block in root.css("style"):
        css = block.text(deep=True) or ""
        media = (block.attributes.get("media") or "").strip()
        css = f"@media {media}{{{css}}}" if media else css
        viewer.sheet.add(css)
        sheet.add(css)
    if sheet.rules:
        page.style(sheet.written())


def _first_node(root: LexborNode) -> LexborNode:
    """Where the document begins: comments may stand before its root."""
    first = root
    while (before := first.prev) is not None:
        first = before
    return first

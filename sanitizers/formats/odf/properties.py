"""meta.xml anew: the title goes on, the author by rule; nothing else does."""

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from sanitizers.formats.odf import dropped
from sanitizers.formats.odf.namespaces import NAMESPACES, clark
from sanitizers.formats.odf.parsing import XML
from sanitizers.links import strip_deceptive_controls
from sanitizers.rules import Author

if TYPE_CHECKING:
    from sanitizers.formats.odf.document import Document

FILE: Final = "meta.xml"
_LONGEST: Final = 1_000  # characters
_TITLE: Final = "dc:title"
_AUTHORS: Final = ("meta:initial-creator", "dc:creator")
_COUNTS: Final = clark("meta:document-statistic")


def keep(document: "Document", root: XML | None, version: str) -> None:
    """Write what goes on, and tell of the rest."""
    meta = root.find(clark("office:meta")) if root is not None else None
    if meta is None:
        return
    names = (_TITLE,) if document.job.rules.office_author is Author.REMOVED else (_TITLE, *_AUTHORS)
    wanted = {clark(name): name for name in names}
    kept: dict[str, str] = {}
    for element in meta:
        text = (element.text or "").strip()
        name = wanted.get(element.tag)
        clean = strip_deceptive_controls(text)[0][:_LONGEST] if name else ""
        if name and clean and name not in kept:
            kept[name] = clean
        if element.tag != _COUNTS and (text != clean or len(element) or (element.attrib and not text)):
            document.census.met(dropped.PROPERTIES)
    if kept:
        document.keep(FILE, _written(kept, version), "text/xml")


def _written(kept: dict[str, str], version: str) -> bytes:
    spaces = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("dc", "meta", "office"))
    lines = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in kept.items())
    stated = f' office:version="{version}"' if version else ""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta{spaces}{stated}>'
    return f"{head}<office:meta>{lines}</office:meta></office:document-meta>".encode()

"""An HWPX document: a ZIP file of XML (KS X 6101, OWPML); its sections are read, nothing else."""

import re
from typing import Any, Final

from lxml import etree

from sanitizers.formats.hwp.owpml import Section
from sanitizers.job import Job
from sanitizers.manuscript import Draft
from sanitizers.model import CannotSanitize, Severity, Threat
from sanitizers.zipped import opened

_SECTION: Final = re.compile(r"contents/section([0-9]{1,5})\.xml")
_MANIFEST: Final = "META-INF/manifest.xml"


def read(data: bytes, draft: Draft, job: Job) -> None:
    """Collects the words of a document; raises CannotSanitize."""
    zipped = opened(data)
    job.budget.check_room(parts=len(zipped.members))
    sections = {int(match[1]): each for each in zipped.members if (match := _SECTION.fullmatch(each.name.lower()))}
    manifest = zipped.by_name.get(_MANIFEST)
    if manifest is not None and b"encryption-data" in zipped.read(manifest, job.budget):
        raise CannotSanitize(Threat.ENCRYPTED, "an HWPX document behind a password")
    if not sections:
        raise CannotSanitize(Threat.MALFORMED, "an HWPX document without its sections")
    size = 0
    for number, (_, member) in enumerate(sorted(sections.items())):
        content = zipped.read(member, job.budget)
        size += len(content)
        job.budget.check_room(size=size)
        if number:
            draft.paragraph("", new_page=True)
        Section(draft).read(_parsed(content))
    for member in zipped.members:
        name = member.name.lower()
        if name.startswith("bindata/") and not member.is_folder:
            draft.met(Threat.EMBEDDED_OBJECT, Severity.NOTE, "objects", "an embedded picture or file")
        elif name.startswith("scripts/") and member.size:
            draft.met(Threat.ACTIVE_CONTENT, Severity.WARNING, "scripts", "a script that runs with the document")
    draft.met(Threat.METADATA, Severity.NOTE, "document", "document properties")


def _parsed(content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CannotSanitize(Threat.MALFORMED, "an HWPX document whose sections are no XML") from error
    if root.getroottree().docinfo.doctype:
        raise CannotSanitize(Threat.MALFORMED, "an HWPX document with a document type")
    return root

"""XML: a tree without document type, instructions and inclusions, written as a new document."""

import html
import re
from collections import Counter
from typing import Final

from lxml import etree

from sanitizers.budget import BudgetMeter
from sanitizers.formats.textfile.xml_elements import OPENED_BY_PROGRAMS, XINCLUDE, clean_elements
from sanitizers.links import strip_deceptive_controls
from sanitizers.markup.tags import refuse_long_tags
from sanitizers.model import Action, CannotSanitize, Finding, Severity, Threat

Kinds = Counter[tuple[Threat, Severity, Action, str]]

_DECLARATION: Final = re.compile(r"\s*<\?xml\s[^?]{0,1000}\?>", re.IGNORECASE)
_ENCODING: Final = re.compile(rb"^[^<]{0,10}<\?xml\s[^>]{0,300}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENTITY: Final = re.compile(r"&([\w.-]{1,60});")
_TOO_MUCH: Final = re.compile(r"amplification|entity (?:reference )?loop|huge|too deep|excessive depth", re.IGNORECASE)
_REFERENCE: Final = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);|#)")  # in attributes too, where no node shows it
_PREDEFINED: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_MARKUP: Final = re.compile("[<&]")
_LONGEST_MEANING: Final = 100  # characters: a name or a sign, nothing that grows
_MOST_PASSES: Final = 4


class NotXml(Exception):
    """The text is not well-formed."""


def declared_charset(data: bytes) -> str:
    """What the XML declaration says; "" when it says nothing."""
    found = _ENCODING.match(data[:500])
    return found[1].decode("ascii") if found else ""


def rebuilt_xml(text: str, budget: BudgetMeter) -> tuple[str, tuple[Finding, ...]]:
    """The document without its declaration; raises NotXml, CannotSanitize."""
    kinds: Kinds = Counter()
    hidden: dict[str, Finding] = {}
    body = _DECLARATION.sub("", text, count=1).lstrip()
    for _ in range(_MOST_PASSES):
        written = _pass(body, kinds)
        budget.check_expansion(len(body), len(written))
        body, findings = strip_deceptive_controls(written)
        if body == written:
            return body, (*_findings(kinds), *hidden.values())
        for found in findings:  # a character reference was hiding it: what it hid in is read again
            hidden.setdefault(found.detail.partition(" ")[2], found)
    raise CannotSanitize(Threat.DECEPTION, "character references that hide what the document says")


def _pass(body: str, kinds: Kinds) -> str:
    root = _parsed(body, kinds)
    name = etree.QName(root)
    program = OPENED_BY_PROGRAMS.get(name.namespace or "")
    if program is not None:
        raise CannotSanitize(Threat.UNSUPPORTED, f"a document that opens in {program}")
    if name.namespace in XINCLUDE:
        raise CannotSanitize(Threat.EXTERNAL_REFERENCE, "nothing but an inclusion of another document")
    _without_instructions(root, kinds)
    clean_elements(root, kinds)
    before = [_written(node) for node in root.itersiblings(etree.Comment, preceding=True)]
    after = [_written(node) for node in root.itersiblings(etree.Comment)]
    return "\n".join((*reversed(before), _written(root), *after)) + "\n"


def _written(node: etree._Element) -> str:
    return str(etree.tostring(node, encoding="unicode", with_tail=False))


def _parser(*, resolve: bool, keep_cdata: bool) -> etree.XMLParser:
    # Nothing from outside is read, and what entities may grow to is limited (libxml2: five times what was read).
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities="internal" if resolve else False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        strip_cdata=not keep_cdata,
        huge_tree=False,
        collect_ids=False,
    )


def _parsed(body: str, kinds: Kinds) -> etree._Element:
    data = body.encode()
    root = _tree(data, resolve=False)
    doctype = root.getroottree().docinfo.internalDTD
    if doctype is None:
        return root
    note = (Threat.EXTERNAL_REFERENCE, Severity.WARNING) if doctype.system_url else (Threat.METADATA, Severity.NOTE)
    kinds[*note, Action.REMOVED, "a document type"] += 1
    entities = {entity.name: entity.content for entity in doctype.iterentities()}
    outside = sum(content is None for content in entities.values())
    if outside:
        kinds[Threat.EXTERNAL_REFERENCE, Severity.DANGER, Action.REMOVED, "an entity from outside"] += outside
    if not _REFERENCE.search(data):
        return root
    if not outside:
        try:
            return _tree(data, resolve=True)
        except NotXml:
            pass  # a reference to one that nobody declared
    return _tree(_without_references(data, entities, kinds).encode(), resolve=False)


def _tree(data: bytes, *, resolve: bool, keep_cdata: bool = True) -> etree._Element:
    refuse_long_tags(data)
    try:
        return etree.fromstring(data, _parser(resolve=resolve, keep_cdata=keep_cdata))
    except etree.XMLSyntaxError as error:
        if _TOO_MUCH.search(str(error)):
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, "XML that grows or nests beyond every measure") from error
        raise NotXml from error


def _without_references(data: bytes, entities: dict[str | None, str | None], kinds: Kinds) -> str:
    """A reference becomes a short declared text, else what HTML means by it, else nothing."""
    count = 0

    def meaning(reference: re.Match[str]) -> str:
        nonlocal count
        if reference[1] in _PREDEFINED:
            return reference[0]
        count += 1
        declared = entities.get(reference[1]) or ""
        if declared and len(declared) <= _LONGEST_MEANING and not _MARKUP.search(declared):
            return html.escape(declared)
        known = html.unescape(reference[0])
        return "" if known == reference[0] else html.escape(known)

    text = _ENTITY.sub(meaning, _written(_tree(data, resolve=False, keep_cdata=False)))
    kinds[Threat.EXTERNAL_REFERENCE, Severity.NOTE, Action.REPLACED, "an entity that is not here"] += count
    return text


def _without_instructions(root: etree._Element, kinds: Kinds) -> None:
    """Those outside the root are not written; those inside go."""
    every = etree.ProcessingInstruction
    for node in (*root.itersiblings(every, preceding=True), *root.itersiblings(every), *root.iter(every)):
        if node.target == "xml-stylesheet":
            kinds[Threat.EXTERNAL_REFERENCE, Severity.WARNING, Action.REMOVED, "a style sheet (xml-stylesheet)"] += 1
        else:
            kinds[Threat.METADATA, Severity.NOTE, Action.REMOVED, "a processing instruction"] += 1
    etree.strip_elements(root, every, with_tail=False)


def _findings(kinds: Kinds) -> list[Finding]:
    return [
        Finding(threat, severity, action, "document", f"{count} × {what}" if count > 1 else what)
        for (threat, severity, action, what), count in kinds.items()
    ]

"""What kinds of parts a new package may have, and what is said of those that it may not have.

A room (word, excel, slides, drawing) gives a tuple of `PartKind`; `parts.py` joins them. A part of the source is
reached only over a relationship, and only where one row names its parent, the relationship type and the content type.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sanitizers.formats.ooxml.namespaces import RELATIONSHIPS, THUMBNAIL
from sanitizers.model import Action, Severity, Threat

if TYPE_CHECKING:
    from sanitizers.formats.ooxml.allowed import Grammar

ROOT: Final = ""  #: the parent of the main document: the package itself
ANYWHERE: Final = "*"  #: a parent: every part of the document


class Trace(NamedTuple):
    """One construct that never goes on as it is, and the words for it."""

    threat: Threat
    severity: Severity
    words: str  #: what it is, not which one: findings are counted by it
    action: Action = Action.REMOVED


class Carry(Enum):
    """How the content of a part gets into the new package."""

    XML = "xml"  # parsed, and written again by the grammar
    PICTURE = "picture"  # a child of the engine; a placeholder takes the place of what cannot be cleaned
    PACKAGE = (
        "package"  # a file of its own (a chart's workbook): a child of the engine; left out when it cannot be cleaned
    )


class Follow(Enum):
    """Which relationships lead to a part of this kind."""

    REFERENCED = "referenced"  # those that the XML of the parent names (r:id, r:embed …)
    ALWAYS = "always"  # all of them: styles, settings, theme, comments, which no XML names


class PartKind(msgspec.Struct, frozen=True):
    """One row of the allow-list of parts."""

    name: str  #: "word/header", unique; other rows and `Related` name it so
    relationships: tuple[str, ...]  #: relationship types by which it is reached (transitional); the first is written
    types: tuple[str, ...]  #: content types that it may have in the source, lower case; () for any (pictures)
    parents: frozenset[str]  #: kinds of parts that may refer to it: names, ROOT, or ANYWHERE
    file: str
    """Name in the new package, "word/header{}.xml": {} becomes 1, 2 …, without {} there is at most one.
    "*/theme/theme{}.xml": * is the folder of the document (word, xl, ppt)."""
    type: str = ""  #: content type as it is written; "" for pictures and packages, whose own decides
    grammar: "Grammar | None" = None  #: for XML
    carry: Carry = Carry.XML
    follow: Follow = Follow.REFERENCED
    needed: bool = False  #: without it the document is blocked; else only what refers to it is left out


def office(name: str) -> str:
    """A relationship type of ECMA-376 by its last word: "image"."""
    return f"{RELATIONSHIPS}/{name}"


def microsoft(year: str, name: str) -> str:
    """A relationship type of Microsoft by its year and last word: "2006", "vbaProject"."""
    return f"http://schemas.microsoft.com/office/{year}/relationships/{name}"


_MACRO: Final = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros (VBA)")
_MACRO_SHEET: Final = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "a sheet of Excel 4.0 macros")
_CONTROL: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "an ActiveX control")
_FORM: Final = Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "a form control")
_RIBBON: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "buttons of its own in the program (customUI)")
_WEB: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a web add-in (web extension)")
_OLE: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded object (OLE)")
_PACKAGE: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded file")
_CHUNK: Final = Trace(
    Threat.EMBEDDED_OBJECT, Severity.WARNING, "a file to be merged when the document opens (altChunk)"
)
_CONNECTION: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "connections to data outside the file")
_EXTERNAL: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a link to another workbook")
_FONT: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.NOTE, "an embedded font")
_MEDIA: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.NOTE, "sound or video")
_MODEL: Final = Trace(Threat.EMBEDDED_OBJECT, Severity.NOTE, "a 3D model")
_CUSTOM_XML: Final = Trace(Threat.METADATA, Severity.NOTE, "data of other programs (custom XML)")
_PRINTER: Final = Trace(Threat.METADATA, Severity.NOTE, "printer settings")
_PROPERTIES: Final = Trace(Threat.METADATA, Severity.NOTE, "document properties")
_THUMBNAIL: Final = Trace(Threat.METADATA, Severity.NOTE, "a thumbnail")
_SIGNATURE: Final = Trace(Threat.METADATA, Severity.WARNING, "a digital signature, no longer valid in a new file")
_PEOPLE: Final = Trace(Threat.METADATA, Severity.NOTE, "accounts of people who wrote comments")
_VERSIONS: Final = Trace(Threat.METADATA, Severity.NOTE, "parts for older or newer versions of the program")
_BLOCKS: Final = Trace(
    Threat.HIDDEN_CONTENT, Severity.NOTE, "building blocks that the document does not show (glossary)"
)
_TAGS: Final = Trace(Threat.METADATA, Severity.NOTE, "tags of other programs")

#: Relationship type → what is said when no row carries it on; None: nothing is lost. Any other type is UNKNOWN_PART.
DROPPED: Final[Mapping[str, Trace | None]] = {
    microsoft("2006", "vbaProject"): _MACRO,
    microsoft("2006", "wordVbaData"): _MACRO,
    microsoft("2006", "vbaProjectSignature"): _MACRO,
    microsoft("2014", "vbaProjectSignatureAgile"): _MACRO,
    microsoft("2020", "vbaProjectSignatureV3"): _MACRO,
    microsoft("2006", "keyMapCustomizations"): _RIBBON,
    microsoft("2006", "attachedToolbars"): _RIBBON,
    microsoft("2006", "ui/extensibility"): _RIBBON,
    microsoft("2007", "ui/extensibility"): _RIBBON,
    microsoft("2006", "ui/userCustomization"): _RIBBON,
    microsoft("2006", "xlMacrosheet"): _MACRO_SHEET,
    microsoft("2006", "xlIntlMacrosheet"): _MACRO_SHEET,
    office("dialogsheet"): _MACRO_SHEET,
    microsoft("2006", "activeXControlBinary"): _CONTROL,
    microsoft("2011", "webextension"): _WEB,
    microsoft("2011", "webextensiontaskpanes"): _WEB,
    office("control"): _CONTROL,
    office("ctrlProp"): _FORM,
    office("oleObject"): _OLE,
    office("package"): _PACKAGE,
    office("aFChunk"): _CHUNK,
    office("subDocument"): _CHUNK,
    office("frame"): _CHUNK,
    office("connections"): _CONNECTION,
    office("queryTable"): _CONNECTION,
    office("xmlMaps"): _CONNECTION,
    office("powerPivotData"): _CONNECTION,
    microsoft("2011", "model"): _CONNECTION,
    office("recipientData"): _CONNECTION,
    office("mailMergeSource"): _CONNECTION,
    office("mailMergeHeaderSource"): _CONNECTION,
    office("externalLink"): _EXTERNAL,
    office("externalLinkPath"): _EXTERNAL,
    office("font"): _FONT,
    office("audio"): _MEDIA,
    office("video"): _MEDIA,
    office("sound"): _MEDIA,
    microsoft("2007", "media"): _MEDIA,
    microsoft("2017/06", "model3d"): _MODEL,
    office("customXml"): _CUSTOM_XML,
    office("customXmlProps"): _CUSTOM_XML,
    office("customProperty"): _CUSTOM_XML,
    office("printerSettings"): _PRINTER,
    office("extended-properties"): _PROPERTIES,
    office("custom-properties"): _PROPERTIES,
    "http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels": _PROPERTIES,
    THUMBNAIL: _THUMBNAIL,
    "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin": _SIGNATURE,
    "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/signature": _SIGNATURE,
    microsoft("2011", "people"): _PEOPLE,
    microsoft("2017/10", "person"): _PEOPLE,
    microsoft("2018/10", "authors"): _PEOPLE,
    microsoft("2011", "commentsExtended"): _VERSIONS,
    microsoft("2016/09", "commentsIds"): _VERSIONS,
    microsoft("2018/08", "commentsExtensible"): _VERSIONS,
    microsoft("2007", "stylesWithEffects"): _VERSIONS,
    microsoft("2006", "stylesWithtEffects"): _VERSIONS,  # as early versions of Word 2010 spelt it
    microsoft("2006", "txbx"): _VERSIONS,
    microsoft("2007", "hdphoto"): _VERSIONS,
    microsoft("2015/10", "revisionInfo"): _VERSIONS,
    office("revisionHeaders"): _VERSIONS,
    office("usernames"): _VERSIONS,
    office("legacyDocTextInfo"): _VERSIONS,
    office("legacyDiagramText"): _VERSIONS,
    office("glossaryDocument"): _BLOCKS,
    office("tags"): _TAGS,
    office("calcChain"): None,  # Excel works it out again
    office("webSettings"): None,  # how a document was saved as a web page
    office("viewProps"): None,  # which view was open
}
UNKNOWN_PART: Final = Trace(Threat.UNSUPPORTED, Severity.NOTE, "a part of a kind that is not carried on")
MISSING_PART: Final = Trace(Threat.MALFORMED, Severity.NOTE, "a reference to a part that is not there")
BROKEN_PART: Final = Trace(Threat.MALFORMED, Severity.WARNING, "a part that cannot be read")
UNREFERENCED: Final = Trace(Threat.METADATA, Severity.NOTE, "parts that the document does not refer to")
OUTSIDE: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a reference to something outside the file")
#: What a program fetches and runs or merges on its own when it is outside the file, in words.
FETCHED: Final[Mapping[str, str]] = {
    office("attachedTemplate"): "a template outside the file",
    office("oleObject"): "an object outside the file (OLE link)",
    office("package"): "an object outside the file (OLE link)",
    office("frame"): "a frame outside the file",
    office("subDocument"): "a part of the document outside the file",
    office("aFChunk"): "a part of the document outside the file",
    office("externalLinkPath"): "a link to another workbook",
    office("mailMergeSource"): "an address list outside the file (mail merge)",
    office("mailMergeHeaderSource"): "an address list outside the file (mail merge)",
    office("control"): "an ActiveX control outside the file",
    office("vmlDrawing"): "a drawing outside the file",
    office("image"): "a picture outside the file",
    office("audio"): "sound or video outside the file",
    office("video"): "sound or video outside the file",
    microsoft("2007", "media"): "sound or video outside the file",
}
#: Of these the ones that only tell somebody that the file was opened; the others bring code or content from elsewhere.
_ONLY_TELL: Final = frozenset(
    {"a picture outside the file", "sound or video outside the file", "a link to another workbook"}
)


def outside(type_: str, *, remote: bool) -> Trace:
    """What is said of a relationship to something outside the file. `remote`: on another computer, not a local path."""
    words = FETCHED.get(type_, OUTSIDE.words)
    if not remote:
        return Trace(OUTSIDE.threat, Severity.NOTE, words)
    severity = Severity.DANGER if type_ in FETCHED and words not in _ONLY_TELL else Severity.WARNING
    return Trace(OUTSIDE.threat, severity, words)


UNKNOWN_ELEMENT: Final = Trace(Threat.UNSUPPORTED, Severity.NOTE, "markup that is not known here")
UNKNOWN_VALUE: Final = Trace(Threat.UNSUPPORTED, Severity.NOTE, "values that are not known here")
ADDITION: Final = Trace(Threat.METADATA, Severity.NOTE, "additions of other programs or versions")

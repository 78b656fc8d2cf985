"""What a drawing may hold that does not go on, and how much a person should care."""

from typing import Final

from sanitizers.markup.census import Kind
from sanitizers.model import Action, Severity, Threat

_NOTE, _WARNING, _DANGER = Severity.NOTE, Severity.WARNING, Severity.DANGER

SCRIPT: Final = Kind(Threat.ACTIVE_CONTENT, _WARNING, "script")
EVENT: Final = Kind(Threat.ACTIVE_CONTENT, _WARNING, "event attribute")
ANIMATION: Final = Kind(Threat.ACTIVE_CONTENT, _NOTE, "animation; the drawing stands still")
LINK_ANIMATION: Final = Kind(Threat.ACTIVE_CONTENT, _DANGER, "animation that changes a link or a handler")
SCRIPT_ADDRESS: Final = Kind(Threat.ACTIVE_CONTENT, _DANGER, "address that runs a script or carries its own content")
EMBEDDED: Final = Kind(Threat.EMBEDDED_OBJECT, _WARNING, "embedded page or object (foreignObject, iframe …)")
NESTED: Final = Kind(Threat.EMBEDDED_OBJECT, _NOTE, "picture inside the drawing that cannot go on")
REFERENCE: Final = Kind(
    Threat.EXTERNAL_REFERENCE, _WARNING, "reference out of the drawing (href, xlink:href, xml:base)"
)
STYLE_SHEET: Final = Kind(Threat.EXTERNAL_REFERENCE, _WARNING, "style sheet from elsewhere (xml-stylesheet, link)")
FILTER_IMAGE: Final = Kind(Threat.EXTERNAL_REFERENCE, _NOTE, "picture in a filter (feImage)")
DOCTYPE: Final = Kind(Threat.METADATA, _NOTE, "document type declaration")
ENTITY: Final = Kind(Threat.MALFORMED, _NOTE, "entities; their text stays", Action.REPLACED)
OUTER_ENTITY: Final = Kind(Threat.EXTERNAL_REFERENCE, _DANGER, "entity that reads a file or an address")
COMMENT: Final = Kind(Threat.METADATA, _NOTE, "comment")
INSTRUCTION: Final = Kind(Threat.METADATA, _NOTE, "processing instruction")
EDITOR: Final = Kind(Threat.METADATA, _NOTE, "data of a drawing program, metadata")
UNKNOWN: Final = Kind(Threat.UNSUPPORTED, _NOTE, "element that is not drawn here")
ATTRIBUTE: Final = Kind(Threat.UNSUPPORTED, _NOTE, "attribute that is not kept")
LOOSE_TEXT: Final = Kind(Threat.HIDDEN_CONTENT, _NOTE, "text that is not drawn")
CYCLE: Final = Kind(Threat.LIMIT_EXCEEDED, _WARNING, "reference that comes back to itself")
BEHIND: Final = Kind(Threat.HIDDEN_CONTENT, _WARNING, "data behind the compressed drawing")

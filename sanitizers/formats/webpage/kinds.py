"""What a page may hold that does not go on, and how much a person should care."""

from typing import Final

from sanitizers.markup.census import Kind
from sanitizers.model import Action, Severity, Threat

_ACTIVE, _REFERENCE, _EMBEDDED = Threat.ACTIVE_CONTENT, Threat.EXTERNAL_REFERENCE, Threat.EMBEDDED_OBJECT
_NOTE, _WARNING, _DANGER = Severity.NOTE, Severity.WARNING, Severity.DANGER

SCRIPT: Final = Kind(_ACTIVE, _WARNING, "script")
SMUGGLING: Final = Kind(_ACTIVE, _DANGER, "file that a script would put together and save (HTML smuggling)")
EVENT: Final = Kind(_ACTIVE, _WARNING, "event attribute")
FORM: Final = Kind(_ACTIVE, _WARNING, "form that sends what is entered; what it shows stays", Action.REWRITTEN)
FIELD: Final = Kind(_ACTIVE, _NOTE, "form field; what it shows stays", Action.REWRITTEN)
PASSWORD: Final = Kind(_ACTIVE, _DANGER, "field that asks for a password")
HIDDEN_FIELD: Final = Kind(Threat.HIDDEN_CONTENT, _NOTE, "hidden form field")
REFRESH: Final = Kind(_ACTIVE, _WARNING, "automatic redirection (meta refresh)")
FRAME: Final = Kind(_EMBEDDED, _WARNING, "embedded page (iframe, frame, portal)")
PLUGIN: Final = Kind(_EMBEDDED, _WARNING, "embedded object (object, embed, applet)")
SCRIPT_ADDRESS: Final = Kind(_ACTIVE, _DANGER, "address that runs a script or carries its own content")
DRAWING: Final = Kind(_EMBEDDED, _NOTE, "drawing in the page (svg), as a picture", Action.REWRITTEN)
LOST_DRAWING: Final = Kind(_EMBEDDED, _NOTE, "drawing in the page (svg) that cannot go on")
FORMULA: Final = Kind(_EMBEDDED, _NOTE, "formula (math); its characters stay", Action.REWRITTEN)
BASE: Final = Kind(_REFERENCE, _NOTE, "base address for links")
LINKED: Final = Kind(_REFERENCE, _NOTE, "linked resource (link element)")
IMAGE: Final = Kind(_REFERENCE, _NOTE, "remote image")
LOST_IMAGE: Final = Kind(_EMBEDDED, _NOTE, "image in the page that cannot go on")
BACKGROUND: Final = Kind(_REFERENCE, _NOTE, "background image")
MEDIA: Final = Kind(_REFERENCE, _NOTE, "video or audio")
PING: Final = Kind(_REFERENCE, _WARNING, "link that reports the click to another address (ping)")
COMMENT: Final = Kind(Threat.METADATA, _NOTE, "comment")
CONDITIONAL: Final = Kind(Threat.HIDDEN_CONTENT, _NOTE, "content for one program only (conditional comment)")
TEMPLATE: Final = Kind(Threat.HIDDEN_CONTENT, _NOTE, "template that is not shown")
NOT_SHOWN: Final = Kind(Threat.HIDDEN_CONTENT, _NOTE, "fallback content that is not shown")
METADATA: Final = Kind(Threat.METADATA, _NOTE, "description of the page (meta)")
DATA: Final = Kind(Threat.METADATA, _NOTE, "data for scripts (data attributes, XML islands)")
ATTRIBUTE: Final = Kind(Threat.UNSUPPORTED, _NOTE, "attribute that is not kept")
DEEP: Final = Kind(Threat.LIMIT_EXCEEDED, _NOTE, "element too deep inside others; its words stay", Action.REWRITTEN)

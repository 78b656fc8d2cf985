"""What an HTML body may hold that does not go on, and how much a person should care."""

from sanitizers.markup.census import Kind
from sanitizers.model import Action, Severity, Threat

_ACTIVE = Threat.ACTIVE_CONTENT
_REFERENCE = Threat.EXTERNAL_REFERENCE
_EMBEDDED = Threat.EMBEDDED_OBJECT
_HIDDEN = Threat.HIDDEN_CONTENT
_METADATA = Threat.METADATA
_NOTE = Severity.NOTE
_WARNING = Severity.WARNING
_DANGER = Severity.DANGER

SCRIPT = Kind(_ACTIVE, _WARNING, "script")
EVENT_ATTRIBUTE = Kind(_ACTIVE, _WARNING, "event attribute")
SCRIPT_TARGET = Kind(_ACTIVE, _DANGER, "link that runs a script or carries its own content")
FORM = Kind(_ACTIVE, _WARNING, "form that sends what is entered")
PASSWORD_FIELD = Kind(_ACTIVE, _DANGER, "field that asks for a password")
META_REFRESH = Kind(_ACTIVE, _WARNING, "automatic redirection (meta refresh)")
FRAME = Kind(_EMBEDDED, _WARNING, "embedded page (iframe, frame, portal)")
PLUGIN = Kind(_EMBEDDED, _WARNING, "embedded object (object, embed, applet)")
VECTOR_IMAGE = Kind(_EMBEDDED, _NOTE, "embedded drawing (svg)")
FORMULA = Kind(_EMBEDDED, _NOTE, "embedded formula (math); its characters stay", Action.REWRITTEN)
INLINE_IMAGE = Kind(_EMBEDDED, _NOTE, "image inside the page (data)")
IMAGE_OF_THE_MAIL = Kind(_EMBEDDED, _NOTE, "image of the mail (cid), a part of its own", Action.NOTED)
BASE = Kind(_REFERENCE, _NOTE, "base address for links")
LINKED_RESOURCE = Kind(_REFERENCE, _NOTE, "linked resource (link element)")
REMOTE_IMAGE = Kind(_REFERENCE, _NOTE, "remote image")
TRACKING_PIXEL = Kind(_REFERENCE, _WARNING, "tracking pixel")
BACKGROUND = Kind(_REFERENCE, _NOTE, "background image")
STYLE_REFERENCE = Kind(_REFERENCE, _NOTE, "remote resource in a style (url, import, font)")
MEDIA = Kind(_REFERENCE, _NOTE, "video or audio")
PING = Kind(_REFERENCE, _WARNING, "link that reports the click to another address (ping)")
STYLE_SHEET = Kind(_METADATA, _NOTE, "style sheet")
STYLE_SCRIPT = Kind(_ACTIVE, _WARNING, "script in a style (expression, behavior, binding)")
COMMENT = Kind(_METADATA, _NOTE, "comment")
CONDITIONAL_COMMENT = Kind(_HIDDEN, _NOTE, "content for one mail program only (conditional comment)")
TEMPLATE = Kind(_HIDDEN, _NOTE, "template that is not shown")
NOT_SHOWN = Kind(_HIDDEN, _NOTE, "fallback content that is not shown (noframes, noembed, datalist)")
XML_ISLAND = Kind(_METADATA, _NOTE, "XML data island")
FILE_IN_TEXT = Kind(_EMBEDDED, _WARNING, "beginning of a file in the text (uuencode, yEnc, BinHex)", Action.REWRITTEN)
HIDDEN_FIELD = Kind(_HIDDEN, _NOTE, "hidden form field")

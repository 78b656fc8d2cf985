"""Elements that never go on, and what is said of them."""

from typing import Final

from sanitizers.formats.odf.namespaces import clark
from sanitizers.markup.census import Kind
from sanitizers.model import Action, Severity, Threat

MACRO: Final = Kind(Threat.ACTIVE_CONTENT, Severity.DANGER, "macros (Basic and other scripts)")
LISTENER: Final = Kind(Threat.ACTIVE_CONTENT, Severity.DANGER, "an event that starts a macro or a program")
FIELD_MACRO: Final = Kind(Threat.ACTIVE_CONTENT, Severity.DANGER, "a field that starts a macro or a script")
DDE: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.DANGER, "a link to another program (DDE)")
APPLET: Final = Kind(Threat.ACTIVE_CONTENT, Severity.DANGER, "a Java applet")
PLUGIN: Final = Kind(Threat.EMBEDDED_OBJECT, Severity.WARNING, "a plug-in, sound or video")
FLOATING: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a frame that shows another file")
OLE: Final = Kind(Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded object (OLE)", Action.REPLACED)
OBJECT: Final = Kind(Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded file", Action.REPLACED)
DATA: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a connection to data outside the file")
DATA_FIELD: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "fields of a database", Action.REPLACED)
LINKED: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "content linked from another file")
LINKED_PICTURE: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a linked picture", Action.REPLACED)
SOUND: Final = Kind(Threat.EMBEDDED_OBJECT, Severity.NOTE, "sound or video")
XFORMS: Final = Kind(Threat.ACTIVE_CONTENT, Severity.WARNING, "a form with rules and submission (XForms)")
FORM: Final = Kind(Threat.ACTIVE_CONTENT, Severity.NOTE, "a form control that reaches outside the file")
SUBMISSION: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "an address to which a form is sent")
FONT: Final = Kind(Threat.EMBEDDED_OBJECT, Severity.NOTE, "an embedded font")
RDF: Final = Kind(Threat.METADATA, Severity.NOTE, "data about the text (RDF)")
PROPERTIES: Final = Kind(Threat.METADATA, Severity.NOTE, "document properties")
PRINTER: Final = Kind(Threat.METADATA, Severity.NOTE, "printer settings")
THUMBNAIL: Final = Kind(Threat.METADATA, Severity.NOTE, "a thumbnail")
SIGNATURE: Final = Kind(Threat.METADATA, Severity.WARNING, "a digital signature, no longer valid in a new file")
TOOLBARS: Final = Kind(Threat.ACTIVE_CONTENT, Severity.WARNING, "buttons, menus and keys of its own for the program")
UNREFERENCED: Final = Kind(Threat.METADATA, Severity.NOTE, "parts that the document does not refer to")
UNKNOWN_PART: Final = Kind(Threat.UNSUPPORTED, Severity.NOTE, "parts of a kind that is not carried on")
MISSING: Final = Kind(Threat.MALFORMED, Severity.NOTE, "a reference to a part that is not there")
BROKEN: Final = Kind(Threat.MALFORMED, Severity.WARNING, "a part that cannot be read")
NO_PICTURE: Final = Kind(
    Threat.UNSUPPORTED, Severity.NOTE, "a picture that cannot be cleaned; a grey field takes its place", Action.REPLACED
)
UNKNOWN_ELEMENT: Final = Kind(Threat.UNSUPPORTED, Severity.NOTE, "markup that is not known here")
UNKNOWN_VALUE: Final = Kind(Threat.UNSUPPORTED, Severity.NOTE, "values that are not known here")
ADDRESS_IN_VALUE: Final = Kind(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a reference to something outside the file")
REACHING_FORMULA: Final = Kind(
    Threat.ACTIVE_CONTENT, Severity.DANGER, "a formula that starts a program or reaches out", Action.REPLACED
)
UNKNOWN_FORMULA: Final = Kind(
    Threat.UNSUPPORTED,
    Severity.NOTE,
    "a formula with functions that are not known here; its result stays",
    Action.REPLACED,
)
LEFT_FORMULA: Final = Kind(
    Threat.HIDDEN_CONTENT, Severity.NOTE, "a formula about a removed hidden sheet; its result stays", Action.REPLACED
)
ANOMALY: Final = "package"

_NAMES: Final = {
    "office:script": MACRO,
    "text:execute-macro": FIELD_MACRO,
    "text:script": FIELD_MACRO,
    "table:error-macro": LISTENER,
    "script:event-listener": LISTENER,
    "office:dde-source": DDE,
    "table:dde-links": DDE,
    "table:dde-link": DDE,
    "text:dde-connection-decls": DDE,
    "text:dde-connection": DDE,
    "draw:applet": APPLET,
    "draw:plugin": PLUGIN,
    "draw:floating-frame": FLOATING,
    "draw:object-ole": OLE,
    "presentation:sound": SOUND,
    "anim:audio": SOUND,
    "anim:command": SOUND,
    "text:database-display": DATA_FIELD,
    "text:database-name": DATA_FIELD,
    "text:database-next": DATA_FIELD,
    "text:database-row-number": DATA_FIELD,
    "text:database-row-select": DATA_FIELD,
    "text:alphabetical-index-auto-mark-file": LINKED,
    "table:table-source": LINKED,
    "table:cell-range-source": LINKED,
    "table:database-source-query": DATA,
    "table:database-source-sql": DATA,
    "table:database-source-table": DATA,
    "table:source-service": DATA,
    "form:connection-resource": DATA,
    "form:file": FORM,
    "form:generic-control": FORM,
    "form:grid": FORM,
    "form:hidden": FORM,
    "form:image": FORM,
    "form:image-frame": FORM,
    "xforms:model": XFORMS,
    "svg:font-face-src": FONT,
    "svg:definition-src": LINKED,
}
#: Tag → what is said.
DROPPED: Final = {clark(name): kind for name, kind in _NAMES.items()}

#: Fields of which the words that they show go on.
SHOWN: Final = frozenset(
    clark(name)
    for name in (
        "text:execute-macro", "text:dde-connection", "text:database-display", "text:database-name",
        "text:database-row-number",
    )
)  # fmt: skip

#: Nothing that a reader sees, nothing that does anything: not worth a word.
SILENT: Final = frozenset(
    clark(name)
    for name in (
        "form:properties", "office:settings", "loext:theme-extension", "text:dde-connection-decl", "office:meta",
    )
)  # fmt: skip
#: The same for attributes: identifiers of editing sessions, presentation of links by a browser, what is told elsewhere.
SILENT_ATTRIBUTES: Final = frozenset(
    clark(name)
    for name in (
        "xlink:type", "xlink:show", "xlink:actuate", "xlink:title", "officeooo:rsid", "officeooo:paragraph-rsid",
        "office:version", "office:mimetype", "draw:mime-type", "loext:mime-type", "draw:filter-name",
        "form:apply-filter", "form:command-type", "form:navigation-mode", "form:tab-cycle", "form:allow-deletes",
        "form:allow-inserts", "form:allow-updates", "form:escape-processing", "form:ignore-result", "form:method",
        "form:enctype", "form:bound-column", "form:validation", "form:list-source-type", "office:server-map",
        "office:target-frame", "table:protection-key", "table:protection-key-digest-algorithm", "text:protection-key",
        "text:protection-key-digest-algorithm", "loext:protection-key-digest-algorithm-2",
        "table:protection-key-digest-algorithm-2", "loext:rsid", "form:form-id", "script:language", "form:datasource",
        "form:command", "form:order", "form:filter", "form:master-fields", "form:detail-fields",
        "office:conversion-mode", "draw:notify-on-update-of-ranges", "loext:resolved-id",
    )
)  # fmt: skip

"""Content controls and the older form fields (ECMA-376 part 1, 17.5.2 and 17.16; [MS-DOCX] for check boxes)."""

from typing import Final

from sanitizers.formats.ooxml.allowed import Entry, Fate
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.word.notation import rows, table
from sanitizers.model import Severity, Threat

_FORM_MACRO: Final = Trace(Threat.ACTIVE_CONTENT, Severity.WARNING, "a form field that starts a macro")

ELEMENTS: Final[dict[str, Entry]] = {
    **rows("temporary showingPlcHdr docPartUnique enabled calcOnExit sizeAuto checked", "val=flag"),
    **rows("alias tag docPartGallery docPartCategory listEntry format", "val=text"),
    **rows("label tabIndex id size result maxLength", "val=number"),
    **rows("equation picture richText citation group bibliography"),
    **rows("lock storeMappedDataAs calendar", "val"),
    **rows("dropDownList comboBox", "lastValue=text > listItem"),
    **rows("docPartObj docPartList", "> docPartGallery docPartCategory docPartUnique"),
    **rows("helpText statusText", "type val=text"),
    **rows("checkedState uncheckedState", "font=name val=hex", prefix="w14"),
    **table({
        "w:sdt": "> sdtPr sdtEndPr sdtContent $ranges",
        "w:sdtPr": "> rPr alias tag id lock temporary showingPlcHdr label tabIndex equation comboBox date docPartObj"
        " docPartList"
        " dropDownList picture richText text citation group bibliography w14:checkbox w15:appearance w15:color"
        " w15:repeatingSection w15:repeatingSectionItem",
        "w:sdtEndPr": "> rPr",
        "w:sdtContent": "> $blocks $inline tr tc",
        "w:listItem": "displayText=text value=text",
        "w:date": "fullDate=date > dateFormat lid storeMappedDataAs calendar",
        "w:dateFormat": "val=text",
        "w:text": "multiLine=flag",
        "w14:checkbox": "> checked checkedState uncheckedState",
        "w14:checked": "val=flag",
        "w15:appearance": "val",
        "w15:color": "w:val=colour w:themeColor w:themeTint=hex w:themeShade=hex",
        "w15:repeatingSection": "> sectionTitle doNotAllowInsertDeleteSection",
        "w15:sectionTitle": "w:val=text",
        "w15:doNotAllowInsertDeleteSection": "w:val=flag",
        "w15:repeatingSectionItem": "",
        # Fields: `fields.py` has left only whole, harmless ones.
        "w:fldChar": "fldCharType fldLock=flag dirty=flag > ffData numberingChange",
        "w:ffData": "> name label tabIndex enabled calcOnExit helpText statusText checkBox ddList textInput",
        "w:name": "val=name",
        "w:checkBox": "> size sizeAuto default checked",
        "w:ddList": "> result default listEntry",
        "w:textInput": "> type default maxLength format",
        "w:default": "val=text",
    }),
    "w:entryMacro": _FORM_MACRO,
    "w:exitMacro": _FORM_MACRO,
    "w:fldData": Fate.SILENT,  # data of the program that wrote a field
    # The data that a control is bound to are no part of the new file, nor is the glossary with its placeholder.
    "w:dataBinding": Fate.SILENT,
    "w15:dataBinding": Fate.SILENT,
    "w:placeholder": Fate.SILENT,
    "w15:webExtensionLinked": Fate.SILENT,
    "w15:webExtensionCreated": Fate.SILENT,
    "w14:entityPicker": Fate.SILENT,
    "w16sdtdh:dataHash": Fate.SILENT,
}  # fmt: skip

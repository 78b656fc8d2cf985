"""settings.xml anew: how the text is set and which part of a sheet stands still; no printer, no links, no history."""

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from sanitizers.formats.odf import dropped, values
from sanitizers.formats.odf.namespaces import NAMESPACES, clark
from sanitizers.formats.odf.parsing import XML

if TYPE_CHECKING:
    from sanitizers.formats.odf.document import Document

FILE: Final = "settings.xml"

#: Items of LibreOffice's document settings on which the layout depends, and what a reader sees of a sheet.
_ITEM_TABLE: Final = """
    AddExternalLeading AddFrameOffsets AddParaLineSpacingToTableCells AddParaSpacingToTableCells AddParaTableSpacing
    AddParaTableSpacingAtStart AddVerticalFrameOffsets ApplyParagraphMarkFormatToNumbering
    BackgroundParaOverDrawings CharacterCompressionType ClipAsCharacterAnchoredWriterFlyFrames ClippedPictures
    CollapseEmptyCellPara ConsiderTextWrapOnObjPos ContinuousEndnotes DisableOffPagePositioning
    DoNotCaptureDrawObjsOnPage DoNotJustifyLinesWithManualBreak DoNotResetParaAttrsForNumFont EmptyDbFieldHidesPara
    ForbiddenCharacters FootnoteInColumnToPageEnd FrameAutowidthWithMorePara GutterAtTop HeaderSpacingBelowLastPara
    HyphenateURLs IgnoreFirstLineIndentInNumbering IgnoreTabsAndBlanksForLineCalculation InvertBorderSpacing
    IsKernAsianPunctuation JustifyLinesWithShrinking MathBaselineAlignment MinRowHeightInclBorder
    MsWordCompMinLineHeightByFly MsWordCompTrailingBlanks NoGapAfterNoteNumber NoNumberingShowFollowBy
    OutlineLevelYieldsNumbering ParaSpaceMaxAtPages PropLineSpacingShrinksFirstLine ProtectBookmarks ProtectFields
    ProtectForm StylesNoDefault SurroundTextWrapSmall TabAtLeftIndentForParagraphsInList TableRowKeep TabOverMargin
    TabOverSpacing TabsRelativeToIndent TreatSingleColumnBreakAsPageBreak UnbreakableNumberings
    UnxForceZeroExtLeading UseFormerLineSpacing UseFormerObjectPositioning UseFormerTextWrapping UseOldNumbering
    UseOldPrinterMetrics WordLikeWrapForAsCharFlys WrapAsCharFlysLikeInOOXML IsTabPositionRelativeToIndent
    IsSummationOfParagraphs ParagraphSummation ActiveTable HorizontalSplitMode VerticalSplitMode
    HorizontalSplitPosition VerticalSplitPosition ActiveSplitRange PositionLeft PositionRight PositionTop
    PositionBottom ShowGrid HasColumnRowHeaders ShowZeroValues ShowPageBreakPreview ShowNotes RightToLeft ZoomType
    ZoomValue Tables Views ViewId AutoCalculate IsOutlineSymbolsSet HasSheetTabs HasOutlineSymbols Language Country
    Variant BeginLine EndLine
    ViewAreaTop ViewAreaLeft ViewAreaWidth ViewAreaHeight VisibleAreaTop VisibleAreaLeft VisibleAreaWidth
    VisibleAreaHeight DefaultTabStop BaseFontHeight IsTextMode IsScaleAllBrackets GreekCharStyle
"""
_ITEMS: Final = frozenset(_ITEM_TABLE.split())
_TYPES: Final = frozenset({"boolean", "byte", "short", "int", "long", "double", "string"})
_SETS: Final = ("ooo:view-settings", "ooo:configuration-settings", "view-settings", "configuration-settings")
_SET: Final = clark("config:config-item-set")
_ITEM: Final = clark("config:config-item")
_MAPS: Final = {
    clark(f"config:config-item-map-{kind}"): f"config:config-item-map-{kind}" for kind in ("indexed", "named")
}
_ENTRY: Final = clark("config:config-item-map-entry")
_NAME: Final = clark("config:name")
_TYPE: Final = clark("config:type")
_PRINTERS: Final = ("PrinterSetup", "PrinterName", "PrinterPaperFromSetup")
_PLAIN: Final = re.compile(r"[\w .,:;\-]{0,200}")
_ASIAN_MARKS: Final = re.compile(r"[^\x00-\x1f<>&]{0,200}")
_DEEPEST: Final = 8


def keep(document: "Document", folder: str, root: XML | None, extra: str) -> None:
    """Write the settings that go on, if there are any."""
    settings = root.find(clark("office:settings")) if root is not None else None
    if settings is None:
        return
    for item in settings.iter(_ITEM):
        if item.get(_NAME) in _PRINTERS and (item.text or "").strip():
            document.census.met(dropped.PRINTER)
            break
    sets = []
    for child in settings:
        name = child.get(_NAME) or ""
        inner = _content(child, 0) if child.tag == _SET and name in _SETS else ""
        if inner:
            sets.append(f"<config:config-item-set config:name={quoteattr(name)}>{inner}</config:config-item-set>")
    if sets:
        spaces = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("config", "office", "ooo"))
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-settings{spaces}{extra}>'
        text = f"{head}<office:settings>{''.join(sets)}</office:settings></office:document-settings>"
        document.keep(f"{folder}{FILE}", text.encode(), "text/xml")


def _content(parent: XML, depth: int) -> str:
    return "".join(_written(child, depth) for child in parent) if depth < _DEEPEST else ""


def _written(element: XML, depth: int) -> str:
    name = element.get(_NAME) or ""
    if element.tag == _ENTRY:  # by number, or by the name of a sheet
        shown = values.name(name)
        stated = f" config:name={quoteattr(shown)}" if shown else ""
        inner = _content(element, depth + 1)
        return f"<config:config-item-map-entry{stated}>{inner}</config:config-item-map-entry>" if inner else ""
    if name not in _ITEMS:
        return ""
    if element.tag in _MAPS:
        inner = _content(element, depth + 1)
        tag = _MAPS[element.tag]
        return f"<{tag} config:name={quoteattr(name)}>{inner}</{tag}>" if inner else ""
    return _item(element, name) if element.tag == _ITEM else ""


def _item(element: XML, name: str) -> str:
    type_ = element.get(_TYPE) or ""
    text = element.text or ""
    fits = _ASIAN_MARKS if name in {"BeginLine", "EndLine"} else _PLAIN
    shown = name == "ActiveTable" and values.name(text) is not None
    if type_ not in _TYPES or not (shown or fits.fullmatch(text)):
        return ""
    start = f'<config:config-item config:name="{name}" config:type="{type_}"'
    return f"{start}>{escape(text)}</config:config-item>" if text else f"{start}/>"

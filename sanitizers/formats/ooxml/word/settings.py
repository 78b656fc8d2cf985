"""Settings of a document (ECMA-376 part 1, 17.15.1): how it is laid out; nothing that leads out of it or runs."""

from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Fate, Grammar
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.word import mathematics, paragraphs
from sanitizers.formats.ooxml.word.notation import rows, table
from sanitizers.model import Severity, Threat

_MERGE: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a mail merge with its source of data")
_UPDATE: Final = Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "an order to update all fields when the document opens")
_PASSWORD: Final = Trace(Threat.METADATA, Severity.NOTE, "the hash of a password for editing")
_VARIABLES: Final = Trace(Threat.METADATA, Severity.NOTE, "document variables")
_CONVERSION: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a conversion (XSLT) on saving")

#: 17.15.3: how text is laid out the way older programs did; East Asian line breaking among them.
_COMPATIBILITY: Final = (
    "useSingleBorderforContiguousCells wpJustification noTabHangInd noLeading spaceForUL noColumnBalance"
    " balanceSingleByteDoubleByteWidth noExtraLineSpacing doNotLeaveBackslashAlone ulTrailSpace doNotExpandShiftReturn"
    " spacingInWholePoints lineWrapLikeWord6 printBodyTextBeforeHeader printColBlack wpSpaceWidth showBreaksInFrames"
    " subFontBySize suppressBottomSpacing suppressTopSpacing suppressSpacingAtTopOfPage suppressTopSpacingWP"
    " suppressSpBfAfterPgBrk swapBordersFacingPages convMailMergeEsc truncateFontHeightsLikeWP6 mwSmallCaps"
    " usePrinterMetrics"
    " doNotSuppressParagraphBorders wrapTrailSpaces footnoteLayoutLikeWW8 shapeLayoutLikeWW8 alignTablesRowByRow"
    " forgetLastTabAlignment adjustLineHeightInTable autoSpaceLikeWord95 noSpaceRaiseLower"
    " doNotUseHTMLParagraphAutoSpacing"
    " layoutRawTableWidth layoutTableRowsApart useWord97LineBreakRules doNotBreakWrappedTables doNotSnapToGridInCell"
    " selectFldWithFirstOrLastChar applyBreakingRules doNotWrapTextWithPunct doNotUseEastAsianBreakRules"
    " useWord2002TableStyleRules growAutofit useFELayout useNormalStyleForList doNotUseIndentAsNumberingTabStop"
    " useAltKinsokuLineBreakRules allowSpaceOfSameStyleInTable doNotSuppressIndentation doNotAutofitConstrainedTables"
    " autofitToFirstFixedWidthCell underlineTabInNumList displayHangulFixedWidth splitPgBreakAndParaMark"
    " doNotVertAlignCellWithSp doNotBreakConstrainedForcedTable doNotVertAlignInTxbx useAnsiKerningPairs"
    " cachedColBalance"
)
#: On or off, for the whole document.
_FLAGS: Final = (
    "doNotDisplayPageBoundaries displayBackgroundShape printPostScriptOverText printFractionalCharacterWidth"
    " mirrorMargins"
    " alignBordersAndEdges bordersDoNotSurroundHeader bordersDoNotSurroundFooter gutterAtTop trackRevisions"
    " doNotTrackMoves"
    " doNotTrackFormatting autoFormatOverride styleLockTheme styleLockQFSet autoHyphenation doNotHyphenateCaps"
    " evenAndOddHeaders"
    " bookFoldRevPrinting bookFoldPrinting doNotUseMarginsForDrawingGridOrigin doNotShadeFormData noPunctuationKerning"
    " printTwoOnOne strictFirstAndLastChars alwaysShowPlaceholderText doNotIncludeSubdocsInStats"
    " doNotAutoCompressPictures"
    " hideSpellingErrors hideGrammaticalErrors removePersonalInformation removeDateAndTime"
)
_NUMBERS: Final = (
    "defaultTabStop consecutiveHyphenLimit hyphenationZone summaryLength bookFoldPrintingSheets"
    " drawingGridHorizontalSpacing"
    " drawingGridVerticalSpacing displayHorizontalDrawingGridEvery displayVerticalDrawingGridEvery"
    " drawingGridHorizontalOrigin"
    " drawingGridVerticalOrigin"
)
_KEPT: Final = (
    f"writeProtection view zoom {_FLAGS} {_NUMBERS} documentProtection clickAndTypeStyle defaultTableStyle"
    " characterSpacingControl noLineBreaksAfter noLineBreaksBefore footnotePr endnotePr compat m:mathPr themeFontLang"
    " clrSchemeMapping decimalSymbol listSeparator w15:chartTrackingRefBased w14:defaultImageDpi"
)
#: Passwords for editing (AG_Password, AG_TransitionalPassword).
_SALTS: Final = (
    "cryptProviderType cryptAlgorithmClass cryptAlgorithmType cryptAlgorithmSid cryptSpinCount cryptProvider algIdExt"
    " algIdExtSource cryptProviderTypeExt cryptProviderTypeExtSource salt algorithmName saltValue spinCount"
)
_HASHES: Final[dict[str, Trace | Fate]] = {
    **dict.fromkeys(("w:hash", "w:hashValue"), _PASSWORD),
    **dict.fromkeys((f"w:{name}" for name in _SALTS.split()), Fate.SILENT),
}
_COLOURS: Final = "bg1 t1 bg2 t2 accent1 accent2 accent3 accent4 accent5 accent6 hyperlink followedHyperlink"
#: What nobody sees: how the program was used, identifiers, editing aids.
_UNSEEN: Final = (
    "rsids proofState activeWritingStyle formsDesign attachedTemplate linkStyles stylePaneFormatFilter"
    " stylePaneSortMethod"
    " documentType revisionView showEnvelope savePreviewPicture doNotValidateAgainstSchema saveInvalidXml"
    " ignoreMixedContent"
    " doNotDemarcateInvalidXml saveXmlDataOnly useXSLTWhenSaving showXMLTags alwaysMergeEmptyNamespace hdrShapeDefaults"
    " attachedSchema forceUpgrade captions readModeInkLockDown smartTagType shapeDefaults doNotEmbedSmartTags"
    " printFormsData"
    " embedTrueTypeFonts embedSystemFonts saveSubsetFonts saveFormsData uiCompat97To2003"
)

SETTINGS: Final = Grammar(
    "w:settings",
    {
        **mathematics.ELEMENTS,
        **{name: paragraphs.ELEMENTS[name] for name in (
            "w:footnotePr", "w:endnotePr", "w:pos", "w:numFmt", "w:numStart", "w:numRestart")},
        **rows(f"{_FLAGS} {_COMPATIBILITY}", "val=flag"),
        **rows(_NUMBERS, "val=number"),
        **rows("clickAndTypeStyle defaultTableStyle decimalSymbol listSeparator", "val=name"),
        **rows("noLineBreaksAfter noLineBreaksBefore", "lang=language val=text"),  # 17.15.1.58: kinsoku
        **rows("footnote endnote", "id=number"),
        **table({
            "w:settings": f"w:conformance=silent > {_KEPT}",
            "w:view": "val",
            "w:zoom": "val percent=number",
            "w:characterSpacingControl": "val",
            "w:compat": f"> {_COMPATIBILITY} compatSetting",
            "w:themeFontLang": "val=language eastAsia=language bidi=language",
            "w:clrSchemeMapping": _COLOURS,
            "w15:chartTrackingRefBased": "w:val=flag",
            "w14:defaultImageDpi": "val=number",
        }),
        "w:compatSetting": Element(
            attributes={
                "w:name": values.token,
                "w:uri": values.only("http://schemas.microsoft.com/office/word"),
                "w:val": values.matching(r"[A-Za-z0-9_-]{1,64}"),
            },
            required=frozenset({"w:uri"}), children=frozenset(),
        ),
        "w:documentProtection": Element(
            attributes={
                "w:edit": values.token,
                "w:formatting": values.boolean,
                "w:enforcement": values.boolean,
                **_HASHES,
            },
            children=frozenset(),
        ),
        "w:writeProtection": Element(attributes={"w:recommended": values.boolean, **_HASHES}, children=frozenset()),
        **dict.fromkeys((f"w:{name}" for name in _UNSEEN.split()), Fate.SILENT),
        "sl:schemaLibrary": Fate.SILENT,
        **dict.fromkeys(("w14:docId", "w15:docId", "w14:conflictMode", "w14:discardImageEditingData"), Fate.SILENT),
        "w:mailMerge": _MERGE,
        "w:updateFields": _UPDATE,
        "w:docVars": _VARIABLES,
        "w:saveThroughXslt": _CONVERSION,
    },
)  # fmt: skip

"""Pivot tables, and the data that they are made from, as the file keeps it (18.10)."""

from typing import Final

from sanitizers.formats.ooxml.excel.notation import table

PIVOT_TABLE: Final = table({
    "x:pivotTableDefinition": (
        "name=text cacheId=n dataOnRows=flag dataPosition=n autoFormatId=n applyNumberFormats=flag "
        "applyBorderFormats=flag applyFontFormats=flag applyPatternFormats=flag applyAlignmentFormats=flag "
        "applyWidthHeightFormats=flag dataCaption=text grandTotalCaption=text errorCaption=text showError=flag "
        "missingCaption=text showMissing=flag pageStyle=text pivotTableStyle=text vacatedStyle=text tag=text "
        "updatedVersion=n minRefreshableVersion=n asteriskTotals=flag showItems=flag editData=flag "
        "disableFieldList=flag showCalcMbrs=flag visualTotals=flag showMultipleLabel=flag showDataDropDown=flag "
        "showDrill=flag printDrill=flag showMemberPropertyTips=flag showDataTips=flag enableWizard=flag "
        "enableDrill=flag enableFieldProperties=flag preserveFormatting=flag useAutoFormatting=flag pageWrap=n "
        "pageOverThenDown=flag subtotalHiddenItems=flag rowGrandTotals=flag colGrandTotals=flag fieldPrintTitles=flag "
        "itemPrintTitles=flag mergeItem=flag showDropZones=flag createdVersion=n indent=n showEmptyRow=flag "
        "showEmptyCol=flag showHeaders=flag compact=flag outline=flag outlineData=flag compactData=flag "
        "published=flag gridDropZones=flag immersive=flag multipleFieldFilters=flag chartFormat=n "
        "rowHeaderCaption=text colHeaderCaption=text fieldListSortAscending=flag mdxSubqueries=flag "
        "customListSort=flag > location pivotFields rowFields rowItems colFields colItems pageFields dataFields "
        "formats conditionalFormats chartFormats pivotHierarchies pivotTableStyleInfo filters rowHierarchiesUsage "
        "colHierarchiesUsage extLst"
    ),
    "x:location": "ref=area firstHeaderRow=n firstDataRow=n firstDataCol=n rowPageCount=n colPageCount=n",
    "x:pivotFields": "count=n > pivotField",
    "x:rowFields": "count=n > field",
    "x:rowItems": "count=n > i",
    "x:colFields": "count=n > field",
    "x:colItems": "count=n > i",
    "x:pageFields": "count=n > pageField",
    "x:dataFields": "count=n > dataField",
    "x:formats": "count=n > format",
    "x:conditionalFormats": "count=n > conditionalFormat",
    "x:chartFormats": "count=n > chartFormat",
    "x:pivotHierarchies": "count=n > pivotHierarchy",
    "x:pivotTableStyleInfo": (
        "name=text showRowHeaders=flag showColHeaders=flag showRowStripes=flag showColStripes=flag "
        "showLastColumn=flag"
    ),
    "x:filters": "count=n blank=flag calendarType > filter x14:filter dateGroupItem",
    "x:rowHierarchiesUsage": "count=n > rowHierarchyUsage",
    "x:colHierarchiesUsage": "count=n > colHierarchyUsage",
    "x:pivotField": (
        "name=text axis dataField=flag subtotalCaption=text showDropDowns=flag hiddenLevel=flag "
        "uniqueMemberProperty=text compact=flag allDrilled=flag numFmtId=n outline=flag subtotalTop=flag "
        "dragToRow=flag dragToCol=flag multipleItemSelectionAllowed=flag dragToPage=flag dragToData=flag dragOff=flag "
        "showAll=flag insertBlankRow=flag serverField=flag insertPageBreak=flag autoShow=flag topAutoShow=flag "
        "hideNewItems=flag measureFilter=flag includeNewItemsInFilter=flag itemPageCount=n sortType "
        "dataSourceSort=flag nonAutoSortDefault=flag rankBy=n defaultSubtotal=flag sumSubtotal=flag "
        "countASubtotal=flag avgSubtotal=flag maxSubtotal=flag minSubtotal=flag productSubtotal=flag "
        "countSubtotal=flag stdDevSubtotal=flag stdDevPSubtotal=flag varSubtotal=flag varPSubtotal=flag "
        "showPropCell=flag showPropTip=flag showPropAsCaption=flag defaultAttributeDrillState=flag > items "
        "autoSortScope extLst"
    ),
    "x:field": "x=int",
    "x:i": "t r=n i=n > x",
    "x:pageField": "fld=int item=n hier=int name=text cap=text > extLst",
    "x:dataField": "name=text fld=n subtotal showDataAs baseField=int baseItem=n numFmtId=n > extLst",
    "x:format": "action dxfId=n > pivotArea extLst",
    "x:conditionalFormat": "scope type priority=n > pivotAreas extLst",
    "x:chartFormat": "chart=n format=n series=flag > pivotArea",
    "x:pivotHierarchy": (
        "outline=flag multipleItemSelectionAllowed=flag subtotalTop=flag showInFieldList=flag dragToRow=flag "
        "dragToCol=flag dragToPage=flag dragToData=flag dragOff=flag includeNewItemsInFilter=flag caption=text > mps "
        "members extLst"
    ),
    "x:filter": (
        "fld=n mpFld=n type evalOrder=int id=n iMeasureHier=n iMeasureFld=n name=text description=text "
        "stringValue1=text stringValue2=text val=text > autoFilter extLst"
    ),
    "x:rowHierarchyUsage": "hierarchyUsage=int",
    "x:colHierarchyUsage": "hierarchyUsage=int",
    "x:items": "count=n > item",
    "x:autoSortScope": "> pivotArea",
    "x:x": "v=n",
    "x:pivotArea": (
        "field=int type dataOnly=flag labelOnly=flag grandRow=flag grandCol=flag cacheIndex=flag outline=flag "
        "offset=text collapsedLevelsAreSubtotals=flag axis fieldPosition=n > references extLst"
    ),
    "x:pivotAreas": "count=n > pivotArea",
    "x:mps": "count=n > mp",
    "x:members": "count=n level=n > member",
    "x:item": "n=text t h=flag s=flag sd=flag f=flag m=flag c=flag x=n d=flag e=flag",
    "x:references": "count=n > reference",
    "x:mp": "name=text showCell=flag showTip=flag showAsCaption=flag nameLen=n pPos=n pLen=n level=n field=n",
    "x:member": "name=text",
    "x:reference": (
        "field=n count=n selected=flag byPosition=flag relative=flag defaultSubtotal=flag sumSubtotal=flag "
        "countASubtotal=flag avgSubtotal=flag maxSubtotal=flag minSubtotal=flag productSubtotal=flag "
        "countSubtotal=flag stdDevSubtotal=flag stdDevPSubtotal=flag varSubtotal=flag varPSubtotal=flag > x extLst"
    ),
})  # fmt: skip

PIVOT_CACHE: Final = table({
    "x:pivotCacheDefinition": (
        "r:id=text invalid=flag saveData=flag refreshOnLoad=flag optimizeMemory=flag enableRefresh=flag "
        "refreshedBy=text refreshedDateIso=date refreshedDate=number backgroundQuery=flag missingItemsLimit=n "
        "createdVersion=n refreshedVersion=n minRefreshableVersion=n recordCount=n upgradeOnRefresh=flag "
        "tupleCache=flag supportSubquery=flag supportAdvancedDrill=flag > cacheSource cacheFields calculatedItems "
        "extLst"
    ),
    "x:cacheSource": "type connectionId=n > worksheetSource consolidation extLst",
    "x:cacheFields": "count=n > cacheField",
    "x:calculatedItems": "count=n > calculatedItem",
    "x:worksheetSource": "ref=area name=text sheet=text r:id=text",
    "x:consolidation": "autoPage=flag > pages rangeSets",
    "x:cacheField": (
        "name=text caption=text propertyName=text serverField=flag uniqueList=flag numFmtId=n formula=text "
        "sqlType=int hierarchy=int level=n databaseField=flag mappingCount=n memberPropertyField=flag > sharedItems "
        "fieldGroup extLst"
    ),
    "x:calculatedItem": "field=n formula=text > pivotArea extLst",
    "x:pages": "count=n > page",
    "x:rangeSets": "count=n > rangeSet",
    "x:sharedItems": (
        "containsSemiMixedTypes=flag containsNonDate=flag containsDate=flag containsString=flag containsBlank=flag "
        "containsMixedTypes=flag containsNumber=flag containsInteger=flag minValue=number maxValue=number "
        "minDate=date maxDate=date count=n longText=flag > m n b e s d"
    ),
    "x:fieldGroup": "par=n base=n > rangePr discretePr groupItems",
    "x:pivotArea": (
        "field=int type dataOnly=flag labelOnly=flag grandRow=flag grandCol=flag cacheIndex=flag outline=flag "
        "offset=text collapsedLevelsAreSubtotals=flag axis fieldPosition=n > references extLst"
    ),
    "x:page": "count=n > pageItem",
    "x:rangeSet": "i1=n i2=n i3=n i4=n ref=area name=text sheet=text r:id=text",
    "x:m": "u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:n": "v=number u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:b": "v=flag u=flag f=flag c=text cp=n > x",
    "x:e": "v=text u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:s": "v=text u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:d": "v=date u=flag f=flag c=text cp=n > x",
    "x:rangePr": (
        "autoStart=flag autoEnd=flag groupBy startNum=number endNum=number startDate=date endDate=date "
        "groupInterval=number"
    ),
    "x:discretePr": "count=n > x",
    "x:groupItems": "count=n > m n b e s d",
    "x:references": "count=n > reference",
    "x:pageItem": "name=text",
    "x:x": "v=n",
    "x:reference": (
        "field=n count=n selected=flag byPosition=flag relative=flag defaultSubtotal=flag sumSubtotal=flag "
        "countASubtotal=flag avgSubtotal=flag maxSubtotal=flag minSubtotal=flag productSubtotal=flag "
        "countSubtotal=flag stdDevSubtotal=flag stdDevPSubtotal=flag varSubtotal=flag varPSubtotal=flag > x extLst"
    ),
})  # fmt: skip

PIVOT_RECORDS: Final = table({
    "x:pivotCacheRecords": "count=n > r extLst",
    "x:r": "> m n b e s d x",
    "x:m": "u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:n": "v=number u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:b": "v=flag u=flag f=flag c=text cp=n > x",
    "x:e": "v=text u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:s": "v=text u=flag f=flag c=text cp=n in=n bc=hex fc=hex i=flag un=flag st=flag b=flag > x",
    "x:d": "v=date u=flag f=flag c=text cp=n > x",
    "x:x": "v=int",
})  # fmt: skip

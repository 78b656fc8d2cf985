"""Filters and sorting of ranges, tables and pivot tables (18.3.2)."""

from typing import Final

from sanitizers.formats.ooxml.excel.notation import table

FILTERS: Final = table({
    "x:autoFilter": "ref=area > filterColumn sortState extLst",
    "x:sortState": "columnSort=flag caseSensitive=flag sortMethod ref=area > x14:sortCondition sortCondition extLst",
    "x:filterColumn": (
        "colId=n hiddenButton=flag showButton=flag > filters top10 x14:customFilters customFilters dynamicFilter "
        "colorFilter x14:iconFilter iconFilter extLst"
    ),
    "x14:sortCondition": "descending=flag sortBy ref=area customList=text dxfId=n iconSet=icons iconId=n",
    "x:sortCondition": "descending=flag sortBy ref=area customList=text dxfId=n iconSet=icons iconId=n",
    "x:filters": "blank=flag calendarType > x14:filter filter dateGroupItem",
    "x:top10": "top=flag percent=flag val=number filterVal=number",
    "x14:customFilters": "and=flag > customFilter",
    "x:customFilters": "and=flag > customFilter",
    "x:dynamicFilter": "type val=number maxVal=number valIso=date maxValIso=date",
    "x:colorFilter": "dxfId=n cellColor=flag",
    "x14:iconFilter": "iconSet=icons iconId=n",
    "x:iconFilter": "iconSet=icons iconId=n",
    "x14:filter": "val=text",
    "x:filter": "val=text",
    "x:dateGroupItem": "year=n month=n day=n hour=n minute=n second=n dateTimeGrouping",
    "x14:customFilter": "operator val=text",
    "x:customFilter": "operator val=text",
})  # fmt: skip

"""What of a DXF file may go on: tables by name, each with its reason; what is not here is not written."""

from typing import Final

from sanitizers.model import Severity, Threat

# AutoCAD DXF Reference: sections that are read. CLASSES describes objects of other programs, THUMBNAILIMAGE is a
# picture of the drawing as it once was, ACDSDATA holds solids.
SECTIONS: Final = frozenset({"HEADER", "TABLES", "BLOCKS", "ENTITIES", "OBJECTS"})
DROPPED_SECTIONS: Final = {
    "THUMBNAILIMAGE": (Threat.METADATA, Severity.NOTE, "a picture of the drawing as it was"),
    "ACDSDATA": (Threat.UNSUPPORTED, Severity.NOTE, "solids"),
}

# Variables of the header: units, scales and the extent of the drawing. No name, path, date, password or identity.
_HEADER_TABLE: Final = """
    ANGBASE ANGDIR ATTMODE AUNITS AUPREC CELTSCALE DIMSCALE EXTMAX EXTMIN FILLMODE INSBASE INSUNITS LIMCHECK
    LIMMAX LIMMIN LTSCALE LUNITS LUPREC MEASUREMENT MIRRTEXT PDMODE PDSIZE PEXTMAX PEXTMIN PLIMMAX PLIMMIN
    PLINEGEN PSLTSCALE TEXTSIZE TILEMODE UNITMODE
"""
HEADER: Final = frozenset(_HEADER_TABLE.split())
#: Variables that tell of people, places and other files; reported where they say something.
SAYING: Final = frozenset({"CUSTOMPROPERTY", "HYPERLINKBASE", "LASTSAVEDBY", "MENU", "PROJECTNAME", "STYLESHEET"})
TABLES: Final = frozenset({"LAYER", "LTYPE", "STYLE", "DIMSTYLE", "VPORT", "BLOCK_RECORD", "UCS", "VIEW", "APPID"})
#: Rows of these tables; views and coordinate systems are only places to look from.
TABLE_ROWS: Final = frozenset({"LAYER", "LTYPE", "STYLE", "DIMSTYLE", "VPORT", "BLOCK_RECORD", "TABLE", "ENDTAB"})
#: What is drawn, and nothing that refers to another file, embeds one or belongs to another program.
_ENTITIES_TABLE: Final = """
    3DFACE ARC ATTDEF ATTRIB CIRCLE DIMENSION ELLIPSE HATCH INSERT LEADER LINE LWPOLYLINE MESH MTEXT POINT
    POLYLINE RAY SEQEND SOLID SPLINE TEXT TRACE VERTEX VIEWPORT XLINE
"""
ENTITIES: Final = frozenset(_ENTITIES_TABLE.split())
BLOCKS: Final = ENTITIES | {"BLOCK", "ENDBLK"}
#: How paper is laid out; without the plotter and its files.
OBJECTS: Final = frozenset({"DICTIONARY", "LAYOUT"})
ALLOWED: Final = {
    "TABLES": TABLE_ROWS, "BLOCKS": BLOCKS, "ENTITIES": ENTITIES, "OBJECTS": OBJECTS, "HEADER": frozenset[str](),
}  # fmt: skip

_SOLIDS: Final = (Threat.UNSUPPORTED, Severity.NOTE, "a solid or surface (ACIS)")
_PICTURE: Final = (Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a picture or sheet that is another file")
_OLE: Final = (Threat.EMBEDDED_OBJECT, Severity.WARNING, "an embedded object (OLE)")
_PROXY: Final = (Threat.UNSUPPORTED, Severity.NOTE, "an object of another program")
_SCRIPT: Final = (Threat.ACTIVE_CONTENT, Severity.DANGER, "a program stored in the drawing (VBA)")
#: Entities and objects that are told by what they do; any other is told by its name.
DROPPED: Final = {
    **dict.fromkeys(("3DSOLID", "BODY", "REGION", "SURFACE", "PLANESURFACE", "EXTRUDEDSURFACE", "LOFTEDSURFACE",
                     "REVOLVEDSURFACE", "SWEPTSURFACE"), _SOLIDS),
    **dict.fromkeys(("IMAGE", "IMAGEDEF", "PDFUNDERLAY", "DWFUNDERLAY", "DGNUNDERLAY", "PDFDEFINITION",
                     "DWFDEFINITION", "DGNDEFINITION", "WIPEOUT", "POINTCLOUD", "ACDBPOINTCLOUDEX", "GEODATA",
                     "DATALINK"), _PICTURE),
    **dict.fromkeys(("OLEFRAME", "OLE2FRAME"), _OLE),
    **dict.fromkeys(("ACAD_PROXY_ENTITY", "ACAD_PROXY_OBJECT"), _PROXY),
    "VBA_PROJECT": _SCRIPT,
    "FIELD": (Threat.ACTIVE_CONTENT, Severity.NOTE, "a field that works out its text"),
    "SHAPE": (Threat.UNSUPPORTED, Severity.NOTE, "a shape that is in another file"),
}  # fmt: skip
#: Objects that say nothing to a reader: order of drawing, materials, styles, variables.
_SILENT_TABLE: Final = """
    ACDBDICTIONARYWDFLT ACDBPLACEHOLDER ACDBSECTIONVIEWSTYLE ACDBDETAILVIEWSTYLE DBCOLOR DICTIONARYVAR DIMASSOC
    GROUP IDBUFFER IMAGEDEF_REACTOR LAYER_FILTER LAYER_INDEX MATERIAL MLEADERSTYLE MLINESTYLE PLOTSETTINGS
    RASTERVARIABLES SCALE SORTENTSTABLE SPATIAL_INDEX SUN TABLESTYLE VIEWPORT VISUALSTYLE WIPEOUTVARIABLES
    XRECORD CELLSTYLEMAP RENDERENVIRONMENT RENDERGLOBAL MENTALRAYRENDERSETTINGS RAPIDRTRENDERSETTINGS
    SECTIONMANAGER UCS VIEW APPID ACAD_EVALUATION_GRAPH
"""
SILENT: Final = frozenset(_SILENT_TABLE.split())
#: Codes that hold a name: of a block, line type, text style, layer, layout.
NAMES: Final = frozenset({2, 5, 6, 7, 8, 410})
#: Entities whose codes 1 and 3 are words on the drawing.
WORDED: Final = frozenset({"TEXT", "MTEXT", "ATTRIB", "ATTDEF", "DIMENSION"})
HYPERLINK: Final = "PE_URL"  # the program that links of AutoCAD are filed under

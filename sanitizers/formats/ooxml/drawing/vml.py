"""VML: drawings of old versions, still used for notes in workbooks and watermarks (ECMA-376 part 4, 19)."""

import re
from collections.abc import Mapping
from typing import Final

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import XML, Check, Element, Entry, Fate, Grammar, Related
from sanitizers.formats.ooxml.drawing.notation import children, table
from sanitizers.formats.ooxml.kinds import Trace
from sanitizers.formats.ooxml.namespaces import clark
from sanitizers.formats.ooxml.work import PartWork
from sanitizers.model import Severity, Threat

_FORM: Final = Trace(Threat.ACTIVE_CONTENT, Severity.NOTE, "a form control")
_MACRO: Final = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "a form control or shape that runs a macro")
_SCRIPT: Final = Trace(Threat.ACTIVE_CONTENT, Severity.DANGER, "a script in a drawing (VML)")
_FETCHED: Final = Trace(Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a picture of a drawing (VML) that is fetched")
_SIGNATURE: Final = Trace(Threat.METADATA, Severity.NOTE, "a line to sign on")

#: Key of `document.memory`, before the source name of a drawing: ids of the shapes that a sheet draws anew.
DRAWN_ANEW: Final = "drawing/vml drawn anew "

_CLIENT: Final = clark("xvml:ClientData")
_MACRO_NAME: Final = clark("xvml:FmlaMacro")
#: What Excel ties to a shape that is no form control.
_PLAIN: Final = frozenset({"Note", "Pict", "Rect", "RectA", "Oval", "OvalA", "Line", "LineA", "Shape", "Group"})

#: style="position:absolute;margin-left:1pt;mso-…": names and plain values, nothing that is fetched or run.
_STYLE_PART: Final = re.compile(r"\s*[A-Za-z-]{1,60}\s*:\s*[^;:(){}\\<>@/]{0,120}\s*")


#: Styles of Internet Explorer that load or run something.
_RUNNING: Final = re.compile(r"url\s*\(|expression\s*\(|behavior\s*:", re.IGNORECASE)


def _style(value: str) -> str | None:
    kept = [part.strip() for part in value.split(";") if _STYLE_PART.fullmatch(part)]
    return ";".join(kept)


#: Numbers, names of formulas ("@0"), commands of a path ("m@4@5l@4@11xe"), percentages, lists of them.
_path: Final[Check] = values.matching(r"[A-Za-z0-9@#.,\s%+-]{0,20000}")
#: "#ffffe1 [80]", "infoBackground [80]", "fill darken(118)", "#5b9bd5 [3204]".
_colour: Final[Check] = values.matching(r"#?[A-Za-z0-9 ]{0,40}(?:\([0-9]{1,3}\))?(?: ?\[[0-9]{1,10}\])?")
_identifier: Final[Check] = values.shorter(255)
_type: Final[Check] = values.matching(r"#[A-Za-z0-9_.-]{1,100}")
_colours: Final[Check] = values.matching(r"[A-Za-z0-9#.,;%() \[\]-]{0,2000}")


def _anchor(value: str) -> str | None:
    """Numbers with commas, over several lines as some programs write them."""
    return values.tokens(" ".join(value.split()))


def _linked(element: XML, work: PartWork) -> XML | None:
    """A link of a shape, judged; a form control and what the sheet draws anew, left out."""
    client = element.find(_CLIENT)
    drawn = work.document.memory.get(f"{DRAWN_ANEW}{work.source.lower()}")
    if client is not None and isinstance(drawn, frozenset) and element.get("id", "") in drawn:
        return None
    if client is not None and client.get("ObjectType") not in _PLAIN:
        macro = client.find(_MACRO_NAME)
        work.met(_MACRO if macro is not None and (macro.text or "").strip() else _FORM)
        return None
    if _RUNNING.search(element.get("style", "")):
        work.met(_SCRIPT)
    written = element.attrib.pop("href", "")
    if written:
        judged = work.document.hrefs.judge(written, "")
        for finding in judged.findings:
            work.found(finding.threat, finding.severity, finding.action, finding.where, finding.detail)
        if judged.address:
            element.set("href", judged.address)
    return element


def _fetched(element: XML, work: PartWork) -> XML:
    if any(element.attrib.pop(name, "") for name in ("src", clark("o:href"), clark("o:althref"))):
        work.met(_FETCHED)
    return element


_SHAPE: Final[Mapping[str, Check | Fate | Trace]] = {
    **dict.fromkeys(("id", "alt", "title", "class", "o:spid", "opacity", "o:bwmode", "o:bwpure"), _identifier),
    "name": values.name,
    "type": _type,
    "style": _style,
    "href": values.shorter(4000),  # `_linked` has judged it
    "target": Fate.SILENT,
    **dict.fromkeys(
        ("coordsize", "coordorigin", "wrapcoords", "path", "points", "from", "to", "control1", "control2", "adj"), _path
    ),
    **dict.fromkeys(("arcsize", "startangle", "endangle", "strokeweight", "o:spt", "o:hrpct", "o:hralign"), _path),
    **dict.fromkeys(
        (
            *("fillcolor", "strokecolor", "chromakey", "o:bordertopcolor", "o:borderleftcolor"),
            *("o:borderbottomcolor", "o:borderrightcolor"),
        ),
        _colour,
    ),
    **dict.fromkeys(
        (
            *("filled", "stroked", "print", "hidden", "o:hr", "o:hrstd", "o:hrnoshade", "o:allowincell", "o:bullet"),
            *("o:preferrelative", "o:allowoverlap", "o:button", "o:oned", "o:userdrawn", "o:cliptowrap", "o:clip"),
            *("o:forcedash", "o:doubleclicknotify", "o:oleicon", "o:master", "insetpen", "o:userhidden"),
        ),
        values.tokens,
    ),
    **dict.fromkeys(
        ("o:insetmode", "o:connectortype", "editas", "o:regroupid", "o:dgmlayout", "o:dgmnodekind"), values.tokens
    ),
    **dict.fromkeys(("o:gfxdata", "o:ole", "o:tableproperties", "o:tablelimits", "o:dgmlayoutmru"), Fate.SILENT),
    **dict.fromkeys(("onmouseover", "onclick", "onload"), _SCRIPT),
}

_INSIDE: Final = (
    "path formulas handles fill stroke shadow textbox textpath imagedata o:lock o:extrusion o:skew o:callout"
    " o:signatureline w10:wrap w10:anchorlock w10:bordertop w10:borderleft w10:borderbottom w10:borderright"
    " xvml:ClientData pvml:textdata"
)
_DRAWN: Final = "shape rect roundrect oval line polyline arc curve"


def _shape(more: str = "") -> Element:
    return Element(attributes=_SHAPE, children=children("v", f"{_INSIDE} {more}"), treat=_linked)


_FILL: Final[Mapping[str, Check | Fate | Related]] = {
    "r:id": Related(frozenset({"image"})),
    "o:relid": Related(frozenset({"image"})),
    **dict.fromkeys(("id", "o:title"), _identifier),
    **dict.fromkeys(("color", "color2"), _colour),
    "colors": _colours,
    **dict.fromkeys(
        (
            *(
                "type",
                "on",
                "opacity",
                "o:opacity2",
                "angle",
                "focus",
                "focusposition",
                "focussize",
                "method",
                "recolor",
            ),
            *(
                "rotate",
                "aspect",
                "alignshape",
                "origin",
                "position",
                "size",
                "o:detectmouseclick",
                "weight",
                "linestyle",
            ),
            *(
                "miterlimit",
                "joinstyle",
                "endcap",
                "dashstyle",
                "filltype",
                "imageaspect",
                "imagesize",
                "imagealignshape",
            ),
            *("startarrow", "startarrowwidth", "startarrowlength", "endarrow", "endarrowwidth", "endarrowlength"),
            *("insetpen", "o:forcedash", "obscured", "offset", "offset2", "matrix", "cropleft", "croptop", "cropright"),
            *("cropbottom", "gain", "blacklevel", "gamma", "grayscale", "bilevel", "embosscolor", "chromakey"),
            "o:movie",
        ),
        _path,
    ),
    "recolortarget": _colour,
    # Told of where the relationships are gone through.
    **dict.fromkeys(("r:href", "r:pict", "o:oleid"), Fate.SILENT),
}
_PAINT: Final = Element(attributes=_FILL, children=frozenset({"o:fill"}), treat=_fetched)

ELEMENTS: Final[dict[str, Entry]] = {
    "v:shape": _shape(),
    "v:shapetype": _shape("o:complex"),
    **{f"v:{name}": _shape() for name in ("rect", "roundrect", "oval", "line", "polyline", "arc", "curve")},
    "v:image": _FETCHED,
    "v:group": _shape(f"{_DRAWN} group shapetype o:diagram"),
    "v:background": Element(
        attributes={
            "id": _identifier,
            "fillcolor": _colour,
            "filled": values.tokens,
            "o:bwmode": values.tokens,
            "o:targetscreensize": values.tokens,
        },
        children=children("v", "fill"),
    ),
    **dict.fromkeys(("v:fill", "v:stroke", "v:shadow", "v:imagedata"), _PAINT),
    "v:path": Element(
        attributes=dict.fromkeys(
            (
                *("v", "id", "limo", "textboxrect", "fillok", "strokeok", "shadowok", "arrowok", "gradientshapeok"),
                *("textpathok", "insetpenok", "o:connecttype", "o:connectlocs", "o:connectangles", "o:extrusionok"),
            ),
            values.matching(r"[A-Za-z0-9@#.,;\s%+-]{0,20000}"),
        )
    ),
    "v:formulas": Element(children=children("v", "f")),
    "v:f": Element(attributes={"eqn": values.matching(r"[A-Za-z0-9@#.\s+-]{0,200}")}),
    "v:handles": Element(children=children("v", "h")),
    "v:h": Element(
        attributes=dict.fromkeys(
            ("position", "polar", "map", "invx", "invy", "switch", "xrange", "yrange", "radiusrange"), _path
        )
    ),
    "v:textbox": Element(
        attributes={
            "id": _identifier,
            "style": _style,
            "inset": _path,
            "o:singleclick": values.tokens,
            "insetmode": values.tokens,
        }
    ),
    "v:textpath": Element(
        attributes={
            **dict.fromkeys(("id", "string"), values.shorter(4000)),
            "style": values.matching(r"[^<>(){}\\@]{0,1000}"),  # font-family:"ＭＳ 明朝";font-size:1pt
            **dict.fromkeys(("on", "fitshape", "fitpath", "trim", "xscale"), values.tokens),
        }
    ),
    "div": Fate.SILENT,  # text of notes once more, as HTML
    "o:lock": Element(
        attributes=dict.fromkeys(
            (
                *(
                    "v:ext",
                    "aspectratio",
                    "text",
                    "shapetype",
                    "verticies",
                    "cropping",
                    "rotation",
                    "position",
                    "selection",
                ),
                *("grouping", "ungrouping", "adjusthandles"),
            ),
            values.tokens,
        )
    ),
    "o:shapelayout": Element(attributes={"v:ext": values.token}, children=children("o", "idmap regrouptable rules")),
    "o:idmap": Element(attributes={"v:ext": values.token, "data": values.tokens}),
    "o:shapedefaults": Fate.SILENT,
    "o:regrouptable": Fate.SILENT,
    "o:rules": Fate.SILENT,
    "o:diagram": Fate.SILENT,
    "o:complex": Fate.SILENT,
    "o:ink": Fate.SILENT,
    "o:fill": Element(attributes={"v:ext": values.token, "type": values.token}),
    "o:extrusion": Fate.SILENT,
    "o:skew": Fate.SILENT,
    "o:callout": Fate.SILENT,
    "o:signatureline": _SIGNATURE,
    "o:OLEObject": Fate.SILENT,  # told of where the relationships are gone through
    "pvml:textdata": Fate.SILENT,
    "w10:anchorlock": Element(),
    **table(
        {
            "w10:wrap": "type=tokens side=tokens anchorx=tokens anchory=tokens",
            **{
                f"w10:border{side}": "type=tokens width=tokens shadow=tokens"
                for side in ("top", "left", "bottom", "right")
            },
        }
    ),
}

_CLIENT_WORDS: Final = (
    *("MoveWithCells", "SizeWithCells", "Anchor", "Locked", "DefaultSize", "PrintObject", "Disabled", "AutoFill"),
    *(
        "AutoLine",
        "AutoPict",
        "Row",
        "Column",
        "Visible",
        "TextHAlign",
        "TextVAlign",
        "LockText",
        "JustLastX",
        "CF",
        "UIObj",
    ),
)
#: [MS-OI29500]; ECMA-376 part 4, 19.4: where a note stands, and how.
_CLIENT_DATA: Final[dict[str, Entry]] = {
    "xvml:ClientData": Element(
        attributes={"ObjectType": values.one_of(*sorted(_PLAIN))},
        children=children("xvml", " ".join(_CLIENT_WORDS)),
    ),
    **{f"xvml:{name}": Element(text=_anchor, children=frozenset()) for name in _CLIENT_WORDS},
    "xvml:FmlaMacro": _MACRO,
    **dict.fromkeys(
        (
            "xvml:FmlaPict",
            "xvml:FmlaLink",
            "xvml:FmlaTxbx",
            "xvml:DDE",
            "xvml:MapOCX",
            "xvml:Camera",
            "xvml:RecalcAlways",
        ),
        Fate.SILENT,
    ),
}
#: Written by Office as a part of its own; its root is a bare "xml".
PART: Final = Grammar(
    "xml",
    {
        **ELEMENTS,
        **_CLIENT_DATA,
        "xml": Element(
            children=children("v", f"{_DRAWN} group shapetype o:shapelayout o:shapedefaults"),
        ),
    },
)

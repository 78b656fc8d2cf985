"""The namespaces of OpenDocument (ODF 1.3 part 3) and of what LibreOffice adds, by the prefix that is written."""

from typing import Final

_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns"
_LIBREOFFICE: Final = "urn:org:documentfoundation:names:experimental"

NAMESPACES: Final = {
    **{
        prefix: f"{_OASIS}:{name}:1.0"
        for prefix, name in {
            "anim": "animation",
            "chart": "chart",
            "config": "config",
            "dr3d": "dr3d",
            "draw": "drawing",
            "fo": "xsl-fo-compatible",
            "form": "form",
            "meta": "meta",
            "number": "datastyle",
            "office": "office",
            "presentation": "presentation",
            "script": "script",
            "smil": "smil-compatible",
            "style": "style",
            "svg": "svg-compatible",
            "table": "table",
            "text": "text",
        }.items()
    },
    "of": f"{_OASIS}:of:1.2",
    "xlink": "http://www.w3.org/1999/xlink",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "dc": "http://purl.org/dc/elements/1.1/",
    "math": "http://www.w3.org/1998/Math/MathML",
    "xforms": "http://www.w3.org/2002/xforms",
    "css3t": "http://www.w3.org/TR/css3-text/",
    "ooo": "http://openoffice.org/2004/office",
    "ooow": "http://openoffice.org/2004/writer",
    "oooc": "http://openoffice.org/2004/calc",
    "officeooo": "http://openoffice.org/2009/office",
    "tableooo": "http://openoffice.org/2009/table",
    "drawooo": "http://openoffice.org/2010/draw",
    "chartooo": "http://openoffice.org/2010/chart",
    "msoxl": "http://schemas.microsoft.com/office/excel/formula",
    "loext": f"{_LIBREOFFICE}:office:xmlns:loext:1.0",
    "calcext": f"{_LIBREOFFICE}:calc:xmlns:calcext:1.0",
    "field": "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",
}
PREFIXES: Final = {space: prefix for prefix, space in NAMESPACES.items()}

#: Prefixes that stand inside values: in front of formulas and of names of services.
IN_VALUES: Final = frozenset({"of", "ooo", "oooc", "ooow", "msoxl"})


def clark(name: str) -> str:
    """ "text:p" as lxml writes names."""
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local

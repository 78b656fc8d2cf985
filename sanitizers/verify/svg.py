"""The second reading of a drawing that Kiyome wrote, by expat: names, addresses and styles of our own kind only."""

import re
from typing import Final
from xml.parsers import expat

from sanitizers.model import CannotSanitize, Threat

# Said here once more on purpose: a slip in the sanitizer's tables must not pass because both read the same ones.
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_XLINK_HREF: Final = "http://www.w3.org/1999/xlink href"
_ELEMENT_TABLE: Final = """
    a circle clipPath defs desc ellipse feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix
    feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile
    feTurbulence filter g image line linearGradient marker mask path pattern polygon polyline radialGradient
    rect stop style svg switch symbol text textPath title tspan use view
"""
_ATTRIBUTE_TABLE: Final = """
    alignment-baseline amplitude azimuth background background-color baseFrequency baseline-shift bias class
    clip clip-path clip-rule clipPathUnits color color-interpolation color-interpolation-filters color-rendering
    cx cy d diffuseConstant direction display divisor dominant-baseline dx dy edgeMode elevation exponent fill
    fill-opacity fill-rule filter filterUnits flood-color flood-opacity font font-family font-size
    font-size-adjust font-stretch font-style font-variant font-weight fr fx fy glyph-orientation-horizontal
    glyph-orientation-vertical gradientTransform gradientUnits height id image-rendering in in2 intercept
    isolation k1 k2 k3 k4 kernelMatrix kernelUnitLength kerning lang lengthAdjust letter-spacing lighting-color
    limitingConeAngle line-height marker marker-end marker-mid marker-start markerHeight markerUnits markerWidth
    mask mask-type maskContentUnits maskUnits method mix-blend-mode mode numOctaves offset opacity operator
    order orient overflow paint-order pathLength patternContentUnits patternTransform patternUnits points
    pointsAtX pointsAtY pointsAtZ preserveAlpha preserveAspectRatio primitiveUnits r radius refX refY result
    rotate rx ry scale seed shape-rendering side slope spacing specularConstant specularExponent spreadMethod
    startOffset stdDeviation stitchTiles stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset
    stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width style surfaceScale
    systemLanguage tableValues targetX targetY text-align text-anchor text-decoration text-indent text-rendering
    text-transform textLength transform transform-box transform-origin type unicode-bidi values vector-effect
    version viewBox visibility white-space width word-spacing writing-mode x x1 x2 xChannelSelector y y1 y2
    yChannelSelector z
"""
_ELEMENTS: Final = frozenset(_ELEMENT_TABLE.split())
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_ATTRIBUTES: Final = frozenset(_ATTRIBUTE_TABLE.split()) | {f"{_XML} space", f"{_XML} lang"}
_ADDRESS: Final = re.compile(
    r"#[\w.:-]+|https?://[!#-;=?-\[\]_a-z~…]+|mailto:[^\s@<>\"]+@[^\s@<>\"]+"
    r"|data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}"
)
_LOCAL: Final = re.compile(r"url\(#[\w.:-]+\)")
_LOADS_OR_RUNS: Final = (
    r"[\\<&@\x00-\x08\x0b\x0c\x0e-\x1f]|\b(?:url|src|image|image-set|expression|attr)\s*\(|/\*|script\s*:"
)
_IN_SHEET: Final = re.compile(_LOADS_OR_RUNS, re.IGNORECASE)
_IN_VALUE: Final = re.compile(rf"{_LOADS_OR_RUNS}|[>{{}}]", re.IGNORECASE)


class _Surprise(Exception):
    """The bytes are not what our writer writes."""


class _Reader:
    def __init__(self) -> None:
        self._depth = 0
        self._style: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if space != _NAMESPACE or local not in _ELEMENTS:
            raise _Surprise(f"element {local[:40]}")
        if self._depth == 0 and local != "svg":
            raise _Surprise("a root that is no drawing")
        self._depth += 1
        if self._style is not None:
            raise _Surprise("an element inside a style sheet")
        if local == "style":
            self._style = []
        for attribute, value in attributes.items():
            _check_attribute(local, attribute, value)

    def end(self, name: str) -> None:
        self._depth -= 1
        if name.endswith(" style") and self._style is not None:
            if _IN_SHEET.search(_LOCAL.sub("", "".join(self._style))):
                raise _Surprise("a style sheet that could load or run something")
            self._style = None

    def text(self, text: str) -> None:
        if self._style is not None:
            self._style.append(text)

    def refuse(self, *_: object) -> None:
        raise _Surprise("a document type, comment, instruction or CDATA section")


def _check_attribute(element: str, name: str, value: str) -> None:
    if name == _XLINK_HREF:
        allowed = _ADDRESS.fullmatch(value)
        if allowed is None or (element not in {"a", "image"} and not value.startswith("#")):
            raise _Surprise(f"an address of {element}")
        if element == "image" and not value.startswith("data:image/"):
            raise _Surprise("a picture from elsewhere")
        if element == "a" and value.startswith("data:"):
            raise _Surprise("a link that carries its own content")
    elif name not in _ATTRIBUTES:
        raise _Surprise(f"attribute {name[:60]}")
    elif _IN_VALUE.search(_LOCAL.sub("", value)):
        raise _Surprise(f"a value of {name[:40]}")


def verify(clean: bytes) -> None:
    """Raise CannotSanitize unless the drawing is of the kind that our writer makes."""
    parser = expat.ParserCreate("utf-8", " ")
    reader = _Reader()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    for handler in ("StartDoctypeDeclHandler", "ProcessingInstructionHandler", "CommentHandler", "EntityDeclHandler"):
        setattr(parser, handler, reader.refuse)
    parser.StartCdataSectionHandler = reader.refuse
    parser.buffer_text = True
    try:
        parser.Parse(clean, True)
    except _Surprise as surprise:
        raise CannotSanitize(Threat.MALFORMED, f"the second reading found: {surprise}") from surprise
    except expat.ExpatError as error:
        raise CannotSanitize(Threat.MALFORMED, "the second reading cannot read it") from error

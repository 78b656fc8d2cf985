"""The elements and attributes that a drawing may have (SVG 2; SVG 1.1 where it is still drawn)."""

from typing import Final

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
XHTML: Final = "http://www.w3.org/1999/xhtml"
XML: Final = "http://www.w3.org/XML/1998/namespace"

# Elements that only draw. Not here: script, foreignObject, animation, feImage, fonts, cursor, handler, metadata.
ELEMENTS: Final = frozenset(
    {
        *("svg", "g", "defs", "symbol", "use", "switch", "a", "view"),  # SVG 2 chapter 5, 16
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),  # chapter 9, 10
        *("text", "tspan", "textPath"),  # chapter 11
        *("image", "style", "title", "desc"),  # chapter 12, 6, 5.8
        *("linearGradient", "radialGradient", "stop", "pattern"),  # chapter 14
        *("clipPath", "mask", "marker"),  # CSS Masking 1, SVG 2 chapter 13.7
        *("filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite"),  # Filter Effects 1
        *("feConvolveMatrix", "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood"),
        *("feFuncA", "feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feMerge", "feMergeNode", "feMorphology"),
        *("feOffset", "fePointLight", "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence"),
    }
)
#: Elements whose text is shown, or read out; text elsewhere is never seen.
WITH_TEXT: Final = frozenset({"text", "tspan", "textPath", "title", "desc", "a"})
#: Elements that may refer to another by href, of the same document only.
REFERRING: Final = frozenset({"use", "textPath", "linearGradient", "radialGradient", "pattern", "filter"})

# Properties that may stand as attributes, in style attributes and in style sheets (SVG 2 appendix: property index).
PROPERTIES: Final = frozenset(
    {
        *(
            "alignment-baseline",
            "background",
            "background-color",
            "baseline-shift",
            "clip",
            "clip-path",
            "clip-rule",
            "color",
            "color-interpolation",
        ),
        *("color-interpolation-filters", "color-rendering", "direction", "display", "dominant-baseline", "fill"),
        *("fill-opacity", "fill-rule", "filter", "flood-color", "flood-opacity", "font", "font-family", "font-size"),
        *("font-size-adjust", "font-stretch", "font-style", "font-variant", "font-weight", "image-rendering"),
        *("isolation", "kerning", "letter-spacing", "lighting-color", "line-height", "marker", "marker-end"),
        *("marker-mid", "marker-start", "mask", "mask-type", "mix-blend-mode", "opacity", "overflow", "paint-order"),
        *("shape-rendering", "stop-color", "stop-opacity", "stroke", "stroke-dasharray", "stroke-dashoffset"),
        *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor"),
        *("text-align", "text-decoration", "text-indent", "text-rendering", "text-transform", "transform"),
        *("transform-box", "transform-origin", "unicode-bidi", "vector-effect", "visibility", "white-space"),
        *("word-spacing", "writing-mode", "glyph-orientation-horizontal", "glyph-orientation-vertical"),
        *("x", "y", "cx", "cy", "r", "rx", "ry", "width", "height"),  # geometry properties, SVG 2 chapter 7.10
    }
)

# Attributes of words, numbers and lists of them: nothing in them can be an address.
PLAIN: Final = frozenset(
    {
        *("x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "x1", "y1", "x2", "y2", "fx", "fy", "fr"),
        *("dx", "dy", "rotate", "textLength", "lengthAdjust", "points", "pathLength", "startOffset", "offset"),
        *("viewBox", "preserveAspectRatio", "gradientUnits", "spreadMethod", "patternUnits", "patternContentUnits"),
        *("clipPathUnits", "maskUnits", "maskContentUnits", "markerUnits", "markerWidth", "markerHeight", "orient"),
        *("refX", "refY", "filterUnits", "primitiveUnits", "method", "spacing", "side", "version", "systemLanguage"),
        *("in", "in2", "result", "stdDeviation", "type", "values", "tableValues", "slope", "intercept", "amplitude"),
        *("exponent", "mode", "operator", "k1", "k2", "k3", "k4", "order", "kernelMatrix", "divisor", "bias"),
        *("targetX", "targetY", "edgeMode", "kernelUnitLength", "preserveAlpha", "surfaceScale", "diffuseConstant"),
        *("specularConstant", "specularExponent", "scale", "xChannelSelector", "yChannelSelector", "azimuth"),
        *("elevation", "z", "pointsAtX", "pointsAtY", "pointsAtZ", "limitingConeAngle", "radius", "baseFrequency"),
        *("numOctaves", "seed", "stitchTiles", "lang", "class"),
    }
)
#: Attributes of values with functions that only compute.
COMPUTED: Final = PROPERTIES | {"gradientTransform", "patternTransform"}
#: Attributes that mean nothing to a reader and go without a word.
IDLE: Final = frozenset(
    {
        *(
            "enable-background",
            "baseProfile",
            "zoomAndPan",
            "contentScriptType",
            "contentStyleType",
            "requiredFeatures",
        ),
        *("requiredExtensions", "externalResourcesRequired", "pointer-events", "cursor", "tabindex", "focusable"),
        *("color-profile", "text-overflow", "solid-color", "solid-opacity", "filterRes", "target", "rel", "media"),
    }
)

# What an element that does not stay would have done; SCRIPTS, EMBEDDED and ANIMATIONS in any namespace.
SCRIPTS: Final = frozenset({"script", "handler", "listener"})
EMBEDDED: Final = frozenset(
    {"foreignObject", "iframe", "frame", "object", "embed", "applet", "audio", "video", "canvas", "html", "body"}
)
ANIMATIONS: Final = frozenset(
    {"animate", "set", "animateMotion", "animateTransform", "animateColor", "mpath", "discard", "animation"}
)

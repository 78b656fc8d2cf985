"""The elements, attributes and style properties that a page may have (HTML Living Standard; CSS)."""

from typing import Final

_BLOCKS: Final = frozenset(
    {
        *("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre"),
        *("hr", "address", "article", "aside", "section", "header", "footer", "nav", "main", "figure", "figcaption"),
        *("hgroup", "center", "details", "summary", "fieldset", "legend"),  # HTML 4.3, 4.4, 4.10.15
    }
)
_INLINES: Final = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd"),
        *("mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr", "br"),
        *("time", "ruby", "rb", "rt", "rtc", "rp", "nobr", "label", "img"),  # HTML 4.5; 16.3 for the older ones
    }
)
_TABLES: Final = frozenset({"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"})

#: Elements that stay. None of them changes how what is inside it is parsed: no raw text, no foreign content.
ELEMENTS: Final = _BLOCKS | _INLINES | _TABLES
#: Elements that take room of their own, for telling whether text in them is seen.
BLOCKS: Final = _BLOCKS | _TABLES | {"body", "form", "dialog", "search", "menu", "dir", "listing", "xmp", "plaintext"}
EMPTY: Final = frozenset({"br", "hr", "img", "wbr", "col"})

#: Elements that go on under another name.
RENAMED: Final = {
    "form": "div",
    "dialog": "div",
    "search": "div",
    "menu": "ul",
    "dir": "ul",
    "acronym": "abbr",
    "listing": "pre",
    "xmp": "pre",
    "plaintext": "pre",
}
#: Elements of which only the words stay: markup inside them is read by other rules than markup around them.
ONLY_WORDS: Final = frozenset({"object", "applet", "marquee", "math", "output", "meter", "progress"})

#: Attributes of words, numbers, lengths and colours.
PLAIN: Final = frozenset(
    {
        *("lang", "dir", "align", "valign", "width", "height", "bgcolor", "color", "border", "cellpadding"),
        *("cellspacing", "colspan", "rowspan", "span", "scope", "nowrap", "start", "type", "value", "reversed", "size"),
        *("face", "noshade", "datetime", "open", "compact", "clear", "text", "link", "vlink", "alink", "hspace"),
        *("vspace", "frame", "rules", "char", "charoff", "headers", "topmargin", "leftmargin", "marginwidth"),
        *("marginheight",),
    }
)
#: Attributes whose text a browser shows.
SHOWN: Final = frozenset({"title", "alt", "abbr", "summary"})
#: Attributes that mean nothing to a reader and go without a word.
IDLE: Final = frozenset(
    {
        *(
            "target",
            "rel",
            "rev",
            "hreflang",
            "download",
            "charset",
            "tabindex",
            "accesskey",
            "role",
            "media",
            "method",
        ),
        *(
            "enctype",
            "accept-charset",
            "autocomplete",
            "novalidate",
            "for",
            "xmlns",
            "xml:lang",
            "xml:space",
            "version",
        ),
        *("itemprop", "itemscope", "itemtype", "property", "about", "vocab", "typeof", "loading", "decoding", "sizes"),
        *("referrerpolicy", "crossorigin", "fetchpriority", "draggable", "spellcheck", "translate", "contenteditable"),
        *("hidden", "cite", "axis", "profile", "background", "action", "usemap", "ismap", "longdesc", "srcset", "src"),
        *("language", "name", "inert", "itemid", "itemref", "nonce", "slot", "is", "part", "prefix", "datafld"),
    }
)

#: Style properties that may stay: how text, boxes and tables look. None of them loads, runs or writes anything.
PROPERTIES: Final = frozenset(
    {
        *("color", "background", "background-color", "background-image", "background-position", "background-size"),
        *("background-repeat", "background-clip", "background-origin", "opacity", "visibility", "display", "float"),
        *("clear", "position", "top", "right", "bottom", "left", "z-index", "overflow", "overflow-x", "overflow-y"),
        *(
            "overflow-wrap",
            "clip",
            "clip-path",
            "box-sizing",
            "box-shadow",
            "width",
            "height",
            "min-width",
            "max-width",
        ),
        *("min-height", "max-height", "margin", "margin-top", "margin-right", "margin-bottom", "margin-left"),
        *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left", "border", "border-top"),
        *("border-right", "border-bottom", "border-left", "border-width", "border-style", "border-color"),
        *("border-top-width", "border-right-width", "border-bottom-width", "border-left-width", "border-top-style"),
        *("border-right-style", "border-bottom-style", "border-left-style", "border-top-color", "border-right-color"),
        *("border-bottom-color", "border-left-color", "border-radius", "border-collapse", "border-spacing"),
        *("border-top-left-radius", "border-top-right-radius", "border-bottom-left-radius"),
        *("border-bottom-right-radius", "outline", "outline-color", "outline-style", "outline-width", "empty-cells"),
        *("caption-side", "table-layout", "vertical-align", "text-align", "text-decoration", "text-decoration-line"),
        *("text-decoration-color", "text-decoration-style", "text-indent", "text-transform", "text-shadow"),
        *("text-overflow", "white-space", "word-break", "word-spacing", "word-wrap", "letter-spacing", "line-break"),
        *("line-height", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight"),
        *("font-stretch", "font-kerning", "direction", "unicode-bidi", "writing-mode", "text-orientation"),
        *("text-combine-upright", "text-emphasis", "ruby-align", "ruby-position", "list-style", "list-style-type"),
        *("list-style-position", "quotes", "flex", "flex-basis", "flex-direction", "flex-flow", "flex-grow"),
        *("flex-shrink", "flex-wrap", "align-content", "align-items", "align-self", "justify-content", "justify-items"),
        *("justify-self", "place-content", "place-items", "place-self", "order", "gap", "row-gap", "column-gap"),
        *("grid", "grid-area", "grid-auto-columns", "grid-auto-flow", "grid-auto-rows", "grid-column", "grid-row"),
        *("grid-column-end", "grid-column-start", "grid-row-end", "grid-row-start", "grid-template"),
        *("grid-template-areas", "grid-template-columns", "grid-template-rows", "columns", "column-count"),
        *("column-rule", "column-width", "transform", "transform-origin", "object-fit", "object-position"),
        *("aspect-ratio", "page-break-after", "page-break-before", "page-break-inside", "break-after", "break-before"),
        *("break-inside", "orphans", "widows", "layout-grid-mode", "text-justify", "tab-size", "hyphens"),
    }
)

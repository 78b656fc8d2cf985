"""Strategies for tables, JSON, XML, SVG and HTML: trees of allowed and hostile things; the harm carries a marker."""

import json

from hypothesis import strategies as st

from tests.fuzz.forbidden import HARM

CHARSETS = ("utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16")
WORDS = st.sampled_from(
    ("市民課", "abc", "-5", "1,234", "", " ", "\n", '"', "'", "a;b", "a\tb", "山田", "\u200b", "\u202e", "0")
)

# Tables

CELLS = (
    *("=1+1", "=cmd|'/C calc'!A0", "@SUM(A1)", "+A1", "-A1", '=HYPERLINK("http://x.test")', "|calc", "\t=1+1", "\r=1"),
    *(
        "＝1+1",
        "\ufeff=1",
        " =1+1",
        "\u3000=1",
        '"=1"',
        "'=1",
        "=",
        "+",
        "a;=1+1",
        "a\t=1+1",
        "a,=1+1",
        '"a";=1',
        "\x00=1",
    ),
    *("\u200b=1", "\u00a0=1", "-2+3+cmd|' /C calc'!A0", "%0A=1", "\n=1+1", '"\n=1+1"', "=\u202e1", "＠SUM(1)", "＋A1"),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Cells that compute between cells that do not, quoted rightly and wrongly."""
    delimiter = draw(st.sampled_from((",", ",", ";", "\t", "|")))
    cell = st.one_of(WORDS, st.sampled_from(CELLS), st.sampled_from(CELLS).map(lambda text: '"' + text + '"'))
    rows = draw(st.lists(st.lists(cell, min_size=1, max_size=4), max_size=6))
    first = draw(st.sampled_from(("", "", "", "sep=;\n", "sep=\t\n", '"sep=|"\n', "sep=x\n")))
    text = first + draw(st.sampled_from(("\n", "\r\n", "\r"))).join(delimiter.join(row) for row in rows)
    return text.encode(draw(st.sampled_from(CHARSETS)), "replace")


# JSON


def values() -> st.SearchStrategy[object]:
    flat = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.just("</script><script>"))
    return st.recursive(
        flat, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12
    )


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    """JSON, sometimes broken, repeated or deep."""
    text = json.dumps(draw(values()), ensure_ascii=draw(st.booleans()))
    how = draw(st.integers(0, 5))
    wrapped = {1: f'{{"a":{text},"a":{text}}}', 2: "[" * 300 + text + "]" * 300, 3: text + ",", 4: "//x\n" + text}
    return wrapped.get(how, '{"a":' + text + "}").encode(draw(st.sampled_from(CHARSETS)), "replace")


# Markup

XML_HARMS = (
    f"<?{HARM} x?>",
    f"<!--{HARM}-->",
    f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{HARM}"/>',
)
SVG_HARMS = (
    f"<script>{HARM}</script>",
    f'<script href="{HARM}"/>',
    f"<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><iframe src='{HARM}'/></body></foreignObject>",
    f'<set attributeName="onload" to="{HARM}"/>',
    f'<animate attributeName="href" values="javascript:{HARM}"/>',
    f'<image href="http://{HARM}.test/x.png"/>',
    f'<image href="file:///{HARM}"/>',
    f'<use href="http://x.test/{HARM}#a"/>',
    f'<style>@import "{HARM}"; rect{{fill:url(http://x.test/{HARM})}}</style>',
    f'<a href="java&#10;script:{HARM}"><text>t</text></a>',
    f'<handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load">{HARM}</handler>',
    f"<metadata>{HARM}</metadata>",
    f'<filter id="f"><feImage href="http://x.test/{HARM}"/></filter>',
    f"<s:script xmlns:s='http://www.w3.org/2000/svg'>{HARM}</s:script>",
    f"<!--{HARM}-->",
    f"<?xml-stylesheet href='{HARM}'?>",
)
HTML_HARMS = (
    f"<script>{HARM}</script>",
    f"<img src=x onerror={HARM}>",
    f"<iframe srcdoc='&lt;b>{HARM}'></iframe>",
    f"<object data='{HARM}'></object>",
    f"<meta http-equiv=refresh content='0;url=http://x.test/{HARM}'>",
    f"<base href='http://{HARM}.test/'>",
    f"<a href=' java\tscript:{HARM}'>t</a>",
    f"<a href='data:text/html,{HARM}'>t</a>",
    f"<form action='{HARM}'><input name=a type=hidden value='{HARM}'></form>",
    f"<svg><style>/*</style><script>{HARM}</script>*/</svg>",
    f"<svg></p><title><a id='</title><script>{HARM}</script>'>",
    f"<style>@import '{HARM}'; b{{background:url({HARM})}}</style>",
    f"<b style='background:url({HARM})'>t</b>",
    f"<link rel=stylesheet href='{HARM}'>",
    f"<template><script>{HARM}</script></template>",
    f"<!--{HARM}-->",
)
SVG_NAMES = (
    "g",
    "rect",
    "text",
    "a",
    "defs",
    "use",
    "symbol",
    "path",
    "linearGradient",
    "pattern",
    "svg",
    "switch",
    "x:y",
)
HTML_NAMES = (
    "p",
    "div",
    "b",
    "table",
    "tr",
    "td",
    "a",
    "ul",
    "li",
    "span",
    "select",
    "svg",
    "math",
)
XML_NAMES = ("a", "b", "c", "市", "a:b", "a-b")
ATTRIBUTES = (
    *(' id="a"', ' href="#a"', ' href="https://www.example.jp/"', ' style="fill:red"', ' fill="url(#a)"', ' class="a"'),
    *(' xml:base="x"', ' width="10"', ' x="1e999"', ' d="M0 0L1 1"', " a", ' transform="rotate(nan)"', ' title="t"'),
    *(
        f' onload="{HARM}"',
        f' style="background:url({HARM})"',
        f' ping="{HARM}"',
        f' data-x="{HARM}"',
        f" oNcLick={HARM!r}",
    ),
)
TEXTS = ("市民課", "x", "&amp;", "&lt;b&gt;", "&#8203;", "&#0;", "&unknown;", "]]>", "<", "\x0c", "")


def trees(names: tuple[str, ...], harms: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Elements in elements, mostly well formed."""
    leaf = st.sampled_from(TEXTS) | st.sampled_from(harms)

    def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        name, attributes = st.sampled_from(names), st.lists(st.sampled_from(ATTRIBUTES), max_size=2, unique=True)
        return st.builds(
            lambda tag, given, content: f"<{tag}{''.join(given)}>{''.join(content)}</{tag}>",
            name,
            attributes,
            st.lists(inner, max_size=3),
        )

    return st.recursive(leaf, element, max_leaves=12)


def svgs() -> st.SearchStrategy[bytes]:
    head = st.sampled_from(("", '<?xml version="1.0"?>', f'<!DOCTYPE svg [<!ENTITY e "{HARM}">]>', f"<?x {HARM}?>"))
    return st.builds(
        lambda start, parts: f'{start}<svg xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'.encode(),
        head,
        st.lists(trees(SVG_NAMES, SVG_HARMS), max_size=4),
    )


def htmls() -> st.SearchStrategy[bytes]:
    return st.lists(trees(HTML_NAMES, HTML_HARMS), max_size=4).map(
        lambda parts: f"<!doctype html><html><body>{''.join(parts)}".encode()
    )


def xmls() -> st.SearchStrategy[bytes]:
    head = st.sampled_from(("", f'<!DOCTYPE a [<!ENTITY e "{HARM}">]>', f"<?xml-stylesheet href='{HARM}'?>"))
    return st.builds(
        lambda start, part: f'<?xml version="1.0"?>{start}<a>{part}</a>'.encode(), head, trees(XML_NAMES, XML_HARMS)
    )

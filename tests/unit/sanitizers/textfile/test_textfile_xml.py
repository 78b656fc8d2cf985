"""XML: the same elements and words; no document type, instruction, inclusion, script."""

import pytest
from lxml import etree

from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import TextFiles
from sanitizers.verify.textfile import verify_xml
from tests.unit.sanitizers.textfile.text_job import details, rebuilt

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XHTML = 'xmlns:h="http://www.w3.org/1999/xhtml"'


@pytest.mark.parametrize(
    "body",
    [
        "<a/>\n",
        '<a b="1" c="&lt;&quot;">x<b/>y</a>\n',
        "<a><![CDATA[<b>&amp;]]></a>\n",
        "<!-- c -->\n<a/>\n<!-- d -->\n",
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>市</title></feed>\n',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:x rdf:about="http://x/"/></rdf:RDF>\n',
        f'<a {XHTML}><h:p class="x">市<h:b>役所</h:b><h:a href="https://x/">y</h:a></h:p></a>\n',
        '<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b.xsd"/>\n',
        "<a>\n  <b>1</b>\n</a>\n",
    ],
)
def test_plain_xml_stays_as_it_is(body: str) -> None:
    result = rebuilt(HEAD + body, "a.xml")
    assert (result.data.decode(), result.findings) == (HEAD + body, ())


@pytest.mark.parametrize(
    ("text", "body", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY x "市">]><a b="&x;">&x;</a>', '<a b="市">市</a>\n', "a document type"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>1&x;2</a>', "<a>12</a>\n", "an entity from outside"),
        (
            '<!DOCTYPE a SYSTEM "http://x/y.dtd"><a>1&nbsp;2</a>',
            "<a>1\u00a02</a>\n",
            "a document type",
        ),
        ('<?xml-stylesheet href="x"?><a>1<?php x?>2</a><?y?>', "<a>12</a>\n", "a style sheet"),
        (
            '<a xmlns:i="http://www.w3.org/2001/XInclude">1<i:include href="x"/>2</a>',
            '<a xmlns:i="http://www.w3.org/2001/XInclude">12</a>\n',
            "an inclusion",
        ),
        (f"<a {XHTML}>1<h:script>x</h:script>2</a>", f"<a {XHTML}>12</a>\n", "a script element"),
        (
            f'<a {XHTML}>1<h:iframe src="x"/>2<h:p onclick="x">3</h:p></a>',
            f"<a {XHTML}>12<h:p>3</h:p></a>\n",
            "an active HTML element",
        ),
        (
            f"<a {XHTML}>1<h:form>2<h:p>3</h:p>4</h:form>5</a>",
            f"<a {XHTML}>12<h:p>3</h:p>45</a>\n",
            "an HTML element that is not",
        ),
        ('<a>1<svg xmlns="http://www.w3.org/2000/svg"><b/></svg>2</a>', "<a>12</a>\n", "a drawing"),
        ('<a b=" java\tscript:x">1</a>', "<a>1</a>\n", "a link that runs a script"),
        ("<a>x&#x202e;y</a>", "<a>xy</a>\n", "bidirectional"),
    ],
)
def test_what_acts_goes(text: str, body: str, said: str) -> None:
    result = rebuilt(HEAD + text, "a.xml")
    assert result.data.decode() == HEAD + body
    assert said in details(result)


def test_a_character_reference_cannot_hide_a_namespace() -> None:
    text = '<a xmlns:h="http://www.w3.org/1999/xht&#x200b;ml">1<h:script>evil</h:script></a>'
    assert rebuilt(HEAD + text, "a.xml").type == "text/plain"


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "utf-16"])
def test_the_charset_is_found(codec: str) -> None:
    label = {"cp932": "Shift_JIS"}.get(codec, codec.replace("_", "-"))
    assert "<市>①役所</市>".replace("①", "") in clean_bytes(codec, label)


def clean_bytes(codec: str, label: str) -> str:
    return rebuilt(f'<?xml version="1.0" encoding="{label}"?>\n<市>役所</市>\n'.encode(codec), "a.xml").data.decode()


def test_by_rule_the_charset_is_kept() -> None:
    text = '<?xml version="1.0" encoding="shift_jis"?>\n<市>①役所</市>\n'
    assert rebuilt(text.encode("cp932"), "a.xml", rule=TextFiles.KEPT).data == text.encode("cp932")


BOMB = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 20}">' for i in range(1, 8))


@pytest.mark.parametrize(
    ("text", "threat"),
    [
        (f'<!DOCTYPE a [<!ENTITY a0 "xxxxxxxxxx">{BOMB}]><a>&a7;</a>', Threat.LIMIT_EXCEEDED),
        (f'<!DOCTYPE a [<!ENTITY a0 "xxxxxxxxxx">{BOMB}]><a b="&a7;"/>', Threat.LIMIT_EXCEEDED),
        ('<!DOCTYPE a [<!ENTITY x "&y;"><!ENTITY y "&x;">]><a>&x;</a>', Threat.LIMIT_EXCEEDED),
        ("<a>" * 3000 + "</a>" * 3000, Threat.LIMIT_EXCEEDED),
        (
            "<!--" + "x" * 5000 + '--><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"/>',
            Threat.UNSUPPORTED,
        ),
        ("<!--" + "x" * 5000 + '--><html xmlns="http://www.w3.org/1999/xhtml"/>', Threat.UNSUPPORTED),
        ('<include xmlns="http://www.w3.org/2001/XInclude" href="x"/>', Threat.EXTERNAL_REFERENCE),
    ],
)
def test_what_cannot_be_made_harmless_is_refused(text: str, threat: Threat) -> None:
    with pytest.raises(CannotSanitize) as refusal:
        rebuilt(HEAD + text, "a.xml")
    assert refusal.value.threat is threat


@pytest.mark.parametrize("text", ["<a>", "<a></b>", "<a x=1/>", "x", "<a>&x;</a>", "<a/><b/>", ""])
def test_what_is_not_well_formed_goes_on_as_text(text: str) -> None:
    result = rebuilt(text, "a.xml")
    assert (result.type, result.data.decode()) == ("text/plain", text)


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE a><a/>",
        "<a><?x y?></a>",
        '<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include/></a>',
        "<a>",
        f"<a {XHTML}><h:script/></a>",
        f'<a {XHTML}><h:p onclick="x"/></a>',
        '<a b="javascript:x"/>',
        "<a>\u202e</a>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_the_second_reading_refuses_what_acts(body: str) -> None:
    with pytest.raises(CannotSanitize):
        verify_xml((HEAD + body).encode())
    with pytest.raises(CannotSanitize):
        verify_xml(body.encode())


def test_many_elements_say_the_same() -> None:
    text = HEAD + "<r>" + "".join(f'<e n="{i}">市<c/>{i}</e>' for i in range(2000)) + "</r>\n"
    before, after = etree.fromstring(text.encode()), etree.fromstring(rebuilt(text, "a.xml").data)
    assert etree.tostring(before, method="c14n") == etree.tostring(after, method="c14n")

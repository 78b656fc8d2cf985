"""The allow-list engine: what a grammar names is written anew, what it does not name is not there."""

from typing import Any

import pytest
from lxml import etree

from sanitizers.formats.ooxml import values
from sanitizers.formats.ooxml.allowed import Element, Grammar, PartFailed
from sanitizers.formats.ooxml.kinds import ADDITION, UNKNOWN_ELEMENT, UNKNOWN_VALUE
from sanitizers.formats.ooxml.namespaces import NAMESPACES
from sanitizers.model import CannotSanitize
from tests.unit.sanitizers.ooxml import opc_packages as of
from tests.unit.sanitizers.ooxml.opc_packages import ELEMENTS, KINDS, PLAIN, Built, body, built

MC = f'xmlns:mc="{NAMESPACES["mc"]}"'
W14 = f'xmlns:w14="{NAMESPACES["w14"]}"'
UNKNOWN = 'xmlns:q="urn:example:q"'


def with_grammar(grammar: Grammar, document: bytes) -> Built:
    kinds = tuple(
        of.PartKind(each.name, each.relationships, each.types, each.parents, each.file, each.type, grammar, needed=True)
        if each.name == "word/document"
        else each
        for each in KINDS
    )
    return Built({**PLAIN, "word/document.xml": document}, kinds=kinds)


def test_a_plain_document_stays_as_it_is_and_nothing_is_told() -> None:
    result = built("<w:p><w:r><w:t>一 &amp; &lt;二&gt;</w:t></w:r></w:p>")
    assert result.inside() == "<w:p><w:r><w:t>一 &amp; &lt;二&gt;</w:t></w:r></w:p>"
    assert result.findings == ()


def test_an_unknown_element_goes_with_what_is_in_it() -> None:
    result = built("<w:p><w:strange><w:r><w:t>harm</w:t></w:r></w:strange><w:r/></w:p>")
    assert result.inside() == "<w:p><w:r/></w:p>"
    assert result.told() == [UNKNOWN_ELEMENT.words]


def test_an_unknown_attribute_goes() -> None:
    result = built('<w:p w:onload="harm" onload="harm"/>')
    assert result.inside() == "<w:p/>"
    assert result.told() == [f"2 × {UNKNOWN_ELEMENT.words}"]


def test_a_value_that_does_not_fit_goes_and_so_does_the_element_that_needs_it() -> None:
    result = built('<w:p><w:jc w:val="left"/><w:jc w:val="harm"/></w:p>')
    assert result.inside() == '<w:p><w:jc w:val="left"/></w:p>'
    assert result.told() == [UNKNOWN_VALUE.words]


def test_what_is_known_for_harm_is_told_by_its_name() -> None:
    result = built('<w:p w:loud="1"><w:control/></w:p>')
    assert result.inside() == "<w:p/>"
    assert result.told() == ["2 × noise"]


def test_what_says_nothing_goes_silently() -> None:
    result = built('<w:p w:rsidR="00AB"><w:proofErr><w:t>x</w:t></w:proofErr></w:p>')
    assert result.inside() == "<w:p/>"
    assert result.findings == ()


def test_what_is_in_a_wrapper_stays_but_only_where_it_may_stand() -> None:
    result = built("<w:smartTag><w:p><w:smartTag><w:r/></w:smartTag></w:p><w:t>no place</w:t></w:smartTag>")
    assert result.inside() == "<w:p><w:r/></w:p>"


def test_an_element_in_the_wrong_place_goes() -> None:
    assert built("<w:t>no place</w:t><w:p/>").inside() == "<w:p/>"


def test_text_stands_only_where_text_may_stand() -> None:
    result = built("<w:p>harm<w:r>harm<w:t>stays<w:r/> behind it</w:t>harm</w:r></w:p>")
    assert result.inside() == "<w:p><w:r><w:t>stays behind it<w:r/></w:t></w:r></w:p>"


def test_blanks_at_the_edges_of_text_are_kept_where_it_says_so() -> None:
    result = built(
        '<w:p xml:space="preserve"><w:r><w:t xml:space="preserve"> a </w:t><w:t xml:space="x">b</w:t></w:r></w:p>'
    )
    assert result.inside() == '<w:p><w:r><w:t xml:space="preserve"> a </w:t><w:t>b</w:t></w:r></w:p>'
    assert result.findings == ()


def test_an_empty_shell_is_not_written() -> None:
    result = built("<w:tbl><w:tr><w:strange/></w:tr></w:tbl><w:tbl><w:tr><w:tc/></w:tr><w:tr/></w:tbl>")
    assert result.inside() == "<w:tbl><w:tr><w:tc/></w:tr></w:tbl>"


def test_an_empty_shell_leaves_no_declarations_behind() -> None:
    result = built(f'<w:tbl><w14:checkbox {W14} w14:val="1"/></w:tbl><w:p/>')
    assert result.inside() == "<w:p/>"
    assert result.tree().nsmap == {"w": of.W}


def test_comments_and_instructions_do_not_come_in() -> None:
    result = built("<!-- harm --><w:p><?harm harm?><w:r><w:t>a<!-- harm -->b</w:t></w:r></w:p>")
    assert result.inside() == "<w:p><w:r><w:t>ab</w:t></w:r></w:p>"


def test_values_and_text_cannot_break_out_of_their_place() -> None:
    grammar = Grammar("w:document", {"w:document": Element(attributes={"w:a": values.any_text}, text=values.any_text)})
    value, text = "&quot;/&gt;&lt;x&amp;&#10;&#9;'", "&lt;x&gt;]]&gt;&#13;"
    root = with_grammar(grammar, f'<w:document xmlns:w="{of.W}" w:a="{value}">{text}</w:document>'.encode()).tree()
    assert root.get(f"{{{of.W}}}a") == "\"/><x&\n\t'"
    assert (root.text, len(root)) == ("<x>]]>\r", 0)


def test_prefixes_are_ours_whatever_they_were() -> None:
    source = f'<q:document xmlns:q="{of.W}"><q:body><p xmlns="{of.W}"/></q:body></q:document>'.encode()
    result = Built({**PLAIN, "word/document.xml": source})
    assert result.text().partition("?>\n")[2] == f'<w:document xmlns:w="{of.W}"><w:body><w:p/></w:body></w:document>'


def test_only_namespaces_in_use_are_declared_and_extensions_may_be_passed_over() -> None:
    inside = f'<w:p {W14} w14:paraId="0A0B"><w14:checkbox w14:val="1"/></w:p>'
    root = built(inside, spaces=f"{MC} {UNKNOWN}").tree()
    assert root.nsmap == {"w": of.W, "w14": NAMESPACES["w14"], "mc": NAMESPACES["mc"]}
    assert root.get(f"{{{NAMESPACES['mc']}}}Ignorable") == "w14"


def test_what_other_programs_add_and_say_so_is_told_as_that() -> None:
    result = built("<w:p q:a='1'><q:x/></w:p>", spaces=f'{MC} {UNKNOWN} mc:Ignorable="q"')
    assert result.inside() == "<w:p/>"
    assert result.told() == [f"2 × {ADDITION.words}"]


@pytest.mark.parametrize(
    ("alternatives", "expected"),
    [
        ('<mc:Choice Requires="w14"><w:r/></mc:Choice><mc:Fallback><w:t>old</w:t></mc:Fallback>', "<w:r/>"),
        ('<mc:Choice Requires="q"><w:r/></mc:Choice><mc:Fallback><w:t>old</w:t></mc:Fallback>', "<w:t>old</w:t>"),
        ('<mc:Choice Requires="w14 q"><w:r/></mc:Choice><mc:Fallback><w:t>old</w:t></mc:Fallback>', "<w:t>old</w:t>"),
        ('<mc:Choice Requires="q"><w:t/></mc:Choice><mc:Choice Requires="w14"><w:r/></mc:Choice>', "<w:r/>"),
        ('<mc:Choice Requires=""><w:t>1</w:t></mc:Choice>', ""),
        ('<mc:Choice Requires="nowhere"><w:t>1</w:t></mc:Choice>', ""),
        ('<mc:Choice Requires="w14"><w:control/></mc:Choice><mc:Fallback><w:t>old</w:t></mc:Fallback>', ""),
    ],
)  # fmt: skip
def test_of_alternatives_one_goes_on_by_the_same_table(alternatives: str, expected: str) -> None:
    inside = f"<w:p><mc:AlternateContent>{alternatives}</mc:AlternateContent></w:p>"
    result = built(inside, spaces=f"{MC} {W14} {UNKNOWN}")
    assert result.inside() == (f"<w:p>{expected}</w:p>" if expected else "<w:p/>")


def test_a_table_with_a_default_namespace_is_written_without_prefixes() -> None:
    grammar = Grammar("x:sst", {"x:sst": Element(), "x:si": Element(text=values.any_text)}, default="x")
    space = NAMESPACES["x"]
    result = with_grammar(grammar, f'<a:sst xmlns:a="{space}"><a:si>1</a:si></a:sst>'.encode())
    assert result.text().endswith(f'\n<sst xmlns="{space}"><si>1</si></sst>')


# What a room's function may do


def treating(treat: Any) -> Built:
    grammar = Grammar("w:document", {**ELEMENTS, "w:r": Element(treat=treat, attributes={"w:a": values.natural})})
    return with_grammar(grammar, body("<w:p><w:r><w:t>1</w:t></w:r></w:p>"))


def made(name: str, **attributes: str) -> Any:
    return etree.Element(f"{{{of.W}}}{name}", {f"{{{of.W}}}{key}": value for key, value in attributes.items()})


def test_a_function_may_leave_an_element_out() -> None:
    assert treating(lambda _element, _work: None).inside() == "<w:p/>"


def test_what_a_function_gives_goes_by_the_table_too() -> None:
    result = treating(
        lambda _element, _work: [made("r", a="1"), made("r", a="harm"), made("strange"), made("proofErr")]
    )
    assert result.inside() == '<w:p><w:r w:a="1"/><w:r/></w:p>'


def test_a_function_that_gives_its_element_again_is_not_asked_again() -> None:
    def again(element: Any, work: Any) -> Any:
        work.met(of.NOISE)
        return [element, element]

    result = treating(again)
    assert result.inside() == "<w:p><w:r><w:t>1</w:t></w:r><w:r><w:t>1</w:t></w:r></w:p>"
    assert result.told() == ["noise"]


def test_a_function_at_the_beginning_sees_the_whole_part() -> None:
    def begin(root: Any, _work: Any) -> None:
        for element in root.iter(f"{{{of.W}}}t"):
            element.text += "!"

    result = with_grammar(Grammar("w:document", ELEMENTS, begin=begin), body("<w:p><w:r><w:t>1</w:t></w:r></w:p>"))
    assert result.inside() == "<w:p><w:r><w:t>1!</w:t></w:r></w:p>"


def test_a_function_may_give_the_part_up() -> None:
    def begin(_root: Any, _work: Any) -> None:
        raise PartFailed("no")

    with pytest.raises(CannotSanitize, match="no"):
        with_grammar(Grammar("w:document", ELEMENTS, begin=begin), body(""))


# Large parts


ROWS = Grammar(
    "x:worksheet",
    {
        "x:worksheet": Element(),
        "x:sheetData": Element(),
        "x:row": Element(attributes={"r": values.natural}),
        "x:c": Element(attributes={"t": values.token}),
        "x:v": Element(text=values.any_text),
        "x:mergeCells": Element(),
    },
    default="x",
    streamed="x:row",
)


def sheet(rows: int, space: str = NAMESPACES["x"], inside: str = '<c t="s" harm="1"><v>12345</v></c><harm/>') -> bytes:
    lines = "".join(f'<row r="{number}">{inside}</row>' for number in range(1, rows + 1))
    return f'<worksheet xmlns="{space}"><sheetData>{lines}</sheetData><mergeCells/><harm/></worksheet>'.encode()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte is large here."""
    monkeypatch.setattr("sanitizers.formats.ooxml.package.HELD", 1_000)


@pytest.mark.parametrize("space", [NAMESPACES["x"], "http://purl.oclc.org/ooxml/spreadsheetml/main"])
def test_a_large_part_is_written_as_a_small_one(space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = with_grammar(ROWS, sheet(100, space))
    monkeypatch.setattr("sanitizers.formats.ooxml.package.HELD", 1_000)
    streamed = with_grammar(ROWS, sheet(100, space))
    assert streamed.text() == small.text()
    assert streamed.findings == small.findings
    assert streamed.text().count('<row r="') == 100
    assert streamed.text().endswith("</row></sheetData><mergeCells/></worksheet>")
    assert "harm" not in streamed.text()


@pytest.mark.usefixtures("large")
def test_at_the_beginning_of_a_large_part_only_its_first_row_is_there_and_empty() -> None:
    seen: list[Any] = []

    def begin(root: Any, _work: Any) -> None:
        seen.extend(len(row) for row in root.iter(ROWS.streamed))

    table = {"x:worksheet": Element(), "x:sheetData": Element(), "x:row": Element()}
    with_grammar(Grammar("x:worksheet", table, default="x", streamed="x:row", begin=begin), sheet(100))
    assert seen == [0]


@pytest.mark.usefixtures("large")
def test_a_large_part_without_rows_is_written_too() -> None:
    comment = b"<!--" + b"x" * 2_000 + b"-->"
    result = with_grammar(ROWS, sheet(0).replace(b"<mergeCells/>", comment + b"<mergeCells/>"))
    assert result.text().endswith("<sheetData/><mergeCells/></worksheet>")


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(
    "broken",
    [sheet(100)[:-20], sheet(100).replace(b'<row r="50">', b"<row r=50>"), b"<!DOCTYPE worksheet>" + sheet(100)],
)
def test_a_large_part_that_is_broken_is_refused(broken: bytes) -> None:
    with pytest.raises(CannotSanitize):
        with_grammar(ROWS, broken)

"""Fields of text documents: harmless ones go on whole, of all others the last shown result stays, however they are"
" put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.formats.ooxml.word import instructions
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import Links, Profile, Remarks
from tests.unit.sanitizers.ooxml.word_packages import Written, code, field, mark, p, r, root

HARM = 'c:\\\\windows\\\\system32\\\\cmd.exe "/k KIYOME"'


@pytest.mark.parametrize(
    "instruction",
    [
        "PAGE",
        " page   \\* MERGEFORMAT ",
        "NUMPAGES\\*Arabic",
        'TOC \\o "1-3" \\h \\z \\u',
        "REF _Ref1 \\h",
        "PAGEREF _Toc1 \\h",
        "SEQ 図 \\* ARABIC",
        'DATE \\@ "ggge年M月d日"',
        'TIME \\@ "ggge"',
        'STYLEREF "見出し 1"',
        "FORMTEXT",
        "= SUM(ABOVE)",
        "=2+3",
        'EQ \\* jc2 \\* "Font:ＭＳ 明朝" \\* hps10 \\o\\ad(\\s\\up 9(ふりがな),漢字)',
        "eq \\o\\ac(○,印)",
        "SYMBOL 169",
        'XE "項目"',
        'HYPERLINK \\l "_Toc1"',
    ],
)
def test_a_harmless_field_goes_on_as_it_is(instruction: str) -> None:
    result = Written(p(field(instruction, "5")))
    assert result.findings == ()
    shown = result.shown()
    assert shown.endswith("|5}")
    assert shown[1:-3].split() == instruction.split()


@pytest.mark.parametrize("keyword", sorted(instructions.REFUSED))
def test_of_a_refused_field_the_result_stays(keyword: str) -> None:
    result = Written(p(r("before "), field(f" {keyword.lower()} {HARM} "), r(" after")))
    assert result.shown() == "before result after"
    assert "KIYOME" not in result.xml()
    trace = instructions.REFUSED[keyword]
    assert [(each.threat, each.severity, each.detail) for each in result.findings] == [
        (trace.threat, trace.severity, trace.words)
    ]


def test_dde_is_a_danger() -> None:
    for keyword in ("DDE", "DDEAUTO"):
        trace = instructions.REFUSED[keyword]
        assert (trace.threat, trace.severity) == (Threat.ACTIVE_CONTENT, Severity.DANGER)


def test_a_field_of_an_unknown_kind_is_no_field() -> None:
    result = Written(p(field("FROBNICATE x"), field("\u200bDDE x"), field("ＤＤＥ x"), field("PAGE;DDE"), field("")))
    assert result.shown() == "result" * 5
    assert result.told() == {("unsupported", "note", "replaced")}


def test_an_instruction_in_many_runs_is_read_as_one() -> None:
    pieces = "".join(code(letter) for letter in f" DDEAUTO {HARM}")
    result = Written(p(mark("begin"), pieces, mark("separate"), r("shown"), mark("end")))
    assert result.shown() == "shown"
    assert ("active_content", "danger", "replaced") in result.told()
    assert "instrText" not in result.xml()


def test_text_between_begin_and_separator_is_instruction_too() -> None:
    result = Written(p(mark("begin"), r("DDE"), code("AUTO x"), mark("separate"), r("shown"), mark("end")))
    assert result.shown() == "shown"
    assert "DDEAUTO" in result.words()


def test_an_instruction_over_paragraphs_and_wrappers_is_read_as_one() -> None:
    first = p(mark("begin"), "<w:smartTag w:element='x'>", code("DDE"), "</w:smartTag>")
    second = p('<w:customXml w:element="x">', code("AUTO "), "</w:customXml>", "<w:sdt><w:sdtContent>", code("x"))
    result = Written(
        first + second.replace("</w:p>", "</w:sdtContent></w:sdt>" + mark("separate") + r("s") + mark("end") + "</w:p>")
    )
    assert result.shown().strip() == "s"
    assert "DDEAUTO" in result.words()


def test_a_field_in_a_field_is_judged_by_itself() -> None:
    inside = (
        mark("begin")
        + code(" IF ")
        + field("PAGE", "1")
        + code(' = 1 "a" "b" ')
        + mark("separate")
        + r("a")
        + mark("end")
    )
    result = Written(p(inside))
    assert result.findings == ()
    assert result.shown() == '{ IF {PAGE|1} = 1 "a" "b" |a}'


def test_a_harmful_field_in_an_instruction_takes_the_outer_one_with_it() -> None:
    inside = (
        mark("begin")
        + code(" IF ")
        + field(f"DDE {HARM}", "1")
        + code(' = 1 "a" "b" ')
        + mark("separate")
        + r("a")
        + mark("end")
    )
    result = Written(p(inside))
    assert result.shown() == "a"
    assert ("active_content", "danger", "replaced") in result.told()
    assert "KIYOME" not in result.xml()


def test_a_harmful_field_in_a_result_leaves_the_outer_one() -> None:
    result = Written(p(mark("begin"), code("REF x"), mark("separate"), field(f"DDE {HARM}", "in"), mark("end")))
    assert result.shown() == "{REF x|in}"


@pytest.mark.parametrize(
    "inside",
    [
        field("QUOTE 68 68 69", "DDE") + code(" x"),  # the keyword is the result of another field
        code("PA") + field("PAGE", "GE") + code(" x"),
        code("PAGE") + field("PAGE", "AUTO") + code(" x"),
        code("PAGE") + "<w:r><w:sym w:char='0041'/></w:r>",
        code("PAGE") + "<w:r><w:ruby><w:rt/><w:rubyBase><w:r><w:t>AUTO</w:t></w:r></w:rubyBase></w:ruby></w:r>",
    ],
)
def test_an_instruction_put_together_by_others_is_refused(inside: str) -> None:
    result = Written(p(mark("begin"), inside, mark("separate"), r("shown"), mark("end")))
    assert result.shown() == "shown"
    assert any(each.threat is Threat.DECEPTION for each in result.findings)


def test_pieces_that_make_no_whole_are_left_out() -> None:
    loose = (
        mark("end")
        + mark("separate")
        + code(f"DDE {HARM}")
        + r("text")
        + mark("begin")
        + code(f"DDE {HARM}")
        + r(" shown")
    )
    result = Written(p(loose))
    assert result.shown() == "text shown"
    assert result.told() == {("malformed", "note", "removed")}


def test_pieces_where_no_text_can_be_are_left_out() -> None:
    marks = [mark(kind) for kind in ("begin", "separate", "end")]
    strange = f"<w:r><w:rPr>{marks[0]}{code('DDE x')}{marks[1]}{marks[2]}</w:rPr><w:t>stays</w:t></w:r>"
    block = f"{marks[0]}{code('DDE x')}{marks[1]}{marks[2]}"
    result = Written(block + p(strange) + f"<w:tbl>{block}</w:tbl>")
    assert result.shown() == "stays"
    assert "fldChar" not in result.xml()
    assert "instrText" not in result.xml()


def test_runs_beside_paragraphs_make_no_field() -> None:
    """No program writes them there, and nobody knows whether one that reads them counts them."""
    result = Written(f"<w:sdt><w:sdtContent>{field('PAGE', '1')}</w:sdtContent></w:sdt>{p(r('x'))}")
    assert "fldChar" not in result.xml()
    assert "instrText" not in result.xml()


def test_what_is_not_written_for_its_place_counts_for_nothing() -> None:
    misplaced = f"<w:tbl>{p(code('= '))}<w:tr><w:tc>{p()}</w:tc></w:tr></w:tbl>"
    result = Written(p(mark("begin")) + misplaced + p(code(f"DDEAUTO {HARM}"), mark("separate"), r("s"), mark("end")))
    assert result.shown().strip() == "s"
    assert "DDEAUTO" in result.words()


def test_a_field_without_an_instruction_is_none() -> None:
    assert Written(p(mark("begin"), mark("separate"), r("s"), mark("end"))).shown() == "s"
    started_by_another = p(mark("begin"), field("PAGE", "1"), code(" x"), mark("separate"), r("s"), mark("end"))
    assert Written(started_by_another).shown() == "s"


def test_an_unknown_element_hides_no_piece_of_a_field() -> None:
    """What is not written must not be counted: the end here would leave the field open for what follows."""
    hidden = f"<w:unheard>{code('= ')}</w:unheard>"
    result = Written(p(mark("begin"), hidden, code(f"DDEAUTO {HARM}"), mark("separate"), r("s"), mark("end")))
    assert result.shown() == "s"
    assert "DDEAUTO" in result.words()


def test_the_branch_that_is_not_taken_counts_for_nothing() -> None:
    alternate = (
        f'<mc:AlternateContent><mc:Choice Requires="nobody">{code("= ")}</mc:Choice><mc:Fallback/>'
        "</mc:AlternateContent>"
    )
    result = Written(p(mark("begin"), alternate, code(f"DDEAUTO {HARM}"), mark("separate"), r("s"), mark("end")))
    assert result.shown() == "s"
    assert "DDEAUTO" in result.words()


def test_fields_beyond_every_measure_are_refused() -> None:
    deep = p(mark("begin") * 100, code(f"DDEAUTO {HARM}"), r("s"), (mark("separate") + mark("end")) * 100, r("after"))
    assert "KIYOME" not in Written(deep).xml()
    assert Written(deep).shown().endswith("after")
    nested = "PAGE"
    for _ in range(100):
        nested = (
            mark("begin") + code(" IF ") + (nested if "<" in nested else field(nested)) + code(" a b ") + mark("end")
        )
    assert "{" not in Written(p(nested)).shown()
    long = Written(p(field("QUOTE " + "x" * 40_000), field("PAGE" + " " * 40_000)))
    assert "{" not in long.shown()


CHANGED = '<w:{0} w:id="1" w:author="a">{1}</w:{0}>'


@pytest.mark.parametrize("change", ["ins", "del", "moveFrom", "moveTo"])
def test_an_instruction_that_a_tracked_change_would_alter_is_refused(change: str) -> None:
    """PAGE DDEAUTO is harmless; without PAGE it is not, and a click on "accept" takes it away."""
    inside = CHANGED.format(change, code("PAGE ")) + code(f"DDEAUTO {HARM}")
    result = Written(p(mark("begin"), inside, mark("separate"), r("s"), mark("end")))
    assert result.shown() == "s"
    assert any(each.threat is Threat.DECEPTION for each in result.findings)


def test_a_field_that_was_inserted_as_a_whole_stays() -> None:
    result = Written(p(CHANGED.format("ins", field("PAGE", "1"))))
    assert result.shown() == "{PAGE|1}"


def test_a_deleted_field_goes_by_rule() -> None:
    deleted = CHANGED.format("del", field("PAGE", "1").replace("w:t>", "w:delText>").replace("<w:t ", "<w:delText "))
    assert Written(p(deleted), Profile(office_remarks=Remarks.REMOVED)).shown() == ""


# w:fldSimple


def test_simple_fields_by_the_same_list() -> None:
    simple = '<w:fldSimple w:instr="{}">{}</w:fldSimple>'
    result = Written(p(simple.format(" PAGE ", r("1")), simple.format("DDEAUTO KIYOME", r("shown"))))
    assert result.shown() == "{ PAGE |1}shown"
    assert result.told() == {("active_content", "danger", "replaced")}


def test_a_simple_field_in_an_instruction_does_not_hide_in_it() -> None:
    simple = f'<w:fldSimple w:instr="PAGE">{r("PAGE ")}</w:fldSimple>'
    result = Written(p(mark("begin"), simple, code("DDEAUTO x"), mark("separate"), r("s"), mark("end")))
    assert result.shown() == "s"
    assert any(each.threat is Threat.DECEPTION for each in result.findings)


# HYPERLINK


def test_a_link_field_is_written_anew() -> None:
    result = Written(p(field('HYPERLINK "https://www.example.jp/a" \\o "tip" \\t "_blank"', "here")))
    assert result.shown() == '{ HYPERLINK "https://www.example.jp/a" |here}'
    assert result.findings == ()


@pytest.mark.parametrize(
    "instruction",
    [
        'HYPERLINK "javascript:alert(1)"',
        'HYPERLINK "file:///c:/x"',
        'HYPERLINK "\\\\\\\\server\\\\share"',
        'HYPERLINK "ms-msdt:/id x"',
        "HYPERLINK search-ms:query=x",
    ],
)
def test_a_link_field_to_another_scheme_is_words_only(instruction: str) -> None:
    result = Written(p(field(instruction, "here")))
    assert result.shown() == "here"
    assert result.findings


def test_a_link_field_that_names_another_host_is_words_with_the_true_address() -> None:
    result = Written(p(field('HYPERLINK "https://evil.example.com/"', "https://www.city.example.lg.jp/")))
    assert "{" not in result.shown()
    assert result.shown().startswith("https://www.city.example.lg.jp/")
    assert "evil" in result.shown()
    assert any(each.threat is Threat.DECEPTION for each in result.findings)


def test_link_fields_by_the_rule_for_links() -> None:
    body = p(field('HYPERLINK "https://www.example.jp/"', "here"))
    assert Written(body, Profile(links=Links.REMOVED)).shown() == "here"
    defanged = Written(body, Profile(links=Links.DEFANGED)).shown()
    assert defanged.startswith("here")
    assert "example[.]jp" in defanged


def test_a_link_field_with_a_field_in_it_is_refused() -> None:
    inside = code('HYPERLINK "https://x.example/?') + field("USERNAME", "me") + code('"')
    result = Written(p(mark("begin"), inside, mark("separate"), r("s"), mark("end")))
    assert result.shown() == "s"
    inside = code('HYPERLINK "https://x.example/" \\o ') + field("PAGE", "me")
    assert Written(p(mark("begin"), inside, mark("separate"), r("s"), mark("end"))).shown() == "s"


def test_a_link_field_in_many_runs_is_written_once() -> None:
    pieces = code('HYPERLINK "https://x.') + r('example/"') + code(' \\l "a b"')
    result = Written(p(mark("begin"), pieces, mark("separate"), r("s"), mark("end")))
    assert result.shown() == '{ HYPERLINK "https://x.example/" \\l "a b" |s}'


def test_a_link_field_has_no_quotation_mark_in_its_target() -> None:
    assert Written(p(field('HYPERLINK \\l "a\\"b"', "s"))).shown() == "s"


# Elsewhere


@pytest.mark.parametrize("part", ["header", "footer", "footnotes", "endnotes", "comments"])
def test_fields_in_other_parts(part: str) -> None:
    text = p(field(f"DDEAUTO {HARM}", "shown"))
    inside = {
        "header": root("hdr", text),
        "footer": root("ftr", text),
        "footnotes": root("footnotes", f'<w:footnote w:id="1">{text}</w:footnote>'),
        "endnotes": root("endnotes", f'<w:endnote w:id="1">{text}</w:endnote>'),
        "comments": root("comments", f'<w:comment w:id="1" w:author="a">{text}</w:comment>'),
    }[part]
    reference = f'<w:{part}Reference w:type="default" r:id="{part}"/>' if part in {"header", "footer"} else ""
    note = f'<w:r><w:{part[:-1]}Reference w:id="1"/></w:r>' if part in {"footnotes", "endnotes"} else ""
    result = Written(p(r("x"), note) + f"<w:sectPr>{reference}</w:sectPr>", parts={part: inside})
    assert result.shown(f"{part}1" if reference else part) == "shown"
    assert ("active_content", "danger", "replaced") in result.told()


def test_the_macros_of_form_fields_go() -> None:
    data = (
        '<w:ffData><w:name w:val="name"/><w:enabled/><w:calcOnExit w:val="0"/><w:entryMacro w:val="Kiyome"/>'
        '<w:exitMacro w:val="Kiyome"/><w:textInput><w:default w:val="山田"/></w:textInput></w:ffData>'
    )
    result = Written(p(mark("begin", data), code("FORMTEXT"), mark("separate"), r("山田"), mark("end")))
    assert "Kiyome" not in result.xml()
    assert "textInput" in result.xml()
    assert result.told() == {("active_content", "warning", "removed")}


# Any


@given(
    st.lists(
        st.sampled_from(["begin", "separate", "end", "PAGE ", "= ", "DDEAUTO x ", "QUOTE ", "text", "p", "ins"]),
        max_size=14,
    )
)
def test_no_order_of_pieces_leaves_a_refused_instruction(pieces: list[str]) -> None:
    """Read by a small reader of its own: the first literal word behind every begin is on the list of harmless ones."""
    made = []
    for piece in pieces:
        if piece in {"begin", "separate", "end"}:
            made.append(mark(piece))
        elif piece == "p":
            made.append("</w:p><w:p>")
        elif piece == "ins":
            made.append(CHANGED.format("ins", code("PAGE ")))
        else:
            made.append(r(piece) if piece == "text" else code(piece))
    result = Written(p(*made))
    assert not starts_of_fields(result) & set(instructions.REFUSED)
    again = Written(result.xml().partition("<w:body>")[2].rpartition("</w:body>")[0])
    assert again.data == result.data
    assert not [each for each in again.findings if each.action is not Action.NOTED]


def starts_of_fields(result: Written) -> set[str]:
    found, depth = set(), 0
    shown = result.shown().replace("\n", "")
    for at, sign in enumerate(shown):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
        if sign == "{":
            found.add(instructions.keyword(shown[at + 1 :].partition("|")[0].partition("}")[0].partition("{")[0]))
    assert depth == 0
    return found

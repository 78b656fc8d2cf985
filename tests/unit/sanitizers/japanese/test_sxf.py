"""SXF drawings (SFC, P21): written again feature by feature; names of people and files stay behind."""

import pytest

from sanitizers.model import CannotSanitize, Outcome, Threat
from sanitizers.rules import Author, Profile
from sanitizers.verify.drawing import verify_sxf
from tests.unit.sanitizers.japanese.drawings import p21, sfc
from tests.unit.sanitizers.japanese.working import AS_WORD, cleaned, findings, reason

LINE = "line_feature('1','1','1','1','10.0','10.0','100.0','50.0')"
WORDS = r"text_string_feature('1','1','1',\'配置図ソ表 1'-2\','10.0','80.0','3.5','36.75','0.0','0.0','0.0','1','1')"
POINTS = ("CARTESIAN_POINT('',(10.0,-1.5E-3))", "DRAUGHTING_TITLE((#1),'JAPANESE','\\X2\\914D7F6E56F3\\X0\\')")


def rebuilt(data: bytes, name: str, profile: Profile | None = None) -> str:
    result = cleaned(data, name, profile or AS_WORD)
    assert result.data is not None, findings(result)
    assert result.name == name
    again = cleaned(result.data, name, profile or AS_WORD)
    assert not findings(again), "a second pass finds nothing"
    assert again.data == result.data
    return result.data.decode("cp932")


def told(data: bytes, name: str = "a.sfc") -> set[Threat]:
    return {found.threat for found in findings(cleaned(data, name))}


def test_features_stay_as_they_are() -> None:
    clean = rebuilt(sfc(LINE, WORDS), "図面.sfc")
    for feature in (LINE, WORDS, r"layer_feature(\'レイヤ１\','1')"):
        assert f" = {feature}\r\nSXF*/" in clean


def test_entities_stay_as_they_are() -> None:
    clean = rebuilt(p21(*POINTS), "図面.p21")
    for number, entity in enumerate(POINTS, start=1):
        assert f"#{number}={entity};\r\n" in clean


def test_compound_entities_and_all_kinds_of_values() -> None:
    entity = "(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,$,'it''s \\\\ x',(#1,(-2.,3))))"
    assert f"#1={entity};" in rebuilt(p21(entity), "a.p21")


@pytest.mark.parametrize(("rule", "kept"), [(Author.KEPT, True), (Author.REMOVED, False)])
def test_names_of_files_people_and_programs(rule: Author, kept: bool) -> None:
    data = sfc(LINE, author="山田")
    clean = rebuilt(data, "a.sfc", Profile(office_author=rule))
    head = clean.partition("DATA;")[0]
    assert ("\\X2\\5C717530\\X0\\" in head) is kept
    assert "市役所" not in clean
    assert "FILE_NAME('','2026-11-21T10:0:0'" in head
    assert "'SCADEC_API_Ver3.30$$3.0','','')" in head
    assert Threat.METADATA in told(data)


def test_a_translator_whose_name_is_not_plain_goes_too() -> None:
    data = sfc(LINE).replace(b"SCADEC_API_Ver3.30", "訳".encode("cp932"))
    assert ",'','','')" in rebuilt(data, "a.sfc").partition("DATA;")[0]


def test_words_between_features_are_not_there() -> None:
    data = sfc(LINE, between="/* KIYOME-HARM */\r\nKIYOME-HARM\r\n")
    assert "KIYOME-HARM" not in rebuilt(data, "a.sfc")
    assert Threat.METADATA in told(data)
    comment = p21(*POINTS).replace(b"DATA;", b"DATA;/* KIYOME-HARM */")
    assert "KIYOME-HARM" not in rebuilt(comment, "a.p21")


def test_a_name_that_leads_to_a_file_is_only_a_name() -> None:
    data = sfc(r"externally_defined_symbol_feature('1','0','1',\'\\host\KIYOME\x.sfc\','1','1','0','1')")
    assert "\\\\host" not in rebuilt(data, "a.sfc")
    assert Threat.EXTERNAL_REFERENCE in told(data)
    source = p21("EXTERNAL_SOURCE(IDENTIFIER('\\\\\\\\host\\\\x'))")
    assert "'__host_x'" in rebuilt(source, "a.p21")


def test_what_deceives_in_words_is_gone() -> None:
    assert Threat.DECEPTION in told(p21("DRAUGHTING_TITLE((#1),'JAPANESE','\\X2\\202E0061\\X0\\')"), "a.p21")
    assert "202E" not in rebuilt(p21("DRAUGHTING_TITLE((#1),'JAPANESE','\\X2\\202E0061\\X0\\')"), "a.p21")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (sfc("run_feature('calc.exe')"), "a feature that SXF does not have"),
        (p21("DOCUMENT_FILE('x','y',$,#1,'',$)"), "an entity that SXF does not have"),
        (p21(*POINTS, schema="CONFIG_CONTROL_DESIGN"), "another kind than SXF"),
        (sfc(LINE)[:-30], "cut off"),
        (sfc(LINE) + b"MZ", "in front or behind"),
        (sfc("line_feature('1',exec('x'))"), "not written as SXF says"),
        (sfc(r"line_feature('1','\\x')"), "not written as SXF says"),
        (p21("CARTESIAN_POINT(,{)"), "not written as ISO 10303-21"),
        (p21(*POINTS).replace(b"FILE_SCHEMA", b"FILE_POPULATION"), "another header"),
    ],
)
def test_what_sxf_does_not_have_is_blocked(data: bytes, says: str) -> None:
    result = cleaned(data, "a.sfc")
    assert says in reason(result)
    assert result.report.parts[0].outcome is Outcome.BLOCKED


def test_figures_in_figures_that_draw_too_much_are_blocked() -> None:
    features = [*[LINE] * 10, r"sfig_org_feature(\'f0\','1')"]
    for level in range(1, 8):
        features += [rf"sfig_locate_feature('1',\'f{level - 1}\','0','0','0','1','1')"] * 10
        features.append(rf"sfig_org_feature(\'f{level}\','1')")
    assert "when drawn" in reason(cleaned(sfc(*features), "a.sfc"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SXF*/\r\n", "SXF*/\r\nx\r\n"),
        ("_feature(", "_macro("),
        ("'SCADEC_API", "'C:\\SCADEC_API"),
        ("DATA;", "DATA;\r\nx"),
    ],
)
def test_the_second_reading_sees_what_must_not_be_there(before: str, after: str) -> None:
    clean = rebuilt(sfc(LINE), "a.sfc")
    with pytest.raises(CannotSanitize, match="second reading"):
        verify_sxf(clean.replace(before, after, 1).encode("cp932"))


@pytest.mark.parametrize("entity", ["DOCUMENT('x')", "x", 'CIRCLE("0F")', "CIRCLE('é')"])
def test_the_second_reading_of_entities(entity: str) -> None:
    clean = rebuilt(p21(*POINTS), "a.p21")
    with pytest.raises(CannotSanitize, match="second reading"):
        verify_sxf(clean.replace("#1=", f"#9={entity};\r\n#1=", 1).encode())

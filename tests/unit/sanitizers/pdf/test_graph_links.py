"""Links and bookmarks: places inside the document and plain addresses stay, everything that acts is gone and named."""

import pytest

from sanitizers.model import Severity, Threat
from sanitizers.rules import Links, Profile
from tests.unit.sanitizers.pdf.graph_documents import details, document, everything, opened, rebuilt


def linked(leads: str, catalog: str = "", objects: dict[int, str] | None = None) -> bytes:
    annotation = f"<</Type/Annot/Subtype/Link/Rect[10 10 90 30]{leads}>>"
    return document(catalog, "/Annots[10 0 R]", {10: annotation, **(objects or {})})


def address(data: bytes) -> str:
    with opened(data) as made:
        return str(made.pages[0].obj.Annots[0].A.URI)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://www.example.jp/a?b=c#d", "https://www.example.jp/a?b=c#d"),
        ("HTTP://Example.JP/", "http://example.jp/"),
        ("mailto:soumu@example.jp?subject=x&body=y", "mailto:soumu@example.jp"),
        ("www.example.jp", "http://www.example.jp"),
    ],
)
def test_plain_addresses_stay(written: str, kept: str) -> None:
    result = rebuilt(linked(f"/A<</S/URI/URI({written})>>"))
    assert address(result.data) == kept
    assert not result.findings


@pytest.mark.parametrize("rule", [Links.DEFANGED, Links.REMOVED])
def test_by_rule_no_address_stays(rule: Links) -> None:
    result = rebuilt(linked("/A<</S/URI/URI(https://www.example.jp/)>>"), Profile(links=rule))
    assert b"example" not in everything(result.data)
    assert [finding.where for finding in result.findings] == ["page 1: https://www.example.jp/"]


@pytest.mark.parametrize(
    ("written", "threat", "severity"),
    [
        ("javascript:alert\\(1\\)", Threat.ACTIVE_CONTENT, Severity.DANGER),
        ("file:///c:/x.exe", Threat.EXTERNAL_REFERENCE, Severity.DANGER),
        ("\\\\\\\\server\\\\share", Threat.EXTERNAL_REFERENCE, Severity.DANGER),
        ("ftp://example.jp/", Threat.EXTERNAL_REFERENCE, Severity.NOTE),
        ("page.html", Threat.EXTERNAL_REFERENCE, Severity.NOTE),
    ],
)
def test_other_addresses_go(written: str, threat: Threat, severity: Severity) -> None:
    result = rebuilt(linked(f"/A<</S/URI/URI({written})>>"))
    with opened(result.data) as made:
        assert "/Annots" not in made.pages[0].obj
    assert [(finding.threat, finding.severity) for finding in result.findings] == [(threat, severity)]


def test_a_host_that_deceives_is_named() -> None:
    result = rebuilt(linked("/A<</S/URI/URI(https://www.bank.example@evil.example/)>>"))
    assert [finding.threat for finding in result.findings] == [Threat.DECEPTION]
    assert address(result.data) == "https://evil.example/"


@pytest.mark.parametrize(
    ("leads", "view"),
    [
        ("/Dest[3 0 R/XYZ 10 20 null]", ["/XYZ", 10, 20, None]),
        ("/Dest[3 0 R/FitR 1 2 3 4]", ["/FitR", 1, 2, 3, 4]),
        ("/Dest[3 0 R/FitH (x)]", ["/FitH", None]),
        ("/Dest[3 0 R]", ["/Fit"]),
        ("/Dest[3 0 R/KiyomeView 1]", ["/Fit"]),
        ("/Dest[0/Fit]", ["/Fit"]),
        ("/A<</S/GoTo/D[3 0 R/Fit]>>", ["/Fit"]),
        ("/Dest(tree)", ["/FitB"]),
        ("/A<</S/GoTo/D(tree)>>", ["/FitB"]),
        ("/Dest/old", ["/FitV", 5]),
    ],
)
def test_places_inside_stay(leads: str, view: list[object]) -> None:
    names = "/Names<</Dests<</Kids[11 0 R]>>>>/Dests<</old<</D[3 0 R/FitV 5]>>>>"
    result = rebuilt(linked(leads, names, {11: "<</Names[(tree)[3 0 R/FitB]]>>"}))
    with opened(result.data) as made:
        page, *rest = made.pages[0].obj.Annots[0].Dest
        assert page.objgen == made.pages[0].obj.objgen
        assert [None if part is None else (str(part) if not isinstance(part, int) else part) for part in rest] == view
    assert not result.findings


@pytest.mark.parametrize(
    "leads", ["/Dest(nowhere)", "/Dest[99 0 R/Fit]", "/Dest[7/Fit]", "/Dest[]", "/Dest 5", "/A<</S/GoTo>>"]
)
def test_places_that_do_not_exist_go(leads: str) -> None:
    result = rebuilt(linked(leads))
    assert details(result.findings) == ["link to a place that does not exist"]


def test_every_action_of_a_chain_is_named() -> None:
    chain = {
        11: "<</S/Launch/F(x)/Next[12 0 R 13 0 R]>>",
        12: "<</S/SubmitForm/F(http://x.example/)/Next 11 0 R>>",
        13: "<</S/Rendition/JS(x)/Next<</S/GoToR/F(x.pdf)>>>>",
    }
    result = rebuilt(linked("/A<</S/URI/URI(https://www.example.jp/)/Next 11 0 R>>", objects=chain))
    assert address(result.data) == "https://www.example.jp/"
    assert set(details(result.findings)) == {
        "action that starts a program or opens a file (Launch)",
        "action that sends a form (SubmitForm)",
        "action that plays a medium (Rendition)",
        "JavaScript",
        "link into another file (GoToR)",
    }


def test_bookmarks_keep_titles_order_and_levels() -> None:
    objects = {
        10: "<</Type/Outlines/First 11 0 R/Last 13 0 R/Count 2>>",
        11: "<</Title<feff7b2c4e007ae0>/Parent 10 0 R/Next 13 0 R/First 12 0 R/Last 12 0 R/Count -1/Dest[3 0 R/Fit]>>",
        12: "<</Title(Inside)/Parent 11 0 R/A<</S/JavaScript/JS(x)>>>>",
        13: "<</Title(Last)/Parent 10 0 R/Prev 11 0 R/C[1 0 0]/F 2>>",
    }
    result = rebuilt(document("/Outlines 10 0 R", objects=objects))
    with opened(result.data) as made, made.open_outline() as outline:
        assert [item.title for item in outline.root] == ["第一章", "Last"]
        assert [item.title for item in outline.root[0].children] == ["Inside"]
        assert outline.root[0].is_closed
        assert made.Root.Outlines.Count == 2
    assert details(result.findings) == ["JavaScript"]


def test_bookmarks_that_go_round_end() -> None:
    objects = {10: "<</First 11 0 R>>", 11: "<</Title(A)/Next 11 0 R/First 11 0 R>>"}
    with opened(rebuilt(document("/Outlines 10 0 R", objects=objects)).data) as made:
        assert made.Root.Outlines.Count == 1


def test_page_labels_are_carried_flat() -> None:
    labels = "/PageLabels<</Kids[<</Nums[0<</S/r/P(<A>)/St 3/X(y)>> 900<</S/D>>]>>]>>"
    with opened(rebuilt(document(labels)).data) as made:
        assert str(made.Root.PageLabels.Nums[1].P) == "<A>"
        assert set(made.Root.PageLabels.Nums[1].keys()) == {"/S", "/P", "/St"}
        assert len(made.Root.PageLabels.Nums) == 2

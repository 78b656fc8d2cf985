"""What must hold of every file, over random ones: the same ones in every run."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.files import check_file
from tests.fuzz.filing import NAMES, STRATEGIES, check, file_seeds
from tests.fuzz.forbidden import HARM, forbidden_in
from tests.fuzz.graphs import HARMS, put_together

#: As for mails: `python -m tests.fuzz` draws new ones.
REPEATABLE = settings(
    derandomize=True, max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
@pytest.mark.parametrize("drawn", STRATEGIES)
def test_whatever_is_drawn(drawn: str) -> None:
    strategy, kind = STRATEGIES[drawn]

    @REPEATABLE
    @given(strategy)
    def holds(data: bytes) -> None:
        check(kind, data)

    holds()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("target", NAMES)
def test_whatever_a_search_starts_from(target: str) -> None:
    for data in file_seeds(target):
        check(target, data)


@pytest.mark.parametrize("harm", HARMS)
def test_each_harm_is_one_to_the_reader_of_results(harm: bytes) -> None:
    """What it could not see in the original, its silence about the result would not mean."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/A " + harm + b"/Names 4 0 R>>"
    catalog, pages = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    original = put_together({1: catalog, 2: pages, 3: page, 4: b"null"}, b"")
    assert forbidden_in(original, "application/pdf")
    assert check_file(original, "a.pdf").data is not None


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("text/html", "<script>x</script>"),
        ("text/html", "<p onclick='x'>"),
        ("text/html", "<a href='java&#10;script:x'>"),
        ("text/html", "<style>b{background:u\\72l(x)}</style>"),
        ("text/html", "<!--x-->"),
        ("text/html", HARM),
        ("image/svg+xml", "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("text/html", "<img src='data:image/svg+xml;base64,PD94bWwgdmVyc2lvbj0iMS4wIj8+PHN2Zz48c2NyaXB0Lz48L3N2Zz4='>"),
        ("text/csv", "a,=1+1"),
        ("text/csv", "a;=1+1"),
        ("text/csv", "+A1"),
        ("text/csv", "-2+cmd|'/C calc'!A0"),
        ("text/tab-separated-values", "a\t@SUM(A1)"),
        ("text/xml", "<!DOCTYPE a><a/>"),
        ("text/xml", "<a><?x y?></a>"),
        ("text/xml", "<a xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='x'/></a>"),
    ],
)
def test_the_reader_of_results_sees(media_type: str, data: str) -> None:
    assert forbidden_in(data.encode(), media_type)


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("text/csv", "-5,+81-3-1234-5678,-5円,'=1+1,-1(2"),
        ("text/html", "<!DOCTYPE html><p style='color:red'><a href='https://www.example.jp/'>x</a></p>"),
        ("text/xml", "<a><!--x--><b/></a>"),
    ],
)
def test_the_reader_of_results_lets_pass(media_type: str, data: str) -> None:
    assert forbidden_in(data.encode(), media_type) == []

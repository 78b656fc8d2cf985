"""Endings of names: what they promise, and which one a clean file gets."""

import pytest

from sanitizers.extensions import ENDINGS, disagrees, ending_of, promised, with_ending


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("a.pdf", "application/pdf", "a.pdf"),
        ("A.PDF", "application/pdf", "A.PDF"),
        ("a.jpg", "application/pdf", "a.pdf"),
        ("写真.heic", "image/jpeg", "写真.jpg"),
        ("写真.JPEG", "image/jpeg", "写真.JPEG"),
        ("a.xyz", "image/png", "a.xyz.png"),
        ("v1.2", "image/png", "v1.2.png"),
        ("a", "image/png", "a.png"),
        (".jpg", "image/png", ".jpg.png"),
        ("a.exe", "application/pdf", "a.exe.pdf"),
        ("", "image/png", ""),
        ("00017", "message/rfc822", "00017"),
        ("a.pdf", "message/rfc822", "a.eml"),
        ("a.xyz", "application/x-unheard-of", "a.xyz"),
        ("a.log", "text/plain", "a.log"),
        ("a.pdf", "text/plain", "a.txt"),
        ("README", "text/plain", "README.txt"),
        ("a.bat", "text/plain", "a.bat.txt"),
        ("a.kml", "text/xml", "a.kml"),
        ("a.docx", "text/xml", "a.xml"),
    ],
)
def test_the_ending_is_that_of_the_type(name: str, media_type: str, expected: str) -> None:
    assert with_ending(name, media_type) == expected
    assert with_ending(expected, media_type) == expected


@pytest.mark.parametrize(
    ("name", "detected", "expected"),
    [
        ("a.jpg", "application/pdf", True),
        ("a.jpg", "image/jpeg", False),
        ("a.jpg", "image/png", True),
        ("a.jpg", "text/plain", True),
        ("a.txt", "text/plain", False),
        ("a.txt", "application/vnd.microsoft.portable-executable", True),
        ("a.csv", "text/html", False),
        ("a", "application/pdf", False),
        ("a.xyz", "application/pdf", False),
        ("", "application/pdf", False),
    ],
)
def test_whether_a_name_promises_something_else(name: str, detected: str, *, expected: bool) -> None:
    assert disagrees(name, detected) is expected


def test_every_type_goes_by_its_own_endings() -> None:
    for kind, endings in ENDINGS.items():
        for ending in endings:
            assert kind in promised(f"a.{ending}")
            assert ending_of(f"a.{ending.upper()}") == ending

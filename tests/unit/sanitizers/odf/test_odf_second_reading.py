"""The second reading blocks what our writer does not write."""

import io
import zipfile

import pytest

from sanitizers.model import CannotSanitize
from sanitizers.verify.odf import verify
from tests.unit.sanitizers.odf.opendocuments import TYPE, cleaned, content, parts_of, text

GOOD = cleaned(text("<text:p>文</text:p>"))


def changed(**parts: str) -> bytes:
    """The clean file with other parts, its manifest as it was."""
    members = {**parts_of(GOOD), **{name.replace("__", "."): part.encode() for name, part in parts.items()}}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, part in members.items():
            package.writestr(name, part)
    return file.getvalue()


def test_what_we_write_passes() -> None:
    assert GOOD.data is not None
    verify(GOOD.data)
    verify(changed(content__xml=content("text", "<text:p>別の文</text:p>")))


@pytest.mark.parametrize(
    "body",
    [
        "<text:execute-macro/>",
        "<draw:plugin/>",
        "<office:scripts/>",
        "<office:dde-source/>",
        "<unknown/>",
        '<text:a xlink:href="file:///x"/>',
        '<text:a xlink:href="javascript:1"/>',
        '<draw:image xlink:href="https://x.example/p.png"/>',
        '<draw:image xlink:href="Pictures/9.png"/>',
        '<draw:object xlink:href="./Object 1"/>',
        '<form:form xlink:href="https://x.example/"/>',
        '<presentation:event-listener presentation:action="execute"/>',
        '<form:button form:button-type="submit"/>',
        '<table:table-cell table:formula="of:=DDE(1)"/>',
        "<table:table-cell table:formula=\"of:=['file:///x'#$A.A1]\"/>",
        '<table:table-cell table:formula="of:=HYPERLINK([.A1])"/>',
        '<text:p text:style-name="vnd.sun.star.script:x"/>',
        "<text:p><!-- x --></text:p>",
        "<?x y?>",
        "<text:p",
    ],
)
def test_what_we_never_write_is_blocked(body: str) -> None:
    with pytest.raises(CannotSanitize):
        verify(changed(content__xml=content("text", body)))


def test_parts_beside_the_manifest_are_blocked() -> None:
    with pytest.raises(CannotSanitize):
        verify(changed(**{"Basic/x__xml": "<x/>"}))


def test_another_media_type_is_blocked() -> None:
    for media_type in ("application/zip", TYPE + "spreadsheet", TYPE + "text-template"):
        with pytest.raises(CannotSanitize):
            verify(changed(mimetype=media_type))


def test_no_package_is_blocked() -> None:
    for data in (b"", b"PK\x05\x06" + b"\0" * 18, b"x" * 100):
        with pytest.raises(CannotSanitize):
            verify(data)

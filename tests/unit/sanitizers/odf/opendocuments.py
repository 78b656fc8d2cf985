"""OpenDocument files made for the tests, and the engine around them."""

import io
import zipfile

from lxml import etree

from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Finding, Notice
from sanitizers.rules import Budget, Kind, Profile, Task

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_PREFIXES = {
    "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style", "meta": "meta",
    "fo": "xsl-fo-compatible", "svg": "svg-compatible", "presentation": "presentation", "number": "datastyle",
    "config": "config", "script": "script", "form": "form", "chart": "chart",
}  # fmt: skip
SPACES = " ".join(f'xmlns:{prefix}="{_OASIS}{name}:1.0"' for prefix, name in _PREFIXES.items())
SPACES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
SPACES += ' xmlns:math="http://www.w3.org/1998/Math/MathML"'
TYPE = "application/vnd.oasis.opendocument."


def content(kind: str, body: str, styles: str = "") -> str:
    """content.xml."""
    return (
        f'<office:document-content {SPACES} office:version="1.3"><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )


def packed(parts: dict[str, str | bytes], kind: str = "text") -> bytes:
    """A package of these parts, the media type in front."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("mimetype", TYPE + kind)
        for name, part in parts.items():
            package.writestr(name, part)
    return file.getvalue()


def text(body: str, styles: str = "", **parts: str) -> bytes:
    """A text document."""
    return packed({"content.xml": content("text", body, styles), **parts})


def sheets(body: str, styles: str = "") -> bytes:
    """A spreadsheet."""
    return packed({"content.xml": content("spreadsheet", body, styles)}, "spreadsheet")


def cleaned(data: bytes, name: str = "a.odt", **rules: object) -> Cleaned:
    """What the engine makes of it."""
    task = Task("20261121-TEST-TEST", Kind.FILE, name, Profile(**rules), Budget(), Notice("", ()))  # type: ignore[arg-type]
    result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


def findings(result: Cleaned) -> list[Finding]:
    """Of all parts."""
    return [finding for part in result.report.parts for finding in part.findings]


def parts_of(result: Cleaned) -> dict[str, bytes]:
    """The members of the clean file."""
    assert result.data is not None, findings(result)
    with zipfile.ZipFile(io.BytesIO(result.data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def body_of(result: Cleaned, name: str = "content.xml") -> str:
    """content.xml as text."""
    return parts_of(result)[name].decode()


def words_of(result: Cleaned) -> str:
    """All text of the body."""
    root = etree.fromstring(parts_of(result)["content.xml"])
    return "".join(root.find("{*}body").itertext())

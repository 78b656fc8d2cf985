"""Tags with more attributes than lxml lists in a bearable time."""

import pytest

from sanitizers.engine import clean
from sanitizers.markup.tags import MOST_ATTRIBUTES, refuse_long_tags
from sanitizers.model import CannotSanitize, DnsAnswer, Notice, Threat
from sanitizers.rules import Budget, Kind, Profile, Task


def tag(count: int, value: str = "1", quote: str = '"') -> str:
    return f"<a {' '.join(f'attribute{number}={quote}{value}{quote}' for number in range(count))}/>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("value", ["1", ">", "a='1' b='2'"])
def test_too_many_attributes_are_refused(encoding: str, value: str) -> None:
    refuse_long_tags(f"<x>{tag(MOST_ATTRIBUTES, value)}</x>".encode(encoding))
    with pytest.raises(CannotSanitize):
        refuse_long_tags(f"<x>{tag(MOST_ATTRIBUTES + 1, value)}</x>".encode(encoding))


@pytest.mark.parametrize(
    "content",
    [
        "<a b='" + 'c="1" ' * 2000 + "'/>",  # one long value
        "<a>" + 'c="1" ' * 2000 + "</a>",  # text about attributes
        "<a>" + '<b c="1"/>' * 2000 + "</a>",
    ],
)
def test_long_values_and_texts_are_no_attributes(content: str) -> None:
    refuse_long_tags(content.encode())


@pytest.mark.parametrize("name", ["a.svg", "a.xml", "a.fodt"])
def test_such_a_file_is_blocked(name: str) -> None:
    head = {
        "a.svg": '<svg xmlns="http://www.w3.org/2000/svg"',
        "a.xml": '<?xml version="1.0"?><x',
        "a.fodt": '<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.text"'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"',
    }[name]
    data = f"{head} {tag(MOST_ATTRIBUTES + 1)[3:]}".encode()
    task = Task("20261121-TEST-TEST", Kind.FILE, name, Profile(), Budget(), Notice("", ()))
    result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    assert result.data is None
    assert {found.threat for part in result.report.parts for found in part.findings} == {Threat.LIMIT_EXCEEDED}

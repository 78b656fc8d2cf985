"""Which names a child may have the gateway ask the DNS for: those that DKIM and DMARC need, and no others."""

import pytest

from sanitizers.confinement.protocol import ProtocolBroken, Question
from sanitizers.confinement.recheck import check_question


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("selector._domainkey.example.jp", set()),
        ("a.b._domainkey.example.jp", set()),
        ("_dmarc.example.jp", set()),
        ("example.jp", {"_dmarc.example.jp"}),
    ],
)
def test_names_that_are_needed(name: str, asked: set[str]) -> None:
    check_question(Question(name, "TXT"), asked)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("7365637265742d776f726473.attacker.example", set()),
        ("example.jp", set()),
        ("example.jp", {"_dmarc.example.com"}),
        ("x.example.jp", {"_dmarc.example.jp"}),
        ("dmarc.example.jp", set()),
        ("x_domainkey.example.jp", set()),
        ("a b._domainkey.example.jp", set()),
        ("_dmarc." + "a." * 130 + "jp", set()),
        ("_dmarc.例え.jp", set()),
        ("", set()),
    ],
)
def test_other_names(name: str, asked: set[str]) -> None:
    with pytest.raises(ProtocolBroken):
        check_question(Question(name, "TXT"), asked)

"""Sender checks against a name server of the test's own: what passes, what fails, and that nothing ever raises."""

import msgspec
import pytest

from gateway.intake.authentication import Answer, SenderChecks, authentication_results
from gateway.settings import SenderChecks as SenderCheckSettings
from sanitizers.model import AuthenticationMethod, AuthenticationResult, DnsAnswer
from tests.fakes.items import envelope
from tests.fakes.nameserver import NameServer

PATIENCE = 60  # seconds; the name server answers at once
SPF, DKIM, DMARC = AuthenticationMethod.SPF, AuthenticationMethod.DKIM, AuthenticationMethod.DMARC

RECORDS = {
    "example.com": {"TXT": ['"v=spf1 ip4:192.0.2.0/24 include:" "other.example -all"'], "MX": ["10 mx.example.com."]},
    "other.example": {"TXT": ['"v=spf1 a mx ~all"'], "A": ["198.51.100.7"], "MX": ["10 mx.example.com."]},
    "mx.example.com": {"A": ["203.0.113.25"], "AAAA": ["2001:db8::25"]},
    "soft.example": {"TXT": ['"v=spf1 ~all"']},
    "none.example": {"TXT": ['"something else"']},
    "twice.example": {"TXT": ['"v=spf1 -all"', '"v=spf1 +all"']},
    "broken.example": {"TXT": ['"v=spf1 ip4:not-an-address -all"']},
    "loop.example": {"TXT": ['"v=spf1 include:loop.example -all"']},
    "many.example": {"TXT": ['"v=spf1 ' + " ".join(f"exists:n{n}.example" for n in range(9)) + ' -all"']},
    "fails.example": {"FAIL": []},
    "silent.example": {"SILENT": []},
    "macro.example": {"TXT": ['"v=spf1 exists:%{i}.%{l}.allowed.example -all"']},
    "192.0.2.1.a.allowed.example": {"A": ["127.0.0.2"]},
    "explained.example": {"TXT": ['"v=spf1 -all exp=why.example"']},
    "xn--wgv71a.example": {"TXT": ['"v=spf1 ip4:192.0.2.1 -all"']},
    "helo.example.com": {"TXT": ['"v=spf1 ip4:192.0.2.1 -all"']},
    "sel._domainkey.example.com": {"TXT": ['"v=DKIM1; p=AAAA" "BBBB"']},
    "long._domainkey.example.com": {"TXT": [" ".join('"' + "C" * 250 + '"' for _ in range(4))]},
    "empty._domainkey.example.com": {},
}


@pytest.fixture
async def server():
    async with NameServer(RECORDS) as running:
        yield running


@pytest.fixture
def checks(server: NameServer) -> SenderChecks:
    return SenderChecks(SenderCheckSettings(nameservers=(server.address,), timeout_seconds=PATIENCE))


@pytest.mark.parametrize(
    ("sender", "client", "expected"),
    [
        ("a@example.com", "192.0.2.1", "pass"),
        ("a@example.com", "198.51.100.7", "pass"),
        ("a@example.com", "203.0.113.25", "pass"),
        ("a@example.com", "2001:db8::25", "pass"),
        ("a@EXAMPLE.com", "::ffff:192.0.2.1", "pass"),
        ("a@example.com", "203.0.113.99", "fail"),
        ("a@soft.example", "192.0.2.1", "softfail"),
        ("a@none.example", "192.0.2.1", "none"),
        ("a@missing.example", "192.0.2.1", "none"),
        ("a@twice.example", "192.0.2.1", "permerror"),
        ("a@broken.example", "192.0.2.1", "permerror"),
        ("a@loop.example", "192.0.2.1", "permerror"),
        ("a@many.example", "192.0.2.1", "permerror"),
        ("a@fails.example", "192.0.2.1", "temperror"),
        ("a@macro.example", "192.0.2.1", "pass"),
        ("b@macro.example", "192.0.2.1", "fail"),
        ("a@日本.example", "192.0.2.1", "pass"),
        ("a@example.com", "not an address", "temperror"),
        ("a@[192.0.2.1]", "192.0.2.1", "none"),
        ('"a b"@example.com', "192.0.2.1", "pass"),
        ("a", "192.0.2.1", "none"),
        ("a@" + "x" * 70 + ".example", "192.0.2.1", "none"),
    ],
)
async def test_spf(checks: SenderChecks, sender: str, client: str, expected: str) -> None:
    result = await checks.spf(envelope(mail_from=sender, client=client))
    assert (result.method, result.result) == (SPF, expected)
    assert result.domain.isascii()


@pytest.mark.parametrize("client", ["", "unknown", "192.0.2.1:25", "fe80::1%eth0", "\0"])
async def test_a_client_without_an_address_is_a_temporary_error(checks: SenderChecks, client: str) -> None:
    found = await checks.spf(envelope(mail_from="a@example.com", client=client))
    assert found.result == "temperror"


async def test_the_null_sender_is_checked_by_its_helo_name(checks: SenderChecks) -> None:
    result = await checks.spf(envelope(mail_from="", helo="helo.example.com"))
    assert result == AuthenticationResult(SPF, "pass", "helo.example.com", "helo")
    assert (await checks.spf(envelope(mail_from="", helo="[192.0.2.1]"))).result == "none"


async def test_a_name_server_that_is_silent_is_a_temporary_error(checks: SenderChecks, server: NameServer) -> None:
    hasty = SenderChecks(SenderCheckSettings(nameservers=(server.address,), timeout_seconds=1))
    assert (await hasty.spf(envelope(mail_from="a@silent.example"))).result == "temperror"
    assert await checks.dns("k._domainkey.silent.example", "TXT") == DnsAnswer("absent", (), name_exists=False)


async def test_no_name_server_at_all_is_a_temporary_error() -> None:
    checks = SenderChecks(SenderCheckSettings(nameservers=("127.0.0.1:1",), timeout_seconds=1))
    assert (await checks.spf(envelope())).result == "temperror"
    assert (await checks.dns("_dmarc.example.com", "TXT")).status == "failed"


async def test_explanations_of_strangers_are_not_asked_for(checks: SenderChecks, server: NameServer) -> None:
    assert (await checks.spf(envelope(mail_from="a@explained.example"))).result == "fail"
    assert ("why.example", "TXT") not in server.questions


async def test_answers_are_remembered(checks: SenderChecks, server: NameServer) -> None:
    await checks.spf(envelope())
    asked = len(server.questions)
    assert asked
    assert (await checks.spf(envelope())).result == "pass"
    assert len(server.questions) == asked


async def test_failures_are_not_remembered(checks: SenderChecks, server: NameServer) -> None:
    server.records = {"example.com": {"FAIL": []}}
    assert (await checks.spf(envelope())).result == "temperror"
    server.records = RECORDS
    assert (await checks.spf(envelope())).result == "pass"


async def test_a_record_that_breaks_the_library_never_raises() -> None:
    class Hostile:
        async def ask(self, name: str, rdtype: str) -> Answer:
            return Answer("found", ((b"v=spf1 " + b"%{" * 50 + b"\xff" + b" exists:%{d9999999999999999999r} -all",),))

    checks = SenderChecks(SenderCheckSettings(), Hostile())
    assert (await checks.spf(envelope())).result in {"permerror", "temperror", "none"}


async def test_a_check_that_never_ends_is_ended() -> None:
    class Endless:
        async def ask(self, name: str, rdtype: str) -> Answer:
            return Answer("found", ((f"v=spf1 redirect=x{name}".encode(),),))

    checks = SenderChecks(SenderCheckSettings(), Endless())
    assert (await checks.spf(envelope(mail_from="a@e.example"))).result == "permerror"


async def test_keys_for_the_child(checks: SenderChecks) -> None:
    assert await checks.dns("sel._domainkey.example.com", "TXT") == DnsAnswer("found", (b"v=DKIM1; p=AAAABBBB",))
    assert await checks.dns("empty._domainkey.example.com", "TXT") == DnsAnswer("absent", ())
    assert await checks.dns("gone._domainkey.example.com", "TXT") == DnsAnswer("absent", (), name_exists=False)


async def test_a_long_key_comes_over_tcp(checks: SenderChecks, server: NameServer) -> None:
    assert (await checks.dns("long._domainkey.example.com.", "TXT")).texts == (b"C" * 1000,)
    assert server.questions.count(("long._domainkey.example.com", "TXT")) == 2


@pytest.mark.parametrize(
    ("name", "rdtype"),
    [
        ("stolen-words.evil.example", "TXT"),
        ("sel._domainkey.example.com", "A"),
        ("_domainkey", "TXT"),
        ("a b._domainkey.example.com", "TXT"),
        ("x\n._dmarc.example.com", "TXT"),
        ("a." * 130 + "_dmarc.example.com", "TXT"),
        ("", "TXT"),
    ],
)
async def test_a_child_may_not_ask_for_anything_else(
    checks: SenderChecks, server: NameServer, name: str, rdtype: str
) -> None:
    assert (await checks.dns(name, rdtype)).status == "absent"
    assert server.questions == []


def test_the_header_of_all_three() -> None:
    value = authentication_results(
        "mx.city.example.jp",
        (
            AuthenticationResult(SPF, "pass", "example.com", "mailfrom"),
            AuthenticationResult(DKIM, "pass", "example.com", "sel"),
            AuthenticationResult(DMARC, "fail", "example.com", "reject"),
        ),
    )
    assert value == (
        "mx.city.example.jp;\r\n"
        " spf=pass smtp.mailfrom=example.com;\r\n"
        " dkim=pass header.d=example.com header.s=sel;\r\n"
        " dmarc=fail (p=reject) header.from=example.com"
    )


def test_the_header_without_results_and_with_helo() -> None:
    assert authentication_results("mx.example.jp", ()) == "mx.example.jp;\r\n none"
    helo = authentication_results("mx.example.jp", (AuthenticationResult(SPF, "none", "h.example", "helo"),))
    assert helo.endswith(" spf=none smtp.helo=h.example")


@pytest.mark.parametrize("text", ["x\r\nBcc: evil", 'a"; dkim=pass', "日本", "a;b", "\x00", "(comment)", "\\"])
def test_nothing_in_a_result_can_say_more_than_it_may(text: str) -> None:
    broken = AuthenticationResult(DKIM, text, text, text)
    value = authentication_results("mx.example.jp", (broken, msgspec.structs.replace(broken, method=DMARC)))
    assert value.isascii()
    assert "\r\nBcc" not in value
    assert "dkim=temperror" in value
    outside_quotes = "".join(value.split('"')[::2])
    assert "dkim=pass" not in outside_quotes
    assert "\x00" not in value


def test_many_and_long_results_are_bounded_and_folded() -> None:
    long = AuthenticationResult(DKIM, "pass", "d" * 60 + ".example.com", "s" * 60)
    value = authentication_results("mx.example.jp", [long] * 50)
    assert value.count("dkim=") == 10
    assert all(len(line) <= 90 for line in value.split("\r\n"))
    assert all(line.startswith(" ") for line in value.split("\r\n")[1:])

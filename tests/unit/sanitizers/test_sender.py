"""DKIM and DMARC against a DNS made of a dictionary."""

import base64
from collections.abc import Callable

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sanitizers import sender
from sanitizers.model import AuthenticationMethod, AuthenticationResult, DnsAnswer, SenderClaim

MAIL = (
    b"From: =?utf-8?b?5bGx55Sw?= <yamada@city.example.jp>\r\n"
    b"To: suzuki@example.org\r\n"
    b"Subject: hello\r\n"
    b"Date: Sat, 21 Nov 2026 10:00:00 +0900\r\n"
    b"\r\n"
    b"Hello,\r\nthis is text.\r\n"
)


class Key:
    def __init__(self, bits: int = 2048) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        self.private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.fixture(scope="session")
def key() -> Key:
    return Key()


class Dns:
    """Answers from a dictionary; None stands for a failing server."""

    def __init__(self, records: dict[str, bytes | list[bytes] | None], existing: tuple[str, ...] = ()) -> None:
        self.records = records
        self.existing = existing
        self.asked: list[str] = []

    def __call__(self, name: str, rdtype: str) -> DnsAnswer:
        assert rdtype == "TXT"
        self.asked.append(name)
        if name not in self.records:
            return DnsAnswer("absent", name_exists=name in self.existing)
        found = self.records[name]
        if found is None:
            return DnsAnswer("failed")
        return DnsAnswer("found", tuple(found) if isinstance(found, list) else (found,))


def sign(mail: bytes, key: Key, domain: bytes = b"city.example.jp", **options: object) -> bytes:
    return bytes(dkim.sign(mail, b"s1", domain, key.private, **options)) + mail


def claim(result: str = "none", domain: str = "") -> SenderClaim:
    return SenderClaim(AuthenticationResult(AuthenticationMethod.SPF, result, domain))


def verify(
    mail: bytes, dns: Dns, spf: SenderClaim | None = None, shown: str | None = None
) -> tuple[AuthenticationResult, ...]:
    return sender.verify(mail, spf or claim(), dns, shown)


def words(results: tuple[AuthenticationResult, ...]) -> list[str]:
    return [f"{found.method}={found.result}" for found in results]


def dmarc_of(mail: bytes, dns: Dns, spf: SenderClaim | None = None, shown: str | None = None) -> tuple[str, str, str]:
    found = verify(mail, dns, spf, shown)[-1]
    assert found.method is AuthenticationMethod.DMARC
    return found.result, found.domain, found.detail


def test_a_signed_mail_passes(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record, "_dmarc.city.example.jp": b"v=DMARC1; p=reject"})
    signature, policy = verify(sign(MAIL, key), dns)
    assert (signature.result, signature.domain, signature.detail) == ("pass", "city.example.jp", "s1")
    assert (policy.result, policy.domain, policy.detail) == ("pass", "city.example.jp", "reject")


def test_a_changed_body_fails(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record, "_dmarc.city.example.jp": b"v=DMARC1; p=reject"})
    results = verify(sign(MAIL, key).replace(b"is text", b"was text"), dns)
    assert words(results) == ["dkim=fail", "dmarc=fail"]
    assert results[-1].detail == "reject"


def test_a_changed_header_fails(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record})
    assert words(verify(sign(MAIL, key).replace(b"hello", b"hullo"), dns)) == ["dkim=fail", "dmarc=none"]


def test_no_signature_is_none() -> None:
    assert words(verify(MAIL, Dns({}))) == ["dkim=none", "dmarc=none"]


def test_the_word_in_another_header_is_no_signature() -> None:
    assert words(verify(b"Subject: about dkim-signature headers\r\n" + MAIL, Dns({}))) == ["dkim=none", "dmarc=none"]


def test_a_failing_dns_is_a_temporary_error_and_never_a_failure(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": None, "_dmarc.city.example.jp": b"v=DMARC1; p=reject"})
    assert words(verify(sign(MAIL, key), dns)) == ["dkim=temperror", "dmarc=temperror"]
    assert words(verify(MAIL, Dns({"_dmarc.city.example.jp": None}))) == ["dkim=none", "dmarc=temperror"]


@pytest.mark.parametrize(
    "record",
    [None, b"v=DKIM1; p=", b"v=DKIM1; k=rsa; p=!!!!", b"p=" + b"A" * 3000, b"v=DKIM1; k=dsa; p=AAAA", b"\xff\xfe"],
)
def test_no_usable_key_is_a_permanent_error(key: Key, record: bytes | None) -> None:
    dns = Dns({} if record is None else {"s1._domainkey.city.example.jp": record})
    assert verify(sign(MAIL, key), dns)[0].result == "permerror"


def test_a_short_key_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key(1024)
    dns = Dns({"s1._domainkey.city.example.jp": key.record, "_dmarc.city.example.jp": b"v=DMARC1; p=none"})
    assert words(verify(sign(MAIL, key), dns)) == ["dkim=pass", "dmarc=pass"]  # the least that RFC 8301 accepts
    monkeypatch.setattr(sender, "MINIMUM_KEY_BITS", 1025)
    assert words(verify(sign(MAIL, key), dns)) == ["dkim=policy", "dmarc=fail"]


def test_a_signature_over_part_of_the_body_is_policy(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record, "_dmarc.city.example.jp": b"v=DMARC1; p=reject"})
    signed = sign(MAIL, key, length=True) + b"and buy our pills\r\n"
    assert words(verify(signed, dns)) == ["dkim=policy", "dmarc=fail"]


def test_a_historic_algorithm_is_not_accepted(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record})
    signed = sign(MAIL, key, signature_algorithm=b"rsa-sha1")
    assert verify(signed, dns)[0].result == "permerror"


def test_a_signature_that_leaves_out_from(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record})
    signature = b"DKIM-Signature: v=1; a=rsa-sha256; d=city.example.jp; s=s1; h=to:subject; bh=AAAA; b=AAAA\r\n"
    found = verify(signature + MAIL, dns)[0]
    assert (found.result, found.detail) == ("permerror", "s1 From is not signed")


def test_at_most_five_signatures_are_looked_at(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record})
    header = bytes(dkim.sign(MAIL, b"s1", b"city.example.jp", key.private))
    results = verify(header * 9 + MAIL, dns)
    assert words(results) == ["dkim=pass"] * 5 + ["dmarc=none"]


def test_one_good_signature_among_bad_ones_is_enough(key: Key) -> None:
    dns = Dns({"s1._domainkey.city.example.jp": key.record, "_dmarc.city.example.jp": b"v=DMARC1; p=reject"})
    broken = b"DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=x; h=from; bh=AAAA; b=AAAA\r\n"
    assert words(verify(broken + sign(MAIL, key), dns)) == ["dkim=permerror", "dkim=pass", "dmarc=pass"]


@pytest.mark.parametrize(
    ("signer", "record", "result"),
    [
        (b"city.example.jp", b"v=DMARC1; p=reject; adkim=s", "pass"),
        (b"mail.city.example.jp", b"v=DMARC1; p=reject; adkim=s", "fail"),
        (b"mail.city.example.jp", b"v=DMARC1; p=reject", "pass"),
        (b"example.jp", b"v=DMARC1; p=reject", "pass"),
        (b"other.example.jp", b"v=DMARC1; p=reject", "pass"),
        (b"other-example.jp", b"v=DMARC1; p=reject", "fail"),
        (b"co.jp", b"v=DMARC1; p=reject", "fail"),
    ],
)
def test_alignment_of_signatures(key: Key, signer: bytes, record: bytes, result: str) -> None:
    dns = Dns({f"s1._domainkey.{signer.decode()}": key.record, "_dmarc.city.example.jp": record})
    assert dmarc_of(sign(MAIL, key, signer), dns)[0] == result


@pytest.mark.parametrize(
    ("domain", "record", "result"),
    [
        ("city.example.jp", b"v=DMARC1; p=reject; aspf=s", "pass"),
        ("bounce.city.example.jp", b"v=DMARC1; p=reject; aspf=s", "fail"),
        ("bounce.city.example.jp", b"v=DMARC1; p=reject", "pass"),
        ("attacker.example", b"v=DMARC1; p=reject", "fail"),
        ("jp", b"v=DMARC1; p=reject", "fail"),
    ],
)
def test_alignment_of_spf(domain: str, record: bytes, result: str) -> None:
    dns = Dns({"_dmarc.city.example.jp": record})
    assert dmarc_of(MAIL, dns, claim("pass", domain))[0] == result


def test_an_aligned_spf_that_did_not_pass_is_no_pass() -> None:
    dns = Dns({"_dmarc.city.example.jp": b"v=DMARC1; p=quarantine"})
    assert dmarc_of(MAIL, dns, claim("softfail", "city.example.jp")) == ("fail", "city.example.jp", "quarantine")


def test_a_sender_may_not_align_with_all_of_a_public_suffix() -> None:
    mail = MAIL.replace(b"city.example.jp", b"s3.amazonaws.com")
    dns = Dns({"_dmarc.s3.amazonaws.com": b"v=DMARC1; p=reject"})
    assert dmarc_of(mail, dns, claim("pass", "bucket.s3.amazonaws.com"))[0] == "fail"


@pytest.mark.parametrize(
    ("record", "existing", "policy"),
    [
        (b"v=DMARC1; p=none", (), "none"),
        (b"v=DMARC1; p=none; sp=reject", ("city.example.jp",), "reject"),
        (b"v=DMARC1; p=none; sp=quarantine; np=reject", ("city.example.jp",), "quarantine"),
        (b"v=DMARC1; p=none; sp=quarantine; np=reject", (), "reject"),
        (b"v=DMARC1; p=reject; t=y", (), "quarantine"),
        (b"v=DMARC1; p=quarantine; t=y", (), "none"),
    ],
)
def test_the_policy_of_the_organisation_for_its_subdomains(
    record: bytes, existing: tuple[str, ...], policy: str
) -> None:
    dns = Dns({"_dmarc.example.jp": record}, existing)
    assert dmarc_of(MAIL, dns) == ("fail", "city.example.jp", policy)


@pytest.mark.parametrize(
    "records", [[b"v=DMARC1; p=reject", b"v=DMARC1; p=none"], [b"v=spf1 -all"], [b"V=dmarc1; p=reject"], []]
)
def test_no_single_record_is_no_policy(records: list[bytes]) -> None:
    assert dmarc_of(MAIL, Dns({"_dmarc.city.example.jp": records}))[0] == "none"


@pytest.mark.parametrize(
    "record", [b"v=DMARC1; rua=mailto:a@example.jp", b"v=DMARC1", b"v=DMARC1; =", b"v=DMARC1\xff; p="]
)
def test_a_broken_record_is_a_permanent_error(record: bytes) -> None:
    assert dmarc_of(MAIL, Dns({"_dmarc.city.example.jp": record}))[0] == "permerror"


def test_a_mail_without_policy_asks_two_questions() -> None:
    dns = Dns({})
    verify(MAIL, dns)
    assert dns.asked == ["_dmarc.city.example.jp", "_dmarc.example.jp"]


@pytest.mark.parametrize(
    "header",
    [
        b"From: a@city.example.jp\r\nFrom: b@attacker.example\r\n",
        b"From: a@city.example.jp\r\nfRoM : b@city.example.jp\r\n",
        b"From: a@city.example.jp, b@attacker.example\r\n",
        b"From: <a@city.example.jp> <b@attacker.example>\r\n",
        b"Subject: none\r\n",
        b"From: nobody\r\n",
        b"From: \r\n",
        b"From: a@[192.0.2.1]\r\n",
        b"From: a@localhost\r\n",
        b"From: " + b"a" * 5_000 + b"@city.example.jp\r\n",
        b"From: a@city.example.jp\rFrom: b@attacker.example\r\n",
    ],
)
def test_no_single_author_is_a_permanent_error(header: bytes) -> None:
    dns = Dns({"_dmarc.city.example.jp": b"v=DMARC1; p=none", "_dmarc.attacker.example": b"v=DMARC1; p=none"})
    assert (
        dmarc_of(header + b"To: c@example.org\r\n\r\ntext\r\n", dns, claim("pass", "attacker.example"))[0]
        == "permerror"
    )


@pytest.mark.parametrize(
    "value",
    [
        b'"a@attacker.example" <a@city.example.jp>',
        b"a@city.example.jp (a@attacker.example)",
        b"\r\n =?utf-8?q?a=40attacker.example?= <a@CITY.example.jp>",
    ],
)
def test_only_the_address_counts(value: bytes) -> None:
    assert dmarc_of(b"From: " + value + b"\r\n\r\nx", Dns({}))[1] == "city.example.jp"


def test_international_domains_are_asked_in_ascii() -> None:
    dns = Dns({"_dmarc.xn--eckwd4c7cu47r2wf.jp": b"v=DMARC1; p=reject"})
    mail = "From: 山田 <yamada@ドメイン名例.jp>\r\n\r\n".encode()
    assert dmarc_of(mail, dns) == ("fail", "xn--eckwd4c7cu47r2wf.jp", "reject")


def test_the_reader_is_shown_another_author_than_was_verified() -> None:
    dns = Dns({"_dmarc.city.example.jp": b"v=DMARC1; p=reject"})
    spf = claim("pass", "city.example.jp")
    assert dmarc_of(MAIL, dns, spf, "Yamada <yamada@city.example.jp>")[0] == "pass"
    assert dmarc_of(MAIL, dns, spf, "Yamada <yamada@other.example.jp>")[:2] == ("permerror", "other.example.jp")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "no header": lambda: b"DKIM-Signature",
    "fold first": lambda: b" DKIM-Signature: v=1\r\n\r\n",
    "empty": lambda: b"DKIM-Signature:\r\nFrom: a@b.example\r\n\r\n",
    "raw names": lambda: b"DKIM-Signature: v=1\r\n\xff\xfe: x\r\n\r\n",
    "no tags": lambda: b"DKIM-Signature: ;;;;\r\nFrom: a@b.example\r\n\r\n",
    "tag twice": lambda: b"DKIM-Signature: v=1; v=1\r\n\r\n",
    "raw domain": lambda: b"DKIM-Signature: v=1; a=rsa-sha256; d=\xff.jp; s=x; h=from; bh=A; b=A\r\n\r\n",
    "selector": lambda: b"DKIM-Signature: v=1; a=rsa-sha256; d=b.jp; s=x y; h=from; bh=AAAA; b=AAAA\r\n\r\n",
    "long": lambda: b"DKIM-Signature: v=1; b=" + b"A" * 100_000 + b"\r\n\r\n",
    "blanks in b": lambda: (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=b.jp; s=x; h=from; bh=AAAA; b=" + b" \r\n  " * 700 + b"!\r\n\r\n"
    ),
    "blanks in h": lambda: (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=b.jp; s=x; h=from" + b" " * 3_900 + b"; bh=AAAA; b=AAAA\r\n\r\n"
    ),
    "many fields": lambda: b"X: y\r\n" * 5_000 + b"DKIM-Signature: v=1\r\n\r\n",
    "blank body": lambda: b"DKIM-Signature: v=1; d=b.jp; s=x; h=from\r\n\r\n" + b" \t" * 2_000_000,
    "nul": lambda: b"\0" * 100_000,
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_makes_it_raise(name: str, key: Key) -> None:
    dns = Dns({"x._domainkey.b.jp": key.record})
    results = verify(HOSTILE[name](), dns)
    assert results[0].result in {"none", "neutral", "permerror", "fail"}
    assert results[-1].method is AuthenticationMethod.DMARC
    assert all(found.domain.isascii() and found.detail.isascii() for found in results)


def test_a_key_with_silly_numbers(key: Key) -> None:
    zero = base64.b64encode(bytes.fromhex("30060201000201010000"))
    for record in (
        zero,
        base64.b64encode(b"\x30\x03\x02\x01\x00"),
        base64.b64encode(b"\x30\x80\x02\x84\xff\xff\xff\xff"),
    ):
        found = verify(sign(MAIL, key), Dns({"s1._domainkey.city.example.jp": b"v=DKIM1; p=" + record}))[0]
        assert found.result in {"permerror", "fail", "policy"}

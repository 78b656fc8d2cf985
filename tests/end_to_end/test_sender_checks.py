"""SPF, DKIM and DMARC with a name server of our own: the verdict is ours, foreign ones go, DNS faults lose no mail."""

import asyncio
import base64
import email
import smtplib
import time
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.nameserver import NameServer
from tests.servers.gateway import ROOT, Gateway
from tests.servers.sink import Arrival, Sink

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
RECORDS = {
    "example.jp": {"TXT": ['"v=spf1 ip4:127.0.0.1 -all"']},
    "s1._domainkey.example.jp": {"TXT": [f'"v=DKIM1; k=rsa; p={PUBLIC[:200]}" "{PUBLIC[200:]}"']},
    "_dmarc.example.jp": {"TXT": ['"v=DMARC1; p=reject"']},
    "bank.example": {"TXT": ['"v=spf1 -all"']},
    "_dmarc.bank.example": {"TXT": ['"v=DMARC1; p=reject"']},
    "broken.example": {"FAIL": []},
    "_dmarc.broken.example": {"FAIL": []},
}
MAIL = (
    b"From: sender@%(domain)s\r\nTo: madoguchi@city.example.lg.jp\r\nSubject: check\r\n"
    b"Date: Sat, 21 Nov 2026 09:00:00 +0900\r\nMessage-ID: <check@%(domain)s>\r\n"
    b"Authentication-Results: gateway.example.lg.jp; dkim=pass header.d=forged.example\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xe6\x9c\xac\xe6\x96\x87\r\n"
)


def signed(mail: bytes) -> bytes:
    signature: bytes = dkim.sign(mail, b"s1", b"example.jp", PRIVATE, include_headers=[b"from", b"subject", b"date"])
    return signature + mail


def relay(folder: Path, mail: bytes, sender: str, *, rules: Path | None = None, held: str = "") -> list[Arrival]:
    """The mail through a gateway that asks our name server; what arrived, once it did or was held by this rule."""

    async def with_names() -> list[Arrival]:
        async with NameServer(RECORDS) as names:
            extra = f'\n[sender_checks]\nnameservers = ["{names.address}"]\ntimeout_seconds = 60\n'
            return await asyncio.to_thread(send, extra)

    def send(extra: str) -> list[Arrival]:
        with Sink() as sink, Gateway(folder, sink.port, extra=extra, rules=rules) as gateway:
            with smtplib.SMTP("127.0.0.1", gateway.port, local_hostname="mail.example.jp") as client:
                client.sendmail(sender, ["madoguchi@city.example.lg.jp"], mail)
            return held_by(gateway, held, sink) if held else sink.wait_for(1)

    return asyncio.run(with_names())


def held_by(gateway: Gateway, rule: str, sink: Sink) -> list[Arrival]:
    until = time.monotonic() + 60
    while rule not in (items := gateway.command("items", "list", "--json").stdout):
        assert time.monotonic() < until, items
    return sink.wait_for(1, 1)  # one that went on all the same would come about now


def verdicts(arrivals: list[Arrival]) -> str:
    (arrival,) = arrivals
    results = email.message_from_bytes(arrival.content).get_all("Authentication-Results", [])
    assert len(results) == 1
    assert "forged" not in results[0]
    return " ".join(results[0].split())


def test_an_honest_sender_passes_all_three(tmp_path: Path) -> None:
    found = verdicts(relay(tmp_path, signed(MAIL % {b"domain": b"example.jp"}), "sender@example.jp"))
    assert found.startswith("gateway.example.lg.jp;")
    assert "spf=pass" in found
    assert "dkim=pass" in found
    assert "dmarc=pass" in found


def test_a_changed_mail_fails_dkim(tmp_path: Path) -> None:
    changed = signed(MAIL % {b"domain": b"example.jp"}).replace(b"Subject: check", b"Subject: other")
    assert "dkim=fail" in verdicts(relay(tmp_path, changed, "sender@example.jp"))


def test_a_forged_sender_is_delivered_with_the_verdict_by_default(tmp_path: Path) -> None:
    found = verdicts(relay(tmp_path, MAIL % {b"domain": b"bank.example"}, "sender@bank.example"))
    assert "spf=fail" in found
    assert "dmarc=fail" in found


def test_dns_that_fails_loses_no_mail(tmp_path: Path) -> None:
    found = verdicts(relay(tmp_path, MAIL % {b"domain": b"broken.example"}, "sender@broken.example"))
    assert "spf=temperror" in found


@pytest.fixture
def holding_rules(tmp_path: Path) -> Path:
    rules = tmp_path / "rules.toml"
    text = (ROOT / "config" / "rules.toml").read_text(encoding="utf-8")
    rules.write_text(text.replace('dmarc_failure = "deliver"', 'dmarc_failure = "hold"', 1), encoding="utf-8")
    return rules


def test_a_forged_sender_is_held_where_the_rules_say_so(tmp_path: Path, holding_rules: Path) -> None:
    mail = MAIL % {b"domain": b"bank.example"}
    held = "standard.dmarc_failure"
    assert relay(tmp_path / "kiyome", mail, "sender@bank.example", rules=holding_rules, held=held) == []

"""The header lines in front of a clean mail: nothing from the peer unchecked, and a report that only we can sign."""

import stat
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.model import Decision, Direction, Envelope, MailOptions, Recipient
from gateway.processing import trace
from gateway.settings import Secret, Settings, SettingsError, StoreSettings
from sanitizers.model import Outcome, PartReport, Report
from sanitizers.rules import Verdict

TOKYO = ZoneInfo("Asia/Tokyo")
SETTINGS = Settings(hostname="mx.city.example.jp", accepted_domains=(), routes=(), listeners=())
ENVELOPE = Envelope(
    mail_from="a@example.com",
    recipients=(Recipient("b@city.example.jp"),),
    client="192.0.2.1",
    helo="mail.example.com",
    tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    options=MailOptions(),
    direction=Direction.INBOUND,
    received_at=datetime(2026, 7, 1, 1, 2, 3, tzinfo=UTC),
    protocol="ESMTPS",
)
KEY = b"k" * 32
DELIVER = Decision(Verdict.DELIVER, "standard.deliver", "")


def received(**changes: object) -> str:
    return trace.received(SETTINGS, msgspec.structs.replace(ENVELOPE, **changes), "20260701-AAAA-BBBB", TOKYO)


def test_received_says_who_when_and_how() -> None:
    assert received() == (
        "Received: from mail.example.com ([192.0.2.1])\r\n"
        " (using TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
        " by mx.city.example.jp (Kiyome) with ESMTPS id 20260701-AAAA-BBBB\r\n"
        " for <b@city.example.jp>;\r\n"
        " Wed, 01 Jul 2026 10:02:03 +0900\r\n"
    )


def test_received_of_an_ipv6_client_in_clear() -> None:
    text = received(client="2001:db8::1", tls="", helo="[IPv6:2001:db8::1]", protocol="ESMTP")
    assert text.startswith("Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n by mx")


def test_received_names_no_recipient_when_there_are_several() -> None:
    text = received(recipients=(Recipient("b@city.example.jp"), Recipient("c@city.example.jp")))
    assert "for <" not in text
    assert "id 20260701-AAAA-BBBB;\r\n" in text


@pytest.mark.parametrize("helo", ["x\r\nBcc: y", "a b", "(comment)", "", "-x", "日本", "a" * 300, "x;y"])
def test_a_strange_helo_is_not_repeated(helo: str) -> None:
    assert received(helo=helo).startswith("Received: from unknown ([192.0.2.1])\r\n")


@pytest.mark.parametrize("address", ['"x>\r\nBcc: y"@example.jp', "日本@example.jp", '"a b"@example.jp'])
def test_a_strange_recipient_is_not_repeated(address: str) -> None:
    assert "for <" not in received(recipients=(Recipient(address),))


def test_strange_values_of_other_fields_are_not_repeated() -> None:
    text = received(client="evil)\r\nX: y", tls="x\r\nX: y", protocol="a\r\nX: y")
    assert text.count("\r\n") == 4
    assert "evil" not in text
    assert "X: y" not in text


def part(outcome: Outcome) -> PartReport:
    return PartReport("1", "", "", "", "", outcome, 1, 1, "", "", (), 0.0)


def header(clean: bytes = b"Subject: x\r\n\r\nbody\r\n", key: bytes = KEY) -> str:
    report = Report((part(Outcome.CLEAN), part(Outcome.REMOVED), part(Outcome.BLOCKED)))
    return trace.report_header("20260701-AAAA-BBBB", DELIVER, report, clean, key, 1782867723.9)


def value(field: str) -> str:
    return field.partition(": ")[2]


def test_the_report_header_counts_and_is_folded() -> None:
    field = header()
    unfolded = field.replace("\r\n", "")
    assert "v=1; item=20260701-AAAA-BBBB; verdict=deliver" in unfolded
    assert "parts=3; removed=1; blocked=1; findings=0; t=1782867723; b=" in unfolded
    assert all(len(line) <= 78 for line in field.split("\r\n"))


def test_the_report_header_is_verified_folded_and_unfolded_by_a_reader() -> None:
    clean = b"Subject: x\r\n\r\nbody\r\n"
    assert trace.verify_report(value(header(clean)), clean, KEY)
    read = message_from_bytes(header(clean).encode() + clean, policy=default)["X-Kiyome-Report"]
    assert trace.verify_report(str(read), clean, KEY)


@pytest.mark.parametrize(
    "change",
    [
        lambda field: field.replace("verdict=deliver", "verdict=hold"),
        lambda field: field.replace("t=1782867723", "t=1782867724"),
        lambda field: field.rpartition("s=")[0] + "s=",
        lambda field: field.replace("; s=", "; x="),
        lambda field: "",
        lambda field: "v=1; s=日本",
        lambda field: field + "; s=AAAA",
    ],
)
def test_a_changed_report_header_is_not_ours(change) -> None:
    clean = b"Subject: x\r\n\r\nbody\r\n"
    field = " ".join(value(header(clean)).split())
    assert trace.verify_report(field, clean, KEY)
    assert not trace.verify_report(change(field), clean, KEY)


def test_a_mail_is_ours_when_the_report_in_front_signs_what_stands_below_it() -> None:
    clean = b"Received: from a by b; date\r\nSubject: x\r\n\r\nbody\r\n"
    ours = received().encode() + header(clean).encode() + clean
    assert trace.written_by_us(ours, KEY)
    assert not trace.written_by_us(ours, b"j" * 32)
    assert not trace.written_by_us(ours.replace(b"body", b"evil"), KEY)
    assert not trace.written_by_us(clean, KEY)
    assert not trace.written_by_us(b"X-Kiyome-Report: v=1; s=\r\n" + ours, KEY)


def test_another_mail_or_another_key_is_not_ours() -> None:
    clean = b"Subject: x\r\n\r\nbody\r\n"
    assert not trace.verify_report(value(header(clean)), clean + b"more\r\n", KEY)
    assert not trace.verify_report(value(header(clean)), clean, b"j" * 32)


def test_the_key_is_made_once_and_kept_to_its_owner(tmp_path) -> None:
    store = StoreSettings(blobs=str(tmp_path / "data" / "blobs"))
    settings = msgspec.structs.replace(SETTINGS, store=store)
    key = trace.report_key(settings)
    assert len(key) == 32
    assert trace.report_key(settings) == key
    made = tmp_path / "data" / "report.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [path.name for path in made.parent.iterdir()] == ["report.key"]


def test_the_key_of_the_settings_comes_first(tmp_path) -> None:
    (tmp_path / "key").write_text("a secret of our own\n")
    settings = msgspec.structs.replace(SETTINGS, report_key=Secret(file=str(tmp_path / "key")))
    assert trace.report_key(settings) == b"a secret of our own"


def test_a_key_too_short_to_be_one_is_refused(tmp_path) -> None:
    store = StoreSettings(blobs=str(tmp_path / "blobs"))
    (tmp_path / "report.key").write_bytes(b"")
    with pytest.raises(SettingsError, match="at least 16"):
        trace.report_key(msgspec.structs.replace(SETTINGS, store=store))

"""What Kiyome writes itself: read here as a mail reader and as another mail server would."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from gateway.delivery.fate import Fate, Telling
from gateway.model import Channel, Direction, MailOptions, Recipient, RecipientOptions, Reply
from gateway.processing.notices import bounce, expiry, notice
from gateway.processing.words import ENGLISH, JAPANESE
from sanitizers.model import MailFacts, Threat
from tests.fakes.items import item, settings

NOW = datetime(2026, 7, 1, 2, 0, 0, tzinfo=UTC)
REFUSED = Reply(550, "5.1.1", "no such user")


def fate(address: str = "b@city.example.jp", reply: Reply = REFUSED, **options: object) -> Fate:
    return Fate(Recipient(address, options=RecipientOptions(**options)), reply, "inner.example.jp")


def read(data: bytes) -> EmailMessage:
    """Checks what every mail of ours must keep: 7 bits, CRLF, no over-long line."""
    data.decode("ascii")
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    message = message_from_bytes(data, policy=default)
    assert not message.defects
    assert isinstance(message, EmailMessage)
    return message


def told(telling: Telling = Telling.FAILED, fates: tuple[Fate, ...] = (fate(),), **changes: object) -> EmailMessage:
    made = bounce(settings(contact="情報政策課"), item(**changes), telling, fates, NOW)
    assert made is not None
    return read(made[1])


def test_the_words_have_every_threat_and_take_their_fields() -> None:
    for words in (JAPANESE, ENGLISH):
        assert set(words.threats) == set(Threat)
        assert "N-1" in words.unchanged.format(item="N-1")
        assert "N-1" in words.changed.format(item="N-1")
        assert words.removed_part.format(name="x.pdf", size="1 KB", reason="y").count("x.pdf") == 1
        assert words.finding.format(what="z", count=3)


@pytest.mark.parametrize(("language", "order"), [("ja", ["ja", "en"]), ("en", ["en", "ja"])])
def test_the_notice_begins_with_the_configured_language(language: str, order: list[str]) -> None:
    made = notice(settings(language=language, contact="情報政策課"), "N-1")
    assert made.item == "N-1"
    assert [words.language for words in made.words] == order
    assert all("情報政策課" in words.contact for words in made.words)
    assert all(words.contact == "" for words in notice(settings(), "N-1").words)


def test_a_bounce_goes_back_to_the_sender_from_nobody() -> None:
    made = bounce(settings(), item(), Telling.FAILED, (fate(),), NOW)
    assert made is not None
    draft = made[0]
    assert draft.channel is Channel.NOTICE
    assert draft.envelope.mail_from == ""
    assert [recipient.address for recipient in draft.envelope.recipients] == ["a@example.com"]
    assert draft.envelope.direction is Direction.OUTBOUND


def test_a_bounce_says_in_both_languages_what_happened() -> None:
    message = told()
    text = message.get_payload(0).get_content()
    assert "配信できませんでした" in text
    assert "could not be delivered" in text
    assert text.index("配信") < text.index("could not")
    assert text.count("550 5.1.1 no such user") == 2
    assert text.count("20260701-AAAA-BBBB") == 2
    assert "情報政策課" in text
    assert message["Subject"] == "メールを配信できませんでした / Undelivered mail"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["To"] == "a@example.com"


def test_a_bounce_is_a_delivery_status_notification() -> None:
    message = told(
        options=MailOptions(envid="id 1"),
        fates=(fate(orcpt="rfc822;old@city.example.jp"), fate("c@city.example.jp")),
    )
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    of_message, first, second = message.get_payload(1).get_payload()
    assert of_message["Reporting-MTA"] == "dns; mx.city.example.jp"
    assert of_message["Original-Envelope-Id"] == "id 1"
    assert of_message["Arrival-Date"] == "Wed, 01 Jul 2026 10:02:03 +0900"
    assert dict(first.items()) == {
        "Original-Recipient": "rfc822; old@city.example.jp",
        "Final-Recipient": "rfc822; b@city.example.jp",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; inner.example.jp",
        "Diagnostic-Code": "smtp; 550 5.1.1 no such user",
    }
    assert second["Final-Recipient"] == "rfc822; c@city.example.jp"
    assert "Original-Recipient" not in second


def test_a_temporary_failure_that_lasted_too_long_has_a_permanent_status() -> None:
    status = told(fates=(fate(reply=Reply(451, "4.4.1", "no answer")),)).get_payload(1).get_payload()[1]
    assert status["Status"] == "5.4.1"


def test_a_bounce_repeats_only_safe_facts_of_the_mail() -> None:
    facts = MailFacts(
        "見て https://evil.example/\u202e", "山田 <a@example.com>", "", "ok@example.com", "not a date\u3042"
    )
    headers = told(facts=facts).get_payload(2).get_content()
    inner = message_from_bytes(headers.encode(), policy=default)
    assert inner["Subject"] == "見て https[:]//evil.example/"
    assert inner["Message-ID"] == "<ok@example.com>"
    assert "From" not in inner
    assert "Date" not in inner


@pytest.mark.parametrize(
    "hostile",
    [
        {"envid": "x\r\nBcc: evil@example.com"},
        {"orcpt": "rfc822;x\r\nBcc: evil@example.com"},
        {"reply": Reply(550, "5.1.1\r\nBcc: x", "no\r\nBcc: evil@example.com\r\n\r\n--x")},
        {"address": "b\r\nBcc: evil@example.com"},
        {"message_id": "x@y\r\nBcc: evil@example.com"},
    ],
)
def test_nothing_can_add_a_line(hostile: dict[str, object]) -> None:
    options = {"orcpt": hostile["orcpt"]} if "orcpt" in hostile else {}
    broken = fate(str(hostile.get("address", "b@x")), hostile.get("reply", REFUSED), **options)  # type: ignore[arg-type]
    message = told(
        fates=(broken,),
        options=MailOptions(envid=str(hostile.get("envid", ""))),
        facts=MailFacts(subject="x", message_id=str(hostile.get("message_id", ""))),
    )
    assert "Bcc" not in message
    assert len(list(message.iter_parts())) == 3
    blocks = message.get_payload(1).get_payload()
    assert len(blocks) == 2
    assert all("Bcc" not in block for block in blocks)
    assert "\nBcc" not in message.get_payload(2).get_content()


@pytest.mark.parametrize("sender", ["", "x\r\nBcc: y@example.com", "a>b@example.com"])
def test_no_bounce_without_a_sender_who_can_be_told(sender: str) -> None:
    assert bounce(settings(), item(mail_from=sender), Telling.FAILED, (fate(),), NOW) is None


@pytest.mark.parametrize(
    ("telling", "notify", "expected"),
    [
        (Telling.FAILED, None, True),
        (Telling.FAILED, {"NEVER"}, False),
        (Telling.FAILED, {"SUCCESS"}, False),
        (Telling.FAILED, {"FAILURE", "DELAY"}, True),
        (Telling.DELAYED, None, False),
        (Telling.DELAYED, {"DELAY"}, True),
        (Telling.RELAYED, None, False),
        (Telling.RELAYED, {"SUCCESS"}, True),
        (Telling.RELAYED, {"FAILURE"}, False),
    ],
)
def test_notify_decides_who_is_told(telling: Telling, notify: set[str] | None, expected: bool) -> None:
    chosen = None if notify is None else frozenset(notify)
    assert (bounce(settings(), item(), telling, (fate(notify=chosen),), NOW) is not None) is expected


def test_only_recipients_whose_notify_asks_are_named() -> None:
    silent = fate("silent@city.example.jp", notify=frozenset({"NEVER"}))
    message = told(fates=(silent, fate()))
    assert len(message.get_payload(1).get_payload()) == 2
    assert "silent@" not in message.as_string()


def test_delayed_and_relayed_say_so() -> None:
    asked = fate(reply=Reply(451, "4.4.1", "no answer"), notify=frozenset({"DELAY"}))
    delayed = told(Telling.DELAYED, (asked,)).get_payload(1).get_payload()[1]
    assert (delayed["Action"], delayed["Status"]) == ("delayed", "4.4.1")
    asked = fate(reply=Reply(250, "2.0.0", "ok"), notify=frozenset({"SUCCESS"}))
    relayed = told(Telling.RELAYED, (asked,)).get_payload(1).get_payload()[1]
    assert (relayed["Action"], relayed["Status"]) == ("relayed", "2.0.0")


def test_an_international_sender_and_recipient() -> None:
    made = bounce(settings(), item(mail_from="送信@example.jp"), Telling.FAILED, (fate("受信@city.example.jp"),), NOW)
    assert made is not None
    assert made[0].envelope.options.smtputf8
    assert "To: <送信@example.jp>".encode() in made[1]
    assert b"Final-Recipient: utf-8; \\x{53D7}\\x{4FE1}@city.example.jp" in made[1]


def test_expiry_tells_the_recipients_in_the_same_direction() -> None:
    held = item(recipients=(Recipient("b@city.example.jp"), Recipient("c@city.example.jp")))
    draft, data = expiry(settings(), held, NOW)
    assert draft.envelope.direction is Direction.INBOUND
    assert draft.envelope.mail_from == ""
    assert [recipient.address for recipient in draft.envelope.recipients] == ["b@city.example.jp", "c@city.example.jp"]
    message = read(data)
    assert message["To"] == "undisclosed-recipients:;"
    text = message.get_content()
    assert "件名: 予算について" in text
    assert "Subject: 予算について" in text
    assert "2026-07-01 10:02" in text
    assert message["Auto-Submitted"] == "auto-generated"

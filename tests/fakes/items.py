"""Settings, envelopes and items made for a test: only what it cares about is said."""

from datetime import UTC, datetime

import msgspec

from gateway.model import Channel, Direction, Envelope, Item, ItemState, MailOptions, Recipient
from gateway.settings import Settings
from sanitizers.model import MailFacts

RECEIVED_AT = datetime(2026, 7, 1, 1, 2, 3, tzinfo=UTC)


def settings(**changes: object) -> Settings:
    """Of mx.city.example.jp."""
    plain = Settings(hostname="mx.city.example.jp", accepted_domains=("city.example.jp",), routes=(), listeners=())
    return msgspec.structs.replace(plain, **changes)


def envelope(**changes: object) -> Envelope:
    """From a@example.com to b@city.example.jp, inbound."""
    plain = Envelope(
        mail_from="a@example.com",
        recipients=(Recipient("b@city.example.jp"),),
        client="192.0.2.1",
        helo="mail.example.com",
        tls="",
        options=MailOptions(),
        direction=Direction.INBOUND,
        received_at=RECEIVED_AT,
    )
    return msgspec.structs.replace(plain, **changes)


def item(item_id: str = "20260701-AAAA-BBBB", **changes: object) -> Item:
    """An SMTP item that is received; fields of the envelope may be given too."""
    of_envelope = {name: changes.pop(name) for name in Envelope.__struct_fields__ if name in changes}
    plain = Item(
        id=item_id,
        channel=Channel.SMTP,
        profile="standard",
        envelope=envelope(**of_envelope),
        state=ItemState.RECEIVED,
        original="blob",
        original_size=100,
        original_sha256="",
        facts=MailFacts("予算について", "山田 <a@example.com>", "b@city.example.jp", "1@example.com", ""),
        attempts=1,
    )
    return msgspec.structs.replace(plain, **changes)

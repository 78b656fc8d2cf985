"""Who may fetch what, and where."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.delivery.transfers import is_ready, may_fetch, may_open, may_see, outgoing_name, outgoing_type
from gateway.model import Channel, ItemState, Segment, Transfer, TransferState
from tests.fakes.items import item

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TRANSFER = Transfer(
    id="0" * 32,
    person_id="p1",
    actor="user:taro",
    address="taro@city.example.jp",
    side=Segment.INTERNET,
    title="",
    recipients=("hanako@city.example.jp", "taro@city.example.jp"),
    profile="standard",
    webhook="",
    state=TransferState.SENT,
    created_at=NOW,
    expires_at=NOW + timedelta(days=7),
)
TARO, HANAKO, SABURO = (
    ("p1", "taro@city.example.jp"),
    ("p2", "Hanako@city.example.jp"),
    ("p3", "saburo@city.example.jp"),
)
INSIDE, OUTSIDE = Segment.LGWAN, Segment.INTERNET


def of(**changes: object) -> Transfer:
    return msgspec.structs.replace(TRANSFER, **changes)


@pytest.mark.parametrize(
    ("transfer", "who", "where", "same_side", "may"),
    [
        (of(), HANAKO, INSIDE, False, True),
        (of(), TARO, INSIDE, False, True),
        (of(), SABURO, INSIDE, False, False),  # nobody named them
        (of(), ("", ""), INSIDE, False, False),
        (of(recipients=("", "hanako@city.example.jp")), ("p9", ""), INSIDE, False, False),
        (of(), HANAKO, OUTSIDE, False, False),  # the side where it was handed in
        (of(), TARO, OUTSIDE, False, False),
        (of(side=INSIDE), HANAKO, OUTSIDE, False, True),
        (of(side=INSIDE), HANAKO, INSIDE, False, False),
        (of(), TARO, OUTSIDE, True, True),  # a system gets back what it gave
        (of(), HANAKO, OUTSIDE, True, False),
        (of(person_id=""), ("", "taro@city.example.jp"), OUTSIDE, True, False),
        (of(state=TransferState.OPEN), HANAKO, INSIDE, False, False),  # not sent yet
        (of(state=TransferState.OPEN), TARO, INSIDE, False, True),
        (of(state=TransferState.OPEN, recipients=("hanako@city.example.jp",)), TARO, INSIDE, False, False),
        (of(state=TransferState.WITHDRAWN), HANAKO, INSIDE, False, False),
        (of(state=TransferState.EXPIRED), TARO, INSIDE, True, False),
        (of(expires_at=NOW), HANAKO, INSIDE, False, False),
        (of(expires_at=NOW), TARO, OUTSIDE, True, False),
    ],
)
def test_who_may_fetch(transfer: Transfer, who: tuple[str, str], where: Segment, same_side: bool, may: bool) -> None:
    assert may_fetch(transfer, *who, where, NOW, same_side=same_side) is may


def test_who_may_see_and_give_a_password() -> None:
    assert [may_see(of(), *who) for who in (TARO, HANAKO, SABURO)] == [True, True, False]
    assert [may_see(of(state=TransferState.OPEN), *who) for who in (TARO, HANAKO)] == [True, False]
    assert [may_open(of(), *who, NOW) for who in (TARO, HANAKO, SABURO)] == [True, True, False]
    assert not may_open(of(expires_at=NOW), *TARO, NOW)
    assert not may_open(of(state=TransferState.WITHDRAWN), *TARO, NOW)


@pytest.mark.parametrize("state", list(ItemState))
def test_what_is_ready(state: ItemState) -> None:
    ready = state in {ItemState.CLEANED, ItemState.RELEASED, ItemState.DELIVERED}
    assert is_ready(item(state=state, clean="blob")) is ready
    assert not is_ready(item(state=state))


def test_what_a_file_is_called_when_it_goes_on() -> None:
    plain = item(channel=Channel.UPLOAD, name="予算\u202e.doc", clean_name="予算.docx", clean_type="application/x")
    assert (outgoing_name(plain), outgoing_type(plain)) == ("予算.docx", "application/x")
    original = msgspec.structs.replace(plain, deliver_original=True)
    assert (outgoing_name(original), outgoing_type(original)) == ("予算\ufffd.doc", "application/octet-stream")
    assert outgoing_name(item(channel=Channel.UPLOAD)) == "file"

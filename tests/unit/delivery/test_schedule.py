"""When a recipient is tried again, and when no more."""

from datetime import timedelta

import pytest
from aiosmtplib import SMTPResponse

from gateway.delivery.fate import Fate
from gateway.delivery.session import as_reply
from gateway.delivery.smtp import JITTER, Routes, after, retry_seconds
from gateway.model import Direction, Recipient, RecipientState, Reply
from gateway.settings import DeliverySettings, Route
from tests.fakes.items import RECEIVED_AT, item

DEFAULTS = DeliverySettings()
LATER = Reply(450, "4.2.1", "later")


def test_delays_double_from_five_minutes_to_four_hours() -> None:
    delays = [retry_seconds(attempts, DEFAULTS) for attempts in range(1, 10)]
    assert delays == [300, 600, 1200, 2400, 4800, 9600, 14400, 14400, 14400]
    assert retry_seconds(10_000, DEFAULTS) == 14400


def step(attempts: int, reply: Reply, age: timedelta):
    now = RECEIVED_AT + age
    return now, after(Fate(Recipient("b@x", attempts=attempts), reply, "hop"), item(), DEFAULTS, now)


@pytest.mark.parametrize("attempts", [0, 3, 20])
def test_a_temporary_failure_waits_about_its_delay(attempts: int) -> None:
    now, progress = step(attempts, LATER, timedelta(hours=1))
    assert (progress.state, progress.attempts) == (RecipientState.WAITING, attempts + 1)
    assert progress.next_attempt_at is not None
    seconds = (progress.next_attempt_at - now).total_seconds()
    delay = retry_seconds(attempts + 1, DEFAULTS)
    assert delay * (1 - JITTER) <= seconds <= delay * (1 + JITTER)


def test_delays_differ_so_that_what_failed_together_is_not_tried_together() -> None:
    assert len({step(5, LATER, timedelta(hours=1))[1].next_attempt_at for _ in range(20)}) > 1


def test_the_last_attempt_is_at_the_deadline_and_after_it_none() -> None:
    _, progress = step(30, LATER, timedelta(days=5) - timedelta(seconds=1))
    assert progress.next_attempt_at == RECEIVED_AT + timedelta(days=5)
    assert step(31, LATER, timedelta(days=5))[1].state is RecipientState.BOUNCED


@pytest.mark.parametrize(
    ("code", "state"),
    [(250, RecipientState.DELIVERED), (550, RecipientState.BOUNCED), (354, RecipientState.WAITING)],
)
def test_final_answers(code: int, state: RecipientState) -> None:
    assert step(0, Reply(code, "", ""), timedelta(0))[1].state is state


@pytest.mark.parametrize(
    ("message", "enhanced", "text"),
    [
        ("2.1.5 Ok", "2.1.5", "Ok"),
        ("5.1.1 <a@b>: no\n5.1.1 such user", "5.1.1", "<a@b>: no such user"),
        ("no such user", "", "no such user"),
        ("5.1.1", "5.1.1", ""),
        ("bad \x1b[31m\r\u3042\udcff", "", "bad ?[31m???"),
        ("x" * 5000, "", "x" * 400),
    ],
)
def test_a_peers_words_are_made_safe(message: str, enhanced: str, text: str) -> None:
    reply = as_reply(SMTPResponse(550, message))
    assert (reply.code, reply.enhanced, reply.public_text) == (550, enhanced, text)


def test_an_exact_domain_comes_before_the_star_and_directions_do_not_mix() -> None:
    star = Route(domain="*", host="star")
    exact = Route(domain="City.example.jp", host="exact")
    outward = Route(domain="*", host="out", direction=Direction.OUTBOUND)
    routes = Routes((star, outward, exact))
    assert routes.find("a@CITY.example.jp", Direction.INBOUND) is exact
    assert routes.find("a@sub.city.example.jp", Direction.INBOUND) is star
    assert routes.find("a@city.example.jp", Direction.OUTBOUND) is outward
    assert Routes((exact,)).find("a@other.example", Direction.INBOUND) is None

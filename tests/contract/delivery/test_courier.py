"""What delivery does with every kind of answer a next hop can give."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway import conveyor
from gateway.delivery.connections import Connections
from gateway.delivery.fate import Fate, Telling
from gateway.delivery.smtp import Courier
from gateway.model import Channel, Direction, Item, MailOptions, Recipient, RecipientOptions, RecipientState
from gateway.processing import notices
from gateway.settings import DeliverySettings, Route, Settings, TlsPolicy
from gateway.store.errors import BlobDamaged
from tests.fakes.deliveries import MAIL, Deliveries
from tests.fakes.items import item, settings
from tests.fakes.next_hop import DROP, NextHop

WAITING, DELIVERED, BOUNCED = RecipientState.WAITING, RecipientState.DELIVERED, RecipientState.BOUNCED
QUICK = DeliverySettings(retry_first_seconds=0, retry_max_seconds=1, timeout_seconds=60, connections_per_hop=2)
SLOW = DeliverySettings(timeout_seconds=60)


def route(hop: NextHop, domain: str = "*", **changes: object) -> Route:
    plain = Route(domain=domain, host="127.0.0.1", port=hop.port, tls=TlsPolicy.NONE)
    return msgspec.structs.replace(plain, **changes)


def fresh(item_id: str = "I-1", **changes: object) -> Item:
    return item(item_id, **({"received_at": datetime.now(UTC)} | changes))


@contextlib.asynccontextmanager
async def running(store: Deliveries, *routes: Route, delivery: DeliverySettings = SLOW) -> AsyncIterator[Courier]:
    made: Settings = settings(routes=routes, delivery=delivery)

    def tell(of: Item, telling: Telling, fates: list[Fate], now: datetime):
        return notices.bounce(made, of, telling, fates, now)

    courier = Courier(made, store, tell, "me")
    task = asyncio.create_task(courier.run())
    try:
        yield courier
    finally:
        await courier.stop()
        async with asyncio.timeout(60):
            await task


async def deliver(store: Deliveries, *routes: Route, attempts: int = 1, delivery: DeliverySettings = SLOW) -> None:
    async with running(store, *routes, delivery=delivery):
        await store.until_recorded(attempts)


async def test_a_mail_is_delivered_as_it_is() -> None:
    async with NextHop() as hop:
        store = Deliveries(fresh())
        await deliver(store, route(hop))
        assert store.states() == {"b@city.example.jp": DELIVERED}
        assert hop.bodies == [MAIL]
        async with asyncio.timeout(60):
            while "QUIT" not in hop.dialogue:  # noqa: ASYNC110 - for whose answer nobody waits long
                await asyncio.sleep(0.01)
        assert hop.dialogue == [
            "EHLO mx.city.example.jp",
            f"MAIL FROM:<a@example.com> SIZE={len(MAIL)}",
            "RCPT TO:<b@city.example.jp>",
            "DATA",
            "QUIT",
        ]
        reply = store.replies()["b@city.example.jp"]
        assert reply is not None
        assert (reply.code, reply.enhanced, reply.public_text) == (250, "2.0.0", "taken")


async def test_the_null_sender() -> None:
    async with NextHop() as hop:
        await deliver(Deliveries(fresh(mail_from="")), route(hop))
        assert hop.said("MAIL")[0].startswith("MAIL FROM:<> ")


@pytest.mark.parametrize(
    ("answers", "state", "code", "enhanced"),
    [
        ({"MAIL": "451 4.3.0 later"}, WAITING, 451, "4.3.0"),
        ({"MAIL": "550 5.1.8 never"}, BOUNCED, 550, "5.1.8"),
        ({"RCPT": "450 busy"}, WAITING, 450, ""),
        ({"RCPT": "550-5.1.1 no\r\n550 5.1.1 such user"}, BOUNCED, 550, "5.1.1"),
        ({"RCPT": "251 2.1.5 will forward"}, DELIVERED, 250, "2.0.0"),
        ({"DATA": "452 4.3.1 full"}, WAITING, 452, "4.3.1"),
        ({"DATA": "554 5.7.1 no"}, BOUNCED, 554, "5.7.1"),
        ({"DATA": "250 what"}, WAITING, 451, "4.5.0"),
        ({"BODY": "451 4.7.1 greylisted"}, WAITING, 451, "4.7.1"),
        ({"BODY": "552 5.3.4 too big"}, BOUNCED, 552, "5.3.4"),
        ({"BODY": "421 4.3.2 going down"}, WAITING, 421, "4.3.2"),
        ({"BODY": "rubbish"}, WAITING, 451, "4.4.2"),
        ({"GREETING": "554 5.7.1 go away"}, WAITING, 451, "4.3.2"),
        ({"GREETING": "421 4.3.2 busy"}, WAITING, 421, "4.3.2"),
        ({"GREETING": DROP}, WAITING, 451, "4.4.1"),
        ({"EHLO": DROP}, WAITING, 451, "4.4.1"),
        ({"EHLO": "421 no"}, WAITING, 421, ""),
        ({"MAIL": DROP}, WAITING, 451, "4.4.2"),
        ({"MAIL": "421 4.3.2 closing"}, WAITING, 421, "4.3.2"),
        ({"RCPT": DROP}, WAITING, 451, "4.4.2"),
        ({"RCPT": "421 4.3.2 closing"}, WAITING, 421, "4.3.2"),
        ({"DATA": DROP}, WAITING, 451, "4.4.2"),
        ({"BODY": DROP}, WAITING, 451, "4.4.2"),
    ],
)
async def test_every_answer_decides(answers: dict[str, str], state: RecipientState, code: int, enhanced: str) -> None:
    async with NextHop(answers) as hop:
        store = Deliveries(fresh())
        await deliver(store, route(hop))
        reply = store.replies()["b@city.example.jp"]
        assert reply is not None
        assert (store.states()["b@city.example.jp"], reply.code, reply.enhanced) == (state, code, enhanced)
        assert len(store.notices) == (state is BOUNCED)
        assert bool(hop.bodies) == (state is DELIVERED)


async def test_a_server_that_knows_only_helo() -> None:
    async with NextHop({"EHLO": "502 what"}, extensions=()) as hop:
        store = Deliveries(fresh())
        await deliver(store, route(hop))
        assert store.states() == {"b@city.example.jp": DELIVERED}
        assert hop.said("MAIL") == ["MAIL FROM:<a@example.com>"]


async def test_each_recipient_has_an_answer_of_its_own() -> None:
    def rcpt(line: str) -> str:
        return {"good": "250 ok", "late": "450 4.2.1 later", "gone": "550 5.1.1 gone"}[line.partition("<")[2][:4]]

    async with NextHop({"RCPT": rcpt}) as hop:
        store = Deliveries(fresh(recipients=tuple(Recipient(f"{who}@x.example") for who in ("gone", "good", "late"))))
        await deliver(store, route(hop))
        assert store.states() == {
            "gone@x.example": BOUNCED,
            "good@x.example": DELIVERED,
            "late@x.example": WAITING,
        }
        assert len(hop.bodies) == 1
        (draft, data) = store.notices[0]
        assert draft.envelope.recipients[0].address == "a@example.com"
        assert b"gone@x.example" in data
        assert b"late@x.example" not in data


async def test_a_later_attempt_is_only_for_those_who_wait() -> None:
    answers = iter(["250 ok", "450 later", "250 ok"])
    async with NextHop({"RCPT": lambda _: next(answers)}) as hop:
        store = Deliveries(fresh(recipients=(Recipient("a@x.example"), Recipient("b@x.example"))))
        await deliver(store, route(hop), attempts=2, delivery=QUICK)
        assert hop.said("RCPT") == ["RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "RCPT TO:<b@x.example>"]
        assert set(store.states().values()) == {DELIVERED}
        assert store.recorded[1][1][0].attempts == 2


async def test_recipients_go_where_their_domain_and_direction_say() -> None:
    async with NextHop() as exact, NextHop() as rest, NextHop() as outward:
        addresses = ("a@City.example.jp", "b@other.example", "c@日本.example", "d@xn--wgv71a.example")
        store = Deliveries(fresh(recipients=tuple(Recipient(address) for address in addresses)))
        routes = (
            route(rest, "*"),
            route(exact, "city.EXAMPLE.jp"),
            route(exact, "日本.example"),
            route(outward, "*", direction=Direction.OUTBOUND),
        )
        await deliver(store, *routes)
        assert exact.said("RCPT") == [
            "RCPT TO:<a@City.example.jp>",
            "RCPT TO:<c@xn--wgv71a.example>",
            "RCPT TO:<d@xn--wgv71a.example>",
        ]
        assert rest.said("RCPT") == ["RCPT TO:<b@other.example>"]
        assert outward.connections == 0
        assert len(store.recorded) == 1


async def test_a_fault_of_ours_towards_one_hop_does_not_forget_what_the_other_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with NextHop() as sound, NextHop() as faulty:
        send = Connections.send

        async def failing(self: Connections, *given: object) -> object:
            if self.hop.port == faulty.port:
                raise ZeroDivisionError
            return await send(self, *given)

        monkeypatch.setattr(Connections, "send", failing)
        recipients = (Recipient("a@one.example"), Recipient("b@two.example"))
        store = Deliveries(fresh(recipients=recipients))
        await deliver(store, route(sound, "one.example"), route(faulty, "two.example"))
        assert store.states() == {"a@one.example": DELIVERED, "b@two.example": WAITING}
        reply = store.replies()["b@two.example"]
        assert reply is not None
        assert (reply.code, reply.enhanced) == (451, "4.3.0")
        assert len(sound.bodies) == 1


async def test_without_a_route_a_mail_waits_and_a_notice_ends() -> None:
    store = Deliveries(fresh("I-1"), fresh("I-2", channel=Channel.NOTICE, mail_from="", recipients=(Recipient("n@x"),)))
    await deliver(store, attempts=2)
    assert store.states() == {"b@city.example.jp": WAITING, "n@x": BOUNCED}
    assert store.notices == []


async def test_a_bounce_is_not_bounced() -> None:
    async with NextHop({"RCPT": "550 no"}) as hop:
        store = Deliveries(fresh(mail_from=""))
        await deliver(store, route(hop))
        assert store.states() == {"b@city.example.jp": BOUNCED}
        assert store.notices == []


async def test_one_connection_carries_many_mails() -> None:
    async with NextHop() as hop:
        store = Deliveries(*(fresh(f"I-{n}") for n in range(20)))
        await deliver(store, route(hop), attempts=20, delivery=QUICK)
        assert len(hop.bodies) == 20
        assert hop.connections <= QUICK.connections_per_hop


async def test_a_refused_mail_does_not_spoil_the_connection() -> None:
    answers = iter(["550 no", "250 ok"])
    async with NextHop({"RCPT": lambda _: next(answers)}) as hop:
        store = Deliveries(fresh("I-1"), fresh("I-2"))
        one = msgspec.structs.replace(SLOW, connections_per_hop=1)
        await deliver(store, route(hop), attempts=2, delivery=one)
        assert hop.connections == 1
        assert hop.said("RSET") == ["RSET"]
        assert len(hop.bodies) == 1


async def test_a_mail_refused_at_data_does_not_make_the_next_one_bounce() -> None:
    """As Postfix does: the transaction stays open after DATA was refused, and a second MAIL in it is an error."""
    nested = {"open": False, "refused": False}

    def mail(_: str) -> str:
        answer = "503 5.5.1 nested MAIL command" if nested["open"] else "250 2.1.0 ok"
        nested["open"] = True
        return answer

    def reset(_: str) -> str:
        nested["open"] = False
        return "250 2.0.0 ok"

    def data(_: str) -> str:
        if nested["refused"]:
            return "354 go"
        nested["refused"] = True
        return "451 4.7.1 not this one"

    async with NextHop({"MAIL": mail, "RSET": reset, "DATA": data}) as hop:
        store = Deliveries(fresh("I-1"), fresh("I-2", recipients=(Recipient("c@city.example.jp"),)))
        one_connection = msgspec.structs.replace(SLOW, connections_per_hop=1)
        await deliver(store, route(hop), attempts=2, delivery=one_connection)
        assert hop.connections == 1
        assert sorted(state.value for state in store.states().values()) == ["delivered", "waiting"]


@pytest.mark.parametrize("answer", ["250 ok", "220 what"])
async def test_a_hop_that_takes_data_without_asking_for_it_is_left(answer: str) -> None:
    async with NextHop({"DATA": answer}) as hop:
        store = Deliveries(fresh())
        await deliver(store, route(hop))
        assert store.states() == {"b@city.example.jp": WAITING}
        assert hop.dialogue[-1] == "DATA"


async def test_a_mail_that_cannot_be_read_waits_and_is_given_up_in_the_end() -> None:
    class Damaged(Deliveries):
        async def clean(self, item: Item) -> bytes:
            raise BlobDamaged("not what was kept")

    async with NextHop() as hop:
        store = Damaged(fresh(), fresh("I-old", received_at=datetime.now(UTC) - timedelta(days=9)))
        await deliver(store, route(hop), attempts=2)
        assert hop.connections == 0
        by_item = {item_id: steps[0] for item_id, steps in store.recorded}
        assert by_item["I-1"].state is WAITING
        assert by_item["I-1"].next_attempt_at is not None
        assert by_item["I-old"].state is BOUNCED
        assert len(store.notices) == 1


async def test_a_delivery_is_recorded_however_long_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "BACK_OFF_SECONDS", (0.0,))
    async with NextHop() as hop:
        store = Deliveries(fresh(), unavailable=50)
        await deliver(store, route(hop))
        assert len(hop.bodies) == 1
        assert store.states() == {"b@city.example.jp": DELIVERED}


async def test_a_connection_that_ended_meanwhile_costs_no_attempt() -> None:
    async with NextHop() as hop:
        store = Deliveries(fresh("I-1"))
        async with running(store, route(hop)) as courier:
            await store.until_recorded(1)
            hop.drop_connections()
            store.held["I-2"] = fresh("I-2", recipients=(Recipient("c@x.example"),))
            courier.wake()
            await store.until_recorded(2)
        assert store.states()["c@x.example"] is DELIVERED
        assert store.recorded[1][1][0].attempts == 1
        assert hop.connections == 2


async def test_a_server_that_says_421_to_the_next_mail_costs_no_attempt() -> None:
    answers = iter(["250 ok", "421 4.4.2 idle too long", "250 ok"])
    async with NextHop({"MAIL": lambda _: next(answers)}) as hop:
        store = Deliveries(fresh("I-1"))
        async with running(store, route(hop)) as courier:
            await store.until_recorded(1)
            store.held["I-2"] = fresh("I-2")
            courier.wake()
            await store.until_recorded(2)
        assert len(hop.bodies) == 2
        assert store.recorded[1][1][0].attempts == 1


async def test_a_drop_after_the_message_is_an_attempt_and_not_sent_twice_at_once() -> None:
    answers = iter(["250 ok", DROP])
    async with NextHop({"BODY": lambda _: next(answers)}) as hop:
        store = Deliveries(fresh("I-1"))
        async with running(store, route(hop)) as courier:
            await store.until_recorded(1)
            store.held["I-2"] = fresh("I-2", recipients=(Recipient("c@x.example"),))
            courier.wake()
            await store.until_recorded(2)
        assert store.states()["c@x.example"] is WAITING
        assert len(hop.said("DATA")) == 2


async def test_a_hop_that_is_down_is_not_tried_for_every_mail() -> None:
    async with NextHop({"GREETING": DROP}) as hop:
        store = Deliveries(*(fresh(f"I-{n}") for n in range(20)))
        one = msgspec.structs.replace(SLOW, connections_per_hop=1)
        async with running(store, route(hop), delivery=one) as courier:
            await store.until_recorded(20)
            assert courier.hops_down == [f"127.0.0.1:{hop.port}"]
            assert list(courier.failing()) == courier.hops_down
        assert hop.connections == 1
        assert set(store.states().values()) == {WAITING}


async def test_a_hop_that_comes_back_gets_its_mail() -> None:
    hop = NextHop()
    store = Deliveries(fresh())
    async with running(store, route(hop), delivery=QUICK):
        await store.until_recorded(1)
        assert store.states() == {"b@city.example.jp": WAITING}
        async with hop:
            while set(store.states().values()) == {WAITING}:
                await store.until_recorded(len(store.recorded) + 1)
            assert set(store.states().values()) == {DELIVERED}


async def test_after_days_it_is_given_up_and_the_sender_hears() -> None:
    async with NextHop({"RCPT": "450 4.2.1 later"}) as hop:
        old = datetime.now(UTC) - timedelta(seconds=SLOW.give_up_seconds)
        store = Deliveries(fresh(received_at=old))
        await deliver(store, route(hop))
        assert store.states() == {"b@city.example.jp": BOUNCED}
        assert b"Status: 5.2.1" in store.notices[0][1]


async def test_a_record_that_fails_is_written_again_and_the_mail_not_sent_again() -> None:
    async with NextHop() as hop:
        store = Deliveries(fresh(), unavailable=2)
        await deliver(store, route(hop))
        assert len(hop.bodies) == 1
        assert store.states() == {"b@city.example.jp": DELIVERED}


NOTIFY = RecipientOptions(notify=frozenset({"SUCCESS", "FAILURE"}), orcpt="rfc822;old+name@x.example")


async def test_dsn_parameters_go_on_to_a_hop_that_offers_them() -> None:
    async with NextHop(extensions=("DSN",)) as hop:
        recipients = (Recipient("b@x.example", options=NOTIFY), Recipient("c@x.example"))
        store = Deliveries(fresh(recipients=recipients, options=MailOptions(ret="HDRS", envid="id=1 あ")))
        await deliver(store, route(hop))
        assert hop.said("MAIL") == ["MAIL FROM:<a@example.com> RET=HDRS ENVID=id+3D1+20+E3+81+82"]
        assert hop.said("RCPT") == [
            "RCPT TO:<b@x.example> NOTIFY=FAILURE,SUCCESS ORCPT=rfc822;old+2Bname@x.example",
            "RCPT TO:<c@x.example>",
        ]
        assert store.notices == []


async def test_success_is_told_by_us_when_the_hop_offers_no_dsn() -> None:
    async with NextHop() as hop:
        store = Deliveries(fresh(recipients=(Recipient("b@x.example", options=NOTIFY), Recipient("c@x.example"))))
        await deliver(store, route(hop))
        assert "NOTIFY" not in hop.said("RCPT")[0]
        assert len(store.notices) == 1
        assert b"Action: relayed" in store.notices[0][1]
        assert b"c@x.example" not in store.notices[0][1]


@pytest.mark.parametrize("notify", [None, "NEVER", "DELAY"])
async def test_a_delay_is_told_once_and_only_on_request(notify: str | None) -> None:
    options = RecipientOptions(notify=frozenset({notify}) if notify else None)
    almost = datetime.now(UTC) - timedelta(hours=3, minutes=58)
    async with NextHop({"RCPT": "450 4.2.1 later"}) as hop:
        store = Deliveries(fresh(received_at=almost, recipients=(Recipient("b@x.example", options=options),)))
        await deliver(store, route(hop))
        assert len(store.notices) == (notify == "DELAY")
        past = store.held["I-1"]
        old = msgspec.structs.replace(past.envelope, received_at=almost - timedelta(hours=1))
        waiting = msgspec.structs.replace(old.recipients[0], next_attempt_at=None)
        again = msgspec.structs.replace(old, recipients=(waiting,))
        store = Deliveries(msgspec.structs.replace(past, envelope=again))
        await deliver(store, route(hop))
        assert store.notices == []


EAI = b"Subject: \xe6\x97\xa5\xe6\x9c\xac\r\n\r\nbody\r\n"


async def test_international_mail_goes_to_a_hop_that_takes_it() -> None:
    async with NextHop(extensions=("SMTPUTF8", "8BITMIME")) as hop:
        store = Deliveries(fresh(mail_from="送信@example.jp", recipients=(Recipient("受信@日本.example"),)), data=EAI)
        await deliver(store, route(hop))
        assert hop.said("MAIL") == ["MAIL FROM:<送信@example.jp> BODY=8BITMIME SMTPUTF8"]
        assert hop.said("RCPT") == ["RCPT TO:<受信@日本.example>"]
        assert hop.bodies == [EAI]


async def test_international_mail_bounces_at_a_hop_that_does_not_take_it() -> None:
    async with NextHop() as hop:
        store = Deliveries(fresh(recipients=(Recipient("受信@x.example"), Recipient("b@x.example"))))
        await deliver(store, route(hop))
        assert store.states() == {"受信@x.example": BOUNCED, "b@x.example": DELIVERED}
        assert b"Status: 5.6.7" in store.notices[0][1]
        assert "SMTPUTF8" not in hop.said("MAIL")[0]


async def test_eight_bits_bounce_at_a_hop_with_seven() -> None:
    async with NextHop(extensions=()) as hop:
        store = Deliveries(fresh(), data=b"Subject: x\r\n\r\n\xe6\x97\xa5\r\n")
        await deliver(store, route(hop))
        assert b"Status: 5.6.3" in store.notices[0][1]
        assert hop.bodies == []


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<evil@x>", "a>b@x.example", ""])
async def test_an_address_that_is_more_than_an_address_is_not_sent(address: str) -> None:
    async with NextHop() as hop:
        store = Deliveries(fresh(recipients=(Recipient(address), Recipient("b@x.example"))))
        await deliver(store, route(hop))
        assert hop.said("RCPT") == ["RCPT TO:<b@x.example>"]
        assert store.states() == {address: BOUNCED, "b@x.example": DELIVERED}

"""Lists and searches: what is found, in which order, page by page, and by whom."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.access.model import Scope
from gateway.model import Channel, Decision, Direction, ItemState
from gateway.store import asking, listing, queries
from gateway.store.drafts import Draft, Settlement
from gateway.store.errors import BadCursor
from gateway.store.items import Store
from gateway.store.queries import Counted, Query, Sort
from sanitizers.model import Action, Finding, MailFacts, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import Verdict
from tests.contract.store.mails import DELIVER, HOLD, NOON, SMALL, accept, delivered, draft, existing

PDF = "application/pdf"


def part(
    path: str,
    *threats: Threat,
    name: str = "",
    kind: str = "text/plain",
    outcome: Outcome = Outcome.CLEAN,
    sha256: str = "",
    took: float = 2.0,
) -> PartReport:
    findings = tuple(Finding(threat, Severity.WARNING, Action.REMOVED, "here", "it") for threat in threats)
    into = sha256 or path.ljust(64, "1")
    return PartReport(path, name, kind, kind, "x", outcome, 10, 10, into, path.ljust(64, "2"), findings, took)


async def settle(
    store: Store,
    of: Draft,
    subject: str = "お知らせ",
    header_from: str = "太郎 <taro@example.jp>",
    *parts: PartReport,
    decision: Decision = DELIVER,
    data: bytes = SMALL,
) -> str:
    (item_id,) = await accept(store, of, data=data)
    leased = [item.id for item in await store.lease_for_cleaning("w", 100, 60)]
    assert item_id in leased
    facts = MailFacts(subject=subject, header_from=header_from)
    await store.settle("w", item_id, Settlement(decision, b"clean", Report(parts) if parts else None, facts))
    await store.forfeit("w")
    return item_id


async def ids(store: Store, **query: object) -> list[str]:
    return [row.id for row in (await store.lists.search(Query(**query))).items]


async def every_page(store: Store, query: Query) -> list[str]:
    found: list[str] = []
    for _ in range(100):
        page = await store.lists.search(query)
        found += [row.id for row in page.items]
        if not page.next:
            return found
        query = msgspec.structs.replace(query, after=page.next)
    raise AssertionError("the pages do not end")


async def test_any_piece_of_a_word_is_found_in_either_case_and_width(store: Store) -> None:
    first = await settle(
        store,
        draft(sender="yamada.k@vendor.example"),
        "令和８年度防災訓練のお知らせ ＵＲＬ版",
        "山田 花子 <h@x.example>",
    )
    second = await settle(
        store,
        draft("kikaku@city.example.jp"),
        "予算会議 Meeting No.42",
        "鈴木 <s@y.example>",
        part("1", name="議事録.xlsx"),
    )
    for text, found in {
        "防災": {first},
        "災訓": {first},
        "訓": {first},
        "8年度": {first},
        "url": {first},  # which has letters that no number of an item has, as all others of three here
        "URL版": {first},
        "予算会議": {second},
        "会議 予算": {second},  # words in any order
        "meet": {second},
        "MEETING": {second},
        "etin": {second},
        "no.4": {second},
        "o": {first, second},  # narrows nothing
        "kikaku@city": {second},
        "議事録.xl": {second},
        "ada.k@ven": {first},
        "山田": {first},
        "防災 会議": set(),
        "災防": set(),
        "お知せ": set(),
        first[9:].lower(): {first},
        "": {first, second},
    }.items():
        assert set(await ids(store, text=text)) == found, text


async def test_what_means_something_to_a_database_means_itself(store: Store) -> None:
    plain = await settle(store, draft(), "plain")
    odd = await settle(store, draft(sender='o\'neil%_"x"@example.jp'), """it's "50%" \\ (a OR b) -c* ^d:e""")
    for text in ("'", '"', "\\", "o'n", '"50%"', "50%", "(a", "OR", "c*", "^d:", "%_", "-c*"):
        assert await ids(store, text=text) == [odd], text
    for text in ("' OR 1=1 --\0", '") OR marks : ("', "\ue00fvhold", "a* OR *", "NEAR(", "\ue001"):
        assert await ids(store, text=text) == [], text
    assert await ids(store, text="\0") == [odd, plain]  # no word at all


async def test_each_field_looks_where_it_says(store: Store) -> None:
    one = await settle(store, draft("b@city.example.jp", sender="a@out.example"), "件名", "Boss <boss@shown.example>")
    await settle(store, draft("a@city.example.jp", sender="b@other.example"), "boss", "x <x@y.example>")
    assert await ids(store, sender="out.example") == [one]
    assert await ids(store, sender="shown.example") == [one]
    assert await ids(store, mail_from="out.example") == [one]
    assert await ids(store, mail_from="shown.example") == []
    assert await ids(store, header_from="boss") == [one]
    assert await ids(store, header_from="out.example") == []
    assert await ids(store, recipient="b@") == [one]
    assert await ids(store, recipient="a@out") == []
    assert await ids(store, subject="件名") == [one]
    assert await ids(store, subject="shown") == []


async def test_findings_types_digests_and_verdicts(store: Store) -> None:
    digest = "ab" * 32
    parts = part("1"), part("1.1", Threat.ENCRYPTED, kind=PDF, outcome=Outcome.BLOCKED, sha256=digest)
    odd = await settle(store, draft(), "a", "b", *parts, decision=HOLD)
    plain = await settle(store, draft(), "a", "b", part("1"), data=b"other")
    original = (await existing(store, plain)).original_sha256
    assert await ids(store, finding=Threat.ENCRYPTED) == [odd]
    assert await ids(store, finding=Threat.DECEPTION) == []
    assert await ids(store, outcome=Outcome.BLOCKED) == [odd]
    assert await ids(store, type=PDF) == [odd]
    assert await ids(store, type="application") == []
    assert await ids(store, sha256=digest.upper()) == [odd]
    assert await ids(store, sha256="1.1".ljust(64, "2")) == []  # no digest
    assert await ids(store, sha256=original) == [plain]
    assert await ids(store, sha256="'") == []
    assert await ids(store, verdict=Verdict.HOLD) == [odd]
    assert await ids(store, verdict=Verdict.DELIVER, outcome=Outcome.CLEAN) == [plain]
    assert await ids(store, direction=Direction.OUTBOUND) == []
    assert set(await ids(store, channels=frozenset({Channel.SMTP}), direction=Direction.INBOUND)) == {odd, plain}


async def test_what_waits_to_be_cleaned_is_found_by_what_is_known_of_it(store: Store) -> None:
    (fresh,) = await accept(store, draft("hanako@city.example.jp", sender="Early@bird.example"), data=b"early")
    old = await settle(store, draft("x@z.example", at=NOON - timedelta(days=1)), "early")
    assert await ids(store, text="early") == [fresh, old]
    assert await ids(store, text="EARLY@", recipient="hanako", channels=frozenset({Channel.SMTP})) == [fresh]
    assert await ids(store, text=fresh) == [fresh]
    assert await ids(store, sha256=(await existing(store, fresh)).original_sha256) == [fresh]
    assert await ids(store, text="early", states=frozenset({ItemState.RECEIVED})) == [fresh]
    assert await ids(store, text="early", states=frozenset({ItemState.CLEANED})) == [old]
    assert await ids(store, text="early", subject="early") == [old]
    assert await ids(store, scope=Scope(domains=frozenset({"city.example.jp"}))) == [fresh]
    assert await ids(store, text="early", direction=Direction.OUTBOUND) == []


async def test_a_notice_is_found_at_once(store: Store) -> None:
    notice = await store.enqueue(draft("sender@far.example", sender="", channel=Channel.NOTICE), b"bounce")
    assert await ids(store, text="far.example") == [notice]
    assert await ids(store, channels=frozenset({Channel.NOTICE})) == [notice]


def outward(*to: str, sender: str) -> Draft:
    of = draft(*to, sender=sender)
    return Draft(of.channel, of.profile, msgspec.structs.replace(of.envelope, direction=Direction.OUTBOUND))


async def test_a_scope_is_recipients_of_what_comes_in_and_the_sender_of_what_goes_out(store: Store) -> None:
    inward = await settle(store, draft("Hanako@City-A.example", "jiro@city-b.example", sender="x@city-c.example"))
    out = await settle(store, outward("y@city-b.example", sender="hanako@city-a.example"))
    (fresh,) = await accept(store, draft("hanako@city-a.example"))

    async def within(**scope: Iterable[str]) -> set[str]:
        given = Scope(**{name: frozenset(values) for name, values in scope.items()})
        found = set(await ids(store, scope=given))
        assert found == await store.lists.within([inward, out, fresh, "20260101-0000-0000"], given)
        for item_id in (inward, out, fresh):
            assert (await store.item(item_id, given) is not None) is (item_id in found)
        for state in (ItemState.RECEIVED, ItemState.CLEANED):
            listed = await ids(store, scope=given, states=frozenset({state}))
            assert set(listed) == {item_id for item_id in found if (await existing(store, item_id)).state is state}
        return found

    assert await within() == {inward, out, fresh}
    assert await within(domains=["city-a.example"]) == {inward, out, fresh}
    assert await within(domains=["city-b.example"]) == {inward}
    assert await within(domains=["city-c.example"]) == set()
    assert await within(domains=["example"]) == set()  # no domain below, either
    assert await within(domains=["city-b.example", "nowhere.example"]) == {inward}
    assert await within(addresses=["hanako@city-a.example"]) == {inward, out, fresh}
    assert await within(addresses=["anako@city-a.example"]) == set()
    assert await within(addresses=["jiro@city-b.example"]) == {inward}
    assert await within(domains=[]) == set()
    assert await within(addresses=[]) == set()
    assert await within(addresses=["%@city-a.example"]) == set()


async def test_orders_and_pages_show_every_item_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many matches are many: with each way of finding, for each order, with each page size."""
    kept = []
    for number in range(12):
        at = NOON + timedelta(minutes=number // 3)  # three at a time
        of = draft(sender=f"{'ab' if number % 2 else 'Z'}@example.jp", at=at)
        kept.append(
            await settle(
                store, of, f"件名{number % 3}", data=b"x" * (number % 4 + 1), decision=(DELIVER, HOLD)[number % 2]
            )
        )
    (fresh,) = await accept(store, draft(sender="m@example.jp", at=NOON + timedelta(seconds=90)), data=b"xx")
    everything = [*kept, fresh]
    rows = {row.id: row for row in (await store.lists.search(Query())).items}
    newest = [row.id for row in (await store.lists.search(Query())).items]
    assert sorted(newest) == sorted(everything)
    assert [rows[each].received_at for each in newest] == sorted(
        (row.received_at for row in rows.values()), reverse=True
    )
    place = {item_id: at for at, item_id in enumerate(newest)}
    expected = {
        Sort.NEWEST: newest,
        Sort.OLDEST: newest[::-1],
        Sort.SIZE: sorted(newest, key=lambda each: (-rows[each].size, place[each])),
        Sort.SENDER: sorted(newest, key=lambda each: (rows[each].mail_from, place[each])),
    }
    for many in (2_000, 4, 1):
        monkeypatch.setattr(listing, "COUNTED_TO", many)
        monkeypatch.setattr(listing, "SORTED_TO", many)
        monkeypatch.setattr(listing, "_STEP", 3)
        monkeypatch.setattr(listing, "_STEPS", 2)
        for sort, order in expected.items():
            for limit in (1, 5, 50):
                base = Query(sort=sort, limit=limit)
                held = frozenset({ItemState.HELD})
                not_held = frozenset({ItemState.CLEANED, ItemState.RECEIVED})
                for query, wanted in (
                    (base, everything),
                    (msgspec.structs.replace(base, text="example"), everything),
                    (
                        msgspec.structs.replace(base, text="件名1"),
                        [each for each in kept if rows[each].subject == "件名1"],
                    ),
                    (msgspec.structs.replace(base, states=held), kept[1::2]),
                    (msgspec.structs.replace(base, states=not_held), [*kept[::2], fresh]),
                    (msgspec.structs.replace(base, text="example", states=held), kept[1::2]),
                    (msgspec.structs.replace(base, text="example", states=not_held), [*kept[::2], fresh]),
                    (
                        msgspec.structs.replace(
                            base, since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=2)
                        ),
                        [*kept[3:6], fresh],
                    ),
                    (
                        msgspec.structs.replace(
                            base, text="jp", since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=2)
                        ),
                        [*kept[3:6], fresh],
                    ),
                ):
                    found = await every_page(store, query)
                    assert found == [each for each in order if each in wanted], (many, query)


async def test_totals(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        await settle(store, draft(), "iou" if number % 2 else "xyz", decision=HOLD if number < 2 else DELIVER)
    await accept(store, draft(sender="iou@example.jp"))  # letters that no number of an item has

    async def total(**query: object) -> tuple[int, Counted]:
        page = await store.lists.search(Query(limit=1, **query))
        return page.total, page.counted

    assert await total() == (7, Counted.EXACT)
    assert await total(text="iou") == (4, Counted.EXACT)
    assert await total(text="iou", states=frozenset({ItemState.HELD})) == (1, Counted.EXACT)
    assert await total(states=frozenset({ItemState.HELD, ItemState.CLEANED})) == (6, Counted.EXACT)
    assert await total(text="nothing") == (0, Counted.EXACT)
    monkeypatch.setattr(listing, "COUNTED_TO", 2)
    assert await total() == (2, Counted.AT_LEAST)
    assert await total(text="iou") == (2, Counted.AT_LEAST)
    assert await total(states=frozenset({ItemState.CLEANED})) == (2, Counted.AT_LEAST)


async def test_rows_say_what_a_list_shows(store: Store) -> None:
    many = [f"p{number}@city.example.jp" for number in range(5)]
    parts = (
        part("1", Threat.METADATA),
        part("1.1", Threat.ENCRYPTED, Threat.METADATA, outcome=Outcome.BLOCKED, took=1.0),
    )
    item_id = await settle(store, draft(*many), "件名", "太郎 <t@x.example>", *parts, decision=HOLD)
    (row,) = (await store.lists.search(Query())).items
    assert row == queries.ItemRow(
        id=item_id,
        state=ItemState.HELD,
        channel=Channel.SMTP,
        direction=Direction.INBOUND,
        profile="standard",
        received_at=NOON,
        updated_at=row.updated_at,
        mail_from="taro@example.jp",
        header_from="太郎 <t@x.example>",
        subject="件名",
        recipients=tuple(many[:3]),
        recipient_count=5,
        size=len(SMALL),
        verdict=Verdict.HOLD,
        rule="standard.hold_on",
        outcomes=frozenset({Outcome.CLEAN, Outcome.BLOCKED}),
        threats=(Threat.METADATA, Threat.ENCRYPTED),
        severity=Severity.WARNING,
        milliseconds=2,
        follows="",
    )
    assert datetime.now(UTC) - row.updated_at < timedelta(minutes=5)


@pytest.mark.parametrize(
    "after",
    ["x", "====", "bm90", "WyJuZXdlc3QiLDAsMV0x", "WyJuZXdlc3QiLCJhIiwxXQ", "WyJzaXplIiwwLDFd", "é", "W10", "[" * 90],
)
async def test_a_made_up_cursor_is_refused(store: Store, after: str) -> None:
    with pytest.raises(BadCursor):
        await store.lists.search(Query(after=after))


async def test_numbers_too_large_for_a_database_are_no_cursor(store: Store) -> None:
    await delivered(store)
    for key in ((0, 2**64), (2**70, 5), (0, -(2**64))):
        with pytest.raises(BadCursor):
            await store.lists.search(Query(sort=Sort.SIZE, after=listing.cursor(Sort.SIZE, key)))
    far = datetime(9999, 1, 1, tzinfo=UTC)
    assert await ids(store, since=far) == []
    assert len(await ids(store, until=far, since=datetime(1, 1, 1, tzinfo=UTC), text="taro")) == 1


async def test_a_mail_with_many_recipients_is_found_by_each(store: Store) -> None:
    everybody = [f"person{number:04}@city{number % 7}.example.jp" for number in range(900)]
    item_id = await settle(store, draft(*everybody))
    for number in (0, 450, 899):
        assert await ids(store, recipient=f"person{number:04}@") == [item_id]
    assert await ids(store, scope=Scope(addresses=frozenset({everybody[-1]}))) == [item_id]


@pytest.mark.parametrize(("long", "few"), [(1, 1_000), (1, 1), (1_000, 1)], ids=["by texts", "too many", "whole"])
async def test_long_words_are_found_as_a_whole_however_they_are_sought(
    store: Store, monkeypatch: pytest.MonkeyPatch, long: int, few: int
) -> None:
    monkeypatch.setattr(asking, "_LONG", long)
    monkeypatch.setattr(asking, "_FEW", few)
    one = await settle(
        store, draft("shokuin299@city39.example.jp"), "年度末の防災訓練について", "x", part("1", name="見積書2026.xlsx")
    )
    two = await settle(
        store, draft("shokuin2990@town.example.jp", "a@city39.example.jp"), "防災訓練の年度末について", "x"
    )
    for word, found in {
        "shokuin299@city39": [one],
        "shokuin299": [two, one],
        "年度末の防災訓練": [one],
        "訓練の年度末": [two],
        "防災訓練": [two, one],
        "積書2026.XL": [one],
        "nobody299@city39": [],
        "example.jp について": [two, one],
        "防災訓練a": [],
    }.items():
        assert await ids(store, text=word) == found, word
        assert await ids(store, text=word, sort=Sort.OLDEST) == found[::-1], word
    assert await ids(store, recipient="city39.example") == [two, one]
    assert await ids(store, subject="city39.example") == []

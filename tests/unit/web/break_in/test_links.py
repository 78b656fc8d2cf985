"""Links of notices, stolen, replayed, changed, used by somebody else, guessed at: none of it opens anything."""

import asyncio
import base64
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.access.links import SIGNATURE_BYTES, Links
from gateway.access.rights import Role
from gateway.model import ItemState, LockState
from gateway.processing import unlocking
from gateway.web.pace import LINK, Pace, Rate
from tests.unit.web.api.world import CITY, NOBODY, TOWN
from tests.unit.web.break_in.locked import HANAKO, JIRO, PASSWORD, SUBJECT, TRIES, Letter, Stranger, Town


@pytest.fixture
async def thief(town: Town) -> Stranger:
    return await town.stranger()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets time pass for whoever tries passwords."""
    passed = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + passed

    def pass_by(time: timedelta) -> None:
        nonlocal passed
        passed += time

    monkeypatch.setattr(unlocking, "datetime", Clock)
    return pass_by


async def answered(asked: Sequence[asyncio.Task[Any]], count: int) -> None:
    """Waits until so many of them are over."""
    async with asyncio.timeout(60):
        while sum(each.done() for each in asked) < count:
            await asyncio.wait([each for each in asked if not each.done()], return_when=asyncio.FIRST_COMPLETED)


def changed(token: str) -> list[str]:
    """Every token that differs in one character, cut by one, longer by one."""
    others = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    swapped = [token[:at] + token[at].swapcase() + token[at + 1 :] for at in range(len(token)) if token[at].isalpha()]
    return [*others, *swapped, token[:-1], token[1:], token + "A", token + "=", "A" + token]


def plain(page: str, token: str) -> str:
    """Without what differs from one visit to the next."""
    return re.sub(r"[0-9a-f]{64}", "", page.replace(token, ""))


# A password, by the link and the code of a letter


async def test_with_both_it_opens(town: Town, thief: Stranger) -> None:
    """Or no test below would show anything."""
    item_id, letters = await town.locked()
    answer = await thief.unlock(letters[HANAKO])
    assert answer.status_code == 200
    assert (await town.lock(letters[HANAKO])).state is LockState.OPENED
    assert await town.followers(item_id) == 1


async def test_a_stolen_link_alone_shows_and_opens_nothing(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    letter = letters[HANAKO]
    page = (await thief.browser.get(f"/unlock/{letter.token}")).text
    for secret in (SUBJECT, "eigyo", HANAKO, JIRO, "予算", letter.code):
        assert secret not in page
    assert plain(page, letter.token) == plain((await thief.browser.get("/unlock/" + "x" * 27)).text, "x" * 27)
    answer = await thief.unlock(msgspec.structs.replace(letter, code=""))
    assert answer.status_code == 403
    assert town.children.asked == 0  # whether the password was right, not even the work done tells
    assert (await town.lock(letter)).state is LockState.WAITING


async def test_a_code_without_the_link_is_worth_nothing(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    for token in ("", "x", unlocking.lock_id(letters[HANAKO].token)):  # the last is what the store knows
        answer = await thief.unlock(Letter(token, letters[HANAKO].code))
        assert answer.status_code in {404, 405, 410}, token
    assert town.children.asked == 0


async def test_a_link_that_was_used_is_over(town: Town, thief: Stranger) -> None:
    item_id, letters = await town.locked()
    assert (await thief.unlock(letters[HANAKO])).status_code == 200
    assert (await thief.unlock(letters[HANAKO])).status_code == 410
    assert await town.followers(item_id) == 1


async def test_no_changed_character_is_overlooked(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    letter = letters[HANAKO]
    town.world.app.state.guard._links = Pace(Rate(burst=10_000, per_second=1.0))
    for token in changed(letter.token):
        answer = await thief.unlock(Letter(token, letter.code))
        assert answer.status_code == 410, token
    assert (town.children.asked, (await town.lock(letter)).wrong) == (0, 0)


async def test_one_recipients_code_does_not_fit_anothers_link(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    mixed = Letter(letters[HANAKO].token, letters[JIRO].code)
    assert (await thief.unlock(mixed)).status_code == 403
    assert town.children.asked == 0
    assert (await town.lock(letters[JIRO])).wrong == 0


async def test_an_expired_link_is_over(town: Town, thief: Stranger, later: Callable[[timedelta], None]) -> None:
    _, letters = await town.locked()
    later(timedelta(days=town.settings.passwords.days, seconds=1))
    assert (await thief.unlock(letters[HANAKO])).status_code == 410
    assert town.children.asked == 0


async def test_guesses_are_slow_few_and_remembered_over_a_restart(
    town: Town, thief: Stranger, later: Callable[[timedelta], None]
) -> None:
    _, letters = await town.locked()
    letter = letters[HANAKO]
    guess = msgspec.structs.replace(letter, code="00000000" if letter.code != "0000 0000" else "11111111")
    for count in range(TRIES):
        town.world.gateway.locksmith = town.another_locksmith()  # the process was started anew
        assert (await thief.unlock(guess)).status_code == 403
        assert (await town.lock(letter)).wrong == count + 1
        if 0 < count < TRIES - 1:
            soon = await thief.unlock(letter)
            assert (soon.status_code, int(soon.headers["retry-after"]) >= 1) == (429, True)
            later(timedelta(seconds=2**count))
    assert (await town.lock(letter)).state is LockState.CLOSED
    later(timedelta(hours=1))
    assert (await thief.unlock(letter)).status_code == 410  # even with the right code
    assert (await town.lock(letters[JIRO])).wrong == 0  # nobody is shut out by guesses at another's link
    assert (await thief.unlock(letters[JIRO])).status_code == 200


async def test_two_at_once_open_it_once(town: Town, thief: Stranger) -> None:
    item_id, letters = await town.locked()
    town.children.may_go_on.clear()
    elsewhere = town.another_locksmith()
    tries = [asyncio.create_task(thief.unlock(letters[HANAKO])) for _ in range(3)]
    there = asyncio.create_task(elsewhere.open_by_link(letters[HANAKO].token, letters[HANAKO].code, [PASSWORD]))
    await town.children.were_asked(2)
    await answered(tries, 2)  # those who came second: turned away while the first is at it
    town.children.may_go_on.set()
    statuses = sorted([answer.status_code for answer in await asyncio.gather(*tries)])
    answers = [*statuses, (await there).answer.value]
    assert answers in ([200, 429, 429, "over"], [410, 429, 429, "opened"])
    assert await town.followers(item_id) == 1


async def test_guesses_at_once_are_counted_one_by_one(town: Town, thief: Stranger) -> None:
    """While one is tried the others wait; two gateways at once do not lose one either."""
    _, letters = await town.locked()
    letter, town.children.may_go_on = letters[HANAKO], asyncio.Event()
    wrong = [asyncio.create_task(thief.unlock(letter, "nonsense")) for _ in range(4)]
    elsewhere = asyncio.create_task(town.another_locksmith().open_by_link(letter.token, letter.code, ["nonsense"]))
    await town.children.were_asked(2)
    await answered(wrong, 3)
    town.children.may_go_on.set()
    assert sorted([answer.status_code for answer in await asyncio.gather(*wrong)]) == [403, 429, 429, 429]
    assert (await elsewhere).answer.value == "wrong"
    assert ((await town.lock(letter)).wrong, town.children.asked) == (2, 2)


@pytest.mark.parametrize("path", ["/unlock/guess", "/original/guess"])
async def test_links_cannot_be_guessed_fast_by_pages_either(town: Town, thief: Stranger, path: str) -> None:
    town.world.app.state.guard._links = Pace(LINK, lambda: 0.0)
    statuses = [(await thief.form(path, code="1", passwords="x", reason="x")).status_code for _ in range(31)]
    assert statuses == [410] * 30 + [429]
    body = {"token": "guess", "code": "1", "passwords": ["x"]}
    assert (await town.world.post(NOBODY, "/unlock", body)).status_code == 429  # one pace for all roads


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"token": "t", "code": "1"}, 422),
        ({"token": "t", "code": "1", "passwords": []}, 422),
        ({"token": "t", "code": "1", "passwords": [""]}, 422),
        ({"token": "t", "code": "1", "passwords": ["x"] * 6}, 422),
        ({"token": "t", "code": "1", "passwords": ["x" * 129]}, 422),
        ({"token": "t" * 101, "code": "1", "passwords": ["x"]}, 422),
        ({"token": "t", "code": "1" * 41, "passwords": ["x"]}, 422),
        ({"token": ["t"], "code": 1, "passwords": "x"}, 422),
        ({"token": "t", "code": "1", "passwords": ["x"], "address": "x"}, 422),
        ({"token": "t" * 5_000, "code": "1", "passwords": ["x"]}, 413),
    ],
)
async def test_what_is_no_try_is_refused_and_not_repeated(town: Town, body: dict[str, Any], status: int) -> None:
    answer = await town.world.post(NOBODY, "/unlock", body)
    assert answer.status_code == status
    assert answer.json()["type"].startswith("urn:kiyome:problem:")
    assert "xxx" not in answer.text
    assert "ttt" not in answer.text
    assert town.children.asked == 0


async def test_what_is_given_by_page_keeps_to_the_same_bounds(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    town.children.may_go_on.set()
    many = await thief.unlock(letters[HANAKO], *[f"wrong-{n}" for n in range(5)], PASSWORD)
    assert many.status_code == 403  # the sixth was not tried
    long = await thief.form(f"/unlock/{letters[JIRO].token}", code=letters[JIRO].code, passwords="x" * 70_000)
    assert long.status_code == 413
    assert (await town.lock(letters[JIRO])).wrong == 0


async def test_codes_and_signatures_are_compared_in_constant_time(
    town: Town, thief: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[object] = []
    compare = hmac.compare_digest

    def noted(one: Any, other: Any) -> bool:
        compared.extend([one, other])
        return bool(compare(one, other))

    _, letters = await town.locked()
    item_id = await town.world.item(HANAKO)
    token = town.original_link(item_id)
    kept = (await town.lock(letters[HANAKO])).code
    monkeypatch.setattr(hmac, "compare_digest", noted)
    await thief.unlock(letters[HANAKO])
    await thief.browser.get(f"/original/{token}")
    assert kept in compared
    assert base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:SIGNATURE_BYTES] in compared


# The original, by the link of a notice


async def test_asking_lets_nothing_go_on(town: Town, thief: Stranger) -> None:
    """Whoever steals the link can ask, once; a person decides."""
    item_id = await town.world.item(HANAKO)
    token = town.original_link(item_id)
    assert (await thief.ask(token)).status_code == 200
    assert await town.world.state(item_id) is ItemState.HELD
    assert [(await thief.ask(token)).status_code for _ in range(2)] == [409, 409]
    assert await town.requests(item_id) == [f"recipient:{HANAKO}"]


@pytest.mark.parametrize("answer", ["refuse", "withdraw"])
async def test_a_request_that_was_answered_is_not_made_again(town: Town, thief: Stranger, answer: str) -> None:
    item_id = await town.world.item(HANAKO)
    await thief.ask(town.original_link(item_id))
    (asked,) = await town.store.approvals.of(item_id)
    if answer == "refuse":
        await town.store.approvals.refuse(asked.id, actor="user:approver", answer="no")
    else:
        await town.store.approvals.withdraw(asked.id, actor="user:approver")
    assert (await thief.ask(town.original_link(item_id, days=2))).status_code == 409  # nor by a fresh link
    assert len(await town.requests(item_id)) == 1


async def test_no_changed_character_of_an_original_s_link_is_overlooked(town: Town, thief: Stranger) -> None:
    item_id = await town.world.item(HANAKO, subject="秘密の件")
    town.world.app.state.guard._links = Pace(Rate(burst=10_000, per_second=1.0))
    for token in changed(town.original_link(item_id)):
        answer = await thief.ask(token)
        assert (answer.status_code, "秘密の件" in answer.text) == (410, False), token
    assert await town.requests(item_id) == []


async def test_a_link_is_of_one_recipient_one_item_and_one_key(town: Town, thief: Stranger) -> None:
    item_id, other = await town.world.item(HANAKO), await town.world.item(f"saburo@{TOWN}")
    end = datetime.now(UTC) + timedelta(days=1)
    forged = [
        town.original_link(other, HANAKO),  # no recipient of that one
        town.original_link("20261121-0000-0000", HANAKO),
        town.original_link(item_id, HANAKO.upper()),
        Links(b"x" * 32).make(item_id, HANAKO, end),
        Links(b"").make(item_id, HANAKO, end),
        town.original_link(item_id, days=-0.0001),
    ]
    for token in forged:
        assert (await thief.ask(token)).status_code == 410, token
    assert await town.requests(item_id) == await town.requests(other) == []


async def test_a_link_of_what_was_decided_is_over(town: Town, thief: Stranger) -> None:
    item_id = await town.world.item(HANAKO)
    operator = await town.world.person("operator", Role.OPERATOR)
    await town.world.post(operator, f"/items/{item_id}/discard", {"reason": "x"})
    assert (await thief.browser.get(f"/original/{town.original_link(item_id)}")).status_code == 410
    assert (await thief.ask(town.original_link(item_id))).status_code == 410


async def test_two_at_once_ask_once(town: Town, thief: Stranger) -> None:
    item_id = await town.world.item(HANAKO)
    token = town.original_link(item_id)
    answers = await asyncio.gather(*(thief.ask(token) for _ in range(4)))
    assert sorted([answer.status_code for answer in answers]) == [200, 409, 409, 409]
    assert len(await town.requests(item_id)) == 1


# Both


async def test_pages_of_links_are_kept_and_framed_by_nobody_and_tell_no_other_site(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    item_id = await town.world.item(HANAKO)
    for path in (f"/unlock/{letters[HANAKO].token}", f"/original/{town.original_link(item_id)}"):
        answer = await thief.browser.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "same-origin"  # the link is in no Referer that leaves
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
            assert link.startswith(("/", "?", "#")), link


async def test_a_form_of_another_site_neither_tries_nor_asks(town: Town, thief: Stranger) -> None:
    _, letters = await town.locked()
    item_id = await town.world.item(HANAKO)
    browser = thief.browser
    fields = {"code": letters[HANAKO].code, "passwords": PASSWORD, "reason": "x"}
    for path in (f"/unlock/{letters[HANAKO].token}", f"/original/{town.original_link(item_id)}"):
        assert (await browser.post(path, data=fields)).status_code == 403
        evil = {"Origin": "https://evil.example"}
        right = {"csrf": thief._csrf, **fields}
        assert (await browser.post(path, data=right, headers=evil)).status_code == 403
        assert (await browser.post(path, data=right, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert town.children.asked == 0
    assert await town.requests(item_id) == []


async def test_neither_code_nor_password_nor_link_is_on_record(
    town: Town, thief: Stranger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    _, letters = await town.locked(f"hanako@{CITY}")
    await thief.unlock(letters[HANAKO], "nonsense-password")
    await thief.unlock(letters[HANAKO])
    rows = " ".join([row.detail + row.actor async for row in town.store.audit_rows()])
    logged = " ".join(each.getMessage() for each in caplog.records if each.name.startswith("gateway"))
    assert "opened with a password" in logged
    for secret in (PASSWORD, "nonsense-password", letters[HANAKO].token, letters[HANAKO].code):
        assert secret not in rows + logged

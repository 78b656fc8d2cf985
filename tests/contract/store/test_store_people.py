"""Accounts and what belongs to them: kept as said, refused where nobody would be left, each change on record."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from gateway.access.model import PasswordState, Person, PersonState
from gateway.access.rights import Right, Role
from gateway.store.errors import (
    LastAdministrator,
    LoginTaken,
    NameTaken,
    NoSuchPerson,
    NoSuchSession,
)
from gateway.store.failures import Try
from gateway.store.items import Store
from gateway.store.people import NewPassword, NewPerson, PeopleQuery, PersonChange
from gateway.store.sessions import NewSession
from gateway.store.tokens import NewToken
from tests.contract.store.conftest import OpenStore

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ONE = NewPassword("$argon2id$one", PasswordState.ONE_TIME, NOON)
CITY, TOWN = frozenset({"city.example.jp"}), frozenset({"town.example.jp"})


async def add(
    store: Store, login: str = "hanako", role: Role = Role.OPERATOR, domains: frozenset[str] | None = None
) -> Person:
    new = NewPerson(login=login, name="山田 花子", address=f"{login}@city.example.jp", role=role, domains=domains)
    return await store.people.add(new, ONE, actor="test")


async def begin(store: Store, person: Person, token: str = "t", **more: object) -> None:
    values = {"step": "done", "client": "192.0.2.1", "agent": "browser", "at": NOON, "ends_at": NOON + timedelta(1)}
    await store.people.sessions.begin(NewSession(token=token, person_id=person.id, **(values | more)))  # type: ignore[arg-type]


async def actions(store: Store) -> list[str]:
    return [row.action async for row in store.audit_rows()]


async def test_an_account_comes_back_as_it_was_made(store: Store, open_store: OpenStore) -> None:
    made = await add(store, domains=CITY | TOWN)
    found = await (await open_store()).people.find("hanako")
    assert found == made
    assert (made.domains, made.password, made.totp_set) == (CITY | TOWN, PasswordState.ONE_TIME, False)
    proof = await store.people.proof("hanako")
    assert proof is not None
    assert (proof.password, proof.password_ends_at, proof.totp) == (ONE.hash, NOON, "")
    assert await store.people.find("nobody") is None
    assert await store.people.get("nobody") is None


async def test_a_login_is_somebody_s_alone(store: Store, open_store: OpenStore) -> None:
    other = await open_store()
    outcomes = await asyncio.gather(add(store), add(other), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["LoginTaken", "Person"]
    with pytest.raises(LoginTaken):
        await add(store)


async def test_every_change_is_on_record_and_nothing_secret_is(store: Store) -> None:
    person = await add(store)
    people = store.people
    await people.change(person.id, PersonChange(role=Role.AUDITOR, domains=CITY), actor="user:admin")
    await people.set_password(person.id, NewPassword("$argon2id$two", PasswordState.OWN), actor="user:hanako")
    await people.set_totp(person.id, "5ea1ed", 7, ["c0de"], actor="user:hanako")
    assert await people.use_recovery_code(person.id, "c0de", actor="user:hanako")
    await people.set_recovery_codes(person.id, ["c0de2"], actor="user:hanako")
    await people.tokens.add(
        NewToken(token="7045", person_id=person.id, name="monitor", rights=[Right.QUEUE], ends_at=NOON),
        actor="user:hanako",
    )
    await people.searches.save(person.id, "held", "state=held", actor="user:hanako")
    await begin(store, person)
    await people.sessions.sign_in("t", strong_until=NOON, actor="user:hanako")
    await people.reset_totp(person.id, actor="user:admin")
    await people.remove(person.id, actor="user:admin")
    assert await actions(store) == [
        "person_added",
        "person_changed",
        "password_set",
        "totp_set",
        "recovery_used",
        "codes_made",
        "token_made",
        "search_saved",
        "signed_in",
        "totp_reset",
        "person_removed",
    ]
    record = [row async for row in store.audit_rows()]
    assert json.loads(record[1].detail) == {"person": "hanako", "role": "auditor", "domains": '["city.example.jp"]'}
    assert not any(secret in row.detail for row in record for secret in ("argon2", "5ea1ed", "c0de", "7045"))
    assert (await store.verify_audit()).intact
    assert await people.get(person.id) is None


async def test_what_does_not_change_is_not_on_record(store: Store) -> None:
    person = await add(store)
    await begin(store, person)
    await store.people.change(person.id, PersonChange(name=person.name, role=person.role), actor="test")
    assert await actions(store) == ["person_added"]
    assert await store.people.sessions.find("t") is not None


@pytest.mark.parametrize(
    "change",
    [
        PersonChange(role=Role.ADMINISTRATOR),
        PersonChange(domains=CITY),
        PersonChange(state=PersonState.DISABLED),
        PersonChange(address="other@city.example.jp"),
    ],
)
async def test_other_rights_begin_with_another_sign_in(store: Store, change: PersonChange) -> None:
    person = await add(store)
    await begin(store, person)
    await store.people.change(person.id, change, actor="test")
    assert await store.people.sessions.find("t") is None


async def test_a_name_is_changed_without_a_new_sign_in(store: Store) -> None:
    person = await add(store)
    await begin(store, person)
    assert (await store.people.change(person.id, PersonChange(name="x"), actor="test")).name == "x"
    assert await store.people.sessions.find("t") is not None


async def test_somebody_always_administers(store: Store, open_store: OpenStore) -> None:
    first = await add(store, "first", Role.ADMINISTRATOR)
    await add(store, "of-city", Role.ADMINISTRATOR, CITY)
    for change in (
        PersonChange(role=Role.OPERATOR),
        PersonChange(state=PersonState.DISABLED),
        PersonChange(domains=CITY),
    ):
        with pytest.raises(LastAdministrator):
            await store.people.change(first.id, change, actor="test")
    with pytest.raises(LastAdministrator):
        await store.people.remove(first.id, actor="test")
    second = await add(store, "second", Role.ADMINISTRATOR)
    other = await open_store()
    outcomes = await asyncio.gather(
        store.people.remove(first.id, actor="test"),
        other.people.remove(second.id, actor="test"),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["LastAdministrator", "NoneType"]


async def test_a_step_is_used_once_whoever_comes_first(store: Store, open_store: OpenStore) -> None:
    person = await add(store)
    other = await open_store()
    outcomes = await asyncio.gather(*((store, other)[turn % 2].people.use_step(person.id, 100) for turn in range(10)))
    assert outcomes.count(True) == 1
    assert not await store.people.use_step(person.id, 99)
    assert await store.people.use_step(person.id, 101)


async def test_a_recovery_code_is_used_once_and_by_its_owner(store: Store) -> None:
    hanako, taro = await add(store), await add(store, "taro")
    await store.people.set_totp(hanako.id, "x", 1, ["a", "b"], actor="test")
    assert not await store.people.use_recovery_code(taro.id, "a", actor="test")
    outcomes = [await store.people.use_recovery_code(hanako.id, "a", actor="test") for _ in range(2)]
    assert outcomes == [True, False]
    left = await store.people.get(hanako.id)
    assert left is not None
    assert left.recovery_codes == 1


async def test_another_password_ends_what_was_begun_with_the_old_one(store: Store) -> None:
    person = await add(store)
    for token in ("mine", "other"):
        await begin(store, person, token)
    mine = await store.people.sessions.find("mine")
    assert mine is not None
    new = NewPassword("x", PasswordState.OWN)
    await store.people.set_password(person.id, new, actor="test", keep=mine.session.id)
    assert await store.people.sessions.find("other") is None
    assert await store.people.sessions.find("mine") is not None


async def test_only_the_password_that_was_read_is_rehashed(store: Store) -> None:
    person = await add(store)
    await store.people.rehash(person.id, "another", "wrong")
    await store.people.rehash(person.id, ONE.hash, "right")
    proof = await store.people.proof("hanako")
    assert proof is not None
    assert proof.password == "right"


async def test_the_token_before_is_worth_nothing(store: Store) -> None:
    person = await add(store)
    await begin(store, person, "before", step="totp")
    await store.people.sessions.go_on("before", "after", "done", NOON + timedelta(2))
    assert await store.people.sessions.find("before") is None
    found = await store.people.sessions.find("after")
    assert found is not None
    assert (found.session.step, found.session.ends_at, found.person) == ("done", NOON + timedelta(2), person)
    with pytest.raises(NoSuchSession):
        await store.people.sessions.go_on("before", "again", "done", NOON)


async def test_nobody_ends_what_is_not_theirs(store: Store) -> None:
    hanako, taro = await add(store), await add(store, "taro")
    await begin(store, hanako)
    new = NewToken(token="x", person_id=hanako.id, name="n", rights=[Right.QUEUE], ends_at=NOON)
    token = await store.people.tokens.add(new, actor="test")
    search = await store.people.searches.save(hanako.id, "n", "q", actor="test")
    (session,) = await store.people.sessions.list(hanako.id)
    for attempt in (
        store.people.sessions.end_one(taro.id, session.id, actor="test"),
        store.people.tokens.end(taro.id, token.id, actor="test"),
        store.people.searches.remove(taro.id, search.id, actor="test"),
    ):
        with pytest.raises(NoSuchSession):
            await attempt
    assert await store.people.sessions.end_all(hanako.id, actor="test") == 1
    await store.people.tokens.end(hanako.id, token.id, actor="test")
    await store.people.searches.remove(hanako.id, search.id, actor="test")
    assert await store.people.tokens.find("x") is None
    assert await store.people.searches.list(hanako.id) == []


async def test_who_is_shut_out_has_no_way_in(store: Store) -> None:
    hanako, taro = await add(store), await add(store, "taro")
    for person in (hanako, taro):
        new = NewToken(token=person.login, person_id=person.id, name="n", rights=[Right.QUEUE], ends_at=NOON)
        await store.people.tokens.add(new, actor="test")
    assert await store.people.shut_out(hanako.id, actor="user:admin") == 0
    assert await store.people.tokens.find("hanako") is None
    assert await store.people.tokens.find("taro") is not None
    await begin(store, hanako)
    assert await store.people.shut_out(hanako.id, actor="user:admin") == 1
    assert await store.people.sessions.list(hanako.id) == []
    await store.people.shut_out(hanako.id, actor="user:admin")
    rows = [row async for row in store.audit_rows() if row.action == "sessions_ended"]
    assert [(row.actor, json.loads(row.detail)) for row in rows] == [
        ("user:admin", {"person": "hanako", "number": 0, "tokens": 1}),
        ("user:admin", {"person": "hanako", "number": 1, "tokens": 0}),
    ]
    with pytest.raises(NoSuchPerson):
        await store.people.shut_out("nobody", actor="test")


async def test_a_name_is_taken_once_for_each_person(store: Store) -> None:
    hanako, taro = await add(store), await add(store, "taro")
    for person, token in ((hanako, "1"), (taro, "2")):
        new = NewToken(token=token, person_id=person.id, name="n", rights=[Right.QUEUE], ends_at=NOON)
        await store.people.tokens.add(new, actor="test")
        await store.people.searches.save(person.id, "n", "q", actor="test")
    with pytest.raises(NameTaken):
        await store.people.searches.save(taro.id, "n", "q", actor="test")
    again = NewToken(token="3", person_id=taro.id, name="n", rights=[], ends_at=NOON)
    with pytest.raises(NameTaken):
        await store.people.tokens.add(again, actor="test")


async def test_the_list_is_narrowed_to_whoever_asks(store: Store) -> None:
    await add(store, "a-city", domains=CITY)
    await add(store, "b-both", domains=CITY | TOWN)
    await add(store, "c-all")
    await add(store, "d-user", Role.USER)
    logins = [person.login for person in await store.people.list(PeopleQuery(within=CITY))]
    assert logins == ["a-city", "d-user"]
    assert len(await store.people.list(PeopleQuery())) == 4
    assert [person.login for person in await store.people.list(PeopleQuery(after="b-both", limit=1))] == ["c-all"]
    assert [person.login for person in await store.people.list(PeopleQuery(text="B-BO"))] == ["b-both"]
    assert await store.people.list(PeopleQuery(text="%")) == []


async def test_attempts_are_counted_before_they_are_judged(store: Store, open_store: OpenStore) -> None:
    def waits(count: int) -> int:
        return 0 if count < 3 else 60

    attempt = Try({"k": waits}, NOON, NOON - timedelta(hours=1))
    other = await open_store()
    answers = await asyncio.gather(*((store, other)[turn % 2].people.failures.take(attempt) for turn in range(8)))
    assert sorted(answers) == [0, 0, 0, 60, 60, 60, 60, 60]
    later = Try({"k": waits}, NOON + timedelta(seconds=30), NOON - timedelta(hours=1))
    assert await store.people.failures.take(later) == 30
    next_day = Try({"k": waits}, NOON + timedelta(days=1), NOON + timedelta(hours=23))
    assert [await store.people.failures.take(next_day) for _ in range(4)] == [0, 0, 0, 60]
    await store.people.failures.forget("k")
    assert await store.people.failures.take(next_day) == 0


async def test_what_has_ended_is_swept_away(store: Store, intruder: Engine) -> None:
    person = await add(store)
    await begin(store, person, "ended", ends_at=NOON)
    await begin(store, person, "idle", at=NOON - timedelta(hours=2))
    await begin(store, person, "alive")
    new = NewToken(token="x", person_id=person.id, name="n", rights=[Right.QUEUE], ends_at=NOON)
    await store.people.tokens.add(new, actor="test")
    await store.people.failures.take(Try({"k": lambda count: 0}, NOON - timedelta(days=2), NOON))
    await store.people.sessions.tidy(NOON, NOON - timedelta(hours=1))
    assert await store.people.sessions.find("alive") is not None
    with intruder.connect() as connection:
        for table, left in (("sessions", 1), ("tokens", 0), ("failures", 0)):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == left, table


async def test_who_is_not_there_cannot_be_changed(store: Store) -> None:
    for attempt in (
        store.people.change("x", PersonChange(name="y"), actor="test"),
        store.people.remove("x", actor="test"),
        store.people.set_password("x", ONE, actor="test"),
        store.people.set_totp("x", "s", 1, [], actor="test"),
        store.people.reset_totp("x", actor="test"),
        store.people.set_recovery_codes("x", [], actor="test"),
    ):
        with pytest.raises(NoSuchPerson):
            await attempt
    assert await actions(store) == []

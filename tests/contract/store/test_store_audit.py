"""The record: every change has its row, and whoever tampers with it is found out."""

import hashlib
import json

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gateway.model import ItemState
from gateway.store.items import Store
from tests.contract.store.mails import HOLD, accept, delivered, settled

_TABLES_TRIGGERS = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", "DROP TRIGGER audit_head_only_forward"],
    "postgresql": ["ALTER TABLE audit DISABLE TRIGGER ALL", "ALTER TABLE audit_head DISABLE TRIGGER ALL"],
}


def tamper(intruder: Engine, *statements: str) -> None:
    """As somebody who may do everything in the database."""
    with intruder.begin() as connection:
        for statement in (*_TABLES_TRIGGERS[intruder.dialect.name], *statements):
            connection.execute(text(statement))


async def test_an_untouched_record_is_intact(store: Store) -> None:
    assert (await store.verify_audit()).intact
    await delivered(store)
    proof = await store.verify_audit()
    rows = [row async for row in store.audit_rows()]
    assert (proof.intact, proof.rows, proof.head_hash) == (True, 4, rows[-1].hash)
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    assert all(len(row.at) == 27 and row.at.endswith("Z") for row in rows)


async def test_the_hash_can_be_computed_by_anybody(store: Store) -> None:
    item_id = await settled(store, decision=HOLD)
    await store.change(item_id, to=ItemState.RELEASED, actor="鈴木", reason="引用 \"'\\ と改行\n\x01も")
    previous = "0" * 64
    async for row in store.audit_rows():
        fields = [row.seq, row.at, row.actor, row.action, row.item_id, row.detail, previous]
        canonical = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        assert row.hash == hashlib.sha256(canonical.encode()).hexdigest()
        previous = row.hash


async def test_no_content_of_the_mail_is_on_record(store: Store) -> None:
    await accept(store, data=b"Subject: secret-subject\r\n\r\nsecret-body\r\n")
    await settled(store, clean=b"secret-clean")
    record = "".join([str(row) async for row in store.audit_rows()])
    assert "secret" not in record
    assert "お知らせ" not in record


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'mallory' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 1",
    ],
)
async def test_the_database_refuses_changes_to_the_record(store: Store, intruder: Engine, statement: str) -> None:
    await delivered(store)
    with pytest.raises(DBAPIError, match="append-only"), intruder.begin() as connection:
        connection.execute(text(statement))
    assert (await store.verify_audit()).intact


async def test_postgresql_refuses_truncate(store: Store, intruder: Engine) -> None:
    if intruder.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"), intruder.begin() as connection:
        connection.execute(text("TRUNCATE audit"))


@pytest.mark.parametrize(
    ("statements", "seq", "problem"),
    [
        (["UPDATE audit SET actor = 'mallory' WHERE seq = 3"], 3, "changed"),
        (["UPDATE audit SET detail = '{}' WHERE seq = 1"], 1, "changed"),
        (["UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 4"], 4, "changed"),
        (["DELETE FROM audit WHERE seq = 2"], 2, "missing"),
        (["DELETE FROM audit WHERE seq = 1"], 1, "missing"),
        (["DELETE FROM audit WHERE seq = 4"], 4, "end"),
        (["DELETE FROM audit"], 1, "end"),
        (["DELETE FROM audit WHERE seq = 4", "UPDATE audit_head SET seq = 3"], 4, "end"),
        (
            [
                "UPDATE audit SET seq = 99 WHERE seq = 2",
                "UPDATE audit SET seq = 2 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = 99",
            ],
            2,
            "does not follow",
        ),
        (["UPDATE audit SET seq = 0 WHERE seq = 1"], 1, "missing"),
    ],
    ids=["actor", "detail", "time", "gap", "first", "last", "all", "last-and-head", "reordered", "renumbered"],
)
async def test_tampering_is_found_and_named(
    store: Store, intruder: Engine, statements: list[str], seq: int, problem: str
) -> None:
    await delivered(store)
    tamper(intruder, *statements)
    proof = await store.verify_audit()
    assert not proof.intact
    assert (proof.broken_seq, proof.rows) == (seq, seq - 1)
    assert problem in proof.problem


async def test_a_row_put_in_with_a_hash_of_its_own_is_found(store: Store, intruder: Engine) -> None:
    await delivered(store)
    tamper(
        intruder,
        "INSERT INTO audit SELECT 5, at, actor, action, item_id, detail, hash, hash FROM audit WHERE seq = 4",
    )
    proof = await store.verify_audit()
    assert (proof.broken_seq, proof.problem) == (5, "the row was changed")


async def test_long_records_are_read_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.audit._PAGE", 3)
    for _ in range(2):
        await delivered(store)
    assert [row.seq async for row in store.audit_rows()] == list(range(1, 9))
    assert (await store.verify_audit()).rows == 8

"""Many items at once, straight into the tables of an empty store: what lists and searches are measured on.

Not a way to keep mail: no blob is written but one, and the record stays empty.
"""

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import insert, text

from gateway.model import (
    Channel,
    Decision,
    Direction,
    Envelope,
    ItemState,
    MailOptions,
    Recipient,
    RecipientState,
)
from gateway.store import database, indexing, opening, reach
from gateway.store.counting import MICROSECONDS, Counts
from gateway.store.drafts import Draft, Settlement
from gateway.store.rows import Values, item_values, new_item_id, recipient_values, settlement_values
from gateway.store.schema import blobs, items, recipients
from gateway.store.writer import Transaction
from sanitizers.model import Action, Finding, MailFacts, Outcome, PartReport, Report, Severity, Threat
from sanitizers.rules import Verdict

NAMES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "佐々木", "松本")
WORDS = tuple(
    (  # noqa: SIM905
        "お知らせ 会議 資料 送付 見積書 請求書 ご案内 防災訓練 令和8年度 予算 補助金 住民票 確認 依頼 回答 至急 "
        "福祉課 総務課 マイナンバー 研修 報告書 議事録 入札 契約 納品書 システム 更新 invoice report meeting update"
    ).split()
)
TYPES = (
    ("application/pdf", ".pdf"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    ("image/jpeg", ".jpg"),
    ("application/zip", ".zip"),
)
#: What became of most items, and how many of a thousand are otherwise.
STATES = (
    (ItemState.HELD, 5),
    (ItemState.BOUNCED, 8),
    (ItemState.DISCARDED, 6),
    (ItemState.EXPIRED, 3),
)
DOMAINS = 40
BATCH = 5_000
#: Different reports and subjects, which items draw from; the rest of an item is its own.
CLEANED = 20_000
_ORIGINAL = "0" * 32
_HURRY = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-524288", "PRAGMA foreign_keys=OFF")
_INSERT_ITEM, _INSERT_RECIPIENT = insert(items), insert(recipients)


class Cleaned(msgspec.Struct, frozen=True):
    """The end of cleaning, and the columns it fills: delivered, or held."""

    delivered: tuple[Settlement, Values]
    held: tuple[Settlement, Values]


def fill(url: str, count: int, now: datetime) -> None:
    """A store at this URL with so many items of the year before `now`."""
    engine = opening.open_engine(database.store_url(url, None))
    draws = random.Random(20261121)
    pool = [_cleaned(draws) for _ in range(min(count, CLEANED))]
    step = timedelta(days=365) / (count + 1)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                hurry(connection.connection)
            for first in range(0, count, BATCH):
                with connection.begin():
                    moments = [now - step * (count - at) for at in range(first, min(first + BATCH, count))]
                    _batch(Transaction(connection, 0), draws, moments, pool, is_first=first == 0)
    finally:
        engine.dispose()


def hurry(connection: Any) -> None:
    """A bench may lose everything."""
    for pragma in _HURRY:
        connection.execute(pragma).close()


def _blob() -> Values:
    digest = hashlib.sha256(b"").hexdigest()
    return {"id": _ORIGINAL, "size": 0, "sha256": digest, "place": "inline", "uses": 1, "data": b""}


def _batch(
    transaction: Transaction, draws: random.Random, moments: list[datetime], pool: list[Cleaned], *, is_first: bool
) -> None:
    rows, addresses, entries = [], [], []
    for moment in moments:
        values, own, entry = _item(draws, moment, draws.choice(pool), transaction.counts)
        rows.append(values)
        addresses += own
        entries.append(entry)
    if is_first:
        transaction.write(insert(blobs), [_blob()])
    transaction.write(_INSERT_ITEM, rows)
    transaction.write(_INSERT_RECIPIENT, addresses)
    indexing.add(transaction.connection, entries)
    transaction.finish()


def _cleaned(draws: random.Random) -> Cleaned:
    settlement = _settlement(draws)
    held = msgspec.structs.replace(settlement, decision=Decision(Verdict.HOLD, "standard.hold_on", "暗号化"))
    return Cleaned(*((each, settlement_values(each)) for each in (settlement, held)))


def _item(
    draws: random.Random, moment: datetime, cleaned: Cleaned, counts: Counts
) -> tuple[Values, list[Values], indexing.Entry]:
    draft, state = _draft(draws, moment), _state(draws)
    settlement, found = cleaned.held if state is ItemState.HELD else cleaned.delivered
    own = tuple([recipient.address for recipient in draft.envelope.recipients])
    values = item_values(draft, 0) | found
    received_at = values["received_at"]
    finished = None if state is ItemState.HELD else received_at + 5_000_000
    item_id = new_item_id(moment)
    number = f" No.{draws.randrange(1_000_000)}" if draws.random() < 0.3 else ""
    values |= {
        "id": item_id, "state": state.value, "original": _ORIGINAL, "original_size": int(draws.lognormvariate(10, 2)),
        "original_sha256": _digest(draws), "updated_at": finished or received_at, "finished_at": finished,
        "subject": found["subject"] + number,
    }  # fmt: skip
    domains = reach.domains_of(reach.addresses_of(values["direction"], values["mail_from"], own))
    hour = received_at // MICROSECONDS
    counts.arrived(hour, domains, values["channel"], values["direction"], values["original_size"])
    counts.cleaned(hour, domains, settlement.report)
    counts.became(hour, domains, state)
    done = RecipientState.BOUNCED if state is ItemState.BOUNCED else RecipientState.DELIVERED
    to = [
        recipient_values(item_id, place, recipient) | {"state": done.value}
        for place, recipient in enumerate(draft.envelope.recipients)
    ]
    return values, to, indexing.entry(values, own, settlement)


def _state(draws: random.Random) -> ItemState:
    at = draws.randrange(1000)
    for state, share in STATES:
        if at < share:
            return state
        at -= share
    return ItemState.DELIVERED


def _draft(draws: random.Random, moment: datetime) -> Draft:
    inward = draws.random() < 0.9
    outside = (
        f"user{draws.randrange(20_000)}@{draws.choice(('example.jp', 'vendor.example.co.jp', 'mail.example.com'))}"
    )
    inside = f"shokuin{draws.randrange(300)}@city{draws.randrange(DOMAINS)}.example.lg.jp"
    sender, to = (outside, inside) if inward else (inside, outside)
    others = [f"shokuin{draws.randrange(300)}@{to.rpartition('@')[2]}"] if draws.random() < 0.2 else []
    envelope = Envelope(
        mail_from=sender,
        recipients=tuple([Recipient(address) for address in dict.fromkeys([to, *others])]),
        client="192.0.2.1",
        helo="mx.example.jp",
        tls="",
        options=MailOptions(),
        direction=Direction.INBOUND if inward else Direction.OUTBOUND,
        received_at=moment,
        listener="internet",
    )
    return Draft(Channel.SMTP, "standard", envelope)


def _settlement(draws: random.Random) -> Settlement:
    subject = "".join(draws.choices(WORDS, k=draws.randrange(2, 6)))
    facts = MailFacts(subject, f"{draws.choice(NAMES)} 太郎 <user{draws.randrange(20_000)}@example.jp>", "", "m@x", "")
    decision = Decision(Verdict.DELIVER, "standard.deliver", "保留の規則に該当なし / no rule holds it")
    return Settlement(decision, None, Report(tuple(_parts(draws))), facts)


def _parts(draws: random.Random) -> Iterator[PartReport]:
    took = round(draws.lognormvariate(2, 1.5), 1)
    yield _part(draws, "1", "", "message/rfc822", Outcome.REBUILT, took, Threat.METADATA)
    yield _part(draws, "1.1", "", "text/plain", Outcome.CLEAN, took / 2, None)
    for place in range(draws.choice((0, 0, 0, 1, 2))):
        kind, extension = draws.choice(TYPES)
        threat = draws.choice((Threat.METADATA, Threat.METADATA, Threat.ACTIVE_CONTENT, Threat.EXTERNAL_REFERENCE))
        outcome = Outcome.BLOCKED if draws.random() < 0.01 else Outcome.REBUILT
        threat = Threat.ENCRYPTED if outcome is Outcome.BLOCKED else threat
        yield _part(draws, f"1.{place + 2}", draws.choice(WORDS) + extension, kind, outcome, took / 4, threat)


def _part(
    draws: random.Random, path: str, name: str, kind: str, outcome: Outcome, took: float, threat: Threat | None
) -> PartReport:
    found = (
        (Finding(threat, Severity.NOTE, Action.REMOVED, "header X-Mailer", "この項目は残しません"),) if threat else ()
    )
    digests = _digest(draws), _digest(draws)
    return PartReport(path, name, kind, kind, "x", outcome, 4_000, 3_000, *digests, found, took)


def _digest(draws: random.Random) -> str:
    return f"{draws.getrandbits(256):064x}"


def settle_down(url: str) -> None:
    """What PostgreSQL does in quiet hours, so that measuring does not wait for it; SQLite needs nothing of the kind."""
    engine = opening.open_engine(database.store_url(url, None))
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    engine.dispose()

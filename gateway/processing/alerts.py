"""Tells administrators when something needs them: at most one mail an hour of each kind, from all gateways together."""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from gateway.folders.state import FolderState
from gateway.model import Direction
from gateway.processing.digest_words import ALERTS, BROKEN_LINE, FOLDER_LINE, HOP_LINE, Alert
from gateway.processing.notices import both, own_letter, shown
from gateway.settings import Settings
from gateway.store.drafts import AuditProof, Draft
from gateway.store.telling import Closed

AGAIN = timedelta(hours=1)
DOWN_FOR = timedelta(minutes=15)  #: a next hop that is restarted is nobody's business
NEARLY = 2  #: times store.minimum_free_bytes: there is still time to act
DEATHS = 5  #: within an hour: one hostile mail brings down two or three
RECORD_EVERY = timedelta(hours=24)
STANDARD = "standard"
LISTED = 20
_ALERT_KEY = "alert "
_RECORD_KEY = "record read"
_GIB = 1_073_741_824

log = logging.getLogger(__name__)


class Told(Protocol):
    """The part of the store that remembers what was told."""

    async def last(self, prefix: str) -> dict[str, datetime]:
        """When, by the rest of the key."""

    async def closed_locks(self, after: int) -> tuple[list[Closed], int]:
        """Rows of the record that closed a lock, and its end."""


class Watched(Protocol):
    """The part of the store that the watch needs."""

    @property
    def tellings(self) -> Told:
        """What was told."""

    def free_bytes(self) -> int:
        """Room left."""

    async def audit_head(self) -> int:
        """The number of the last row."""

    async def verify_audit(self) -> AuditProof:
        """The whole record, read again."""

    async def tell(
        self, key: str, notices: Sequence[tuple[Draft, bytes]], *, at: datetime, since: datetime | None = None
    ) -> bool:
        """Once."""


class Senses(msgspec.Struct, frozen=True):
    """What this process knows of itself."""

    hops_down: Callable[[], Mapping[str, datetime]]  #: next hops that do not answer, each since when
    deaths: Callable[[], int]  #: children that ended abnormally since the start
    folders: Callable[[], Sequence[FolderState]] = tuple  #: watched folders


class Watch:
    """Looks from time to time."""

    def __init__(self, settings: Settings, store: Watched, senses: Senses) -> None:
        self._settings = settings
        self._store = store
        self._senses = senses
        self._zone = ZoneInfo(settings.zone)
        self._deaths: deque[tuple[datetime, int]] = deque()
        self._seq: int | None = None
        self._closed: list[Closed] = []
        self._away: dict[str, datetime] = {}  # folders with a problem, each since when
        self._refused: dict[str, int] = {}  # how many files of each folder were told of

    async def look(self, now: datetime) -> int:
        """How many kinds of news went out."""
        if not self._settings.notices.administrators:
            return 0
        self._remember_deaths(now)
        await self._remember_locks()
        last = await self._store.tellings.last(_ALERT_KEY)
        sent = 0
        for alert, what in (
            (Alert.NEXT_HOP_DOWN, self._hops(now)),
            (Alert.DISK_NEARLY_FULL, self._disk()),
            (Alert.CHILDREN_DYING, self._dying()),
            (Alert.LOCK_CLOSED, self._locks(last.get(Alert.LOCK_CLOSED.value))),
            (Alert.FOLDER_TROUBLE, self._folders(now)),
            (Alert.RECORD_BROKEN, await self._record(now)),
        ):
            told = bool(what) and await self._tell(alert, what, now)
            sent += told
            if told and alert is Alert.FOLDER_TROUBLE:
                self._refused = {folder.name: folder.refused for folder in self._senses.folders()}
        return sent

    async def _tell(self, alert: Alert, what: Mapping[str, str], now: datetime) -> bool:
        settings, letters = self._settings, ALERTS[alert]
        text = "\n\n----\n\n".join(both(settings, lambda each: letters[each].opening.format(what=what[each]))) + "\n"
        told = [
            own_letter(settings, STANDARD, Direction.INBOUND, address, letters, text, now)
            for address in settings.notices.administrators
        ]
        sent = await self._store.tell(_ALERT_KEY + alert.value, told, at=now, since=now - AGAIN)
        if sent:
            log.warning("administrators were told: %s", alert.value)
        return sent

    def _hops(self, now: datetime) -> dict[str, str]:
        long = {hop: since for hop, since in self._senses.hops_down().items() if now - since >= DOWN_FOR}
        return _lines(
            {
                language: [line.format(hop=hop, since=self._when(since)) for hop, since in long.items()]
                for language, line in HOP_LINE.items()
            }
        )

    def _folders(self, now: datetime) -> dict[str, str]:
        """Those that have been away for long, and those with files that were refused after the last letter."""
        states = self._senses.folders()
        self._away = {each.name: self._away.get(each.name, now) for each in states if each.problem}
        self._refused = {each.name: min(each.refused, self._refused.get(each.name, 0)) for each in states}
        bad = [
            each
            for each in states
            if now - self._away.get(each.name, now) >= DOWN_FOR or each.refused > self._refused[each.name]
        ]
        fields = [{"name": each.name, "refused": each.refused, "problem": shown(each.problem)} for each in bad]
        return _lines({language: [line.format(**each) for each in fields] for language, line in FOLDER_LINE.items()})

    def _disk(self) -> dict[str, str]:
        free = self._store.free_bytes()
        nearly = free < NEARLY * self._settings.store.minimum_free_bytes
        return dict.fromkeys(HOP_LINE, f"{free / _GIB:.2f} GiB") if nearly else {}

    def _remember_deaths(self, now: datetime) -> None:
        self._deaths.append((now, self._senses.deaths()))
        while len(self._deaths) > 1 and now - self._deaths[1][0] >= AGAIN:
            self._deaths.popleft()

    def _dying(self) -> dict[str, str]:
        number = self._deaths[-1][1] - self._deaths[0][1]
        return dict.fromkeys(HOP_LINE, str(number)) if number >= DEATHS else {}

    async def _remember_locks(self) -> None:
        if self._seq is None:
            self._seq = await self._store.audit_head()
        closed, self._seq = await self._store.tellings.closed_locks(self._seq)
        self._closed += closed

    def _locks(self, told_at: datetime | None) -> dict[str, str]:
        """What was closed after the last mail about it, whichever gateway sent that."""
        self._closed = [each for each in self._closed if told_at is None or each.at > told_at]
        items = list(dict.fromkeys(each.item_id for each in self._closed))
        return _lines(dict.fromkeys(HOP_LINE, items))

    async def _record(self, now: datetime) -> dict[str, str]:
        """The whole record is read once a day, by one of the gateways."""
        if not await self._store.tell(_RECORD_KEY, (), at=now, since=now - RECORD_EVERY):
            return {}
        proof = await self._store.verify_audit()
        if proof.intact:
            return {}
        seq, problem = proof.broken_seq, shown(proof.problem)
        return {language: line.format(seq=seq, problem=problem) for language, line in BROKEN_LINE.items()}

    def _when(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"


def _lines(lines: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The first ones, by language; nothing when there are none."""
    return {language: "\n".join(each[:LISTED]) for language, each in lines.items() if each}

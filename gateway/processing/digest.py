"""Tells recipients inside of mail and files that are held for them: once a day, or at once where the rules say so.

Only of what comes from outside, only to addresses inside, never of a notice. What was told is kept with the mail that
tells it, in one transaction: after a crash, or with several gateways, nobody hears the same twice.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from gateway.access.links import Links
from gateway.delivery.smtp import ascii_domain
from gateway.model import FILE_CHANNELS, Channel, Direction, Item, ItemState
from gateway.processing.digest_words import OTHER_REASON, PHRASES, REASONS
from gateway.processing.notices import both, can_be_addressed, own_letter, shown
from gateway.processing.words import CONTACT, ENGLISH, JAPANESE, Letter
from gateway.settings import Settings
from gateway.store.drafts import Draft
from gateway.store.telling import Waiting, held_key
from sanitizers.model import MailFacts, Threat
from sanitizers.rules import Profile, Rules, TellHeld

LISTED = 50  #: mails in one digest
AT_ONCE = 200  #: mails that are told of in one go
LOOK_BACK = timedelta(days=1)  #: mail that was received earlier is no news that cannot wait
STANDARD = "standard"
TOLD_OF = frozenset({Channel.SMTP}) | FILE_CHANNELS  #: never a notice
_DIGEST_KEY = "digest "
_WORDS = {"ja": JAPANESE.threats, "en": ENGLISH.threats}

log = logging.getLogger(__name__)


class Told(Protocol):
    """The part of the store that remembers what was told."""

    async def last(self, prefix: str) -> dict[str, datetime]:
        """When, by the rest of the key."""

    async def held(self, after: tuple[int, int] = ...) -> tuple[list[Waiting], tuple[int, int] | None]:
        """A page of what is held, by recipient."""

    async def untold(self, profiles: Sequence[str], received_since: datetime, limit: int) -> list[str]:
        """Numbers of held mails."""


class Held(Protocol):
    """The part of the store that the digest needs."""

    @property
    def tellings(self) -> Told:
        """What was told."""

    async def item(self, item_id: str) -> Item | None:
        """One item."""

    async def tell(
        self, key: str, notices: Sequence[tuple[Draft, bytes]], *, at: datetime, since: datetime | None = None
    ) -> bool:
        """Once."""


class _News(msgspec.Struct):
    """What one recipient is to hear."""

    address: str
    fresh: list[str] = []
    not_listed: int = 0
    older: int = 0

    def add(self, item_id: str) -> None:
        if len(self.fresh) < LISTED:
            self.fresh.append(item_id)
        else:
            self.not_listed += 1


class Digest:
    """Tells recipients. `links` makes the addresses of the pages on which they ask for release."""

    def __init__(self, settings: Settings, rules: Rules, store: Held, links: Links) -> None:
        self._settings = settings
        self._rules = rules
        self._store = store
        self._links = links
        self._ours = frozenset(map(ascii_domain, settings.accepted_domains))
        self._done: datetime | None = None

    async def daily(self, now: datetime) -> int:
        """The digest of the latest time of day that it is due at; how many mails went out. Nothing when all have it."""
        slot = latest_slot(self._settings, now)
        if slot is None or slot == self._done:
            return 0
        news, sent = await self._news(slot), 0
        for key, each in news.items():
            letter = await self._digest(each, now) if each.fresh else None
            if letter is not None:
                sent += await self._store.tell(_DIGEST_KEY + key, [letter], at=slot, since=slot)
        self._done = slot
        if sent:
            log.info("told %d recipients of mail that is held for them", sent)
        return sent

    async def at_once(self, now: datetime) -> int:
        """Of what is held since a moment ago, where the rules want it; how many mails went out."""
        profiles = [name for name, profile in self._rules.profiles.items() if profile.tell_held is TellHeld.AT_ONCE]
        if not profiles:
            return 0
        sent = 0
        for item_id in await self._store.tellings.untold(profiles, now - LOOK_BACK, AT_ONCE):
            item = await self._store.item(item_id)
            letters = [] if item is None else [self._one(item, address, now) for address in self._inside(item)]
            if await self._store.tell(held_key(item_id), letters, at=now):
                sent += len(letters)
        return sent

    async def _news(self, slot: datetime) -> dict[str, _News]:
        """By recipient, in lower case: what came to be held since they were told last, and what is older."""
        last = await self._store.tellings.last(_DIGEST_KEY)
        found: dict[str, _News] = {}
        after: tuple[int, int] | None = (-1, -1)
        while after is not None:
            page, after = await self._store.tellings.held(after)
            for waiting in page:
                self._note(found, waiting, last, slot)
        return found

    def _note(self, found: dict[str, _News], waiting: Waiting, last: Mapping[str, datetime], slot: datetime) -> None:
        key = waiting.address.casefold()
        since = last.get(key)
        told_already = since is not None and since >= slot
        if told_already or waiting.held_at > slot or not self._may_tell(waiting.address):
            return
        if self._profile(waiting.profile).tell_held is not TellHeld.DIGEST:
            return
        news = found.setdefault(key, _News(waiting.address))
        if since is None or waiting.held_at > since:
            news.add(waiting.item_id)
        else:
            news.older += 1

    def _profile(self, name: str) -> Profile:
        return self._rules.profiles.get(name, Profile())

    def _may_tell(self, address: str) -> bool:
        """Nobody outside, whatever the settings route there."""
        return can_be_addressed(address) and ascii_domain(address.rpartition("@")[2]) in self._ours

    def _inside(self, item: Item) -> list[str]:
        envelope = item.envelope
        if item.channel not in TOLD_OF or envelope.direction is not Direction.INBOUND:
            return []
        return [each.address for each in envelope.recipients if self._may_tell(each.address)]

    async def _digest(self, news: _News, now: datetime) -> tuple[Draft, bytes] | None:
        """None when nothing of it is held any more."""
        found = [await self._store.item(item_id) for item_id in news.fresh]
        items = [item for item in found if item is not None and item.state is ItemState.HELD]
        if not items:
            return None
        count = len(items) + news.not_listed

        def block(language: str) -> str:
            phrases = PHRASES[language]
            lines = [phrases.digest.opening, *self._entries(language, items, news.address, now)]
            lines += [phrases.not_listed.format(count=news.not_listed)] if news.not_listed else []
            lines += [phrases.older.format(count=news.older)] if news.older else []
            return "\n\n".join([*lines, *self._contact(language)])

        letters = {language: Letter(PHRASES[language].digest.subject.format(count=count), "") for language in PHRASES}
        return self._letter(news.address, STANDARD, letters, block, now)

    def _one(self, item: Item, address: str, now: datetime) -> tuple[Draft, bytes]:
        """About one mail, to one recipient."""

        def block(language: str) -> str:
            opening = PHRASES[language].at_once.opening
            return "\n\n".join([opening, *self._entries(language, [item], address, now), *self._contact(language)])

        letters = {language: phrases.at_once for language, phrases in PHRASES.items()}
        return self._letter(address, item.profile, letters, block, now)

    def _letter(
        self, address: str, profile: str, letters: dict[str, Letter], block: Callable[[str], str], now: datetime
    ) -> tuple[Draft, bytes]:
        text = "\n\n----\n\n".join(both(self._settings, block)) + "\n"
        return own_letter(self._settings, profile, Direction.INBOUND, address, letters, text, now)

    def _contact(self, language: str) -> list[str]:
        contact = self._settings.contact
        return [CONTACT[language].format(contact=contact)] if contact else []

    def _entries(self, language: str, items: Iterable[Item], address: str, now: datetime) -> list[str]:
        return [self._entry(language, item, address, now) for item in items]

    def _entry(self, language: str, item: Item, address: str, now: datetime) -> str:
        phrases, facts, zone = PHRASES[language], item.facts or MailFacts(), ZoneInfo(self._settings.zone)
        wording = phrases.entry_of_file if item.channel in FILE_CHANNELS else phrases.entry
        entry = wording.format(
            item=item.id,
            sender=shown(facts.header_from or item.envelope.mail_from or "<>"),
            subject=shown(facts.subject) or "-",
            received=f"{item.envelope.received_at.astimezone(zone):%Y-%m-%d %H:%M}",
            reason=reason(item, self._profile(item.profile), language),
        )
        ends_at = now + timedelta(days=self._settings.notices.link_days)
        base = self._settings.web.public_url.rstrip("/")
        if not base:
            return f"{entry}\n{phrases.by_person}"
        # As the recipient of the item is written: the page compares.
        mine = next(each.address for each in item.envelope.recipients if each.address.casefold() == address.casefold())
        link = f"{base}/original/{self._links.make(item.id, mine, ends_at)}"
        return f"{entry}\n{phrases.by_link.format(link=link, until=f'{ends_at.astimezone(zone):%Y-%m-%d %H:%M}')}"


def reason(item: Item, profile: Profile, language: str) -> str:
    """Why an item is held, for its recipient."""
    rule = item.decision.rule.rpartition(".")[2] if item.decision else ""
    words = REASONS.get(rule, OTHER_REASON)[0 if language == "ja" else 1]
    return words.format(threats=_threats(item, profile, language))


def _threats(item: Item, profile: Profile, language: str) -> str:
    parts = item.report.parts if item.report else ()
    found: list[Threat] = [each.threat for part in parts for each in part.findings if each.threat in profile.hold_on]
    named = [_WORDS[language][threat] for threat in dict.fromkeys(found)]
    return ("、" if language == "ja" else ", ").join(named) or "-"


def latest_slot(settings: Settings, now: datetime) -> datetime | None:
    """The last time at which a digest was due; None when none ever is."""
    if not settings.notices.digest_at:
        return None
    zone, at = ZoneInfo(settings.zone), time.fromisoformat(settings.notices.digest_at)
    today = now.astimezone(zone).date()
    slots = [datetime.combine(today - timedelta(days=days), at, zone) for days in (0, 1)]
    return next(slot for slot in slots if slot <= now).astimezone(now.tzinfo)

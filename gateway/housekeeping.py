"""Every hour: what was held too long expires; what is over goes: bytes of finished items, transfers, sessions."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from gateway.delivery.quarantine import expire_due
from gateway.intake.upload import keep_house as keep_transfers
from gateway.processing import notices
from gateway.settings import Settings
from gateway.store.items import Store
from sanitizers.rules import Rules

PAUSE_SECONDS = 3600.0

log = logging.getLogger(__name__)


async def keep_house(settings: Settings, rules: Rules, store: Store, on_expired: Callable[[], None]) -> None:
    """Until it is cancelled; `on_expired`: there are notices to deliver."""
    while True:
        await _tidy(settings, rules, store, on_expired)
        await asyncio.sleep(PAUSE_SECONDS)


async def _tidy(settings: Settings, rules: Rules, store: Store, on_expired: Callable[[], None]) -> None:
    now = datetime.now(UTC)
    expired = await expire_due(store, rules, now, partial(notices.expiry, settings))
    await store.expire_locks()
    ended = await keep_transfers(store, settings.transfers.days, now)
    purged = await store.purge(now - timedelta(days=rules.retention.finished_days))
    await store.people.sessions.tidy(now, now - timedelta(minutes=settings.web.session_minutes))
    await store.tellings.tidy(now)
    await store.once.tidy(now)
    if expired or purged:
        log.info("retention: %d held items expired, %d finished items lost their bytes", expired, purged)
    if any(ended):
        log.info("transfers: %d are over, %d files were not fetched", *ended)
    if expired:
        on_expired()

"""The walls around the children, proven before children clean anything and whenever `kiyome doctor` is asked."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from gateway.settings import Settings
from gateway.settings.keys import access_key_path, webhook_key_path
from sanitizers.confinement.enclosures import READER, Enclosure
from sanitizers.confinement.forking import CannotStart
from sanitizers.confinement.pool import Pool
from sanitizers.confinement.proving import Proofs, WallsBroken, insist, prove
from sanitizers.rules import Rules

log = logging.getLogger(__name__)


async def prove_walls(
    settings: Settings, rules: Rules, enclosures: Sequence[Enclosure] = (READER,), also: Iterable[Path] = ()
) -> Proofs:
    """Tries to break them in children like those that clean; `also`: more files that no child may read.

    Raises CannotStart when no child comes up.
    """
    return await prove(
        enclosures,
        user=settings.children.user,
        memory=rules.budget.memory,
        secrets=(*private_paths(settings), *also),
    )


async def insist_on_walls(settings: Settings, rules: Rules) -> None:
    """Raises WallsBroken when one is not proven to hold that `children.accept_missing_walls` does not name."""
    try:
        proofs = await prove_walls(settings, rules)
    except CannotStart as failure:
        raise WallsBroken(f"no child process comes up to prove its walls: {failure}") from failure
    insist(proofs, frozenset(settings.children.accept_missing_walls))
    log.info(
        "walls: %d attempts to break out, %d stopped", len(proofs.proofs), len(proofs.proofs) - len(proofs.broken())
    )
    for wall in proofs.not_accepted(frozenset()):
        log.warning('the wall "%s" does not hold, as accepted: %s', wall, proofs.reason(wall))


def private_paths(settings: Settings) -> Iterator[Path]:
    """What of the gateway no child may read: rules, keys, passwords, the store."""
    yield Path(settings.rules)
    yield Path(settings.store.blobs)
    yield access_key_path(settings)
    yield webhook_key_path(settings)
    yield from (
        Path(secret.file) for secret in (settings.report_key, settings.store.password) if secret and secret.file
    )
    yield from (Path(listener.tls_key) for listener in settings.listeners if listener.tls_key)
    url = make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and url.database:
        yield Path(url.database)


async def start_pool(settings: Settings, rules: Rules, *, count: int) -> Pool:
    """Confined children, once their walls are proven. Raises WallsBroken or PoolCannotStart."""
    await insist_on_walls(settings, rules)
    children = settings.children
    pool = Pool(
        count,
        budget=rules.budget,
        accepted=frozenset(children.accept_missing_walls),
        user=children.user,
        items_before_recycling=children.items_before_recycling,
        seconds_before_recycling=children.seconds_before_recycling,
    )
    await pool.start()
    return pool

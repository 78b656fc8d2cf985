"""The ICAP service of a gateway, joined from its settings, rules and store."""

from collections.abc import Callable
from hashlib import sha256
from importlib import metadata

from gateway.intake.acceptance import FileAcceptance
from gateway.intake.icap.pages import Threats
from gateway.intake.icap.server import IcapServer
from gateway.intake.icap.service import Service, mark_of
from gateway.intake.icap.session import Keeping, Offer
from gateway.settings import Icap, Settings
from gateway.store.items import Store
from sanitizers.rules import Rules

ISTAG_CHARACTERS = 32  # RFC 3507 section 4.7


def build(
    settings: Settings, icap: Icap, rules: Rules, store: Store, on_kept: Callable[[], None], threats: Threats
) -> IcapServer:
    """Not started yet. `on_kept` wakes the worker; `threats` names what was found, by language."""
    mark = sha256(mark_of(rules, icap, metadata.version("kiyome"))).hexdigest()[:ISTAG_CHARACTERS]
    accept = FileAcceptance(store, rules, on_kept)
    service = Service(settings, icap, rules, store, accept, mark=mark, threats=threats)
    offer = Offer(
        istag=mark,
        connections=icap.connections,
        options_seconds=icap.options_seconds,
        preview_bytes=icap.preview_bytes,
        max_bytes=icap.max_bytes,
        minimum_free_bytes=settings.store.minimum_free_bytes,
    )
    return IcapServer(icap, service, offer, Keeping(store.blobs.spool, store.free_bytes))

"""GET /health: whether this gateway can take mail and move it on. Counts only: whoever may connect may read it."""

from typing import Any, Protocol

import msgspec

from gateway.settings import Settings
from gateway.store.errors import StoreError
from gateway.store.items import Store


class Served(Protocol):
    """What the pages need of a running gateway."""

    @property
    def settings(self) -> Settings:
        """As loaded."""

    @property
    def store(self) -> Store:
        """Open."""

    def health(self) -> dict[str, Any]:
        """What the parts are doing now."""


class Health(msgspec.Struct, frozen=True):
    """What was found."""

    well: bool
    body: dict[str, Any]


async def examine(gateway: Served) -> Health:
    """Asks the store and counts the children; never raises for what it finds."""
    try:
        doing = gateway.health()
    except OSError:  # the folder of the store is gone
        return Health(well=False, body={"status": "problem", "problems": ["the store's folder cannot be looked at"]})
    problems = ["no child process is alive"] if doing["children"] == 0 else []
    items: dict[str, int] = {}
    try:
        items = {state.value: count for state, count in (await gateway.store.counts()).items()}
    except (StoreError, OSError):
        problems.append("the store does not answer")
    if (doing["free_bytes"] or 0) < gateway.settings.store.minimum_free_bytes:
        problems.append("the disk is nearly full: new mail is put off")
    body = {
        "status": "problem" if problems else "ok",
        "problems": problems,
        "items": items,
        "roles": doing["roles"],
        "children": doing["children"],
        "processing": doing["processing"],
        "delivering": doing["delivering"],
        "next_hops_down": len(doing["next_hops_down"]),  # how many; their names are nobody's business here
        "free_bytes": doing["free_bytes"],
    }
    return Health(well=not problems, body=body)

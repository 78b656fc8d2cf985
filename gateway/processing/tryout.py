"""Tries a mail or a file out: cleaned and judged as if it had come in, and kept nowhere."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from gateway.model import Decision
from gateway.processing import policy
from gateway.processing.notices import notice
from gateway.settings import Settings
from sanitizers.model import Cleaned, DnsAnswer
from sanitizers.rules import Kind, Rules, Task

NUMBER = "00000000-TEST-0000"  #: in the notice of a mail, where an item's number stands otherwise


class Children(Protocol):
    """The confined processes."""

    async def clean(self, task: Task, original: bytes, ask_dns: Callable[[str, str], Awaitable[DnsAnswer]]) -> Cleaned:
        """Never raises for anything that a child does."""


class TryOut:
    """Goes the way of the worker, without a sender to check and without a store."""

    def __init__(self, settings: Settings, rules: Rules, pool: Children, *, passwords: tuple[str, ...] = ()) -> None:
        """`passwords` are tried on every part behind one: the organisation's."""
        self._settings = settings
        self._rules = rules
        self._pool = pool
        self._passwords = passwords

    async def __call__(self, kind: Kind, name: str, data: bytes, profile: str) -> tuple[Cleaned, Decision]:
        """What would become of it under a profile. Raises KeyError for a profile that is not in the rules."""
        chosen = self._rules.profiles[profile]
        told = notice(self._settings, NUMBER)
        task = Task(NUMBER, kind, name, chosen, self._rules.budget, told, passwords=self._passwords)
        cleaned = await self._pool.clean(task, data, _no_dns)
        return cleaned, policy.decide(cleaned.report, (), profile, chosen, cleaned.data is not None)


async def _no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    """There is no sender whose name could be asked for."""
    return DnsAnswer("failed")

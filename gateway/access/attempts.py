"""How guessing is slowed down: by account and address, by account, by address; the same whether the account exists."""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from gateway.store.failures import Failures, Try, Waits

FORGET_AFTER = timedelta(hours=1)
FIRST_SECONDS = 5  #: doubles with every further attempt
LONGEST_SECONDS = 900

#: Free attempts from one address at one account.
FREE_HERE = 5
#: Free attempts at one account from everywhere: many, or a stranger could shut anybody out.
FREE_ACCOUNT = 50
#: Free attempts from one address at every account: a whole office may stand behind it.
FREE_ADDRESS = 100
LONGEST_SECONDS_OF_ADDRESS = 60


class Closed(Exception):
    """Too many attempts; nothing is looked at for so long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"closed for {seconds} s")
        self.seconds = seconds


class Attempts:
    """Counts an attempt before it is judged, and takes it back when it was right."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures

    async def at_login(self, login: str, address: str, now: datetime) -> None:
        """One password. Raises Closed."""
        await self._take(_keys(login, address), now)

    async def login_was_right(self, login: str, address: str) -> None:
        """It was the account's password."""
        here, account, network = _keys(login, address)
        await self._failures.forget(here, account)
        await self._failures.give_back(network)

    async def at_proof(self, person_id: str, now: datetime) -> None:
        """One code, or a password given again. Raises Closed."""
        await self._take({_key("proof", person_id): _growing(FREE_HERE)}, now)

    async def proof_was_right(self, person_id: str) -> None:
        """It was the person."""
        await self._failures.forget(_key("proof", person_id))

    async def _take(self, keys: dict[str, Waits], now: datetime) -> None:
        seconds = await self._failures.take(Try(keys, now, now - FORGET_AFTER))
        if seconds:
            raise Closed(seconds)


def _keys(login: str, address: str) -> dict[str, Waits]:
    network = _network(address)
    return {
        _key("here", login, network): _growing(FREE_HERE),
        _key("account", login): _growing(FREE_ACCOUNT),
        _key("address", network): _growing(FREE_ADDRESS, LONGEST_SECONDS_OF_ADDRESS),
    }


def _key(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()


def _growing(free: int, longest: int = LONGEST_SECONDS) -> Waits:
    def waits(count: int) -> int:
        return 0 if count < free else min(FIRST_SECONDS << min(count - free, 16), longest)

    return waits


def _network(address: str) -> str:
    """An IPv6 client has a whole /64 to itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)

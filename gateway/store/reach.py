"""Whose mail an item is: of its recipients when it comes in, of its sender when it goes out. Scopes ask for this."""

from collections.abc import Iterable

from gateway.access.model import Scope
from gateway.model import Direction


def addresses_of(direction: str, mail_from: str, recipients: Iterable[str]) -> list[str]:
    """Lower case, each once; none for what Kiyome itself sends out."""
    whose = recipients if direction == Direction.INBOUND.value else (mail_from,)
    return list(dict.fromkeys([address.lower() for address in whose if address]))


def domains_of(addresses: Iterable[str]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys([address.rpartition("@")[2] for address in addresses]))


def unlimited(scope: Scope) -> bool:
    """Whether everything is within it."""
    return scope.domains is None and scope.addresses is None


def is_within(scope: Scope, addresses: Iterable[str]) -> bool:
    """Whether one of these is of the scope."""
    if unlimited(scope):
        return True
    domains, own = scope.domains or frozenset(), scope.addresses or frozenset()
    return any(address in own or address.rpartition("@")[2] in domains for address in addresses)

"""How many connections there may be, in all and from one client network; and whether new ones are taken at all."""

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from gateway.intake.origin import ClientAddress
from gateway.intake.replies import STOPPING, TOO_MANY_CONNECTIONS, TOO_MANY_FROM_NETWORK, HungUp
from gateway.settings import Limits

Networks = tuple[IPv4Network | IPv6Network, ...]

IPV4_PREFIX = 24
IPV6_PREFIX = 64


def parse_networks(texts: Iterable[str]) -> Networks:
    """CIDR texts as networks; host bits may be set."""
    return tuple(ip_network(text, strict=False) for text in texts)


def covers(networks: Networks, address: ClientAddress) -> bool:
    """Whether one of the networks holds the address."""
    return any(address in network for network in networks)


class Admission:
    """Counts connections over all listeners. Who enters must leave."""

    def __init__(self, limits: Limits) -> None:
        self.closed = False  #: the gateway is stopping
        self._limits = limits
        self._connections = 0
        self._per_network: Counter[int] = Counter()

    def enter(self) -> None:
        """Count a connection; raises HungUp, and the connection is counted even so until it leaves."""
        self._connections += 1
        if self.closed:
            raise HungUp(STOPPING)
        if self._connections > self._limits.connections:
            raise HungUp(TOO_MANY_CONNECTIONS)

    def leave(self) -> None:
        """A connection is over."""
        self._connections -= 1

    def enter_network(self, address: ClientAddress) -> int:
        """Count the client's network; returns what `leave_network` takes."""
        network = _network(address)
        if self._per_network[network] >= self._limits.connections_per_network:
            raise HungUp(TOO_MANY_FROM_NETWORK)
        self._per_network[network] += 1
        return network

    def leave_network(self, network: int) -> None:
        """One connection fewer from there."""
        self._per_network[network] -= 1
        if not self._per_network[network]:
            del self._per_network[network]


def _network(address: ClientAddress) -> int:
    """The /24 or /64 as a number; the version in its low bits keeps the two families apart."""
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX
    return (int(address) >> (address.max_prefixlen - prefix)) * 8 + address.version

"""For whom mail is taken: the accepted domains inbound, the domains that have a route outbound; never an open relay."""

from gateway.intake.addresses import Address, canonical_domain, recipient_address
from gateway.intake.replies import NO_RELAYING, Refused
from gateway.model import Direction
from gateway.settings import Settings

ANY_DOMAIN = "*"


class Relaying:
    """The recipient rule of one direction."""

    def __init__(self, settings: Settings, direction: Direction) -> None:
        if direction is Direction.INBOUND:
            named = settings.accepted_domains
        else:
            named = tuple(route.domain for route in settings.routes if route.direction is direction)
        self._any = direction is Direction.OUTBOUND and ANY_DOMAIN in named
        self._domains = frozenset(canonical_domain(name) for name in named if name != ANY_DOMAIN)
        # RFC 5321 section 4.5.1: mail to <postmaster> without a domain must be taken.
        inbound = direction is Direction.INBOUND and settings.accepted_domains
        self._postmaster_domain = canonical_domain(settings.accepted_domains[0]) if inbound else None

    def recipient(self, text: str, *, smtputf8: bool) -> Address:
        """The recipient that a RCPT path names; raises Refused."""
        if self._postmaster_domain and text.lower() == "postmaster":
            text = f"{text}@{self._postmaster_domain}"
        address = recipient_address(text, smtputf8=smtputf8)
        if not self._any and address.domain not in self._domains:
            raise Refused(NO_RELAYING)
        return address

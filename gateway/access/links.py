"""Links in notices: signed, for one recipient of one item, for a time. Whoever has one may ask, not take."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.settings import Settings
from gateway.settings.keys import access_key_path, kept_key

SIGNATURE_BYTES: Final = 20  #: of HMAC-SHA256, cut (RFC 2104 section 5: not below half)
LONGEST: Final = 600  #: characters of a token
_PURPOSE: Final = b"kiyome link 1\0"


class Link(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a link is about."""

    item_id: str
    address: str  #: of the recipient it was sent to
    ends_at: int  #: seconds since 1970


class Links:
    """Makes links, and knows its own again. `key` is nobody else's."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, item_id: str, address: str, ends_at: datetime) -> str:
        """The token: what stands last in the address of the page."""
        claims = msgspec.json.encode(Link(item_id, address, int(ends_at.timestamp())))
        return _text(self._signature(claims) + claims)

    def read(self, token: str, now: datetime) -> Link | None:
        """None when it is not ours, was changed, or has ended."""
        data = _bytes(token)
        signature, claims = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
        if not claims or not hmac.compare_digest(signature, self._signature(claims)):
            return None
        link = msgspec.json.decode(claims, type=Link)
        return link if now < datetime.fromtimestamp(link.ends_at, UTC) else None

    def _signature(self, claims: bytes) -> bytes:
        return hmac.digest(self._key, _PURPOSE + claims, "sha256")[:SIGNATURE_BYTES]


def of_originals(settings: Settings) -> Links:
    """Of the page that asks for an original: with a key of its own, made from the one beside the store."""
    return Links(hashlib.sha256(b"kiyome original\0" + kept_key(access_key_path(settings))).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(token: str) -> bytes:
    """b"" for what is no token; one way of writing each only."""
    if len(token) > LONGEST:
        return b""
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    return data if _text(data) == token else b""

"""Writing a message to its spool while it comes in, so that a full disk becomes a reply and not a lost connection."""

import logging
from collections.abc import Callable

from gateway.intake.replies import FAILED, FULL, Refused
from gateway.store.blobs import Spool
from gateway.store.errors import StoreError, StoreFull

log = logging.getLogger(__name__)


def opened(spool: Callable[[], Spool]) -> Spool:
    """A new spool; raises Refused when there is none to be had."""
    try:
        return spool()
    except StoreError as error:
        raise Refused(_storage_reply(error)) from error


class SpoolWriter:
    """Remembers a failure, so that the rest of the message can be read away before the reply."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._error: StoreError | None = None

    def write(self, content: bytes) -> None:
        """Write, unless that failed before."""
        if not content or self._error is not None:
            return
        try:
            self._spool.write(content)
        except StoreError as error:
            self._error = error

    def check(self) -> None:
        """Raise Refused if a write failed."""
        if self._error is not None:
            raise Refused(_storage_reply(self._error))


def _storage_reply(error: StoreError) -> bytes:
    log.error("spool failed error=%s", type(error).__name__)
    return FULL if isinstance(error, StoreFull) else FAILED

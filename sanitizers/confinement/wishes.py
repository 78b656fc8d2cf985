"""Documents that a reader wishes to have converted: counted, checked, done in a converter's child, handed back.

A reader may be an attacker's, and may wish for anything of any listed pair. What it gets is bytes that are as untrusted
as it is itself; what it costs is bounded by the item's budget and clock, and there is one converter for it at a time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import msgspec

from sanitizers.confinement.converter import LIBREOFFICE, Conversion
from sanitizers.confinement.process import Child
from sanitizers.confinement.protocol import Converted, Kind, ProtocolBroken, Wish, frame
from sanitizers.confinement.talk import receive_data, send_data
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget

SECONDS_AFTERWARDS = 1.0  #: of the item's, kept for saying that its document took too long

ConvertFor: TypeAlias = Callable[[Conversion, bytes, Budget], Awaitable[bytes]]  #: raises CannotSanitize
Done = TypeVar("Done")


async def no_converter(_conversion: Conversion, _data: bytes, _budget: Budget) -> bytes:
    """Where there is none."""
    raise CannotSanitize(Threat.UNSUPPORTED, "there is no converter here")


class Wishes:
    """Those of one item, whatever children it has."""

    def __init__(self, convert: ConvertFor) -> None:
        self._convert = convert
        self._until = 0.0
        self._whole = self._left = Budget()  #: left of this child: conversions, bytes in, bytes out

    def begin(self, budget: Budget, until: float) -> None:
        """With the next child, which may begin anew with the bytes; `until`: the end of the item, time.monotonic."""
        self._whole = self._left = budget
        self._until = until

    def left_of(self, budget: Budget) -> Budget:
        """For the next child: conversions count for the item, or each child that dies would get some more."""
        return msgspec.structs.replace(budget, conversions=self._left.conversions)

    async def grant(self, child: Child, wish: Wish) -> None:
        """Raises ProtocolBroken for what the engine never asks, and what `receive_data` and `send_data` raise."""
        left = self._left
        if (wish.extension, wish.target) not in LIBREOFFICE.pairs:
            raise ProtocolBroken("a conversion that is not listed")
        if not left.conversions:
            raise ProtocolBroken("too many conversions")
        if not 0 <= wish.size <= left.bytes_in:
            raise ProtocolBroken("more data to be converted than the budget allows")
        self._left = msgspec.structs.replace(left, conversions=left.conversions - 1, bytes_in=left.bytes_in - wish.size)
        document = await receive_data(child, wish.size)
        conversion = Conversion(LIBREOFFICE.name, wish.extension, wish.target)
        try:
            data = await _while_alive(child, self._converted(conversion, document))
        except CannotSanitize as refusal:
            await child.wire.send([frame(Kind.CONVERTED, Converted(None, refusal.threat, refusal.detail))])
            return
        del document
        self._left = msgspec.structs.replace(self._left, bytes_out=self._left.bytes_out - len(data))
        await send_data(child, frame(Kind.CONVERTED, Converted(len(data), None, "")), data)

    async def _converted(self, conversion: Conversion, document: bytes) -> bytes:
        seconds = int(self._until - time.monotonic() - SECONDS_AFTERWARDS)
        if seconds < 1:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, "no time is left for converting it")
        if not self._left.bytes_out:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, "no room is left for what the converter makes")
        budget = msgspec.structs.replace(self._whole, seconds=seconds, bytes_out=self._left.bytes_out)
        return await self._convert(conversion, document, budget)


async def _while_alive(child: Child, work: Coroutine[Any, Any, Done]) -> Done:
    """The work, ended with the child that waits for it, or with whoever awaits this."""
    doing, gone = asyncio.ensure_future(work), asyncio.ensure_future(child.wire.ended.wait())
    try:
        await asyncio.wait((doing, gone), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise child.wire.failure
        return doing.result()
    finally:
        for each in (doing, gone):
            each.cancel()
        await asyncio.gather(doing, gone, return_exceptions=True)

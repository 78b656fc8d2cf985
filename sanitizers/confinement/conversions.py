"""A document on its way through a converter's child: a scratch folder, a clock, a watch, and what came of it."""

from sanitizers.budget import MEBIBYTE
from sanitizers.confinement import scratch
from sanitizers.confinement.converter import Conversion, said_by_signal
from sanitizers.confinement.enclosures import Enclosure
from sanitizers.confinement.forking import Order
from sanitizers.confinement.process import Child, Ending
from sanitizers.confinement.protocol import Convert, Converted, Kind, ProtocolBroken, decode, frame
from sanitizers.confinement.recheck import check_converted
from sanitizers.confinement.talk import Watch, receive_data, send
from sanitizers.confinement.watch import look
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Budget

ADDRESS_SPACE = 2_048 * MEBIBYTE  #: of each process of a converter; what it really holds is bounded by budget.memory
OWN_FILES = 64 * MEBIBYTE  #: profile and caches that LibreOffice writes beside the document
MOST_FILES = 2_000
MOST_THREADS = 64  #: of all its processes together


class Document:
    """One conversion, for one child."""

    def __init__(
        self, conversion: Conversion, data: bytes, budget: Budget, folder: scratch.Scratch, enclosure: Enclosure
    ) -> None:
        """`enclosure`: WARM_CONVERTER, or CONVERTER, in which LibreOffice is started for it."""
        self._convert = Convert(conversion, budget.seconds, budget.bytes_out)
        self._data = data
        self._budget = budget
        self._folder = folder
        self._enclosure = enclosure
        self._most = scratch.Size(budget.bytes_in + budget.bytes_out + OWN_FILES, MOST_FILES)

    @property
    def seconds(self) -> int:
        """How long it may take, with the birth of its child."""
        return self._budget.seconds

    @property
    def order(self) -> Order:
        """The child that it needs."""
        budget = self._budget
        file_bytes = max(budget.bytes_in, budget.bytes_out)
        return Order(self._enclosure.name, ADDRESS_SPACE, budget.seconds + 1, file_bytes, self._folder.path)

    async def convert_in(self, child: Child) -> bytes:
        """Raises CannotSanitize, OverLimit, ProtocolBroken or ChildGone; the child is not used again."""
        child.begin_item()
        watch = Watch(child, self._too_much)
        try:
            await send(child, frame(Kind.CONVERT, self._convert), [self._data])
            return await self._receive(child)
        finally:
            watch.stop()

    async def _receive(self, child: Child) -> bytes:
        kind, body = await child.wire.receive()
        if kind is not Kind.CONVERTED:
            raise ProtocolBroken(f"{kind.name} instead of what was converted")
        converted = decode(Converted, body)
        check_converted(converted, self._budget.bytes_out)
        if converted.size is None or converted.threat is not None:
            raise CannotSanitize(converted.threat or Threat.MALFORMED, converted.detail)
        return await receive_data(child, converted.size)

    def _too_much(self, leader: int) -> str:
        group = look(leader)
        if group.resident > self._budget.memory:
            return f"converting it takes more than {self._budget.memory} bytes of memory"
        if group.threads > MOST_THREADS:
            return f"converting it takes more than {MOST_THREADS} processes and threads"
        size = self._folder.size(self._most)
        if scratch.Size(size.bytes + group.hidden, size.files).exceeds(self._most):
            return f"converting it writes more than {self._most.bytes} bytes or {self._most.files} files"
        return ""


def may_be_tried_again(failure: CannotSanitize) -> bool:
    """Of a warm converter: it crashed, or made nothing of the document, and one that is started may be luckier.

    Not what took too long or too much, which would take it twice. And not a forbidden system call: what LibreOffice
    means no harm with is refused and not ended, so only an attack is, and it gets no second try behind other walls.
    """
    return failure.threat is Threat.MALFORMED


def refusal(ending: Ending) -> CannotSanitize:
    """For a child that ended at it."""
    if ending.signal is None:
        return CannotSanitize(Threat.MALFORMED, "the converter ended abnormally")
    return CannotSanitize(*said_by_signal(ending.signal))

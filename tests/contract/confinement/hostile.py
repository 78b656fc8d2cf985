"""A workshop owned by an attacker: stands in for the engine in a real child, behind real walls."""

import errno
import os
import time
from collections.abc import Callable
from hashlib import sha256

import msgspec

from sanitizers.model import AskConverter, AskDns, Cleaned, Threat
from sanitizers.reports import blocked
from sanitizers.rules import Task
from tests.contract.confinement import hostile_child
from tests.contract.confinement.escapes import BY_NAME
from tests.contract.confinement.escapes.pipe import HANDS, Lie, Octets, then_sleep
from tests.contract.confinement.escapes.table import Target

ESCAPE = b"escape "  #: begins an original that is an order to try something: then JSON
BAD = b"bad "  #: begins an original that names what hostile_child does
WAIT = b"wait"  #: tells its process ID by way of the DNS, and waits for the answer there
DEADLY_PART = b"a part that kills"
LEAVE = b"leave something"  #: for the next item
FIND = b"find something"  #: that an item before has left

Mark = Callable[[str, bytes], None]
left: list[str] = []


class Attempt(msgspec.Struct, frozen=True):
    """One order."""

    name: str
    at: Target
    secret: str  #: must not be seen anywhere


def order(attempt: Attempt) -> bytes:
    """The original that makes a child try it."""
    return ESCAPE + msgspec.json.encode(attempt)


def warm() -> None:
    """What an attempt needs of Python is loaded with this module; see `tests/contract/confinement/escapes`."""
    msgspec.json.decode(msgspec.json.encode(Attempt("", NOWHERE, "")), type=Attempt)


def clean(task: Task, original: bytes, ask_dns: AskDns, mark: Mark, *, convert: AskConverter) -> Cleaned:
    """As the original orders."""
    if original.startswith(ESCAPE):
        HANDS.ask_dns, HANDS.mark = ask_dns, mark
        return escape(task, original)
    if original.startswith(BAD):
        return hostile_child.misbehave(original.removeprefix(BAD).decode(), original, ask_dns)
    if original == DEADLY_PART:
        return without_the_part(task, original, mark)
    return hostile_child.answer(
        original, PLAIN.get(original, in_upper_case)(original, ask_dns) + (b" poisoned" if task.poison else b"")
    )


def escape(task: Task, original: bytes) -> Cleaned:
    """An attempt that succeeds is an answer with data, which an item that was tried with must never have."""
    attempt = msgspec.json.decode(original.removeprefix(ESCAPE), type=Attempt)
    try:
        done = BY_NAME[attempt.name].attempt(attempt.at)
    except OSError as refusal:  # as the engine does, and with the number of the error
        word = errno.errorcode.get(refusal.errno or 0, "none")
        return blocked(task.kind, len(original), sha256(original).hexdigest(), Threat.MALFORMED, f"refused: {word}")
    if isinstance(done, Lie):
        return done.tell(original)
    if isinstance(done, Octets):
        then_sleep(done.of(original))
    return hostile_child.answer(original, f"ESCAPED: {done}".encode())


def without_the_part(task: Task, original: bytes, mark: Mark) -> Cleaned:
    """A parser dies of one part, each time, until it is told to leave it out."""
    digest = sha256(original).digest()
    if digest not in task.poison:
        mark("1.2", digest)
        os._exit(3)
    return hostile_child.answer(original, b"without it")


def who(original: bytes, ask_dns: AskDns) -> bytes:
    return f"{os.getpid()} {sorted(os.environ)} {os.getuid()}".encode()


def dns(original: bytes, ask_dns: AskDns) -> bytes:
    return repr(ask_dns("_dmarc.example.jp", "TXT")).encode()


def slow(original: bytes, ask_dns: AskDns) -> bytes:
    time.sleep(30)
    return original


def child_in(name: str) -> int:
    """The process ID in a question of WAIT."""
    return int(name.split(".")[1].removeprefix("pid-"))


def wait(original: bytes, ask_dns: AskDns) -> bytes:
    ask_dns(f"_dmarc.pid-{os.getpid()}.example.jp", "TXT")
    return b"unharmed"


def leave(original: bytes, ask_dns: AskDns) -> bytes:
    left.append("something")
    os.environ["LEFT"] = "something"
    return str(os.getpid()).encode()


def find(original: bytes, ask_dns: AskDns) -> bytes:
    return f"{os.getpid()} {left} {os.environ.get('LEFT')}".encode()


def in_upper_case(original: bytes, ask_dns: AskDns) -> bytes:
    return original.upper()


PLAIN: dict[bytes, Callable[[bytes, AskDns], bytes]] = {
    b"who": who, b"dns": dns, b"slow": slow, WAIT: wait, LEAVE: leave, FIND: find,
}  # fmt: skip
NOWHERE = Target(
    folder="/", item="/", configuration="/", key="/", database="/", checkout="/", library="/", tcp=0, udp=0, unix="/",
    abstract="", mark="", gateway=0, sibling=0, bystander=0, held=0,
)  # fmt: skip

"""A child from its fork to its end: only what it needs is left to it, the walls go up, then it serves."""

import fcntl
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import msgspec

from sanitizers.confinement import converter, office
from sanitizers.confinement.births import Birth
from sanitizers.confinement.enclosures import CONVERTER, READER, WARM_CONVERTER
from sanitizers.confinement.kernel import die_with
from sanitizers.confinement.note import Marker
from sanitizers.confinement.serving import PIPE, Convert, Converting, Workshop, cannot_convert, serve
from sanitizers.confinement.walls import Account, Bounds, Walls

COMPLAINTS = 2


class Trade(msgspec.Struct, frozen=True):
    """What a kind of child can do besides cleaning."""

    renew: Callable[[], frozenset[int]]  #: before the walls: what its libraries hold open becomes its own
    convert: Convert


TRADES = {
    READER.name: Trade(frozenset, cannot_convert),
    CONVERTER.name: Trade(frozenset, converter.convert),
    WARM_CONVERTER.name: Trade(office.renew, office.convert),
}


class Belongings(msgspec.Struct, frozen=True):
    """Descriptors that came with the birth."""

    pipe: int
    complaints: int
    note: int


def live(birth: Birth, belongings: Belongings, walls: Walls, owner: Account, workshop: Workshop) -> NoReturn:
    """In the forked process. Never returns: the fork server's loop is not the child's."""
    status = 1
    try:
        server = os.getppid()
        os.setsid()
        os.umask(0o077)
        os.chdir("/")
        mark = Marker(belongings.note)
        trade = TRADES[birth.enclosure]
        _keep_only(belongings, trade.renew())
        bounds = Bounds(birth.memory, birth.cpu_seconds, birth.file_bytes)
        missing = walls.up(bounds, owner, birth.scratch, after_drop=lambda: die_with(server))
        serve(missing, workshop, mark, Converting(trade.convert, birth.scratch))
        status = 0
    finally:  # it ends here whatever was raised; the gateway reads the exception's name
        if status:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(status)


def _keep_only(belongings: Belongings, also: frozenset[int]) -> None:
    """0 and 1 lead nowhere, 2 to the gateway's ear, 3 is the pipe; nothing else stays open but `also`."""
    high = 64  # out of the way of the numbers that are given now
    pipe = fcntl.fcntl(belongings.pipe, fcntl.F_DUPFD, high)
    complaints = fcntl.fcntl(belongings.complaints, fcntl.F_DUPFD, high)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for source, number in ((nowhere, 0), (nowhere, 1), (complaints, COMPLAINTS), (pipe, PIPE)):
        os.dup2(source, number)
    first = PIPE + 1
    for number in (*sorted(also), os.sysconf("SC_OPEN_MAX")):
        os.closerange(first, number)
        first = number + 1

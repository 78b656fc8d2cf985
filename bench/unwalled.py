"""A fork server whose children have no walls: what the real ones are measured against, and nothing else."""

import sys
from collections.abc import Callable

from sanitizers.confinement import forkserver
from sanitizers.confinement.enclosures import Enclosure
from sanitizers.confinement.walls import Account, Bounds, Missing


class NoWalls:
    """In place of `Walls`; leaves the process as it is."""

    def __init__(self, enclosure: Enclosure) -> None:
        self.enclosure = enclosure

    def up(
        self, _bounds: Bounds, _owner: Account, _scratch: str = "", after_drop: Callable[[], None] = lambda: None
    ) -> tuple[Missing, ...]:
        after_drop()
        return ()


if __name__ == "__main__":
    forkserver.Walls = NoWalls  # type: ignore[assignment, misc]
    forkserver.main(sys.argv[1:])

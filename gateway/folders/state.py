"""How a watched folder was found at the last look: for pages, figures and alerts."""

from datetime import datetime

import msgspec


class FolderState(msgspec.Struct, frozen=True):
    """Of one folder, in this process."""

    name: str
    looked_at: datetime | None = None  #: UTC; None: not yet
    waiting: int = 0  #: files that are there and were not taken yet
    refused: int = 0  #: of these, files that cannot be taken
    problem: str = ""  #: why nothing is taken or written now; "" when all is well

"""Pieces of split archives among the attachments of one mail: put aside, and joined when all of them are there."""

from collections.abc import Iterator
from typing import NamedTuple

from sanitizers.unpacking.volumes import Style, Volume, joined, volume_of


class Piece(NamedTuple):
    """An attachment: a piece, or what pieces make."""

    name: str  #: as claimed
    claimed_type: str
    data: bytes


class Volumes:
    """What was put aside while the mail was walked."""

    def __init__(self) -> None:
        self._found: dict[tuple[Style, str], dict[int, tuple[Volume, Piece]]] = {}
        self.size = 0  #: bytes of all of it

    def put(self, piece: Piece) -> bool:
        """Whether it is a piece by its name, and was taken."""
        volume = volume_of(piece.name, piece.data)
        if volume is None:
            return False
        pieces = self._found.setdefault((volume.style, volume.stem), {})
        if volume.number in pieces:
            return False
        pieces[volume.number] = (volume, piece)
        self.size += len(piece.data)
        return True

    def settled(self) -> Iterator[Piece]:
        """Each archive whole where it is complete; else its pieces, which nobody can open."""
        for (style, _stem), pieces in self._found.items():
            whole = joined(style, {number: piece.data for number, (_volume, piece) in pieces.items()})
            if whole is None:
                yield from (piece for _volume, piece in pieces.values())
            else:
                name = next(iter(pieces.values()))[0].whole_name
                yield Piece(name, "", whole)

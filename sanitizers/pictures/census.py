"""What a picture file holds besides its picture: counted while it is read, and told in the report."""

from enum import StrEnum
from typing import Final

from sanitizers.model import Action, Finding, Severity, Threat


class Extra(StrEnum):
    """One kind of thing that stands beside the picture, in the words of the report."""

    EXIF = "camera data (Exif)"
    POSITION = "the place where it was taken (GPS)"
    XMP = "editing data (XMP)"
    IPTC = "press and editing data (IPTC, Photoshop)"
    COMMENT = "comment"
    TEXT = "text field"
    PROFILE = "colour profile"
    VENDOR = "data of a program or camera maker"
    THUMBNAIL = "thumbnail that may show another picture"
    PICTURES = "further picture that viewers do not show"
    SIZES = "further size of an icon"
    DEPTH = "mask, depth map or other auxiliary picture"
    LAYERS = "layers"
    VIDEO = "video behind the picture"
    BEFORE = "data before the picture"
    BEHIND = "data behind the end of the picture"
    BETWEEN = "data between the parts of the picture"
    DAMAGE = "cut short or damaged; what is missing is shown empty"
    CHECKSUM = "wrong checksums"


_NOTE, _WARNING = Severity.NOTE, Severity.WARNING
_ROWS: Final[dict[Extra, tuple[Threat, Severity, Action]]] = {
    Extra.EXIF: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.POSITION: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.XMP: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.IPTC: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.COMMENT: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.TEXT: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.PROFILE: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.VENDOR: (Threat.METADATA, _NOTE, Action.REMOVED),
    Extra.THUMBNAIL: (Threat.EMBEDDED_OBJECT, _NOTE, Action.REMOVED),
    Extra.PICTURES: (Threat.EMBEDDED_OBJECT, _NOTE, Action.REMOVED),
    Extra.SIZES: (Threat.EMBEDDED_OBJECT, _NOTE, Action.REMOVED),
    Extra.DEPTH: (Threat.EMBEDDED_OBJECT, _NOTE, Action.REMOVED),
    Extra.VIDEO: (Threat.EMBEDDED_OBJECT, _NOTE, Action.REMOVED),
    Extra.LAYERS: (Threat.HIDDEN_CONTENT, _NOTE, Action.REMOVED),
    Extra.BEFORE: (Threat.HIDDEN_CONTENT, _WARNING, Action.REMOVED),
    Extra.BEHIND: (Threat.HIDDEN_CONTENT, _WARNING, Action.REMOVED),
    Extra.BETWEEN: (Threat.HIDDEN_CONTENT, _WARNING, Action.REMOVED),
    Extra.DAMAGE: (Threat.MALFORMED, _NOTE, Action.REWRITTEN),
    Extra.CHECKSUM: (Threat.MALFORMED, _NOTE, Action.REWRITTEN),
}


class Census:
    """One picture file's extras; ends with the file."""

    def __init__(self) -> None:
        self._counts: dict[Extra, int] = {}
        self._sizes: dict[Extra, int] = {}

    def met(self, extra: Extra, size: int = 0) -> None:
        """One more of a kind, and its size in bytes where that says something."""
        self._counts[extra] = self._counts.get(extra, 0) + 1
        self._sizes[extra] = self._sizes.get(extra, 0) + size

    def behind(self, rest: bytes) -> None:
        """What follows the end of the picture. Zeros and line ends are padding, which nobody hides anything in."""
        if not rest.strip(b"\0\r\n\xff"):
            return
        if rest.lstrip(b"\0").startswith(b"\xff\xd8\xff"):
            self.met(Extra.PICTURES, len(rest))
        else:
            self.met(Extra.VIDEO if rest[4:8] == b"ftyp" else Extra.BEHIND, len(rest))

    def findings(self) -> tuple[Finding, ...]:
        """One finding for each kind, in the order of the table."""
        return tuple(self._finding(extra) for extra in Extra if extra in self._counts)

    def _finding(self, extra: Extra) -> Finding:
        count, size = self._counts[extra], self._sizes[extra]
        detail = extra.value + (f" ({count})" if count > 1 else "") + (f", {size} bytes" if size else "")
        return Finding(*_ROWS[extra], "picture", detail)

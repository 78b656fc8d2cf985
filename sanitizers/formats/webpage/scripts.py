"""Scripts are never kept; this tells which of them would put a file together on the reader's machine."""

import re
from typing import Final

from sanitizers.formats.webpage import kinds
from sanitizers.markup.census import Census

# HTML smuggling (MITRE ATT&CK T1027.006): bytes in the page become a file without passing any gateway.
_SAVES: Final = re.compile(
    r"createObjectURL|msSave(?:OrOpen)?Blob|new\s+Blob\s*\(|new\s+File\s*\(|\.download\s*=|setAttribute\(\s*[\"']download"
    r"|showSaveFilePicker|application/octet-stream",
    re.IGNORECASE,
)
_LONG_DATA: Final = re.compile(r"[A-Za-z0-9+/=_-]{1000}|(?:\\x[0-9a-fA-F]{2}){250}|(?:\d{1,3},\s?){400}")
_EXAMINED: Final = 5_000_000  #: characters of one script
_EXAMPLE: Final = 100


def met_script(source: str, address: str, census: Census) -> None:
    """Count one script; one that builds files as what it is."""
    examined = source[:_EXAMINED]
    smuggles = _SAVES.search(examined) is not None or _LONG_DATA.search(examined) is not None
    census.met(kinds.SMUGGLING if smuggles else kinds.SCRIPT, address or examined[:_EXAMPLE])

"""The charset that an HTML page claims."""

import re
from typing import Final

_PRESCAN: Final = 2_048  #: bytes in which a page may name its charset (HTML 13.2.3.2 says 1024; real pages start later)
_CLAIMED_CHARSET: Final = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([-\w:.]{1,40})", re.IGNORECASE)
_XML_ENCODING: Final = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([-\w:.]{1,40})", re.IGNORECASE)


def page_charset(data: bytes, claimed_type: str) -> str:
    """The charset that the media type claims; else the one the page names for itself; else ""."""
    if claimed := _CLAIMED_CHARSET.search(claimed_type):
        return claimed[1]
    start = data[:_PRESCAN]
    named = _META_CHARSET.search(start) or _XML_ENCODING.search(start)
    return named[1].decode("ascii", "replace") if named else ""

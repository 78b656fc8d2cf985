"""What a file that comes over HTTP is called, as claimed, and how a clean one's name is said. Pure."""

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from gateway.intake.icap.framing import Fields, Malformed

# RFC 6266 section 4.1: a quoted string or a token behind filename, a charset and percent signs behind filename*.
_PARAMETER: Final = re.compile(
    r";[ \t]*(filename\*?)[ \t]*=[ \t]*(?:\"((?:[^\"\\]|\\.){0,2000})\"|([^\s;\"]{1,2000}))", re.IGNORECASE
)
_EXTENDED: Final = re.compile(r"([A-Za-z0-9!#$%&+^_`{}~-]{1,40})'[^']{0,40}'(.{1,2000})")
_CHARSETS: Final = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "shift_jis": "cp932", "windows-31j": "cp932"}
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_QUOTES: Final = re.compile(r"[^ !#-\[\]-~]")  # what an old browser could misread inside quotes


def claimed_name(disposition: str, target: str) -> str:
    """By Content-Disposition, else the last step of the URL's path; "" when neither says. Without folders.

    Raises Malformed.
    """
    name = _disposed(disposition) or _last_step(target)
    return _CONTROLS.sub("\ufffd", re.split(r"[/\\]", name)[-1]).strip()


def disposition(kind: str, name: str) -> str:
    """The value of Content-Disposition for a clean name; `kind` is attachment or inline (RFC 6266 section 4)."""
    plain = _NOT_IN_QUOTES.sub("_", name)
    value = f'{kind}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


def disposition_kind(value: str) -> str:
    """Whether it is to be shown: inline only when it says so."""
    return "inline" if value.partition(";")[0].strip().lower() == "inline" else "attachment"


def _disposed(value: str) -> str:
    found: dict[str, re.Match[str]] = {}
    for each in _PARAMETER.finditer(value):
        if found.setdefault(each[1].lower(), each) is not each:
            raise Malformed("Content-Disposition names a file twice")  # one browser takes the first, another the last
    extended = found.get("filename*")
    if extended is not None and (said := _EXTENDED.fullmatch(extended[2] or extended[3] or "")):
        codec = _CHARSETS.get(said[1].lower())
        if codec:
            return unquote_to_bytes(said[2]).decode(codec, "replace")
    plain = found.get("filename")
    if plain is None:
        return ""
    words = re.sub(r"\\(.)", r"\1", plain[2]) if plain[2] is not None else plain[3]
    raw = words.encode("latin-1")
    return _decoded(unquote_to_bytes(raw) if re.search(r"%[0-9A-Fa-f]{2}", words) else raw)


def _last_step(target: str) -> str:
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    path = re.sub(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/]*", "", path)
    return _decoded(unquote_to_bytes(path.rpartition("/")[2].encode("latin-1")))


def _decoded(raw: bytes) -> str:
    """Servers in Japan write names in UTF-8 or, older ones, in Shift_JIS, whatever the standard says."""
    for codec in ("utf-8", "cp932"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def host_of(target: str, fields: Fields) -> str:
    """For the record: who the request was for, printable and short."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)", target)
    said = found[1] if found else next(iter(fields.all("host")), "")
    return re.sub(r"[^!-~]", "?", said.rpartition("@")[2])[:255]

"""Takes a link target apart as a browser would, and writes it in the one form that is safe to show."""

import re
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from sanitizers.links.controls import strip_deceptive_controls
from sanitizers.links.hosts import Host, HostsMet, read_host
from sanitizers.model import Severity, Threat

LONGEST_URL: Final = 2_000  #: characters; what is longer is cut and ends in "…"

_EDGES: Final = "".join(map(chr, range(0x21)))  # WHATWG URL Standard: C0 controls and space around are ignored,
_IGNORED_INSIDE: Final = re.compile("[\t\n\r]")  # and these everywhere
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PLACE: Final = re.compile(r"([/\\]*)([^/\\?#]*)")
_PORT: Final = re.compile(r":([0-9]{0,5})$")
_UNSAFE_IN_REST: Final = re.compile(
    r"[^!#-;=?-\[\]_a-z~]"
)  # all but printable ASCII without " < > \ ^ ` { | } and blanks
_MAIL_ADDRESS: Final = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]/?#]{1,255}")


class Kind(StrEnum):
    """What a target would do when followed."""

    WEB = "web"
    MAIL = "mail"
    INSIDE = "inside"  # a place in the same document
    RELATIVE = "relative"
    OTHER = "other"  # any other scheme, a UNC path


class Target(msgspec.Struct, frozen=True):
    """A target taken apart."""

    kind: Kind
    scheme: str = ""  #: lower case; "unc" for \\\\server\\share
    host: Host = Host("", "")
    userinfo: str = ""
    rest: str = ""  #: port, path, query, fragment of WEB in ASCII; the address of MAIL
    doubts: tuple[str, ...] = ()
    cut: bool = False  #: longer than LONGEST_URL
    parameters: bool = False  #: a mailto with subject, body, attach …

    @property
    def url(self) -> str:
        """The address in A-labels, as it may stand in text."""
        return f"{self.scheme}://{self.host.ascii}{self.rest}"

    @property
    def defanged(self) -> str:
        """The same in a form that no program makes a link of."""
        userinfo = f"{self.userinfo}@" if self.userinfo else ""
        authority = (userinfo + self.host.ascii).replace(".", "[.]").replace("://", "[:]//")
        return f"{self.scheme.replace('tt', 'xx')}://{authority}{self.rest}"


# Schemes that run or fetch something when followed → why a person should care. All that is not listed is a NOTE.
_SCRIPTS: Final = frozenset({"javascript", "vbscript", "livescript", "jscript", "data", "blob", "view-source", "about"})
_PROGRAMS: Final = re.compile(
    r"ms-|search|shell|mhtml|mk|its|hcp|res|jar|wscript|tel-exec|onenote|zoommtg|vscode|steam|intent|itms|ldap|smb|file|unc"
)


def harm_of(scheme: str) -> tuple[Threat, Severity]:
    """What kind of harm a scheme that is not kept would do."""
    if scheme in _SCRIPTS:
        return Threat.ACTIVE_CONTENT, Severity.DANGER
    if _PROGRAMS.match(scheme):
        return Threat.EXTERNAL_REFERENCE, Severity.DANGER
    return Threat.EXTERNAL_REFERENCE, Severity.NOTE


def read_target(written: str, met: HostsMet | None = None) -> Target:
    """Take apart what stands in href; never raises. `met`: the hosts of the part so far, None for a target alone."""
    met = met or HostsMet()
    trimmed = written.strip(_EDGES)
    text = strip_deceptive_controls(_IGNORED_INSIDE.sub("", trimmed))[0]
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() in {"http", "https"}:
        target = _read_web(scheme[1].lower(), text, scheme.end(), trimmed, met)
    elif scheme is not None and scheme[1].lower() == "mailto":
        target = _read_mailto(text[scheme.end() :], met)
    else:
        target = _read_without_web_scheme(text, scheme, trimmed, met)
    return target if target.kind is not Kind.WEB or target.host.ascii else Target(Kind.RELATIVE)


def _read_without_web_scheme(text: str, scheme: re.Match[str] | None, trimmed: str, met: HostsMet) -> Target:
    if not text or text.startswith("#"):
        return Target(Kind.INSIDE)
    if text.startswith("\\\\"):
        return Target(Kind.OTHER, "unc")
    if text.startswith(("//", "/\\", "\\/")):
        target = _read_web("https", text, 0, trimmed, met)
        return msgspec.structs.replace(target, doubts=(*target.doubts, "address without a scheme"))
    if text[:4].lower() == "www.":
        return _read_web("http", f"//{text}", 0, f"//{trimmed}", met)
    return Target(Kind.OTHER, scheme[1].lower()[:40]) if scheme is not None else Target(Kind.RELATIVE)


def _read_web(scheme: str, text: str, after_scheme: int, trimmed: str, met: HostsMet) -> Target:
    found = _PLACE.match(text, after_scheme)
    slashes, authority, end = (found[1], found[2], found.end()) if found else ("", "", len(text))
    doubts = []
    if not trimmed.startswith(text[:end]):
        doubts.append("invisible or control characters in the address")
    if slashes != "//" or text[end : end + 1] == "\\":
        doubts.append("unusual slashes")
    userinfo, at, written_host = authority.rpartition("@")
    if at:
        doubts.append("a name before “@” that looks like the host")
    port = _PORT.search(written_host)
    host = read_host(written_host[: port.start()] if port else written_host, met)
    rest = (port[0] if port and port[1] else "") + _UNSAFE_IN_REST.sub(_escaped, text[end:].replace("\\", "/"))
    cut = len(rest) + len(host.ascii) > LONGEST_URL
    if cut:
        rest = rest[: max(0, LONGEST_URL - len(host.ascii))] + "…"
    return Target(Kind.WEB, scheme, host, quote(userinfo, safe=".:-_")[:100], rest, (*doubts, *host.doubts), cut)


def _escaped(unsafe: re.Match[str]) -> str:
    return quote(unsafe[0], safe="", errors="replace")


def _read_mailto(text: str, met: HostsMet) -> Target:
    """RFC 6068: only the first address is kept; subject, body, cc and attach would act in the reader's name."""
    written, question_mark, _ = text.partition("?")
    address = _MAIL_ADDRESS.fullmatch(strip_deceptive_controls(unquote(written).split(",")[0].strip())[0])
    if address is None:
        return Target(Kind.RELATIVE, "mailto")
    host = read_host(address[0].rpartition("@")[2], met)
    if not host.ascii:
        return Target(Kind.RELATIVE, "mailto")
    return Target(Kind.MAIL, "mailto", host, "", address[0], host.doubts, parameters=bool(question_mark))

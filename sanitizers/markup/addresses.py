"""Where a link may go, and pictures that stand in an address (data URLs, RFC 2397)."""

import base64
import binascii
import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from sanitizers.job import Job, Role
from sanitizers.links import HostsMet, link_text
from sanitizers.links.anchors import ACTUAL_LINK
from sanitizers.links.targets import Kind, Target, harm_of, read_target
from sanitizers.model import Action, Finding, Rebuilt, Severity, Threat
from sanitizers.rules import Links

#: What a sanitizer of pictures may write and every browser draws in an <img>; never a type that can hold a script.
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_DATA: Final = re.compile(r"\s*+data:([^,]{0,300}),", re.IGNORECASE)
_BLANKS: Final = re.compile(rb"[\s\x00]+")
_LONGEST_WORDS: Final = 500  #: characters of a link that are compared with its address
_MAX_PICTURES: Final = 200  #: of one file that are opened; more of them go


class Pictures:
    """Takes the pictures out of the data URLs of one file and gives clean ones for them."""

    def __init__(self, job: Job, types: frozenset[str] = PICTURES) -> None:
        self._job = job
        self._types = types
        self._known: dict[str | bytes, str | None] = {}

    def clean(self, address: str) -> str | None:
        """A data URL of a picture that was written anew; None when there can be none."""
        if address not in self._known:
            found = data_of(address)
            self._known[address] = self.rebuilt(*found) if found and found[0].startswith("image/") else None
        return self._known[address]

    def rebuilt(self, claimed_type: str, data: bytes) -> str | None:
        """The same for bytes."""
        if data in self._known:
            return self._known[data]
        if len(self._known) >= _MAX_PICTURES:
            return None
        result = self._job.child("", claimed_type, data, role=Role.SHOWN)
        clean = None
        if isinstance(result, Rebuilt) and result.type in self._types:
            clean = f"data:{result.type};base64,{base64.b64encode(result.data).decode('ascii')}"
        self._known[data] = clean
        return clean


def data_of(address: str) -> tuple[str, bytes] | None:
    """The claimed type, lower case, and the bytes of a data URL; None when it is none."""
    head = _DATA.match(address)
    if head is None:
        return None
    claimed, *parameters = [word.strip().lower() for word in head[1].split(";")]
    data = unquote_to_bytes(address[head.end() :])
    if "base64" in parameters:
        data = _BLANKS.sub(b"", data)
        try:
            data = base64.b64decode(data + b"=" * (-len(data) % 4))
        except binascii.Error:
            return None
    return claimed or "text/plain", data


class Href(NamedTuple):
    """What becomes of a link."""

    address: str  #: "" when only its words stay
    beside: str  #: what is written behind its words, "" for nothing
    findings: tuple[Finding, ...]


class Hrefs:
    """Decides about the links of one file: only http, https and mailto stay, and only where they deceive nobody."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._met = HostsMet()

    def judge(self, written: str, words: str) -> Href:
        """A link by its address as it is written and the words that it stands behind."""
        target = read_target(written, self._met)
        if target.kind not in {Kind.WEB, Kind.MAIL}:
            return Href("", "", _without_host(target))
        _, said = link_text(written, words[:_LONGEST_WORDS], Links.KEPT, self._met)
        deception = tuple(found for found in said if found.threat is Threat.DECEPTION and found.where == "link")
        if deception:
            return Href("", self._beside(ACTUAL_LINK, target), deception)
        if target.doubts:
            detail = f"{', '.join(dict.fromkeys(target.doubts))}: {_plain(target)}"
            doubt = Finding(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, "link", detail[:500])
            return Href("", self._beside("<{}>", target), (doubt,))
        if self._links is not Links.KEPT or target.cut:
            limit = target.cut and self._links is Links.KEPT
            threat = Threat.LIMIT_EXCEEDED if limit else Threat.EXTERNAL_REFERENCE
            detail = "link with an over-long address" if limit else "link made unclickable"
            unclickable = Finding(threat, Severity.NOTE, Action.REWRITTEN, "link", detail)
            return Href("", self._beside("<{}>", target), (unclickable,))
        return _kept(target)

    def findings(self) -> tuple[Finding, ...]:
        """What was met in all of them together."""
        return self._met.findings()

    def _beside(self, form: str, target: Target) -> str:
        return "" if self._links is Links.REMOVED else f" {form.format(_plain(target))}"


def _without_host(target: Target) -> tuple[Finding, ...]:
    if target.kind is Kind.INSIDE:
        return ()
    if target.kind is Kind.RELATIVE:
        return (_removed(Threat.EXTERNAL_REFERENCE, Severity.NOTE, "link without a host"),)
    return (_removed(*harm_of(target.scheme), f"link of the scheme “{target.scheme}:”"),)


def _kept(target: Target) -> Href:
    if target.kind is Kind.WEB:
        return Href(target.url, "", ())
    address = f"mailto:{target.rest.rpartition('@')[0]}@{target.host.ascii}"
    if not target.parameters:
        return Href(address, "", ())
    detail = "mail link with a prepared subject, body or further recipients"
    return Href(address, "", (Finding(Threat.EXTERNAL_REFERENCE, Severity.NOTE, Action.REWRITTEN, "link", detail),))


def _plain(target: Target) -> str:
    if target.kind is Kind.WEB:
        return target.defanged[:300]
    return f"{target.rest.rpartition('@')[0]}[@]{target.host.ascii.replace('.', '[.]')}"[:300]


def _removed(threat: Threat, severity: Severity, detail: str) -> Finding:
    return Finding(threat, severity, Action.REMOVED, "link", detail)

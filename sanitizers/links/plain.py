"""Addresses that stand in plain text: mail readers make links of them, so the profile applies to them as well."""

import re
import unicodedata
from typing import Final

from sanitizers.links.hosts import UNEXAMINED, HostsMet, is_real_suffix
from sanitizers.links.targets import LONGEST_URL, Kind, Target, harm_of, read_target
from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.rules import Links

LINK_REMOVED: Final = "[リンク削除 / link removed]"

# What every spoken link has; found first because most text has none. "[:]//" and "hxxps://" are links made harmless.
_MARK: Final = re.compile(r":[/\\]{2,}|\[:\]//|[wW]{3}\.|\\\\")
_SCHEME_BEFORE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LONGEST_SCHEME: Final = 40
_WEB_SCHEME: Final = re.compile(r"https?\Z", re.IGNORECASE)
_DONE_SCHEME: Final = re.compile(r"hxxps?\Z", re.IGNORECASE)
_PATH: Final = r"(?:[/\\?#][!#-;=?-~]*)?"
_SPOKEN: Final = re.compile(rf"((?:[\w.~%:$&+=!*;,-]*@)*)(\[[0-9A-Fa-f:.]+\]|[\w.%-]*)((?::[0-9]{{0,5}})?{_PATH})")
_DONE: Final = re.compile(r"[!-~…]*")
_WORD_BEFORE: Final = re.compile(r"[A-Za-z0-9@/._-]")
_UNC: Final = re.compile(r"\\\\([A-Za-z0-9._-]{2,}(?:@[A-Za-z0-9]+){0,2})(?=\\[^\s\\])")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_CLOSING: Final = ".,;:!?'\")]}"
_SINGLE_FINDINGS: Final = 20  # more of the same are only counted


def rewrite_links(text: str, links: Links, met: HostsMet | None = None) -> tuple[str, tuple[Finding, ...]]:
    """The text with its addresses as the profile wants them; deceptive ones are always defanged and reported.

    Its own output goes through unchanged and without findings. `met`: the hosts of the part when the text is only a
    piece of it; whoever gives it adds its findings.
    """
    if met is not None:
        return _rewritten(text, links, met)
    met = HostsMet()
    text, findings = _rewritten(text, links, met)
    return text, (*findings, *met.findings())


def _rewritten(text: str, links: Links, met: HostsMet) -> tuple[str, tuple[Finding, ...]]:
    if "://" not in text and "\\" not in text and "www." not in text and "WWW." not in text:
        return text, ()
    pieces: list[str] = []
    findings: list[Finding] = []
    done = 0
    for mark in _MARK.finditer(text):
        if mark.start() < done:
            continue
        start, end, instead, found = _at_mark(text, mark, done, links, met)
        if end > done:
            pieces += (text[done:start], instead)
            done = end
            findings += found
    return "".join((*pieces, text[done:])), _summed_up(findings)


_Rewritten = tuple[int, int, str, tuple[Finding, ...]]  # from, to, what stands there now, findings
_NOTHING: Final[_Rewritten] = (0, 0, "", ())


def _at_mark(text: str, mark: re.Match[str], done: int, links: Links, met: HostsMet) -> _Rewritten:
    kind = mark[0][0]
    if kind == "\\":
        return _unc(text, mark.start())
    if kind == "[":
        return _left_alone(text, mark.start(), mark.end())
    if kind == ":":
        return _after_scheme(text, mark, done, links, met)
    if mark.start() > done and _WORD_BEFORE.match(text, mark.start() - 1):
        return _NOTHING
    return _web(text, mark.start(), mark.start(), "http://", links, met)


def _left_alone(text: str, start: int, after: int) -> _Rewritten:
    """A link that is already harmless: its query may hold another one, which is part of it."""
    end = _DONE.match(text, after).end()  # type: ignore[union-attr]  # matches the empty string too
    return start, end, text[start:end], ()


def _after_scheme(text: str, mark: re.Match[str], done: int, links: Links, met: HostsMet) -> _Rewritten:
    scheme = _SCHEME_BEFORE.search(text, max(done, mark.start() - _LONGEST_SCHEME), mark.start())
    if scheme is None or len(scheme[0]) < 2:
        return _NOTHING  # a drive letter, or no link at all
    if _DONE_SCHEME.search(scheme[0]):
        return _left_alone(text, scheme.start(), mark.end())
    web = _WEB_SCHEME.search(scheme[0])
    if web is not None:
        return _web(text, scheme.start() + web.start(), mark.end(), web[0].lower() + mark[0], links, met)
    if mark[0] != "://":
        return _NOTHING
    end = _left_alone(text, scheme.start(), mark.end())[1]
    threat, severity = harm_of(scheme[0].lower())
    finding = Finding(threat, severity, Action.REWRITTEN, "text", f"address of the scheme “{scheme[0].lower()}:”")
    return scheme.start(), end, f"{scheme[0]}[:]//{text[mark.end() : end]}", (finding,)


def _unc(text: str, start: int) -> _Rewritten:
    """A Windows share: Outlook makes a link of it, and following it sends the reader's password hash."""
    share = _UNC.match(text, start)
    if share is None or (start and text[start - 1] == "\\"):
        return _NOTHING
    finding = Finding(*harm_of("unc"), Action.REWRITTEN, "text", "address of a Windows share")
    return start, share.end(), rf"\\[{share[1].replace('.', '[.]')}]", (finding,)


def _web(text: str, start: int, after: int, scheme_and_slashes: str, links: Links, met: HostsMet) -> _Rewritten:
    spoken = _SPOKEN.match(text, after)
    if spoken is None or not spoken[2]:
        return _NOTHING
    userinfo, host, rest = spoken.groups()
    as_meant = _host_meant(host)
    end = spoken.end() if as_meant == host else spoken.start(2) + len(as_meant)
    if end == spoken.end():
        end -= len(rest) - len(rest.rstrip(_CLOSING))
    address = text[start:end]
    target = read_target(scheme_and_slashes + userinfo + text[spoken.start(2) : end], met)
    if target.kind is not Kind.WEB:
        return _NOTHING
    instead, findings = written(address, target, links)
    return start, end, instead, findings


def _host_meant(host: str) -> str:
    """Without the Japanese sentence that goes on right behind an address: "example.jpをご覧ください"."""
    if host.isascii():
        return host
    if is_real_suffix(unicodedata.normalize("NFKC", host).lower().rstrip(".")):
        return host
    last = host.rstrip(".").rfind(".") + 1
    for start in (last, 0):
        cut = _NOT_ASCII.search(host, start)
        shorter = host[: cut.start()] if cut else host
        if shorter.isascii() and is_real_suffix(shorter.lower()):
            return shorter
    return host


def written(address: str, target: Target, links: Links) -> tuple[str, tuple[Finding, ...]]:
    """How a web address goes into text: what stood there, or the safe form, or nothing; and why."""
    if target.doubts:
        return target.defanged, doubts_about(target)
    if links is Links.REMOVED:
        return LINK_REMOVED, (removed_link(),)
    findings: tuple[Finding, ...] = ()
    if target.cut:
        detail = f"address longer than {LONGEST_URL} characters"
        findings = (Finding(Threat.LIMIT_EXCEEDED, Severity.NOTE, Action.REWRITTEN, "text", detail),)
    if links is Links.DEFANGED:
        defanged = Finding(Threat.EXTERNAL_REFERENCE, Severity.NOTE, Action.REWRITTEN, "text", "link made unclickable")
        return target.defanged, (*findings, defanged)
    return target.url if target.cut else address, findings


def doubts_about(target: Target) -> tuple[Finding, ...]:
    """One finding that names all that is odd about an address; that it was not examined is told once for the part."""
    if target.doubts == (UNEXAMINED,):
        return ()
    detail = f"{', '.join(dict.fromkeys(target.doubts))}: {target.defanged[:200]}"
    return (Finding(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, "text", detail[:500]),)


def removed_link() -> Finding:
    """A link left out because the profile says so."""
    return Finding(Threat.EXTERNAL_REFERENCE, Severity.NOTE, Action.REMOVED, "text", "link removed")


def _summed_up(findings: list[Finding]) -> tuple[Finding, ...]:
    """Equal findings once, with their number; not more different ones than a person would read."""
    counts: dict[Finding, int] = {}
    for finding in findings:
        counts[finding] = counts.get(finding, 0) + 1
    summed = [
        finding if count == 1 else Finding(*_but_detail(finding), f"{finding.detail[:480]} ({count} times)")
        for finding, count in counts.items()
    ]
    if len(summed) > _SINGLE_FINDINGS:
        left = len(summed) - _SINGLE_FINDINGS
        worst = max(summed[_SINGLE_FINDINGS:], key=lambda finding: list(Severity).index(finding.severity))
        summed[_SINGLE_FINDINGS:] = [Finding(*_but_detail(worst), f"{left} further kinds of links")]
    return tuple(summed)


def _but_detail(finding: Finding) -> tuple[Threat, Severity, Action, str]:
    return finding.threat, finding.severity, finding.action, finding.where

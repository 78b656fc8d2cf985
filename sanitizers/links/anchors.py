"""A link of an HTML body as text: its words and where it really goes, and a warning when the two disagree."""

import re
import unicodedata
from typing import Final

from sanitizers.links.controls import strip_deceptive_controls
from sanitizers.links.hosts import UNEXAMINED, HostsMet, is_real_suffix, read_host, registrable_domain
from sanitizers.links.plain import doubts_about, removed_link, rewrite_links, written
from sanitizers.links.targets import Kind, Target, harm_of, read_target
from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.rules import Links

ACTUAL_LINK: Final = "[表示と異なるリンク先 / actual link: {}]"

_SHOWN_URL: Final = re.compile(r"(?:https?:[/\\]{2}|\bwww\.)[^\s/\\?#<>「」（）、]+", re.IGNORECASE)
_SHOWN_MAIL: Final = re.compile(r"(?:mailto:)?[^\s@]{1,64}@([\w.-]{1,255})", re.IGNORECASE)
_SHOWN_HOST: Final = re.compile(r"((?:[\w-]{1,63}\.){1,8}[\w-]{2,63})(?:[:/][!-~]*)?")
# Top-level domains that are rather the ending of a file's name when no scheme stands in front: README.md, setup.py.
_FILE_ENDINGS: Final = frozenset({"md", "zip", "sh", "py", "rs", "pl", "ps", "mov", "cab", "cc", "so", "app"})
_SCHEME: Final = re.compile(r"^(?:https?:)?//", re.IGNORECASE)


def link_text(target: str, shown: str, links: Links, met: HostsMet | None = None) -> tuple[str, tuple[Finding, ...]]:
    """The text for a link with the words `shown` ("" for a picture), and what was met.

    Only http, https and mailto survive as targets. A link whose words name another host says both and is defanged.
    `met`: the hosts of the part so far; whoever gives it adds its findings.
    """
    if met is not None:
        return _link_text(target, shown, links, met)
    met = HostsMet()
    text, findings = _link_text(target, shown, links, met)
    return text, (*findings, *met.findings())


def _link_text(target: str, shown: str, links: Links, met: HostsMet) -> tuple[str, tuple[Finding, ...]]:
    shown, stripped = strip_deceptive_controls(shown)
    parsed = read_target(target, met)
    if parsed.kind is Kind.WEB:
        text, findings = _web_text(parsed, shown, links, met)
    elif parsed.kind is Kind.MAIL:
        text, findings = _mail_text(parsed, shown, links, met)
    else:
        text, findings = rewrite_links(shown, links, met)
        findings = (*_without_target(parsed), *findings)
    return text, (*stripped, *findings)


def _without_target(target: Target) -> tuple[Finding, ...]:
    if target.kind is Kind.INSIDE:
        return ()
    if target.kind is Kind.RELATIVE:
        detail = "link without a host"
        return (Finding(Threat.EXTERNAL_REFERENCE, Severity.NOTE, Action.REMOVED, "link", detail),)
    return (Finding(*harm_of(target.scheme), Action.REMOVED, "link", f"link of the scheme “{target.scheme}:”"),)


def _web_text(target: Target, shown: str, links: Links, met: HostsMet) -> tuple[str, tuple[Finding, ...]]:
    words, word_findings = rewrite_links(shown, links, met)
    warning = _contradiction(shown, target, met)
    if warning is not None:
        doubts = doubts_about(target) if target.doubts else ()
        actual = "" if links is Links.REMOVED else " " + ACTUAL_LINK.format(target.defanged)
        return words + actual, (warning, *doubts, *word_findings)
    if links is Links.REMOVED and shown:
        doubts = doubts_about(target) if target.doubts else ()
        return words, (removed_link(), *doubts, *word_findings)
    address, findings = written(target.url, target, links)
    address_in_brackets = f"<{address}>{_in_letters(target, links)}"
    if not shown.strip():
        return address_in_brackets, findings
    if _says_the_same(shown, target):
        return address, findings
    return f"{words} {address_in_brackets}", (*findings, *word_findings)


def _in_letters(target: Target, links: Links) -> str:
    """Behind an internationalised name in A-labels, how it reads."""
    if target.host.unicode == target.host.ascii or target.doubts or links is Links.REMOVED:
        return ""
    name = target.host.unicode if links is Links.KEPT else target.host.unicode.replace(".", "[.]")
    return f" ({name})"


def _mail_text(target: Target, shown: str, links: Links, met: HostsMet) -> tuple[str, tuple[Finding, ...]]:
    words, findings = rewrite_links(shown, links, met)
    if target.parameters:
        detail = "mail link with a prepared subject, body or further recipients"
        findings = (*findings, Finding(Threat.EXTERNAL_REFERENCE, Severity.NOTE, Action.REMOVED, "link", detail))
    address = f"{target.rest.rpartition('@')[0]}@{target.host.ascii}"
    harmless = address.replace("@", "[@]").replace(".", "[.]")
    warning = _contradiction(shown, target, met)
    if warning is not None:
        actual = "" if links is Links.REMOVED else " " + ACTUAL_LINK.format(harmless)
        return words + actual, (warning, *findings)
    if target.doubts == (UNEXAMINED,):
        return f"{words} <{harmless}>".lstrip(), findings
    if target.doubts:
        detail = f"{', '.join(target.doubts)}: {harmless}"[:500]
        doubt = Finding(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, "link", detail)
        return f"{words} <{harmless}>".lstrip(), (doubt, *findings)
    if links is Links.REMOVED:
        return words, (removed_link(), *findings)
    bare = shown.strip().lower().removeprefix("mailto:")
    return (address if bare in {"", target.rest.lower(), address.lower()} else f"{words} <{address}>"), findings


def _contradiction(shown: str, target: Target, met: HostsMet) -> Finding | None:
    """The finding for words that name a host of somebody else than the target's."""
    actual = registrable_domain(target.host.ascii)
    for host, severity in _hosts_shown(shown, met):
        if host != target.host.ascii and registrable_domain(host) != actual:
            detail = f"the words name {host[:150]}, the link goes to {target.host.ascii[:150]}"
            return Finding(Threat.DECEPTION, severity, Action.REWRITTEN, "link", detail)
    return None


def _hosts_shown(shown: str, met: HostsMet) -> list[tuple[str, Severity]]:
    """The hosts that words claim to lead to, as A-labels, and how sure a reader would be of it."""
    words = unicodedata.normalize("NFKC", shown).strip()
    if "." not in words:
        return []
    urls = _SHOWN_URL.findall(words)
    if urls:
        targets = (read_target(url, met) for url in urls[:10])
        return [(target.host.ascii, Severity.DANGER) for target in targets if target.host.ascii]
    mail = _SHOWN_MAIL.fullmatch(words)
    if mail is not None:
        return [(read_host(mail[1], met).ascii, Severity.DANGER)]
    bare = _SHOWN_HOST.fullmatch(words)
    if bare is None or bare[1].rpartition(".")[2].lower() in _FILE_ENDINGS:
        return []
    host = read_host(bare[1], met).ascii
    return [(host, Severity.WARNING)] if is_real_suffix(host) else []


def _says_the_same(shown: str, target: Target) -> bool:
    words = _SCHEME.sub("", shown.strip()).rstrip("/").casefold()
    hosts = {target.host.ascii, target.host.unicode}
    return any(words == (host + target.rest).rstrip("/").casefold() for host in hosts)

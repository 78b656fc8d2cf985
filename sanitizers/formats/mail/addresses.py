"""Address headers: read as people and attackers write them, written as RFC 5322 section 3.4 has them."""

import re
from collections.abc import Iterator

import idna
import msgspec

from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.words import decode_words, encoded_words, is_plain
from sanitizers.model import Action, Severity, Threat
from sanitizers.rules import BodyCharset

_TOKEN = re.compile(
    r"""(?P<word>=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=)
    |(?P<quoted>"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z))
    |(?P<angle><(?:"(?:[^"\\]|\\.)*"|[^<>"])*>?)
    |(?P<special>[,;:])
    |(?P<comment>\()
    |(?P<blank>\s+)
    |(?P<atom>(?:[^\s"(<,;:=]|=(?!\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=))+|.)""",
    re.VERBOSE | re.DOTALL,
)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_ROUTE = re.compile(r"^(?:@[^@,:\s]+,?)+:")
_DOT_ATOM = re.compile(r"[^\s\x00-\x20()<>\[\]:;@\\,.\"\x7f]+(?:\.[^\s\x00-\x20()<>\[\]:;@\\,.\"\x7f]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
_LITERAL = re.compile(r"\[[0-9A-Za-z:.]{1,60}\]")
_NEVER_BARE = re.compile(r"[\s\"<>()\[\],;:\\@]")
# An encoded word may not stand in an address (RFC 2047 section 5); readers that decode it there see another one.
_LOCAL_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\?[^?\s]+\?[bBqQ]\?")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SIMPLE = re.compile(r"\s*(?:([A-Za-z0-9 _'-]*?)\s*<)?([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9.-]+)(>)?\s*")
_LINE = 76
_ADDRESS_CHARACTERS = 320  # RFC 5321 section 4.5.3.1: 64 + 1 + 255
_DISPLAY_CHARACTERS = 200


class Mailbox(msgspec.Struct, frozen=True):
    """Who: a name to show and an address, both safe to write."""

    display: str
    address: str  #: local@domain, the domain in ASCII

    def shown(self) -> str:
        """As a list shows it."""
        return f"{self.display} <{self.address}>" if self.display else self.address


def read_mailboxes(text: str, where: str, anomalies: Anomalies) -> list[Mailbox]:
    """All mailboxes of an address header; groups are flattened, what has no address is left out."""
    if (simple := _SIMPLE.fullmatch(text)) and bool(simple.group(3)) == (simple.group(1) is not None):
        candidates = [(simple.group(1) or "", simple.group(2))]
    else:
        candidates = list(_candidates(text, where, anomalies))
    mailboxes = (_mailbox(display, address, where, anomalies) for display, address in candidates)
    return [mailbox for mailbox in mailboxes if mailbox is not None]


class _Entry:
    """The tokens of one mailbox while it is being read."""

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.angles: list[str] = []
        self.comments: list[str] = []

    def pair(self, where: str, anomalies: Anomalies) -> tuple[str, str] | None:
        """Display name and address, both still raw."""
        if self.angles:
            if len(self.angles) > 1:
                anomalies.deception(where, "several addresses for one name")
            return " ".join([*self.phrase, *self.angles[1:]]) or " ".join(self.comments), self.angles[0]
        if not self.phrase:
            return None
        bare = [piece for piece in self.phrase if "@" in piece and _split(piece)]
        if bare and len(self.phrase) > 1:
            anomalies.malformed(where, "an address without angle brackets after a name")
            return " ".join(piece for piece in self.phrase if piece is not bare[-1]), bare[-1]
        joined = "".join(self.phrase)
        if _split(joined):
            return " ".join(self.comments), joined
        return " ".join(self.phrase), ""


def _candidates(text: str, where: str, anomalies: Anomalies) -> Iterator[tuple[str, str]]:
    entry = _Entry()
    pos = 0
    while pos < len(text):
        token = _TOKEN.match(text, pos)
        if token is None:
            break
        pos = token.end()
        kind, value = token.lastgroup, token.group()
        if kind == "comment":
            pos, comment = _comment(text, pos)
            entry.comments.append(comment)
        elif kind == "special":
            if value == ":" and not entry.angles:
                entry = _Entry()  # what stood before was a group's name
            elif value != ":" and (pair := entry.pair(where, anomalies)):
                yield pair
                entry = _Entry()
        else:
            _add_token(entry, kind, value)
    if pair := entry.pair(where, anomalies):
        yield pair


def _add_token(entry: _Entry, kind: str | None, value: str) -> None:
    if kind == "angle":
        entry.angles.append(value.strip("<> \t"))
    elif kind == "quoted":
        # A quoted local part keeps its quotes until the address is split.
        entry.phrase.append(value)
    elif kind in {"word", "atom"}:
        if entry.phrase and kind == "atom" and entry.phrase[-1].endswith('"') and value.startswith("@"):
            entry.phrase[-1] += value
        else:
            entry.phrase.append(value)


def _comment(text: str, pos: int) -> tuple[int, str]:
    """The end of a comment that was opened before `pos`, and its words; an unclosed one runs to the end."""
    depth = 1
    for match in _PARENTHESIS.finditer(text, pos):
        if match.group() == "(":
            depth += 1
        elif match.group() == ")":
            depth -= 1
            if not depth:
                return match.end(), text[pos : match.start()]
    return len(text), text[pos:]


def _split(address: str) -> tuple[str, str] | None:
    """Local part (unquoted) and domain in ASCII, or None when it is no address."""
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address) > _ADDRESS_CHARACTERS:
        return None
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
    elif _NEVER_BARE.search(local):
        return None
    ascii_domain = _ascii_domain(domain)
    return None if ascii_domain is None or _LOCAL_FORBIDDEN.search(local) else (local, ascii_domain)


def _ascii_domain(domain: str) -> str | None:
    domain = domain.rstrip(".。")
    if _DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain):
        return domain
    if domain.isascii() or len(domain) > 253:
        return None
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def _mailbox(display: str, address: str, where: str, anomalies: Anomalies) -> Mailbox | None:
    bare = _ROUTE.sub("", address.strip())
    parts = _split(bare) or _split(re.sub(r"\s+", "", bare))
    if parts is None:
        if address or display:
            anomalies.malformed(where, "an entry without a usable address was left out")
        return None
    local, domain = parts
    if not _DOT_ATOM.fullmatch(local):
        # Consecutive and final dots: addresses of Japanese mobile carriers really look so.
        local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _named(display, f"{local}@{domain}", where, anomalies)


def _named(display: str, address: str, where: str, anomalies: Anomalies) -> Mailbox:
    """The display name made harmless: it must not pass for another address."""
    name = read_name(display, where, anomalies)
    if "@" in name and name.lower() != address.lower():
        severity = Severity.WARNING if where not in {"header To", "header Cc"} else Severity.NOTE
        detail = f"the name shows another address: {name}"
        anomalies.add(Threat.DECEPTION, severity, Action.REWRITTEN, where, detail)
        name = name.replace("@", "＠")
    if len(name) > _DISPLAY_CHARACTERS:
        anomalies.deception(where, "over-long display name")
        name = name[: _DISPLAY_CHARACTERS - 1] + "…"
    return Mailbox(name, address)


def read_name(display: str, where: str, anomalies: Anomalies) -> str:
    """A display name: quotes and encoded words undone."""
    if not display:
        return ""
    if '"' in display:
        display = _unquoted(display)
    return decode_words(display, where, anomalies).strip("'\" ")


def _unquoted(display: str) -> str:
    pieces = []
    for token in _TOKEN.finditer(display):
        value = token.group()
        if token.lastgroup == "quoted":
            value = _QUOTED_PAIR.sub(r"\1", value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:])
        pieces.append(value)
    return "".join(pieces)


def _written(mailbox: Mailbox, charset: BodyCharset, used: int) -> str:
    """One mailbox, perhaps folded."""
    name = mailbox.display
    if not name:
        return mailbox.address
    if not is_plain(name):
        written = encoded_words(name, charset, used)
    elif _PHRASE.fullmatch(name):
        written = name
    else:
        written = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    joint = " " if len(written.rsplit("\n", 1)[-1]) + len(mailbox.address) + used < _LINE else "\r\n "
    return f"{written}{joint}<{mailbox.address}>"


def address_line(name: str, mailboxes: list[Mailbox], charset: BodyCharset) -> str:
    """A whole address header line without its line end, folded between mailboxes."""
    line = f"{name}:"
    column = len(line)
    for number, mailbox in enumerate(mailboxes):
        written = _written(mailbox, charset, column + 1)
        first_line = written.split("\r\n", 1)[0]
        if number and column + 2 + len(first_line) > _LINE:
            written = _written(mailbox, charset, 1)
            line += ",\r\n " + written
            column = 1
        else:
            line += (", " if number else " ") + written
            column += 2
        last_line = written.rsplit("\r\n", 1)[-1]
        column = len(last_line) if "\r\n" in written else column + len(last_line)
    return line

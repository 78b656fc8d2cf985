"""What a host name really is, how it is written without disguise, and what about it would deceive a reader."""

import ipaddress
import re
import unicodedata
from functools import cache, lru_cache
from typing import Final
from urllib.parse import unquote

import idna
import msgspec
from confusable_homoglyphs import categories, confusables
from publicsuffixlist import PublicSuffixList

from sanitizers.model import Action, Finding, Severity, Threat

_DOTS: Final = re.compile("[。．｡]")  # UTS 46 section 2.3: browsers read these as "."
_ASCII_LABEL: Final = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")
# Scripts that honest labels mix ("highly restrictive", UTS 39 section 5.2); any other mixture is a disguise.
_MIXABLE: Final = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
_NO_SCRIPT: Final = frozenset({"COMMON", "INHERITED", "UNKNOWN"})
# Kana and strokes that imitate "/", "-", "." or "l" when they stand between Latin letters; Chromium refuses them too.
_IMITATED_MARKS: Final = re.compile("[a-z0-9][ノソゾンーヽ丶丿丨一〇亅へヘ〳〵・][a-z0-9]")
# Reserved names (RFC 2606, RFC 6762, RFC 9476) are no public suffixes, yet written as hosts.
_RESERVED_SUFFIXES: Final = frozenset({"example", "test", "invalid", "localhost", "local", "internal"})


_LONGEST_HOST: Final = 300  # characters; DNS ends at 253, and some steps below take quadratic time
# Only names with such characters can imitate others; looking them up in the tables costs about 0.1 ms each.
_MAY_IMITATE: Final = re.compile(r"[^\x00-\x7f]|%|xn--", re.IGNORECASE)
MOST_HOSTS: Final = 500  #: different names of one part that are compared with those they may imitate


UNEXAMINED: Final = "host name that was not examined"  #: a doubt; `HostsMet` reports it, once for all


class Host(msgspec.Struct, frozen=True):
    """A host as a browser would look it up."""

    ascii: str  #: A-labels, lower case; an IP address in its usual form; "" when there is none
    unicode: str  #: U-labels; the same as `ascii` for plain names
    doubts: tuple[str, ...] = ()  #: what about it deceives, in words for the report


class HostsMet:
    """The names of one part that may imitate others: those that were looked at, and whether any was left out."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._room = MOST_HOSTS
        self._left_out = False

    def has_room_for(self, written: str) -> bool:
        """Whether this name was, or may still be, looked at."""
        if written in self._known:
            return True
        if not self._room:
            self._left_out = True
            return False
        self._room -= 1
        self._known.add(written)
        return True

    def known(self, host: Host) -> Host:
        """The host itself; the form in which it goes into the text is no new name when it is met there."""
        self._known.add(host.ascii)
        return host

    def findings(self) -> tuple[Finding, ...]:
        """One for all that were left out."""
        if not self._left_out:
            return ()
        detail = f"more than {MOST_HOSTS} host names that may imitate others; the rest was not examined, only defanged"
        return (Finding(Threat.LIMIT_EXCEEDED, Severity.WARNING, Action.REWRITTEN, "text", detail),)


def read_host(written: str, met: HostsMet) -> Host:
    """The host that a browser makes of what stands between "//" (or "@") and the port or path."""
    if _MAY_IMITATE.search(written):
        return met.known(_read_long_host(written)) if met.has_room_for(written) else _unexamined(written)
    return _read_long_host(written)


def _read_long_host(written: str) -> Host:
    if len(written) <= _LONGEST_HOST:
        return _read_host(written)
    host = _read_host(written[:_LONGEST_HOST])
    return Host(host.ascii, host.unicode, (*host.doubts, "over-long host name"))


def _unexamined(written: str) -> Host:
    """A name that nobody looked at: in a form that names no other host, and doubted like one that deceives."""
    labels = written[:_LONGEST_HOST].lower().split(".")
    safe = ".".join(_unregistrable(label).ascii for label in labels)
    return Host(safe, safe, (UNEXAMINED,))


@lru_cache(maxsize=1024)
def _read_host(written: str) -> Host:
    doubts = []
    if "%" in written:
        doubts.append("percent-encoded host name")
        written = unquote(written, errors="replace")
    plain = _DOTS.sub(".", unicodedata.normalize("NFKC", written)).lower().rstrip(".")
    if not written.isascii() and plain.isascii():
        doubts.append("host name in full-width or styled letters")
    address = _ip_address(plain)
    if address:
        disguised = "an IP address in disguise" if address != plain.strip("[]") else "an IP address instead of a name"
        shown = f"[{address}]" if ":" in address else address
        return Host(shown, shown, (*doubts, disguised))
    labels = [_read_label(label) for label in plain.split(".")] if plain else []
    doubts += [doubt for label in labels for doubt in label.doubts]
    return Host(".".join(label.ascii for label in labels), ".".join(label.unicode for label in labels), tuple(doubts))


def _read_label(label: str) -> Host:
    if not label.startswith("xn--") and _ASCII_LABEL.fullmatch(label):
        return Host(label, label)
    try:
        ascii_form = idna.encode(label, uts46=True).decode("ascii")
        unicode_form = idna.decode(ascii_form)
    except (idna.IDNAError, UnicodeError):
        return _unregistrable(label)
    doubt = disguise(unicode_form)
    return Host(ascii_form, unicode_form, (doubt,) if doubt else ())


def _unregistrable(label: str) -> Host:
    """A label outside IDNA 2008: browsers may still look it up, so it is shown, in a form that names no other host."""
    doubt = ("host name outside the rules of IDNA",)
    if label.isascii():
        safe = re.sub("[^a-z0-9_-]", "_", label)
        return Host(safe, safe, doubt)
    coded = "xn--" + label.encode("punycode", "replace").decode("ascii")
    return Host(re.sub("[^a-z0-9_-]", "_", coded), label, doubt)


def _ip_address(host: str) -> str:
    """The IP address that a host is, in any spelling that the WHATWG URL Standard reads; "" when it is a name."""
    if host.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host.strip("[]").partition("%")[0]))
        except ValueError:
            return ""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return ""
    try:
        numbers = [_number(part) for part in parts]
        tail = 4 - len(numbers)
        whole = sum(number << (8 * (3 - place)) for place, number in enumerate(numbers[:-1])) + numbers[-1]
        if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (tail + 1):
            return ""
        return str(ipaddress.IPv4Address(whole))
    except ValueError:
        return ""


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:][:16] or "0", 16)
    return int(part[:24], 8) if part.startswith("0") and len(part) > 1 else int(part[:24])


@lru_cache(maxsize=1024)
def disguise(label: str) -> str:
    """Why a U-label looks like something it is not; "" when it does not."""
    if label.isascii():
        return ""
    scripts = categories.unique_aliases(label) - _NO_SCRIPT
    if len(scripts) > 1 and not any(scripts <= mixable for mixable in _MIXABLE):
        return "host name that mixes scripts"
    if _IMITATED_MARKS.search(label):
        return "host name with characters that imitate other marks"
    if scripts == {"LATIN"}:
        similar = any(_imitates_ascii(character) for character in label if not character.isascii())
    else:
        letters = [character for character in label if character.isalnum() and not character.isdigit()]
        similar = not scripts & {"HAN", "HIRAGANA", "KATAKANA", "HANGUL"} and all(map(_imitates_ascii, letters))
    return "host name in look-alike letters" if similar else ""


def _imitates_ascii(character: str) -> bool:
    twins = [] if character.isascii() else confusables.is_confusable(character) or []
    return any(twin["c"].isascii() for found in twins for twin in found["homoglyphs"])


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def registrable_domain(host: str) -> str:
    """The part of a host that somebody registered: "www.city.example.lg.jp" → "city.example.lg.jp"; else the host."""
    return str(_public_suffixes().privatesuffix(host) or host)


def is_real_suffix(host: str) -> bool:
    """Whether a host ends in a public suffix that exists or is reserved for use in examples."""
    host = host[-_LONGEST_HOST:]
    last = host.rpartition(".")[2]
    return last in _RESERVED_SUFFIXES or _public_suffixes().publicsuffix(host, accept_unknown=False) is not None

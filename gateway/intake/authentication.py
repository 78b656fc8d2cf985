"""What the sender can prove: SPF from the envelope, DNS for the child's DKIM and DMARC, and the header that says so."""

import asyncio
import ipaddress
import re
import time
import warnings
from collections.abc import Iterable
from typing import Any, Literal, Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
import msgspec

from gateway.model import Envelope
from gateway.settings import SenderChecks as SenderCheckSettings
from sanitizers.model import AuthenticationMethod, AuthenticationResult, DnsAnswer

with warnings.catch_warnings():  # pyspf 2.0.14 has backslashes in its docstrings that newer Pythons warn of
    warnings.simplefilter("ignore")
    import spf

RECORD_TYPES = frozenset({"A", "AAAA", "MX", "PTR", "TXT"})  # what SPF (RFC 7208), DKIM and DMARC ask for
SPF_RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})  # RFC 7208 2.6
RESULTS = SPF_RESULTS | {"policy"}  # RFC 8601 2.7
# A child holds untrusted bytes: it may ask for keys and policies, not send words out in made-up names.
CHILD_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*(?:_domainkey|_dmarc)(?:\.[a-z0-9_-]+)+", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
TOKEN = re.compile(r"[A-Za-z0-9_.+@-]+")  # a pvalue that needs no quotes (RFC 8601 2.2, RFC 2045 5.1)
LONGEST_TTL = 300.0  # seconds an answer is remembered
NEGATIVE_TTL = 60.0
CACHE_ENTRIES = 4096
QUESTIONS_PER_CHECK = 64  # RFC 7208 4.6.4 allows ten terms of at most ten names each; pyspf stops earlier
MAX_RESULTS = 10
LINE_OCTETS = 78  # RFC 5322 2.1.1

# pyspf reads records that strangers wrote; these are what a surprise in them can raise.
SURPRISES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


class Answer(msgspec.Struct, frozen=True):
    """One DNS answer; `values` have the shapes pyspf works with."""

    status: Literal["found", "absent", "failed"]
    values: tuple[Any, ...] = ()
    good_until: float = 0.0  #: time.monotonic() seconds
    name_exists: bool = True  #: False: NXDOMAIN


class Lookup(Protocol):
    """Anything that answers DNS questions."""

    async def ask(self, name: str, rdtype: str) -> Answer:
        """Never raises; a failure is an answer with status `failed`."""


class Resolver:
    """Asks the configured name servers only, remembers answers for a short time, and never raises."""

    def __init__(self, nameservers: Iterable[str], timeout_seconds: float) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [_nameserver(text) for text in nameservers]
        self._timeout = timeout_seconds
        self._cache: dict[tuple[str, str], Answer] = {}

    async def ask(self, name: str, rdtype: str) -> Answer:
        """The records of `name`, which is absent when it is no valid name; CNAMEs are followed by the name server."""
        key = (name.rstrip(".").lower(), rdtype)
        if rdtype not in RECORD_TYPES or not NAME.fullmatch(key[0]):
            return Answer("absent")
        known = self._cache.get(key)
        if known and known.good_until > time.monotonic():
            return known
        answer = await self._query(*key)
        if answer.status != "failed":
            self._remember(key, answer)
        return answer

    async def _query(self, name: str, rdtype: str) -> Answer:
        try:
            reply = await self._resolver.resolve(
                dns.name.from_text(name), rdtype, lifetime=self._timeout, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return Answer("absent", (), time.monotonic() + NEGATIVE_TTL, name_exists=False)
        except (dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong):
            return Answer("absent")
        except (dns.exception.DNSException, OSError, EOFError):
            return Answer("failed")
        values = tuple(_value(rdata, rdtype) for rdata in reply.rrset or ())
        ttl = min(LONGEST_TTL, max(0.0, reply.expiration - time.time()))
        return Answer("found" if values else "absent", values, time.monotonic() + ttl)

    def _remember(self, key: tuple[str, str], answer: Answer) -> None:
        self._cache.pop(key, None)
        if len(self._cache) >= CACHE_ENTRIES:
            self._cache.pop(next(iter(self._cache)))  # the oldest
        self._cache[key] = answer


def _nameserver(text: str) -> dns.nameserver.Do53Nameserver:
    """`ip`, `ip:port` or `[ipv6]:port`."""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(\d+))?", text) or re.fullmatch(r"([0-9.]+):(\d+)", text)
    address, port = bracketed.groups() if bracketed else (text, None)
    return dns.nameserver.Do53Nameserver(str(address), int(port or 53))


def _value(rdata: Any, rdtype: str) -> Any:
    if rdtype == "TXT":
        return tuple(rdata.strings)
    if rdtype == "MX":
        return (rdata.preference, rdata.exchange.to_text(omit_final_dot=True))
    if rdtype == "PTR":
        return rdata.target.to_text(omit_final_dot=True)
    return rdata.address


class _Asks(Exception):
    """An SPF check needs an answer that is not known yet."""

    def __init__(self, name: str, rdtype: str) -> None:
        self.question = (name, rdtype)


class _Query(spf.query):  # type: ignore[misc]  # pyspf has no types
    """pyspf with its own DNS replaced: it works from known answers and raises `_Asks` for the next one."""

    def __init__(self, envelope: Envelope, domain: str, known: dict[tuple[str, str], Answer]) -> None:
        local = envelope.mail_from.rpartition("@")[0]
        super().__init__(i=envelope.client, s=f"{local or 'postmaster'}@{domain}", h=envelope.helo)  # RFC 7208 4.3
        self._known = known

    def dns(self, name: str, qtype: str, _cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """Overrides `spf.query.dns`; counts void lookups as RFC 7208 4.6.4 says."""
        question = (str(name).rstrip(".").lower(), qtype)
        answer = self._known.get(question)
        if answer is None:
            raise _Asks(*question)
        if answer.status == "failed":
            raise spf.TempError("DNS")
        if not answer.values and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("Void lookup limit exceeded")
        return list(answer.values)

    def get_explanation(self, spec: str) -> None:
        """Strangers' explanations are never shown, so they are not asked for."""


class SenderChecks:
    """Verifies senders against the configured name servers. Build it only when there are any."""

    def __init__(self, settings: SenderCheckSettings, lookup: Lookup | None = None) -> None:
        self._lookup = lookup or Resolver(settings.nameservers, settings.timeout_seconds)
        self._seconds = settings.timeout_seconds * 4  # RFC 7208 4.6.4: at least 20 seconds for a whole check

    async def spf(self, envelope: Envelope) -> AuthenticationResult:
        """RFC 7208 for the envelope sender, or the HELO name when that is null. Never raises.

        `detail` says which identity was checked: mailfrom or helo.
        """
        identity = "mailfrom" if envelope.mail_from else "helo"
        domain = _ascii_domain(envelope.mail_from.rpartition("@")[2] or envelope.helo)
        try:
            async with asyncio.timeout(self._seconds):
                result = await self._spf(envelope, domain) if domain else "none"  # RFC 7208 4.3
        except TimeoutError:
            result = "temperror"
        return AuthenticationResult(AuthenticationMethod.SPF, result, domain, identity)

    async def _spf(self, envelope: Envelope, domain: str) -> str:
        """Starts anew with each answer: the check itself is quick, and stays free of threads and waiting."""
        if not _is_address(envelope.client):
            return "temperror"  # nothing is wrong with the sender's record: it is we who do not know the client
        known: dict[tuple[str, str], Answer] = {}
        for _ in range(QUESTIONS_PER_CHECK):
            try:
                result = _Query(envelope, domain, known).check()[0]
            except _Asks as asks:
                known[asks.question] = await self._lookup.ask(*asks.question)
            except (spf.PermError, *SURPRISES):
                return "permerror"
            else:
                return result if result in SPF_RESULTS else "temperror"
        return "permerror"

    async def dns(self, name: str, rdtype: str) -> DnsAnswer:
        """What a child may ask: TXT records of DKIM keys (RFC 6376 3.6.2) and DMARC policies (RFC 9989)."""
        if rdtype != "TXT" or len(name) > 253 or not CHILD_NAME.fullmatch(name.rstrip(".")):
            return DnsAnswer("absent", ())
        answer = await self._lookup.ask(name, "TXT")
        texts = tuple(b"".join(strings) for strings in answer.values)
        return DnsAnswer(answer.status, texts, name_exists=answer.name_exists)

    @staticmethod
    def authentication_results(hostname: str, results: Iterable[AuthenticationResult]) -> str:
        """The header value; see the function of the same name."""
        return authentication_results(hostname, results)


def authentication_results(hostname: str, results: Iterable[AuthenticationResult]) -> str:
    """The value of an Authentication-Results field (RFC 8601), folded; `hostname` is the authserv-id."""
    terms = [_words(result) for result in list(results)[:MAX_RESULTS]] or [["none"]]
    lines = [hostname + ";"]
    for number, words in enumerate(terms):
        last = "" if number == len(terms) - 1 else ";"
        lines += _folded([*words[:-1], words[-1] + last])
    return "\r\n".join(lines)


def _folded(words: list[str]) -> list[str]:
    lines = [" " + words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > LINE_OCTETS:
            lines.append(" " + word)
        else:
            lines[-1] += " " + word
    return lines


def _words(result: AuthenticationResult) -> list[str]:
    outcome = result.result if result.result in RESULTS else "temperror"
    words = [f"{result.method.value}={outcome}"]
    properties = _properties(result)
    if result.method is AuthenticationMethod.DMARC and result.detail:
        words.append(f"(p={re.sub(r'[^a-z]', '', result.detail)[:20]})")
    return words + [f"{name}={_pvalue(value)}" for name, value in properties if value]


def _properties(result: AuthenticationResult) -> tuple[tuple[str, str], ...]:
    """The ptype.property each method tells (RFC 8601 2.7)."""
    if result.method is AuthenticationMethod.SPF:
        return (("smtp.helo" if result.detail == "helo" else "smtp.mailfrom", result.domain),)
    if result.method is AuthenticationMethod.DKIM:
        return (("header.d", result.domain), ("header.s", result.detail))
    return (("header.from", result.domain),)


def _pvalue(value: str) -> str:
    """As it is when it is a plain token, else quoted; what is not printable ASCII becomes `?` (RFC 5322 3.2.4)."""
    if TOKEN.fullmatch(value):
        return value[:253]
    safe = re.sub(r"[^ !#-\[\]-~]", "?", value)[:200]
    return f'"{safe}"'


def _is_address(client: str) -> bool:
    try:
        ipaddress.ip_address(client)
    except ValueError:
        return False
    return "%" not in client  # a zone means something on this machine only (RFC 4007 6)


def _ascii_domain(domain: str) -> str:
    """The A-label form (RFC 5890); "" when it is no domain, e.g. an address literal."""
    try:
        name = dns.name.from_text(domain, idna_codec=dns.name.IDNA_2008_Practical).to_text(omit_final_dot=True)
    except (dns.exception.DNSException, UnicodeError):
        return ""
    return name.lower() if "." in name and NAME.fullmatch(name) else ""

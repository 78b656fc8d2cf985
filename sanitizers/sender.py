"""DKIM (RFC 6376) and DMARC (RFC 9989) of a mail as it was received; the DNS is asked through the parent."""

import logging
import re
from collections.abc import Iterable
from email.utils import getaddresses
from functools import cache

import dkim
import dmarc
import idna
from dkim.util import InvalidTagValueList, parse_tag_value
from publicsuffixlist.compat import PublicSuffixList

from sanitizers.budget import MEBIBYTE
from sanitizers.model import AskDns, AuthenticationMethod, AuthenticationResult, DnsAnswer, SenderClaim

MINIMUM_KEY_BITS = 1024  # RFC 8301 section 3.2
SIGNATURES = 5  # looked at
KEY_RECORD_BYTES = 2_048  # a 4096-bit key takes 750; arithmetic on a far larger one would cost minutes
POLICY_RECORD_BYTES = 4_096
MESSAGE_BYTES = 16 * MEBIBYTE
HEADER_BYTES = 131_072
HEADER_FIELDS = 500
SIGNATURE_BYTES = 4_096
SIGNED_FIELDS = 200  # names in h=
FROM_BYTES = 4_096

#: What dkimpy lets through when a signature, a key or the mail is malformed.
DKIM_REFUSALS = (
    dkim.DKIMException,
    InvalidTagValueList,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
)
HISTORIC_ALGORITHMS = frozenset({b"rsa-sha1"})  # RFC 8301 section 3.1: permanently failed

HEADER_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
LINE_END = re.compile(rb"\r\n|\r|\n")
BLANKS = re.compile(rb"[\t ]+")
FOLD = re.compile(rb"(?:\r\n|\r|\n)[ \t]+")
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62}\.)*[a-z0-9_-]{1,63}\Z")
SELECTOR = re.compile(r"[A-Za-z0-9_.-]{1,190}\Z")
NP_TAG = re.compile(r";\s*np\s*=\s*(none|quarantine|reject)\s*(?:;|\Z)", re.IGNORECASE)

QUIET = logging.getLogger("kiyome.dkim")  # dkimpy logs parts of the mail
QUIET.disabled = True


def verify(
    original: bytes, claim: SenderClaim, ask_dns: AskDns, shown_from: str | None
) -> tuple[AuthenticationResult, ...]:
    """One result per signature (at most five), then one for DMARC. Never raises for what the mail or the DNS says.

    `shown_from` is the From header that the reader will see; when another reading of the original disagrees with
    it about the domain, DMARC is a permanent error. None: there is no rebuilt mail to compare with.
    """
    header = _header_block(original)
    signatures = _verify_signatures(original, header, ask_dns)
    return (*signatures, _verify_policy(header, shown_from, claim, signatures, ask_dns))


def warm() -> None:
    """Read what this module needs from disk now instead of with the first mail."""
    _public_suffixes()


# ---- DKIM


def _verify_signatures(original: bytes, header: bytes, ask_dns: AskDns) -> tuple[AuthenticationResult, ...]:
    if b"dkim-signature" not in header.lower():
        return (_dkim("none"),)
    if _too_costly(original, header):
        return (_dkim("neutral", detail="too large to verify"),)
    try:
        verifier = dkim.DKIM(original, logger=QUIET, minkey=MINIMUM_KEY_BITS)
    except DKIM_REFUSALS:
        return (_dkim("permerror", detail="malformed header"),)
    values = [value for name, value in verifier.headers if name.lower() == b"dkim-signature"]
    if not values:
        return (_dkim("none"),)
    bodies = (verifier.body, _without_needless_blanks(verifier.body))
    return tuple(
        _Signature(verifier, index, value, bodies, ask_dns).verify() for index, value in enumerate(values[:SIGNATURES])
    )


def _too_costly(original: bytes, header: bytes) -> bool:
    return len(original) > MESSAGE_BYTES or len(header) >= HEADER_BYTES or header.count(b"\n") > HEADER_FIELDS


def _without_needless_blanks(body: bytes) -> bytes:
    """Relaxed canonicalization of blanks (RFC 6376 section 3.4.4); dkimpy's own is quadratic in a run of them."""
    return b"\r\n".join(line.rstrip(b" \t") for line in BLANKS.sub(b" ", body).split(b"\r\n"))


class _Signature:
    """One DKIM-Signature header and what came of it."""

    def __init__(
        self, verifier: dkim.DKIM, index: int, value: bytes, bodies: tuple[bytes, bytes], ask_dns: AskDns
    ) -> None:
        self.verifier = verifier
        self.index = index
        self.value = value
        self.bodies = bodies
        self.ask_dns = ask_dns
        self.key: DnsAnswer | None = None
        self.domain = ""
        self.selector = ""

    def verify(self) -> AuthenticationResult:
        """RFC 8601 section 2.7.1 in a word, with domain and selector."""
        result, note = self._judge()
        return _dkim(result, self.domain, " ".join(filter(None, (self.selector, note))))

    def _judge(self) -> tuple[str, str]:
        if len(self.value) > SIGNATURE_BYTES:
            return "neutral", "signature too long"
        try:
            tags = parse_tag_value(self.value)
            unacceptable = self._unacceptable(tags)
            if unacceptable:
                return "permerror", unacceptable
            self.verifier.pk = None
            self.verifier.body = self.bodies[tags.get(b"c", b"").endswith(b"/relaxed")]
            valid = self.verifier.verify(idx=self.index, dnsfunc=self._public_key)
        except DKIM_REFUSALS as refusal:
            return self._why_refused(refusal)
        if not valid:
            return self._why_invalid()
        if b"l" in tags:  # RFC 6376 section 8.2: text can be added below what was signed
            return "policy", "only part of the body is signed"
        return "pass", ""

    def _unacceptable(self, tags: dict[bytes, bytes]) -> str:
        self.domain = _ascii_domain(tags.get(b"d", b"").decode("ascii", "replace")) or ""
        selector = tags.get(b"s", b"").decode("ascii", "replace")
        if not self.domain or not SELECTOR.match(selector):
            return "unusable domain or selector"
        self.selector = selector
        signed = [name.strip().lower() for name in tags.get(b"h", b"").split(b":")]
        if b"from" not in signed:  # RFC 6376 section 6.1.1
            return "From is not signed"
        if len(signed) > SIGNED_FIELDS:
            return "signs too many fields"
        return "historic algorithm" if tags.get(b"a") in HISTORIC_ALGORITHMS else ""

    def _public_key(self, name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG002 - dkimpy passes it by name
        self.key = self.ask_dns(name.decode("ascii").rstrip("."), "TXT")
        if self.key.status == "failed":
            raise dkim.DnsTimeoutError
        return next((text for text in self.key.texts if b"p=" in text and len(text) <= KEY_RECORD_BYTES), None)

    def _why_refused(self, refusal: Exception) -> tuple[str, str]:
        if isinstance(refusal, dkim.NaClNotFoundError):
            return "neutral", "algorithm not supported"
        if isinstance(refusal, dkim.KeyFormatError) and "too small" in str(refusal):
            return "policy", "key too short"
        if isinstance(refusal, dkim.ValidationError) and self.verifier.pk is not None:
            return "fail", "body has been changed"
        return "permerror", "malformed signature or key"

    def _why_invalid(self) -> tuple[str, str]:
        if self.key is not None and self.key.status == "failed":
            return "temperror", "no answer from the DNS"
        if self.verifier.pk is None:
            return "permerror", "no usable key"
        return "fail", "signature does not match"


def _dkim(result: str, domain: str = "", detail: str = "") -> AuthenticationResult:
    return AuthenticationResult(AuthenticationMethod.DKIM, result, domain, detail[:200])


# ---- DMARC


def _verify_policy(
    header: bytes,
    shown_from: str | None,
    claim: SenderClaim,
    signatures: Iterable[AuthenticationResult],
    ask_dns: AskDns,
) -> AuthenticationResult:
    domain, trustworthy = _author_domain(header, shown_from)
    if not domain or not trustworthy:
        return _dmarc("permerror", domain or "")
    record, organisation, answer = _find_record(domain, ask_dns)
    if answer.status == "failed":
        return _dmarc("temperror", domain)
    if not record:
        return _dmarc("none", domain)
    try:
        policy = dmarc.DMARC().parse_record(record, domain, organisation, strict=False)
    except dmarc.Error:
        return _dmarc("permerror", domain)
    if organisation:
        _apply_np(policy, record, domain, ask_dns)
    return _evaluate(policy, domain, [claim.spf, *signatures])


def _author_domain(header: bytes, shown_from: str | None) -> tuple[str | None, bool]:
    """The domain of the author, and whether the original leaves no doubt about it (RFC 9989: one From, one domain)."""
    values = [value for name, value in _fields(header) if name == b"from"]
    read = _only_domain(values[0].decode("utf-8", "replace")) if len(values) == 1 else None
    if shown_from is None:
        return read, read is not None
    shown = _only_domain(shown_from)
    return shown, shown is not None and shown == read


def _only_domain(from_value: str) -> str | None:
    if len(from_value) > FROM_BYTES:
        return None
    addresses = [address for _, address in getaddresses([from_value]) if address]
    domains = {_ascii_domain(address.rpartition("@")[2]) if "@" in address else None for address in addresses}
    return domains.pop() if len(domains) == 1 else None


def _find_record(domain: str, ask_dns: AskDns) -> tuple[str, str | None, DnsAnswer]:
    """The DMARC record, the organisational domain when it was found there, and the last answer."""
    answer = ask_dns(f"_dmarc.{domain}", "TXT")
    record = _only_record(answer)
    organisation = _organisation(domain)
    if record or answer.status == "failed" or organisation in {"", domain}:
        return record, None, answer
    answer = ask_dns(f"_dmarc.{organisation}", "TXT")
    return _only_record(answer), organisation, answer


def _only_record(answer: DnsAnswer) -> str:
    """More than one DMARC record counts as none."""
    records = [text for text in answer.texts if text.startswith(b"v=DMARC1") and len(text) <= POLICY_RECORD_BYTES]
    return records[0].decode("ascii", "replace") if len(records) == 1 else ""


def _apply_np(policy: dmarc.Policy, record: str, domain: str, ask_dns: AskDns) -> None:
    """A policy for subdomains that do not exist; the library knows only sp=."""
    tag = NP_TAG.search(record)
    if tag and not ask_dns(domain, "TXT").name_exists:
        policy.sp = dmarc.DMARCDisposition(tag[1].lower())


def _evaluate(policy: dmarc.Policy, domain: str, checks: list[AuthenticationResult]) -> AuthenticationResult:
    # The library takes any parent domain for aligned, public suffixes too: show it only the same organisation.
    related = [check for check in checks if check.domain and _same_organisation(check.domain, domain)]
    passed = [check for check in related if check.result == "pass"]
    result = dmarc.DMARC(_public_suffixes()).get_result(
        policy,
        auth_results=dmarc.AuthResults(
            spf=next(
                (dmarc.SPF(x.domain, dmarc.SPF_PASS) for x in passed if x.method is AuthenticationMethod.SPF), None
            ),
            dkim=[dmarc.DKIM(x.domain, dmarc.DKIM_PASS) for x in passed if x.method is AuthenticationMethod.DKIM],
        ),
        allow_policy_test_mode=True,
    )
    if result.result is dmarc.DMARCResult.PASS:
        return _dmarc("pass", domain, policy.p.value)
    if any(check.result == "temperror" for check in related):
        return _dmarc("temperror", domain)
    return _dmarc("fail", domain, result.disposition.value or "none")


def _dmarc(result: str, domain: str, detail: str = "") -> AuthenticationResult:
    return AuthenticationResult(AuthenticationMethod.DMARC, result, domain, detail)


# ---- names and headers


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _organisation(domain: str) -> str:
    """The organisational domain, "" for a public suffix."""
    suffixed: str = _public_suffixes().get_public_suffix(domain)
    return suffixed


def _same_organisation(one: str, other: str) -> bool:
    return one == other or _organisation(one) == _organisation(other) != ""


def _ascii_domain(name: str) -> str | None:
    """Lower-case A-labels, None when it is no domain name."""
    name = name.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return name if "." in name and HOST.match(name) else None


def _header_block(original: bytes) -> bytes:
    head = original[:HEADER_BYTES]
    end = HEADER_END.search(head)
    return head[: end.start()] if end else head


def _fields(header: bytes) -> list[tuple[bytes, bytes]]:
    lines = LINE_END.split(FOLD.sub(b" ", header))
    pairs = (line.partition(b":") for line in lines if b":" in line)
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]

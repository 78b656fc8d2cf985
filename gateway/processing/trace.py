"""The header lines the parent puts in front of a clean mail: Received, Authentication-Results, X-Kiyome-Report."""

import base64
import hashlib
import hmac
import re
import time
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.model import Decision, Envelope, Item
from gateway.settings import Settings, SettingsError, secret_value
from gateway.settings.keys import kept_key
from sanitizers.model import Outcome, Report

DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?")
LITERAL = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]|\[IPv6:[0-9A-Fa-f:.]{2,45}\]", re.IGNORECASE)
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,254}")  # dot-atoms: safe inside <> as they are
TLS_WORDS = re.compile(r"[A-Za-z0-9._ -]{1,80}")
PROTOCOL = re.compile(r"[A-Z0-9]{1,20}")  # RFC 3848 keywords
SHORTEST_KEY_BYTES = 16  # of one that the settings give
REPORT_FIELD = "X-Kiyome-Report"
TRACE_OCTETS = 16_384  # more than our own lines in front of a mail can be
REPORT_LINE = re.compile(rb"^X-Kiyome-Report:((?:[^\r\n]*\r\n[ \t])*[^\r\n]*)\r\n", re.MULTILINE)


def received(settings: Settings, envelope: Envelope, item: str, zone: ZoneInfo) -> str:
    """A Received field (RFC 5321 4.4), folded, with its CRLF. Nothing in it is taken from the peer unchecked."""
    helo = envelope.helo if DOMAIN.fullmatch(envelope.helo) or LITERAL.fullmatch(envelope.helo) else "unknown"
    protocol = envelope.protocol if PROTOCOL.fullmatch(envelope.protocol) else "ESMTP"
    lines = [f"Received: from {helo} ({_literal(envelope.client)})"]
    if envelope.tls and TLS_WORDS.fullmatch(envelope.tls):
        lines.append(f" (using {envelope.tls})")
    lines.append(f" by {settings.hostname} (Kiyome) with {protocol} id {item}")
    # For a single recipient only, so that none learns of another (RFC 5321 7.6).
    if len(envelope.recipients) == 1 and PLAIN_ADDRESS.fullmatch(envelope.recipients[0].address):
        lines.append(f" for <{envelope.recipients[0].address}>")
    lines[-1] += ";"
    lines.append(f" {format_datetime(envelope.received_at.astimezone(zone))}")
    return "\r\n".join(lines) + "\r\n"


def _literal(client: str) -> str:
    """RFC 5321 4.1.3."""
    if not re.fullmatch(r"[0-9A-Fa-f:.]{2,45}", client):
        return "unknown"
    return f"[IPv6:{client}]" if ":" in client else f"[{client}]"


def report_header(item: str, decision: Decision, report: Report, clean: bytes, key: bytes, now: float) -> str:
    """The X-Kiyome-Report field, folded, with its CRLF: what was done, signed together with the mail below it."""
    claims = _claims(item, decision, report, clean, int(now))
    return f"{REPORT_FIELD}: " + ";\r\n ".join([*claims, f"s={_signature(claims, key)}"]) + "\r\n"


class Stamp:
    """Puts our own header lines in front of clean mails."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._settings = settings
        self._key = key
        self._zone = ZoneInfo(settings.zone)

    def on(self, item: Item, decision: Decision, report: Report, clean: bytes, verified: str = "") -> bytes:
        """The mail as it is sent on; `verified` is the value of Authentication-Results, "" for none."""
        lines = received(self._settings, item.envelope, item.id, self._zone)
        if verified:
            lines += f"Authentication-Results: {verified}\r\n"
        lines += report_header(item.id, decision, report, clean, self._key, time.time())
        return lines.encode("ascii") + clean


def _claims(item: str, decision: Decision, report: Report, clean: bytes, now: int) -> list[str]:
    removed = sum(part.outcome is Outcome.REMOVED for part in report.parts)
    blocked = sum(part.outcome is Outcome.BLOCKED for part in report.parts)
    findings = sum(len(part.findings) for part in report.parts)
    return [
        f"v=1; item={item}; verdict={decision.verdict.value}",
        f"parts={len(report.parts)}; removed={removed}; blocked={blocked}; findings={findings}",
        f"t={now}",
        f"b={base64.b64encode(hashlib.sha256(clean).digest()).decode('ascii')}",
    ]


def _signature(claims: list[str], key: bytes) -> str:
    signed = "; ".join(claims).encode("ascii")
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def verify_report(header: str, clean: bytes, key: bytes) -> bool:
    """Whether `header` (the field's value, folded or not) was made with `key` for exactly these bytes below it."""
    claims, separator, signature = " ".join(header.split()).rpartition("; s=")
    if not separator or not claims.startswith("v=1; ") or not claims.isascii() or not signature.isascii():
        return False
    digest = base64.b64encode(hashlib.sha256(clean).digest()).decode("ascii")
    # A value is [^;]: a second b= could only stand in what we signed, and we sign one.
    same_mail = claims.rpartition("; b=")[2] == digest
    return hmac.compare_digest(_signature([claims], key), signature) and same_mail


def written_by_us(mail: bytes, key: bytes) -> bool:
    """Whether a mail as it was sent on carries our report over exactly what stands below it; nothing is parsed."""
    found = REPORT_LINE.search(mail[:TRACE_OCTETS])
    return found is not None and verify_report(found[1].decode("ascii", "replace"), mail[found.end() :], key)


def report_key(settings: Settings) -> bytes:
    """The key from the settings, or one that is made once and kept beside the store, readable by its owner only."""
    if settings.report_key:
        return _long_enough(secret_value(settings.report_key, "report_key"), "report_key")
    path = Path(settings.store.blobs).parent / "report.key"
    return _long_enough(kept_key(path), str(path))


def _long_enough(key: bytes, where: str) -> bytes:
    """An empty or guessable key would let anybody sign."""
    if len(key) < SHORTEST_KEY_BYTES:
        raise SettingsError(f"{where}: the key has {len(key)} bytes; it needs at least {SHORTEST_KEY_BYTES}")
    return key

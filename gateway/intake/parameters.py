"""Parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), DSN (RFC 3461)."""

import re

import msgspec

from gateway.intake.replies import BAD_PARAMETER, UNKNOWN_PARAMETER, Refused
from gateway.model import MailOptions, RecipientOptions

ENVID_OCTETS = 100  # RFC 3461 section 4.4
ORCPT_OCTETS = 500  # RFC 3461 section 4.2

_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^=\s]+))?")  # RFC 5321 section 4.1.2
_HEX = re.compile(r"\+([0-7][0-9A-F])")
_XTEXT = re.compile(r"(?:[!-*,-<>-~\u00a0-\U0010ffff]|\+[0-7][0-9A-F])+")  # RFC 3461 section 4; UTF-8: RFC 6533
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_NO_OPTIONS = MailOptions()
_NO_RECIPIENT_OPTIONS = RecipientOptions()


class MailParameters(msgspec.Struct, frozen=True):
    """What MAIL said besides the sender."""

    options: MailOptions
    size: int  #: declared octets, 0 when not given


def mail_parameters(text: str) -> MailParameters:
    """Read what follows the path of MAIL."""
    if not text:
        return MailParameters(_NO_OPTIONS, 0)
    given = _split(text)
    given.pop("AUTH", None)  # RFC 4954 section 5: an unauthenticated peer's claim; nothing here depends on it
    size = _size(given.pop("SIZE", "0"))
    options = MailOptions(
        body=_one_of(given.pop("BODY", "7BIT"), "7BIT", "8BITMIME"),
        smtputf8=_flag(given, "SMTPUTF8"),
        ret=_one_of(given.pop("RET"), "FULL", "HDRS") if "RET" in given else "",
        envid=_xtext(given.pop("ENVID"), ENVID_OCTETS) if "ENVID" in given else "",
    )
    if given:
        raise Refused(UNKNOWN_PARAMETER)
    return MailParameters(options, size)


def recipient_options(text: str) -> RecipientOptions:
    """Read what follows the path of RCPT."""
    if not text:
        return _NO_RECIPIENT_OPTIONS
    given = _split(text)
    options = RecipientOptions(
        notify=_notify(given.pop("NOTIFY")) if "NOTIFY" in given else None,
        orcpt=_original_recipient(given.pop("ORCPT")) if "ORCPT" in given else "",
    )
    if given:
        raise Refused(UNKNOWN_PARAMETER)
    return options


def xtext(text: str) -> str | None:
    """Decode RFC 3461 xtext; None when it is none, or hides a control character."""
    if not _XTEXT.fullmatch(text):
        return None
    decoded = _HEX.sub(lambda match: chr(int(match[1], 16)), text)
    return decoded if decoded.isprintable() else None


def _split(text: str) -> dict[str, str]:
    """Keyword in upper case → value, "" for a keyword without one."""
    if not text.startswith(" "):
        raise Refused(BAD_PARAMETER)
    given: dict[str, str] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in given:
            raise Refused(BAD_PARAMETER)
        given[match[1].upper()] = match[2] or ""
    return given


def _size(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 20):  # RFC 1870 section 3
        raise Refused(BAD_PARAMETER)
    return int(value)


def _one_of(value: str, *allowed: str) -> str:
    if value.upper() not in allowed:
        raise Refused(BAD_PARAMETER)
    return value.upper()


def _flag(given: dict[str, str], keyword: str) -> bool:
    if keyword not in given:
        return False
    if given.pop(keyword):
        raise Refused(BAD_PARAMETER)
    return True


def _notify(value: str) -> frozenset[str]:
    """RFC 3461 section 4.1: NEVER stands alone."""
    words = value.upper().split(",")
    if words == ["NEVER"]:
        return frozenset(words)
    if not set(words) <= _NOTIFY or len(set(words)) != len(words):
        raise Refused(BAD_PARAMETER)
    return frozenset(words)


def _original_recipient(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if not semicolon or not re.fullmatch(r"[A-Za-z0-9-]+", kind):
        raise Refused(BAD_PARAMETER)
    return f"{kind.lower()};{_xtext(address, ORCPT_OCTETS)}"


def _xtext(value: str, octets: int) -> str:
    decoded = xtext(value)
    if decoded is None or len(value.encode()) > octets:
        raise Refused(BAD_PARAMETER)
    return decoded

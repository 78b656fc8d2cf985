"""A message of Outlook as a mail (RFC 5322), for the sanitizer of mails: every word of it encoded, none trusted."""

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from sanitizers.formats.outlook.message import Attachment, Message, Person

_UNKNOWN: Final = "unknown@kiyome.invalid"  # somebody whom only Exchange could reach
_NOBODY: Final = Person("差出人なし / no sender", _UNKNOWN)
_ADDRESS: Final = re.compile(r"[^\s<>(),;:\\\"\x00-\x20\x7f]{1,64}@[^\s<>(),;:\\\"@\x00-\x20\x7f]{1,255}")
_IDENTIFIERS: Final = re.compile(r"<[!-;=?-~]{3,900}>")
_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,60}/[A-Za-z0-9][A-Za-z0-9.+-]{0,100}")
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9.@$!#_+=-]{1,200}")
_CHARSET: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_WORD: Final = 11  # characters in an encoded word: four octets each at most
_LONGEST: Final = 4_000  # characters of a subject or name
_ROW: Final = 57
_MOST_PEOPLE: Final = 600  # of one header: as many as fit into the header of a mail
_SIGNED: Final = "ipm.note.smime.multipartsigned"
_ENTITY: Final = re.compile(rb"\s*Content-Type:\s*multipart/signed", re.IGNORECASE)


def mail_of(message: Message) -> bytes:
    """The whole mail, CRLF throughout."""
    return b"".join(_mail(message))


def _mail(message: Message) -> Iterator[bytes]:
    yield _lines(_headers(message))
    signed = message.attachments[0].data if len(message.attachments) == 1 else b""
    if message.kind.lower() == _SIGNED and _ENTITY.match(signed):
        yield signed.lstrip()  # the mail as it was signed ([MS-OXOSMIME] 2.1.3)
        return
    body = _body(message)
    parts = [body, *(_attachment(each) for each in message.attachments)]
    yield body if len(parts) == 1 else _multipart("mixed", parts)


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _headers(message: Message) -> list[str]:
    author, sender = message.author or message.sender or _NOBODY, message.sender
    lines = ["MIME-Version: 1.0"]
    lines.append(f"From: {_person(author)}")
    lines += [f"Sender: {_person(sender)}"] if sender and sender.address not in {"", author.address} else []
    lines += [f"{name}: {_people(people)}" for name, people in (("To", message.to), ("Cc", message.cc)) if people]
    lines += [f"Subject: {_words(message.subject)}"] if message.subject.strip() else []
    lines += [f"Date: {message.date}"] if message.date else []
    lines.append(f"Message-ID: {_identifiers(message.message_id)[:900] or _own_identifier(message)}")
    lines += [f"In-Reply-To: {found}" for found in [_identifiers(message.in_reply_to)] if found]
    lines += [f"References: {found}" for found in [_identifiers(message.references)] if found]
    return lines


def _own_identifier(message: Message) -> str:
    """For a message that was never sent: the same for the same message."""
    said = "\0".join((message.subject, message.date, message.text, *(person.address for person in message.to)))
    return f"<{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:32]}@kiyome.invalid>"


def _identifiers(written: str) -> str:
    found = _IDENTIFIERS.findall(written)
    return "\r\n ".join(found[:1] + found[1:][-30:])


def _people(people: tuple[Person, ...]) -> str:
    return ",\r\n ".join(_person(each) for each in people[:_MOST_PEOPLE])


def _person(person: Person) -> str:
    address = person.address.strip()
    address = address if _ADDRESS.fullmatch(address) and address.isascii() else _UNKNOWN
    name = person.name if person.name.strip().strip("'").lower() != address.lower() else ""
    return f"{_words(name)}\r\n <{address}>" if name.strip() else f"<{address}>"


def _words(text: str) -> str:
    """Always encoded: no line end, comma or bracket in it means anything (RFC 2047)."""
    flat = " ".join(text[:_LONGEST].split())
    pieces = (flat[start : start + _WORD].encode("utf-8", "replace") for start in range(0, len(flat), _WORD))
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(piece).decode('ascii')}?=" for piece in pieces)


def _body(message: Message) -> bytes:
    text = "\n\n".join(piece for piece in (message.details, message.text) if piece.strip())
    plain = _text("plain", "utf-8", text.encode("utf-8", "replace"))
    if not message.html.strip():
        return plain
    charset = message.html_charset if _CHARSET.fullmatch(message.html_charset) else ""
    page = _text("html", charset, message.html)
    if message.text.strip():
        page = _multipart("alternative", [_text("plain", "utf-8", message.text.encode("utf-8", "replace")), page])
    if message.details:
        return _multipart("mixed", [_text("plain", "utf-8", message.details.encode("utf-8", "replace")), page])
    return page


def _text(subtype: str, charset: str, data: bytes) -> bytes:
    label = f"; charset={charset}" if charset else ""
    return _entity([f"Content-Type: text/{subtype}{label}"], data)


def _entity(headers: list[str], data: bytes) -> bytes:
    rows = (base64.b64encode(data[start : start + _ROW]) for start in range(0, len(data), _ROW))
    return _lines([*headers, "Content-Transfer-Encoding: base64", ""]) + b"".join(row + b"\r\n" for row in rows)


def _attachment(attachment: Attachment) -> bytes:
    name = " ".join(attachment.name[:_LONGEST].split())
    written = f";\r\n filename*=utf-8''{quote(name[:500], safe='', errors='replace')}" if name else ""
    if attachment.message is not None:
        headers = _lines(["Content-Type: message/rfc822", f"Content-Disposition: attachment{written}", ""])
        return headers + mail_of(attachment.message) + b"\r\n"
    if attachment.is_elsewhere:
        return _lines(["Content-Type: message/external-body", f"Content-Disposition: attachment{written}", "", ""])
    kind = attachment.type if _TYPE.fullmatch(attachment.type) else "application/octet-stream"
    if kind.lower().startswith(("multipart/", "message/", "text/plain", "text/html")):
        kind = "application/octet-stream"  # a file, whatever it says: its content decides
    is_shown = bool(attachment.content_id) and kind.lower().startswith("image/")
    lines = [f"Content-Type: {kind}", f"Content-Disposition: {'inline' if is_shown else 'attachment'}{written}"]
    if is_shown and _CONTENT_ID.fullmatch(attachment.content_id):
        lines.append(f"Content-ID: <{attachment.content_id}>")
    return _entity(lines, attachment.data)


def _multipart(subtype: str, parts: list[bytes]) -> bytes:
    boundary = f"=_outlook_{hashlib.sha256(b''.join(parts)).hexdigest()[:32]}"
    divider = f"--{boundary}".encode("ascii")
    head = _lines([f'Content-Type: multipart/{subtype}; boundary="{boundary}"', ""])
    return head + b"".join(divider + b"\r\n" + part for part in parts) + divider + b"--\r\n"

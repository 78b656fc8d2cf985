"""What is sent for a sample: a mail as it is, a file as the attachment of a mail."""

import base64
import mimetypes
from email.utils import format_datetime, localtime, make_msgid
from urllib.parse import quote

from gateway.commands.sample_files import (
    DEFAULT_RECIPIENTS,
    DEFAULT_SENDER,
    FileSample,
    MailSample,
    Sample,
    SampleEnvelope,
)

_DOMAIN = DEFAULT_SENDER.partition("@")[2]
_FILES = SampleEnvelope()
_UNKNOWN_TYPE = "application/octet-stream"


def envelope_of(sample: Sample) -> SampleEnvelope:
    """MAIL FROM and RCPT TO."""
    return sample.description.envelope if isinstance(sample, MailSample) else _FILES


def is_raw(sample: Sample) -> bool:
    """Whether the bytes go out after DATA just as they are, ending included."""
    return isinstance(sample, MailSample) and sample.description.raw


def mail_of(sample: Sample) -> bytes:
    """The mail to send."""
    data = sample.path.read_bytes()
    return data if isinstance(sample, MailSample) else _wrapped(sample, data)


def _wrapped(sample: FileSample, data: bytes) -> bytes:
    """Two parts. The name is percent-encoded throughout (RFC 2231), so that any name arrives as it is."""
    about = sample.description
    kind = about.claimed_type or mimetypes.guess_type(sample.claimed_name)[0] or _UNKNOWN_TYPE
    lines = (
        f"From: {DEFAULT_SENDER}",
        f"To: {DEFAULT_RECIPIENTS[0]}",
        f"Subject: =?utf-8?B?{_base64(about.title_ja.encode())}?=",
        f"Date: {format_datetime(localtime())}",
        f"Message-ID: {make_msgid(domain=_DOMAIN)}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="sample"',
        "",
        "--sample",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        _in_lines(f"{about.title_ja}\r\n{about.title_en}\r\n".encode()),
        "--sample",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment; filename*=utf-8''{quote(sample.claimed_name, safe='')}",
        "",
        _in_lines(data),
        "--sample--",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _in_lines(data: bytes) -> str:
    return base64.encodebytes(data).decode("ascii").replace("\n", "\r\n").rstrip("\r\n")

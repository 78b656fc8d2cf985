"""Feeds samples to a gateway over SMTP, byte for byte, and reads its answers."""

import smtplib

import msgspec

from gateway.commands.sample_files import Sample
from gateway.commands.sample_wrapping import envelope_of, is_raw, mail_of

CLIENT_NAME = "samples.example.jp"
TIMEOUT_SECONDS = 60


class Sent(msgspec.Struct, frozen=True):
    """How the gateway answered: the reply that decided, or what went wrong on the way."""

    taken: bool
    reply: str
    failed: bool = False  #: there was no proper answer at all
    answers: int = 1  #: to DATA; more than one means that it read more than one mail


def send(sample: Sample, host: str, port: int) -> Sent:
    """One sample on a connection of its own."""
    try:
        with smtplib.SMTP(host, port, local_hostname=CLIENT_NAME, timeout=TIMEOUT_SECONDS) as client:
            client.ehlo()
            return _dialogue(client, sample)
    except smtplib.SMTPServerDisconnected as error:
        return Sent(taken=False, reply=f"disconnected: {error}", failed=True)
    except (OSError, smtplib.SMTPException) as error:
        return Sent(taken=False, reply=str(error), failed=True)


def _dialogue(client: smtplib.SMTP, sample: Sample) -> Sent:
    envelope = envelope_of(sample)
    options = ["BODY=8BITMIME"] if client.has_extn("8bitmime") else []
    code, text = client.mail(envelope.mail_from, options)
    if code >= 400:
        return _refused(code, text)
    for recipient in envelope.recipients:
        code, text = client.rcpt(recipient)
        if code >= 400:
            return _refused(code, text)
    if is_raw(sample):
        return _raw(client, mail_of(sample))
    code, text = client.data(mail_of(sample))
    return Sent(taken=True, reply=_line(code, text)) if code < 400 else _refused(code, text)


def _raw(client: smtplib.SMTP, data: bytes) -> Sent:
    """The bytes as they are: this is how a smuggler speaks. Every answer before the one to QUIT is counted."""
    code, text = client.docmd("DATA")
    if code != 354:
        return _refused(code, text)
    client.send(data)
    code, text = client.getreply()
    answers = 1
    try:
        client.putcmd("QUIT")
        while client.getreply()[0] != 221:
            answers += 1
    except smtplib.SMTPServerDisconnected:
        pass  # it hung up on the smuggler, as it may
    return Sent(taken=code < 400, reply=_line(code, text), answers=answers)


def _refused(code: int, text: bytes) -> Sent:
    return Sent(taken=False, reply=_line(code, text))


def _line(code: int, text: bytes) -> str:
    return f"{code} {text.decode('utf-8', 'replace')}".replace("\n", " ")

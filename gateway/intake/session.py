"""The verbs of an SMTP session (RFC 5321 and the extensions that EHLO names)."""

import asyncio
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from gateway.intake import replies
from gateway.intake.addresses import sender_address, split_path
from gateway.intake.admission import covers
from gateway.intake.connection import Connection, Phase
from gateway.intake.data import DataReader, Fault
from gateway.intake.origin import XCLIENT_ATTRIBUTES, XclientClaim, is_hello_name, xclient_claim
from gateway.intake.parameters import mail_parameters, recipient_options
from gateway.intake.replies import HungUp, Refused
from gateway.intake.spooling import SpoolWriter, opened
from gateway.intake.wire import Gone
from gateway.model import Envelope, MailOptions, Recipient
from gateway.settings import TlsOffer
from gateway.store.blobs import Spool
from gateway.store.errors import StoreFull

log = logging.getLogger(__name__)

LOGGED_RECIPIENTS = 20
TLS_HANDSHAKE_SECONDS = 60.0

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_HTTP_VERBS = frozenset({"GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS"})
_MAY_BE_NON_ASCII = frozenset({"MAIL", "RCPT"})  # RFC 6531 section 3.4

_FAULT_REPLIES = {
    Fault.TOO_LARGE: replies.TOO_LARGE,
    Fault.HEADER_TOO_LARGE: replies.HEADER_TOO_LARGE,
    Fault.LINE_TOO_LONG: replies.LONG_DATA_LINE,
    Fault.LOOP: replies.LOOP,
}


class Transaction:
    """MAIL and what followed it; ends with DATA, RSET, EHLO or the connection."""

    def __init__(self, mail_from: str, options: MailOptions) -> None:
        self.mail_from = mail_from
        self.options = options
        self.recipients: dict[tuple[str, str], Recipient] = {}  # by local part and canonical domain: each once


class SmtpSession(Connection):
    """One client, from the greeting to its leaving."""

    extended = False  # EHLO rather than HELO
    helo = ""
    claim = XclientClaim()
    mail: Transaction | None = None

    async def command(self, line: bytes) -> None:
        """Check a command line, count it and carry it out."""
        self.commands += 1
        if self.commands > self.gate.limits.commands:
            raise HungUp(replies.TOO_MANY_COMMANDS)
        verb, _, argument = _text(line).partition(" ")
        verb = verb.upper()
        method = VERBS.get(verb)
        if method is None:
            raise self._unknown(verb)
        if verb not in _MAY_BE_NON_ASCII and not line.isascii():
            raise Refused(replies.BAD_LINE)
        await method(self, argument.rstrip(" "))

    def _unknown(self, verb: str) -> Refused:
        if self.commands == 1 and verb in _HTTP_VERBS:
            return HungUp(replies.NOT_SMTP)  # a browser was made to speak to us; its body could hold commands
        return Refused(replies.UNKNOWN_COMMAND if verb else replies.EMPTY_LINE)

    # Greeting

    async def smtp_helo(self, hostname: str) -> None:
        """RFC 5321 section 4.1.1.1."""
        self._hello(hostname, extended=False)
        self.say(f"250 {self.gate.hostname}\r\n".encode())

    async def smtp_ehlo(self, hostname: str) -> None:
        """RFC 5321 section 4.1.1.1."""
        self._hello(hostname, extended=True)
        lines = [self.gate.hostname, *self._extensions()]
        self.say("".join(f"250-{line}\r\n" for line in lines[:-1]).encode() + f"250 {lines[-1]}\r\n".encode())

    def _hello(self, hostname: str, *, extended: bool) -> None:
        if not is_hello_name(hostname):
            raise Refused(replies.BAD_HELLO)
        self.helo, self.extended, self.mail = hostname, extended, None

    def _extensions(self) -> list[str]:
        offered = [f"SIZE {self.gate.limits.message_bytes}", "8BITMIME", "SMTPUTF8", "PIPELINING", "DSN"]
        if not self.tls and self._tls_context() is not None:
            offered.append("STARTTLS")
        if self._trusted_for_xclient():
            offered.append("XCLIENT " + " ".join(XCLIENT_ATTRIBUTES))
        return [*offered, "ENHANCEDSTATUSCODES"]

    async def smtp_starttls(self, arg: str) -> None:
        """RFC 3207. Nothing the client sent before the handshake may be taken as sent inside TLS."""
        context = self._tls_context()
        if arg:
            raise Refused(replies.NO_ARGUMENT)
        if self.tls:
            raise Refused(replies.TLS_ALREADY)
        if context is None:
            raise Refused(replies.NOT_IMPLEMENTED)
        self._need_hello()
        self._need_step()
        self.say(replies.START_TLS)
        await self.wire.flush()
        if self.wire.pending:  # it came while the reply waited to be written
            raise Gone
        await self._handshake(context)
        self._forget()

    async def _handshake(self, context: ssl.SSLContext) -> None:
        transport = self.wire.transport
        if transport is None:
            raise Gone
        seconds = min(TLS_HANDSHAKE_SECONDS, float(self.gate.limits.idle_seconds))
        try:
            # No await lies between the check for early input and here; from here on input goes to the TLS layer.
            secured = await self.loop.start_tls(
                transport, self, context, server_side=True, ssl_handshake_timeout=seconds
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            log.info("tls failed client=%s error=%s", self.client, type(error).__name__)
            raise Gone from error
        if secured is None:
            raise Gone
        self.wire.transport = secured
        session = secured.get_extra_info("ssl_object")
        self.tls = f"{session.version()} {session.cipher()[0]}"

    def _tls_context(self) -> ssl.SSLContext | None:
        return self.gate.certificates.context(self.gate.listener.name)

    async def smtp_xclient(self, arg: str) -> None:
        """Postfix's XCLIENT: the session begins anew, with another client."""
        if not self._trusted_for_xclient():
            raise Refused(replies.NOT_TRUSTED)
        if self.mail:
            raise Refused(replies.BUSY_WITH_MAIL)
        self._need_step()
        claim = xclient_claim(arg)
        if claim.address is not None or claim.address_unknown:
            self.client = claim.address
        self.admit_client()
        self._forget()
        self.claim = claim
        self.say(self.banner)

    def _trusted_for_xclient(self) -> bool:
        return self.peer is not None and covers(self.gate.trusted_xclient, self.peer)

    def _forget(self) -> None:
        """Back to the state before EHLO (RFC 3207 section 4.2)."""
        self.helo, self.extended, self.mail = "", False, None

    def _need_hello(self) -> None:
        if not self.helo:
            raise Refused(replies.HELLO_FIRST)

    def _need_step(self) -> None:
        """After these commands the client has to wait for the reply (RFC 2920 section 3.1)."""
        if self.wire.pending:
            raise HungUp(replies.OUT_OF_STEP)

    # A mail

    async def smtp_mail(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.2."""
        if self.gate.listener.tls is TlsOffer.REQUIRED and not self.tls:
            raise Refused(replies.TLS_FIRST)
        self._need_hello()
        if self.mail:
            raise Refused(replies.NESTED_MAIL)
        path, rest = split_path(_after("FROM:", arg, replies.BAD_MAIL), replies.BAD_SENDER)
        if rest and not self.extended:
            raise Refused(replies.BAD_MAIL)
        given = mail_parameters(rest)
        mail_from = sender_address(path, smtputf8=given.options.smtputf8)
        self._need_room(given.size)
        self.mail = Transaction(mail_from, given.options)
        self.say(replies.SENDER_OK)

    def _need_room(self, declared: int) -> None:
        if not self.gate.allows(self.client):
            raise Refused(replies.NOT_ALLOWED)
        if declared > self.gate.limits.message_bytes:
            raise Refused(replies.TOO_LARGE)
        if self.gate.keeping.free_bytes() - declared < self.gate.minimum_free_bytes:
            raise Refused(replies.FULL)

    async def smtp_rcpt(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.3."""
        mail = self._transaction()
        path, rest = split_path(_after("TO:", arg, replies.BAD_RCPT), replies.BAD_RECIPIENT)
        if rest and not self.extended:
            raise Refused(replies.BAD_RCPT)
        options = recipient_options(rest)
        address = self.gate.relaying.recipient(path, smtputf8=mail.options.smtputf8)
        key = (address.local, address.domain)
        if key not in mail.recipients:
            if len(mail.recipients) >= self.gate.limits.recipients:
                raise Refused(replies.TOO_MANY_RECIPIENTS)
            mail.recipients[key] = Recipient(address.text, options=options)
        self.say(replies.RECIPIENT_OK)

    def _transaction(self) -> Transaction:
        self._need_hello()
        if self.mail is None:
            raise Refused(replies.MAIL_FIRST)
        return self.mail

    async def smtp_data(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.4; 250 only when the store has the mail for good."""
        mail = self._transaction()
        if not mail.recipients:
            raise Refused(replies.NO_RECIPIENTS)
        if arg:
            raise Refused(replies.NO_ARGUMENT)
        self._need_step()
        try:
            items = await self._keep(mail)
        except StoreFull:
            raise self._refuse_mail(mail, Refused(replies.FULL)) from None
        except Refused as refusal:
            raise self._refuse_mail(mail, refusal) from None
        finally:
            self.mail = None
            self.phase = Phase.COMMANDS
        self.say(replies.reply(250, "2.0.0", "Kept as " + ", ".join(items)))
        if self.gate.admission.closed:
            raise HungUp(replies.STOPPING)

    async def _keep(self, mail: Transaction) -> tuple[str, ...]:
        spool = opened(self.gate.keeping.spool)
        kept = False
        try:
            await self._receive(spool)
            self.phase = Phase.ACCEPTING
            envelope = self._envelope(mail)
            items = await self.gate.keeping.accept(envelope, spool)
            kept = True
        except asyncio.CancelledError:
            kept = self.phase is Phase.ACCEPTING  # the store may be committing it just now: the spool is the store's
            raise
        finally:
            if not kept:
                spool.discard()
        self._log_mail("kept", mail, f"items={','.join(items)} size={spool.size}")
        return items

    async def _receive(self, spool: Spool) -> None:
        """Read the message into the spool; raises Refused for a message that cannot be kept."""
        reader = DataReader(self.gate.data_limits)
        storage = SpoolWriter(spool)
        self.begin_data()
        self.say(replies.SEND_DATA)
        while not reader.finished:
            if self.data_octets > 2 * self.gate.limits.message_bytes:
                raise HungUp(replies.ENDLESS)
            await self.wire.more()
            storage.write(reader.feed(self.wire.take()))
            self.data_octets = reader.raw_size
        self.wire.put_back(reader.rest)
        self.desynchronised = False
        if reader.fault is Fault.AMBIGUOUS:
            # Whoever sent this may see the end of the message elsewhere. What follows could be the part of the message
            # that they meant as content, so nothing after it is read: the connection ends (CVE-2023-51764 and kin).
            raise HungUp(replies.AMBIGUOUS)
        if reader.fault is not None:
            raise Refused(_FAULT_REPLIES[reader.fault])
        storage.check()

    def _envelope(self, mail: Transaction) -> Envelope:
        return Envelope(
            mail_from=mail.mail_from,
            recipients=tuple(mail.recipients.values()),
            client=str(self.client) if self.client else "",
            helo=self.claim.helo or self.helo,
            tls=self.tls,
            options=mail.options,
            direction=self.gate.listener.direction,
            received_at=datetime.now(UTC),
            listener=self.gate.listener.name,
            protocol=self._protocol(mail.options),
        )

    def _protocol(self, options: MailOptions) -> str:
        """The `with` keyword of RFC 3848 and RFC 6531 section 4.3."""
        if options.smtputf8:
            return "UTF8SMTPS" if self.tls else "UTF8SMTP"
        if not self.extended or self.claim.protocol == "SMTP":
            return "SMTP"
        return "ESMTPS" if self.tls else "ESMTP"

    def _refuse_mail(self, mail: Transaction, refusal: Refused) -> Refused:
        self._log_mail("refused", mail, f"reply={refusal.reply[:9].decode().replace(' ', '/')}")
        return refusal

    def _log_mail(self, what: str, mail: Transaction, outcome: str) -> None:
        shown = ",".join(f"<{recipient.address}>" for recipient in list(mail.recipients.values())[:LOGGED_RECIPIENTS])
        log.info(
            "mail %s %s listener=%s client=%s helo=%s from=<%s> recipients=%d to=%s",
            what,
            outcome,
            self.gate.listener.name,
            self.client,
            self.claim.helo or self.helo,
            mail.mail_from,
            len(mail.recipients),
            shown,
        )

    # The rest

    async def smtp_rset(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.5."""
        if arg:
            raise Refused(replies.NO_ARGUMENT)
        self.mail = None
        self.say(replies.OK)

    async def smtp_noop(self, arg: str) -> None:  # noqa: ARG002
        """RFC 5321 section 4.1.1.9: an argument is ignored."""
        self.say(replies.OK)

    async def smtp_vrfy(self, arg: str) -> None:
        """RFC 5321 section 7.3: says nothing about who exists."""
        if not arg:
            raise Refused(replies.BAD_PARAMETER)
        self.say(replies.CANNOT_VERIFY)

    async def smtp_help(self, arg: str) -> None:  # noqa: ARG002
        """RFC 5321 section 4.1.1.8."""
        self.say(replies.reply(214, "2.0.0", "Commands: " + " ".join(VERBS)))

    async def smtp_quit(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.10."""
        if arg:
            raise Refused(replies.NO_ARGUMENT)
        raise HungUp(replies.GOODBYE)

    async def not_implemented(self, arg: str) -> None:  # noqa: ARG002
        """A command that SMTP knows and Kiyome does not offer."""
        raise Refused(replies.NOT_IMPLEMENTED)


#: The only way to a method; what aiosmtpd defines beside them (smtp_AUTH and so on) is out of reach.
VERBS: dict[str, Callable[[SmtpSession, str], Awaitable[None]]] = {
    "EHLO": SmtpSession.smtp_ehlo,
    "HELO": SmtpSession.smtp_helo,
    "STARTTLS": SmtpSession.smtp_starttls,
    "MAIL": SmtpSession.smtp_mail,
    "RCPT": SmtpSession.smtp_rcpt,
    "DATA": SmtpSession.smtp_data,
    "RSET": SmtpSession.smtp_rset,
    "NOOP": SmtpSession.smtp_noop,
    "VRFY": SmtpSession.smtp_vrfy,
    "HELP": SmtpSession.smtp_help,
    "QUIT": SmtpSession.smtp_quit,
    "XCLIENT": SmtpSession.smtp_xclient,
    "EXPN": SmtpSession.not_implemented,
    "AUTH": SmtpSession.not_implemented,
    "BDAT": SmtpSession.not_implemented,
    "ETRN": SmtpSession.not_implemented,
    "TURN": SmtpSession.not_implemented,
}


def _text(line: bytes) -> str:
    if _CONTROL.search(line):
        raise Refused(replies.BAD_LINE)
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(replies.BAD_LINE) from None


def _after(keyword: str, argument: str, syntax: bytes) -> str:
    """What follows FROM: or TO:."""
    if argument[: len(keyword)].upper() != keyword:
        raise Refused(syntax)
    return argument[len(keyword) :]

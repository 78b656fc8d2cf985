"""One SMTP connection to a next hop: TLS by policy, and one transaction after another with a reply per recipient."""

import re
import ssl
from collections.abc import Sequence

import aiosmtplib
import msgspec
from aiosmtplib import SMTPResponse

from gateway.delivery.message import Message, needs_utf8, path_of, refusal, xtext
from gateway.model import MailOptions, Recipient, Reply
from gateway.settings import Route, TlsPolicy

CONNECT_SECONDS = 30.0  # Linux gives up after two minutes; a next hop that is there answers sooner
SLOWEST_BYTES_PER_SECOND = 20_000  # what a big mail may take beyond the time-out
ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")  # RFC 3463, at the start of each line (RFC 2034)
REPLY_CHARACTERS = 400
TLS_FAILED = "4.7.5"  # RFC 3463: cryptographic failure
SERVICE_CLOSING = 421  # RFC 5321 4.2.1


class HopUnusable(Exception):
    """No session could be had; `reply` says why, as a temporary failure."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.public_text)
        self.reply = reply


class SessionLost(Exception):
    """The connection ended or went silent. `begun` when the peer may already have taken the mail or part of it."""

    def __init__(self, reply: Reply, *, begun: bool) -> None:
        super().__init__(reply.public_text)
        self.reply = reply
        self.begun = begun


class Hop(msgspec.Struct, frozen=True):
    """Where to connect to and how; routes that agree in this share connections."""

    host: str
    port: int
    tls: TlsPolicy
    ca_file: str

    @classmethod
    def of(cls, route: Route) -> "Hop":
        """The next hop that a route names."""
        return cls(route.host, route.port, route.tls, route.ca_file)


def as_reply(response: SMTPResponse) -> Reply:
    """A peer's answer with its enhanced code taken out, safe to show and to log."""
    lines = response.message.split("\n")
    found = ENHANCED.match(lines[0])
    if found:
        lines = [ENHANCED.sub("", line, count=1) for line in lines]
    text = "".join(c if " " <= c <= "~" else "?" for c in " ".join(lines))
    return Reply(response.code, found.group(1) if found else "", text[:REPLY_CHARACTERS])


def temporary(enhanced: str, text: str, detail: str = "") -> Reply:
    """A failure of our own finding that is worth another try."""
    return Reply(451, enhanced, text, detail)


class Session:
    """An open connection that has said EHLO. Every method may raise SessionLost, after which it is of no more use."""

    def __init__(self, client: aiosmtplib.SMTP, seconds: float) -> None:
        self._client = client
        self._seconds = seconds
        self.idle_since = 0.0  #: time.monotonic(), while it lies unused

    @classmethod
    async def open(cls, hop: Hop, local_hostname: str, seconds: float, tls: ssl.SSLContext | None) -> "Session":
        """Connect, say EHLO, and start TLS as the policy asks. Raises HopUnusable."""
        client = aiosmtplib.SMTP(
            hostname=hop.host,
            port=hop.port,
            local_hostname=local_hostname,
            start_tls=False,
            timeout=min(seconds, CONNECT_SECONDS),
        )
        try:
            await client.connect()
            await _greet(client, local_hostname)
            if tls is not None:
                await _secure(client, hop, tls, local_hostname)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            reply = as_reply(SMTPResponse(error.code, error.message))
            raise HopUnusable(_never_permanent(reply)) from error
        except HopUnusable:
            client.close()
            raise
        except (aiosmtplib.SMTPException, OSError, EOFError) as error:
            client.close()
            detail = f"{type(error).__name__} {hop.host}:{hop.port}"
            raise HopUnusable(temporary("4.4.1", "the next hop could not be reached", detail)) from error
        return cls(client, seconds)

    @property
    def alive(self) -> bool:
        """Whether the peer has kept the connection, as far as is known."""
        return self._client.is_connected

    def offers(self, extension: str) -> bool:
        """An EHLO keyword, in any case."""
        return self._client.supports_extension(extension)

    def abandon(self) -> None:
        """Drop the connection without a word."""
        self._client.close()

    async def close(self) -> None:
        """QUIT without waiting long; the peer's answer does not matter."""
        try:
            await self._client.execute_command(b"QUIT", timeout=2.0)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            self._client.close()

    async def send(
        self, sender: str, options: MailOptions, recipients: Sequence[Recipient], message: Message
    ) -> list[Reply]:
        """One transaction; a reply for each recipient, in order. A 2yz is the reply to the message itself."""
        offered = {"smtputf8": self.offers("smtputf8"), "eight_bit": self.offers("8bitmime")}
        refusals = [refusal(message, recipient.address, **offered) for recipient in recipients]
        accepted = [each for each, refused in zip(recipients, refusals, strict=True) if refused is None]
        if not accepted:
            return [refused for refused in refusals if refused]
        replies = iter(await self._transact(sender, options, accepted, message))
        return [refused or next(replies) for refused in refusals]

    async def _transact(
        self, sender: str, options: MailOptions, recipients: Sequence[Recipient], message: Message
    ) -> list[Reply]:
        utf8 = message.smtputf8 or any(needs_utf8(recipient.address) for recipient in recipients)
        reply = await self._command(self._mail_command(sender, options, message, utf8=utf8))
        if not reply.positive:
            if reply.code == SERVICE_CLOSING:  # said to whatever comes next, not to this mail
                raise SessionLost(reply, begun=False)
            await self._reset()
            return [reply] * len(recipients)
        replies = [await self._command(self._rcpt_command(recipient, utf8=utf8)) for recipient in recipients]
        if not any(reply.positive for reply in replies):
            await self._reset()
            return replies
        final = await self._data(message)
        return [final if reply.positive else reply for reply in replies]

    def _mail_command(self, sender: str, options: MailOptions, message: Message, *, utf8: bool) -> bytes:
        command = b"MAIL FROM:<" + path_of(sender, utf8=utf8) + b">"
        if self.offers("size"):
            command += b" SIZE=%d" % message.size  # RFC 1870
        if message.eight_bit and self.offers("8bitmime"):
            command += b" BODY=8BITMIME"  # RFC 6152; 7BIT is what is meant without it
        if utf8:
            command += b" SMTPUTF8"  # RFC 6531
        if self.offers("dsn"):  # RFC 3461
            command += b" RET=" + options.ret.encode() if options.ret in {"FULL", "HDRS"} else b""
            command += b" ENVID=" + xtext(options.envid) if options.envid else b""
        return command

    def _rcpt_command(self, recipient: Recipient, *, utf8: bool) -> bytes:
        command = b"RCPT TO:<" + path_of(recipient.address, utf8=utf8) + b">"
        if self.offers("dsn"):
            notify = recipient.options.notify
            command += b" NOTIFY=" + ",".join(sorted(notify)).encode() if notify else b""
            kind, _, original = recipient.options.orcpt.partition(";")
            command += b" ORCPT=" + xtext(kind) + b";" + xtext(original) if original else b""
        return command

    async def _command(self, command: bytes) -> Reply:
        try:
            return as_reply(await self._client.execute_command(command, timeout=self._seconds))
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise SessionLost(_lost(error), begun=False) from error

    async def _data(self, message: Message) -> Reply:
        """DATA and the message; the body goes out in one write, with the time that its size needs to be answered."""
        protocol = self._client.protocol
        reply = await self._command(b"DATA")
        if reply.code != 354 or protocol is None:
            return await self._data_refused(reply)
        try:
            protocol.write(message.wire)
            seconds = self._seconds + message.size / SLOWEST_BYTES_PER_SECOND
            return as_reply(await protocol.read_response(timeout=seconds))
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise SessionLost(_lost(error), begun=True) from error

    async def _data_refused(self, reply: Reply) -> Reply:
        """The transaction is still open then: without RSET the next mail's MAIL would be answered 503, and bounce."""
        if reply.code < 400:
            self._client.close()
            return temporary("4.5.0", "the next hop answered DATA out of turn", f"said {reply.code}")
        await self._reset()
        return reply

    async def _reset(self) -> None:
        """RFC 5321 4.1.1.5; a peer that does not take it is not used again."""
        try:
            response = await self._client.execute_command(b"RSET", timeout=self._seconds)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
            return
        if response.code != 250:
            self._client.close()


async def _greet(client: aiosmtplib.SMTP, local_hostname: str) -> None:
    """EHLO, and HELO when that is not known (RFC 5321 3.2)."""
    try:
        await client.ehlo(hostname=local_hostname)
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo(hostname=local_hostname)


async def _secure(client: aiosmtplib.SMTP, hop: Hop, tls: ssl.SSLContext, local_hostname: str) -> None:
    if not client.supports_extension("starttls"):
        if hop.tls is TlsPolicy.OPPORTUNISTIC:
            return
        raise HopUnusable(temporary("4.7.4", "the next hop does not offer TLS", f"{hop.host}:{hop.port}"))
    try:
        await client.starttls(tls_context=tls, server_hostname=hop.host)
    except (aiosmtplib.SMTPException, OSError) as error:  # refused, broken, untrusted or silent
        reason = getattr(error, "reason", None) or type(error).__name__
        detail = f"{hop.host}:{hop.port} {reason}"
        raise HopUnusable(temporary(TLS_FAILED, "TLS with the next hop failed", detail)) from error
    await _greet(client, local_hostname)


def tls_context(hop: Hop) -> ssl.SSLContext | None:
    """None for a policy without TLS. Only VERIFIED looks at the certificate: the other policies say any will do."""
    if hop.tls is TlsPolicy.NONE:
        return None
    context = ssl.create_default_context(cafile=hop.ca_file or None)
    if hop.tls is not TlsPolicy.VERIFIED:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _never_permanent(reply: Reply) -> Reply:
    """A 5yz to a connection or to EHLO is about us and this hop, not about the mail (RFC 5321 3.1, 4.2.4.2)."""
    return reply if 400 <= reply.code < 500 else temporary("4.3.2", reply.public_text, f"said {reply.code}")


def _lost(error: Exception) -> Reply:
    if isinstance(error, TimeoutError):
        return temporary("4.4.2", "the next hop did not answer in time", type(error).__name__)
    return temporary("4.4.2", "the connection to the next hop was lost", type(error).__name__)

"""The next hop of a trial run: a small SMTP server that puts what arrives into a Maildir.

Only what Kiyome wrote and signed lies where the pages read it. Anything else, such as a released original, goes into
the Maildir's folder `Unopened`, which no page opens: the gateway never parses what was not made harmless.
"""

import asyncio
import logging
import mailbox
from collections.abc import Callable
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MESSAGE_BYTES = 268_435_456  #: more than Kiyome would ever send on


class MailboxHandler:
    """Keeps every mail; each has its envelope in front, as a final delivery adds it (RFC 5321 section 4.4)."""

    def __init__(self, folder: Path, is_ours: Callable[[bytes], bool]) -> None:
        self._maildir = mailbox.Maildir(folder, create=True)
        self._unopened = self._maildir.add_folder("Unopened")
        self._is_ours = is_ours

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        """250 once the mail is in the folder."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = f"Return-Path: <{envelope.mail_from or ''}>\r\n"
        head += "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos)
        folder = self._maildir if self._is_ours(content) else self._unopened
        await asyncio.to_thread(folder.add, head.encode() + content)
        return "250 2.0.0 Kept in the trial mailbox"


async def start_mailbox(folder: Path, host: str, port: int, is_ours: Callable[[bytes], bool]) -> asyncio.Server:
    """Listens until the returned server is closed. `is_ours` tells whether a mail was written and signed by Kiyome."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd sets INFO itself, and logs every command
    handler = MailboxHandler(folder, is_ours)
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            handler, hostname="mailbox.trial.example.jp", enable_SMTPUTF8=True, data_size_limit=MESSAGE_BYTES, loop=loop
        )

    return await loop.create_server(session, host, port)

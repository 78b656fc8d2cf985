"""`kiyome doctor`: whether the ICAP service answers."""

import asyncio
import ssl

from gateway.commands.doctor_checks import PATIENCE_SECONDS, Check, Status
from gateway.settings import Icap

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses to listen on, and where to try them


async def icap_service(icap: Icap) -> Check:
    """OPTIONS gets an answer; while the gateway does not run, nothing does."""
    where = f"{icap.host}:{icap.port}"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await _options(icap)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        return _check(
            Status.WARNING,
            f"{where}: {error or type(error).__name__}",
            "ゲートウェイが動いているか、ポートを確かめてください。",
            "Is the gateway running? See the port.",
        )
    if answer.startswith("ICAP/1.0 200 "):
        return _check(Status.OK, f"{where}: {answer}")
    if answer.startswith("ICAP/1.0 403 "):  # not from here, which is as it should be
        return _check(Status.OK, f"{where}: {answer} (icap.allowed_networks)")
    return _check(
        Status.BAD,
        f"{where}: {answer}",
        "別のプログラムがこのポートを使っています。",
        "Another program is on this port.",
    )


async def _options(icap: Icap) -> str:
    """The first line of the answer, printable."""
    host = EVERYWHERE.get(icap.host, icap.host)
    reader, writer = await asyncio.open_connection(host, icap.port, ssl=_unverified() if icap.tls_certificate else None)
    try:
        writer.write(f"OPTIONS icap://{icap.host}/respmod ICAP/1.0\r\nHost: {icap.host}\r\n\r\n".encode())
        line = (await reader.readuntil(b"\n"))[:200].decode("ascii", "replace").strip()
    except asyncio.LimitOverrunError:
        line = "?"
    finally:
        writer.transport.abort()
    return "".join(character if character.isprintable() else "?" for character in line)


def _unverified() -> ssl.SSLContext:
    """Whether the certificate is good is another check's question."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _check(status: Status, detail: str, advice_ja: str = "", advice_en: str = "") -> Check:
    return Check(
        name_ja="ICAP",
        name_en="ICAP",
        status=status,
        detail=detail,
        advice_ja=advice_ja,
        advice_en=advice_en,
    )

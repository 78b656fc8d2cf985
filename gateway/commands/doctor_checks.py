"""The checks of `kiyome doctor`: each looks at one thing and says what to do when it is not well."""

import asyncio
import ctypes.util
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import aiosmtplib
import msgspec
from cryptography import x509

from gateway.commands.opening import opened
from gateway.intake.authentication import Resolver
from gateway.model import Direction
from gateway.processing.notices import notice
from gateway.settings import Route, Settings, SettingsError, TlsPolicy
from gateway.store.errors import StoreError
from sanitizers.confinement.pool import Pool, PoolCannotStart
from sanitizers.model import DnsAnswer
from sanitizers.rules import Kind, Rules, Task

OLDEST_PYTHON = (3, 11)
ARCHIVE_LIBRARIES = {"archive": "libarchive13", "lhasa": "liblhasa0"}  # library → Debian's package
PATIENCE_SECONDS = 10.0
CERTIFICATE_WARNING = timedelta(days=30)
FREE_SPACE_WARNING = 4  #: times store.minimum_free_bytes
OLDEST_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
ASKED_NAME = "lg.jp"
TINY_MAIL = b"From: doctor@example.jp\r\nSubject: doctor\r\n\r\n\xe5\x81\xa5\xe5\xba\xb7\r\n"


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    name_ja: str
    name_en: str
    status: Status
    detail: str
    advice_ja: str = ""
    advice_en: str = ""


def python() -> Check:
    """The interpreter's version."""
    well = sys.version_info >= OLDEST_PYTHON
    return Check(
        name_ja="Python",
        name_en="Python",
        status=Status.OK if well else Status.BAD,
        detail=sys.version.split()[0],
        advice_ja="" if well else "Python 3.11 以降を使ってください。",
        advice_en="" if well else "Use Python 3.11 or later.",
    )


def libmagic() -> Check:
    """The library that tells types by content."""
    found = ctypes.util.find_library("magic")
    return Check(
        name_ja="libmagic",
        name_en="libmagic",
        status=Status.OK if found else Status.BAD,
        detail=found or "-",
        advice_ja="" if found else "apt-get install libmagic1",
        advice_en="" if found else "apt-get install libmagic1",
    )


def archives() -> Check:
    """The libraries that read archives; without them these files are blocked."""
    missing = [package for library, package in ARCHIVE_LIBRARIES.items() if not ctypes.util.find_library(library)]
    advice = f"apt-get install {' '.join(missing)}" if missing else ""
    return Check(
        name_ja="書庫の読み取り",
        name_en="Archive libraries",
        status=Status.WARNING if missing else Status.OK,
        detail=", ".join(sorted(set(ARCHIVE_LIBRARIES.values()) - set(missing))) or "-",
        advice_ja=f"{advice} (ないと 7z、RAR、LZH などを開けず、遮断します)" if missing else "",
        advice_en=f"{advice} (without it 7z, RAR, LZH and others are blocked)" if missing else "",
    )


def clock() -> Check:
    """A clock that was never set breaks certificates, signatures and retries."""
    now = datetime.now(UTC)
    well = now > OLDEST_CLOCK
    return Check(
        name_ja="時計",
        name_en="Clock",
        status=Status.OK if well else Status.BAD,
        detail=f"{now:%Y-%m-%d %H:%M:%S} UTC",
        advice_ja="" if well else "時刻を合わせてください(chrony など)。",
        advice_en="" if well else "Set the clock, e.g. with chrony.",
    )


def good_settings(path: Path) -> Check:
    """The settings were read."""
    return Check(name_ja="設定", name_en="Settings", status=Status.OK, detail=str(path))


def bad_settings(problem: str) -> Check:
    """The settings cannot be used."""
    return Check(
        name_ja="設定",
        name_en="Settings",
        status=Status.BAD,
        detail=problem,
        advice_ja="ファイルを直してください(docs/configuration.md)。",
        advice_en="Correct the file (docs/configuration.md).",
    )


def zone(settings: Settings) -> Check:
    """The zone in which times are shown."""
    now = datetime.now(ZoneInfo(settings.zone))
    detail = f"{settings.zone}: {now:%Y-%m-%d %H:%M:%S}"
    return Check(name_ja="時刻帯", name_en="Time zone", status=Status.OK, detail=detail)


async def store(settings: Settings) -> list[Check]:
    """The database, with its migrations, and the record in it."""
    try:
        store = await opened(settings)
    except SettingsError as error:
        return [
            Check(
                name_ja="データベース",
                name_en="Database",
                status=Status.BAD,
                detail=str(error),
                advice_ja="store.url、権限、データベースの稼働を確かめてください。",
                advice_en="Check store.url, permissions, and that the database runs.",
            )
        ]
    try:
        counts = await store.counts()
    except StoreError as error:
        return [Check(name_ja="データベース", name_en="Database", status=Status.BAD, detail=str(error))]
    finally:
        await store.close()
    detail = ", ".join(f"{state.value} {count}" for state, count in counts.items() if count) or "0 items"
    return [Check(name_ja="データベース", name_en="Database", status=Status.OK, detail=detail)]


def space(settings: Settings) -> Check:
    """Originals can be written, and there is room for them."""
    folder, minimum = Path(settings.store.blobs), settings.store.minimum_free_bytes
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check(
            name_ja="原本の置き場",
            name_en="Blobs",
            status=Status.BAD,
            detail=f"{folder}: {error.strerror or error}",
            advice_ja="store.blobs のフォルダーと権限を確かめてください。",
            advice_en="Check the folder of store.blobs and its permissions.",
        )
    status = Status.BAD if free < minimum else Status.WARNING if free < FREE_SPACE_WARNING * minimum else Status.OK
    return Check(
        name_ja="原本の置き場",
        name_en="Blobs",
        status=status,
        detail=f"{folder}: {free / 2**30:.1f} GiB free",
        advice_ja="" if status is Status.OK else "空き容量を増やしてください。足りなくなると受信を 452 で待たせます。",
        advice_en="" if status is Status.OK else "Free some space: when it runs out, mail is put off with 452.",
    )


def certificates(settings: Settings) -> list[Check]:
    """Those of the listeners: readable, and valid for some time to come."""
    named = [(listener.name, listener.tls_certificate) for listener in settings.listeners]
    if settings.icap is not None:
        named.append(("icap", settings.icap.tls_certificate))
    return [_certificate(name, Path(certificate)) for name, certificate in named if certificate]


def _certificate(listener: str, path: Path) -> Check:
    try:
        expires = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        status, detail = Status.BAD, f"{path}: {error}"
    else:
        left = expires - datetime.now(UTC)
        status = Status.BAD if left <= timedelta(0) else Status.WARNING if left < CERTIFICATE_WARNING else Status.OK
        detail = f"{path}: {expires.date().isoformat()} ({left.days} days)"
    return Check(
        name_ja=f"証明書 {listener}",
        name_en=f"Certificate {listener}",
        status=status,
        detail=detail,
        advice_ja="" if status is Status.OK else "証明書を更新してください。",
        advice_en="" if status is Status.OK else "Renew the certificate.",
    )


def distinct_hops(settings: Settings) -> list[Route]:
    """One route for each next hop."""
    return list({(route.host, route.port): route for route in settings.routes}.values())


async def next_hop(settings: Settings, route: Route) -> Check:
    """It answers EHLO, and offers STARTTLS where the route requires it."""
    client = aiosmtplib.SMTP(
        hostname=route.host,
        port=route.port,
        local_hostname=settings.hostname,
        timeout=PATIENCE_SECONDS,
        start_tls=False,
    )
    where = f"{route.host}:{route.port}"
    try:
        async with client:
            await client.ehlo()
            offers = client.supports_extension("starttls")
    except (OSError, aiosmtplib.SMTPException) as error:
        return Check(
            name_ja="転送先",
            name_en="Next hop",
            status=Status.BAD,
            detail=f"{where}: {error}",
            advice_ja="転送先のサーバー、経路、ファイアウォールを確かめてください。",
            advice_en="Check the server, the network and the firewall.",
        )
    missing = route.tls in {TlsPolicy.REQUIRED, TlsPolicy.VERIFIED} and not offers
    return Check(
        name_ja="転送先",
        name_en="Next hop",
        status=Status.BAD if missing else Status.OK,
        detail=f"{where}: EHLO, {'STARTTLS' if offers else 'no STARTTLS'}",
        advice_ja=f'tls = "{route.tls.value}" なのに STARTTLS がありません。' if missing else "",
        advice_en=f'tls = "{route.tls.value}" needs STARTTLS there.' if missing else "",
    )


def bounces(settings: Settings) -> Check:
    """A bounce to a sender on the Internet needs a way out."""
    has_way = any(route.direction is Direction.OUTBOUND for route in settings.routes)
    return Check(
        name_ja="不達通知の経路",
        name_en="Way for bounces",
        status=Status.OK if has_way else Status.WARNING,
        detail="outbound" if has_way else "-",
        advice_ja="" if has_way else 'routes に direction = "outbound"、domain = "*" の経路を加えてください。',
        advice_en="" if has_way else 'Add a route with domain = "*" and direction = "outbound".',
    )


async def nameserver(settings: Settings, address: str) -> Check:
    """It answers; whether the name exists does not matter."""
    answer = await Resolver([address], settings.sender_checks.timeout_seconds).ask(ASKED_NAME, "TXT")
    failed = answer.status == "failed"
    return Check(
        name_ja="DNS",
        name_en="DNS",
        status=Status.BAD if failed else Status.OK,
        detail=f"{address}: {answer.status} ({ASKED_NAME} TXT)",
        advice_ja="sender_checks.nameservers とファイアウォールを確かめてください。" if failed else "",
        advice_en="Check sender_checks.nameservers and the firewall." if failed else "",
    )


async def children(settings: Settings, rules: Rules) -> Check:
    """A child process starts and cleans a tiny mail."""
    accepted = frozenset(settings.children.accept_missing_walls)
    pool = Pool(
        1,
        budget=rules.budget,
        accepted=accepted,
        user=settings.children.user,
        items_before_recycling=1,
        seconds_before_recycling=60,
    )
    task = Task(
        item="doctor",
        kind=Kind.MAIL,
        claimed_name="",
        profile=rules.profiles["standard"],
        budget=rules.budget,
        notice=notice(settings, "doctor"),
    )
    try:
        await pool.start()
        cleaned = await pool.clean(task, TINY_MAIL, _no_dns)
        problem = "" if cleaned.data is not None else "did not clean a tiny mail"
    except PoolCannotStart as failure:
        problem = str(failure)
    finally:
        await pool.stop()
    return Check(
        name_ja="子プロセス",
        name_en="Child processes",
        status=Status.BAD if problem else Status.OK,
        detail=problem or f"{os.cpu_count()} processors",
        advice_ja="ログと、下の壁の表を確かめてください。" if problem else "",
        advice_en="Look at the log, and at the table of the walls." if problem else "",
    )


async def of_running(settings: Settings) -> list[Check]:
    """What can be looked at beside a gateway that runs: its store and its children speak for themselves."""
    hops = await asyncio.gather(*(next_hop(settings, route) for route in distinct_hops(settings)))
    names = await asyncio.gather(*(nameserver(settings, each) for each in settings.sender_checks.nameservers))
    own = [python(), libmagic(), clock(), zone(settings), space(settings), *certificates(settings)]
    return [*own, *hops, bounces(settings), *names]


async def _no_dns(name: str, rdtype: str) -> DnsAnswer:  # noqa: ARG001 - the pool's signature
    return DnsAnswer("absent")

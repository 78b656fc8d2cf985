"""The installation: what its checks say, versions and licences."""

import msgspec

from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.desk import Desk
from gateway.web.reading.inventory import Package, packages, versions


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the checks, as `kiyome doctor` prints it."""

    name_ja: str
    name_en: str
    status: str
    detail: str
    advice_ja: str
    advice_en: str


class SystemOut(msgspec.Struct, frozen=True):
    """What runs here."""

    versions: dict[str, str]
    checks: tuple[CheckLine, ...]
    packages: tuple[Package, ...]


def add_system(book: Book, desk: Desk) -> None:
    """Adds the call."""

    @book.call(
        "GET",
        "/system",
        tag="system",
        title="Checks of the installation, versions and licences",
        answers=Answer(what=SystemOut, text="What runs here."),
    )
    async def system(ask: Ask[Nothing, Nothing]) -> SystemOut:  # noqa: ARG001 - every call is asked alike
        checks = tuple(
            CheckLine(
                name_ja=each.name_ja,
                name_en=each.name_en,
                status=each.status.value,
                detail=each.detail,
                advice_ja=each.advice_ja,
                advice_en=each.advice_en,
            )
            for each in await desk.gateway.checks()
        )
        return SystemOut(dict(versions()), checks, packages())

"""`kiyome doctor`: what is installed, reachable, writable and confined, and what to do where it is not."""

import argparse
import asyncio
from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.commands import doctor_checks as checks
from gateway.commands.doctor_checks import Check, Status
from gateway.commands.doctor_folders import folders
from gateway.commands.doctor_icap import icap_service
from gateway.commands.doctor_walls import WallCheck, walls
from gateway.commands.terminal import add_common_options, add_json_option, console, print_json, printable, say
from gateway.settings import SettingsError, find_settings, load_configuration

NAME = "doctor"
EXIT_BAD = 1
SHOWN: dict[Status, tuple[str, str, str]] = {
    Status.OK: ("OK", "OK", "green"),
    Status.WARNING: ("注意", "warning", "yellow"),
    Status.BAD: ("NG", "NG", "red"),
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `doctor`."""
    parser = subparsers.add_parser(NAME, help="examine this installation; exit 1 when something is NG / 診断")
    add_common_options(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


class Findings(msgspec.Struct, frozen=True):
    """All that was looked at."""

    checks: list[Check]
    walls: list[WallCheck]  #: empty when the settings cannot be read

    @property
    def statuses(self) -> list[Status]:
        """Of every line."""
        return [*(check.status for check in self.checks), *(wall.status for wall in self.walls)]


def run(args: argparse.Namespace) -> int:
    """0: nothing is NG; 1: something is."""
    found = asyncio.run(_examine(args.config))
    if args.json:
        print_json(found)
    else:
        _print(found, args.language, console())
    return EXIT_BAD if Status.BAD in found.statuses else 0


async def _examine(config: str | None) -> Findings:
    """Each check on its own: one that fails says so, and the others still speak."""
    found = [checks.python(), checks.libmagic(), checks.archives(), checks.clock()]
    try:
        configuration = load_configuration(find_settings(config))
    except SettingsError as error:
        return Findings([*found, *(checks.bad_settings(problem) for problem in error.problems)], [])
    settings, rules = configuration.settings, configuration.rules
    found += [checks.good_settings(configuration.path), checks.zone(settings)]
    found += await checks.store(settings)
    found += [checks.space(settings), *checks.certificates(settings)]
    found += await asyncio.gather(*(checks.next_hop(settings, route) for route in checks.distinct_hops(settings)))
    found.append(checks.bounces(settings))
    found += folders(settings)
    found += await asyncio.gather(*(checks.nameserver(settings, each) for each in settings.sender_checks.nameservers))
    if settings.icap is not None:
        found.append(await icap_service(settings.icap))
    found.append(await checks.children(settings, rules))
    return Findings(found, await walls(settings, rules, configuration.path))


def _print(found: Findings, language: str, out: Console) -> None:
    ja = language == "ja"
    lines = [(each.status, *_in_language(each, each.detail, each.detail, ja=ja)) for each in found.checks]
    out.print(_table(lines, ja=ja))
    if found.walls:
        tried = sum(each.tried for each in found.walls)
        say(
            language,
            f"\n子プロセスの壁(本物の子プロセスの中から {tried} 通りの脱出を試みました)",
            f"\nWalls around the child processes ({tried} attempts to break out, made in real ones)",
        )
        lines = [(each.status, *_in_language(each, each.detail_ja, each.detail_en, ja=ja)) for each in found.walls]
        out.print(_table(lines, ja=ja))
    bad, warnings = found.statuses.count(Status.BAD), found.statuses.count(Status.WARNING)
    say(language, f"\nNG {bad} 件、注意 {warnings} 件", f"\n{bad} NG, {warnings} warnings")


def _in_language(each: Check | WallCheck, detail_ja: str, detail_en: str, *, ja: bool) -> tuple[str, str, str]:
    """Name, detail and advice."""
    return (each.name_ja, detail_ja, each.advice_ja) if ja else (each.name_en, detail_en, each.advice_en)


def _table(lines: Iterable[tuple[Status, str, str, str]], *, ja: bool) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for status, name, detail, advice in lines:
        japanese, english, colour = SHOWN[status]
        text = Text(printable(detail))
        if advice:
            text.append(f"\n→{'' if ja else ' '}{advice}", style="bold")  # a blank would break a Japanese line at once
        table.add_row(Text(japanese if ja else english, style=colour), name, text)
    return table

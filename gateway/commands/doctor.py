"""`kiyome doctor`: what is installed, reachable and writable, and what to do where it is not."""

import argparse
import asyncio

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.commands import doctor_checks as checks
from gateway.commands.doctor_checks import Check, Status
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


def run(args: argparse.Namespace) -> int:
    """0: nothing is NG; 1: something is."""
    found = asyncio.run(_examine(args.config))
    if args.json:
        print_json(found)
    else:
        _print(found, args.language, console())
    return EXIT_BAD if any(check.status is Status.BAD for check in found) else 0


async def _examine(config: str | None) -> list[Check]:
    """Each check on its own: one that fails says so, and the others still speak."""
    found = [checks.python(), checks.libmagic(), checks.clock()]
    try:
        configuration = load_configuration(find_settings(config))
    except SettingsError as error:
        return [*found, *(checks.bad_settings(problem) for problem in error.problems)]
    settings, rules = configuration.settings, configuration.rules
    found += [checks.good_settings(configuration.path), checks.zone(settings)]
    found += await checks.store(settings)
    found += [checks.space(settings), *checks.certificates(settings)]
    found += await asyncio.gather(*(checks.next_hop(settings, route) for route in checks.distinct_hops(settings)))
    found.append(checks.bounces(settings))
    found += await asyncio.gather(*(checks.nameserver(settings, each) for each in settings.sender_checks.nameservers))
    found.append(await checks.children(settings, rules))
    return found


def _print(found: list[Check], language: str, out: Console) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    ja = language == "ja"
    for check in found:
        japanese, english, colour = SHOWN[check.status]
        advice = check.advice_ja if ja else check.advice_en
        text = Text(printable(check.detail))
        if advice:
            text.append(f"\n→ {advice}", style="bold")
        table.add_row(Text(japanese if ja else english, style=colour), check.name_ja if ja else check.name_en, text)
    out.print(table)
    bad = sum(check.status is Status.BAD for check in found)
    warnings = sum(check.status is Status.WARNING for check in found)
    say(language, f"NG {bad} 件、注意 {warnings} 件", f"{bad} NG, {warnings} warnings")

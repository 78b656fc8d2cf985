"""How the commands speak to a person: Japanese or English, tables, times in the configured zone, questions."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

LANGUAGES = ("ja", "en")
UNATTENDED_WIDTH = 200  #: columns of a table that goes into a file or a pipe


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """--config and --language, which most commands take."""
    parser.add_argument("--config", metavar="FILE", help="gateway.toml to use / 設定ファイル")
    add_language_option(parser)


def add_language_option(parser: argparse.ArgumentParser) -> None:
    """--language alone."""
    parser.add_argument("--language", choices=LANGUAGES, default=language_of_environment(), help="ja | en (LANG)")


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """--json, where a script would read the answer."""
    parser.add_argument("--json", action="store_true", help="answer in JSON / JSON で出力")


def language_of_environment() -> str:
    """Japanese when the locale is, else English (POSIX: LC_ALL before LC_MESSAGES before LANG)."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ja" if locale.lower().startswith("ja") else "en"


def say(language: str, ja: str, en: str) -> None:
    """One message in the person's language."""
    print(printable(ja if language == "ja" else en))


def complain(language: str, ja: str, en: str) -> None:
    """One message on standard error."""
    print(printable(ja if language == "ja" else en), file=sys.stderr)


def print_json(value: object) -> None:
    """One line of JSON."""
    print(printable_json(msgspec.json.encode(value).decode()))


def printable_json(text: str) -> str:
    """The same JSON with everything escaped that a terminal could obey: JSON leaves DEL and the C1 controls as is."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def console() -> Console:
    """Standard output as rich sees it; a pipe gets wide lines instead of wrapped ones."""
    return Console(width=None if sys.stdout.isatty() else UNATTENDED_WIDTH, highlight=False, markup=False)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """A table; `styles` colours the columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, style=styles[index] if index < len(styles) else None, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def printable(text: str) -> str:
    """Text that cannot play tricks with a terminal; line ends stay."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


def local_time(moment: datetime | None, zone: str) -> str:
    """To the second in the configured zone; "-" for none."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") if moment else "-"


def acting_person() -> str:
    """Who acts, for the audit: the user of the operating system, and who became it by sudo."""
    user, before = getpass.getuser(), os.environ.get("SUDO_USER")
    return f"{user} (sudo: {before})" if before and before != user else user


def confirmed(language: str, ja: str, en: str) -> bool:
    """Asks on a terminal; where nobody can answer, the command line itself is the answer."""
    if not sys.stdin.isatty():
        return True
    return input(f"{ja if language == 'ja' else en} [y/N] ").strip().lower() in {"y", "yes"}

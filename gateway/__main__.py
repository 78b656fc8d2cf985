"""The command `kiyome`."""

import argparse
import os
import sys
from importlib.metadata import version

from gateway.commands import audit, clean, config, doctor, items, run, samples, transfer, users
from gateway.settings import SettingsError

COMMANDS = (run, clean, transfer, samples, items, audit, users, config, doctor)

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and gives its exit status; a problem with the settings is told without a traceback."""
    args = build_parser().parse_args(arguments)
    try:
        status: int = args.run(args)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is a command
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `kiyome items list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def build_parser() -> argparse.ArgumentParser:
    """The command line with all its commands."""
    parser = argparse.ArgumentParser(
        prog="kiyome",
        description="Kiyome (清め): the sanitising mail gateway / メール無害化ゲートウェイ",
        epilog="Try it: kiyome run --trial, then kiyome samples send in a second terminal. / "
        "試すには: kiyome run --trial、別の端末で kiyome samples send",
    )
    parser.add_argument("--version", action="version", version=f"kiyome {version('kiyome')}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())

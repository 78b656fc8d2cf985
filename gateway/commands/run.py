"""`kiyome run`: the gateway, or some of its roles; with --trial everything that is needed to try it."""

import argparse
import logging
import resource
from pathlib import Path
from typing import Final

from gateway.app import ROLES, Gateway
from gateway.app import run as run_loop
from gateway.commands.doctor_checks import of_running
from gateway.commands.terminal import add_common_options
from gateway.commands.trial_folder import DEFAULT_FOLDER, alone, prepare
from gateway.commands.trial_run import run_trial
from gateway.settings import find_settings, load_configuration

NAME = "run"
#: Files and connections that may be open at once. Debian's 1,024 (systemd.exec(5), LimitNOFILE=) is less than what 500
#: clients need that each hand in a mail, beside web streams, ICAP and next hops.
OPEN_FILES: Final = 65_536


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `run`."""
    parser = subparsers.add_parser(NAME, help="run the gateway / ゲートウェイを動かす")
    add_common_options(parser)
    parser.add_argument("--role", type=_roles, default=ROLES, metavar="ROLE,…", help=", ".join(sorted(ROLES)))
    parser.add_argument(
        "--trial",
        nargs="?",
        const=str(DEFAULT_FOLDER),
        metavar="DIR",
        help="a trial run in DIR (trial): settings, certificate, mailbox and web pages are made / 試用",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 after an orderly stop."""
    allow_many_files()
    if args.trial:
        folder = prepare(Path(args.trial))
        _log_to(logging.FileHandler(folder.log))
        with alone(folder):
            run_loop(run_trial(folder, args.language))
        return 0
    _log_to(logging.StreamHandler())
    configuration = load_configuration(find_settings(args.config))
    gateway = Gateway(configuration.settings, configuration.rules, roles=args.role, checks=of_running)
    run_loop(gateway.run_until_signalled())
    return 0


def allow_many_files() -> int:
    """Raises the soft limit as far as the hard one lets, to OPEN_FILES at most; what holds from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _log_to(handler: logging.Handler) -> None:
    """Items, addresses and replies; of the libraries only what is wrong, since some of them log what peers send."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", handlers=[handler]
    )
    logging.getLogger("gateway").setLevel(logging.INFO)
    logging.getLogger("sanitizers").setLevel(logging.INFO)


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = roles - ROLES
    if unknown or not roles:
        raise argparse.ArgumentTypeError(f"roles are {', '.join(sorted(ROLES))}; got {text!r}")
    return roles

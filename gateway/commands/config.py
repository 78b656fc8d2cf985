"""`kiyome config check`: every problem of gateway.toml and rules.toml, one line each."""

import argparse
import json
import sys

from gateway.commands.terminal import add_common_options, add_json_option, say
from gateway.settings import SettingsError, find_settings, load_configuration

NAME = "config"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `config check`."""
    parser = subparsers.add_parser(NAME, help="check the settings / 設定の確認")
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="check gateway.toml and rules.toml; exit 0 or 2")
    add_common_options(check)
    add_json_option(check)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: all is well; 2: problems, each on a line."""
    try:
        configuration = load_configuration(find_settings(args.config))
    except SettingsError as error:
        if args.json:
            print(json.dumps({"ok": False, "problems": error.problems}, ensure_ascii=False))
        else:
            print(error, file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps({"ok": True, "problems": []}))
    else:
        files = f"{configuration.path}, {configuration.settings.rules}"
        say(args.language, f"問題ありません: {files}", f"No problem: {files}")
    return 0

"""`kiyome items unlock`: gives the password of a file for its recipients; what was opened follows by mail."""

import argparse
import getpass
import sys
from pathlib import Path

from gateway.commands.opening import Open
from gateway.commands.terminal import acting_person, complain, print_json, say
from gateway.model import Answer, Item, Tried
from gateway.processing.trace import Stamp, report_key
from gateway.processing.unlocking import Locksmith
from gateway.settings import SettingsError, load_rules
from gateway.walls import start_pool
from sanitizers.confinement.pool import PoolCannotStart
from sanitizers.confinement.proving import WallsBroken

EXIT_NOTHING_DONE = 1
STANDARD_INPUT = "-"
SAID = {
    Answer.OPENED: (
        "開きました。無害化したファイルをメールで送ります。",
        "Opened. The sanitised files go out by mail.",
    ),
    Answer.PARTLY: (
        "一部を開いて送ります。ほかのファイルには別のパスワードが必要です。",
        "Opened in part and sent; another file needs another password.",
    ),
    Answer.HELD: (
        "開きましたが、規則により保留しました。kiyome items list --state held で確認してください。",
        "Opened, and held by the rules: see kiyome items list --state held.",
    ),
    Answer.WRONG: ("パスワードが違います。", "The password does not fit."),
    Answer.WAIT: ("しばらく待ってからもう一度実行してください。", "Please wait and try again."),
    Answer.OVER: ("パスワードを待っているファイルはありません。", "Nothing waits for a password."),
}
DONE = frozenset({Answer.OPENED, Answer.PARTLY, Answer.HELD})


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `unlock` takes beside the number of the item."""
    parser.add_argument("--recipient", default="", metavar="ADDRESS", help="for this recipient alone / この宛先だけ")
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help='passwords, one in each line; "-": standard input; without it you are asked / パスワードのファイル',
    )


async def unlock(args: argparse.Namespace, opened: Open, item: Item) -> int:
    """0: opened; 1: nothing was. The password is never an argument: others could see those."""
    passwords = _passwords(args)
    if not any(passwords):
        complain(args.language, "パスワードがありません。", "There is no password.")
        return EXIT_NOTHING_DONE
    settings, rules = opened.settings, load_rules(Path(opened.settings.rules))
    try:
        pool = await start_pool(settings, rules, count=1)
    except (WallsBroken, PoolCannotStart) as failure:
        raise SettingsError(str(failure)) from failure
    try:
        stamp = Stamp(settings, report_key(settings))
        smith = Locksmith(settings, rules, opened.store, pool, stamp, lambda: None)
        tried = await smith.open_by_administrator(item, args.recipient, passwords, acting_person())
    finally:
        await pool.stop()
    _tell(args, tried)
    return 0 if tried.answer in DONE else EXIT_NOTHING_DONE


def _tell(args: argparse.Namespace, tried: Tried) -> None:
    if args.json:
        print_json(tried)
        return
    japanese, english = SAID[tried.answer]
    (say if tried.answer in DONE else complain)(args.language, japanese, english)


def _passwords(args: argparse.Namespace) -> list[str]:
    if args.password_file == STANDARD_INPUT:
        return sys.stdin.read().splitlines()
    if args.password_file:
        return Path(args.password_file).read_text("utf-8").splitlines()
    return [getpass.getpass("パスワード: " if args.language == "ja" else "Password: ")]

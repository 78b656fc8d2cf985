"""`kiyome transfer`: hands files in at a gateway, waits for them, and fetches clean ones on the other side."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from gateway.commands.clean_files import UnusablePath
from gateway.commands.terminal import (
    add_json_option,
    add_language_option,
    complain,
    print_json,
    print_table,
    printable,
    say,
)
from gateway.commands.transfer_files import Changed, Saved, save_all, sources
from gateway.commands.transfer_memory import InUse, remembered
from gateway.commands.transfer_remote import Refused, Remote, Unreachable, is_private
from gateway.commands.transfer_sending import hand_in
from gateway.web.api.transfer_shapes import LONGEST_WAIT, File, Transfer
from gateway.web.reading.plain import octets
from gateway.web.transfers.files import FileState
from gateway.web.wording import word

NAME: Final = "transfer"
FETCH: Final = "fetch"
EXIT_CLEAN, EXIT_FAILED, EXIT_USAGE, EXIT_HELD = 0, 1, 2, 3
READY: Final = frozenset({FileState.READY, FileState.FETCHED})
UNDER_WAY: Final = frozenset({FileState.UPLOADING, FileState.RECEIVED})
HEADINGS: Final = {
    "ja": ("ファイル", "大きさ", "状態", "受付番号", "結果"),
    "en": ("file", "size", "state", "number", "result"),
}


class Outcome(msgspec.Struct, frozen=True):
    """What --json prints."""

    transfer: Transfer
    files: list[File]
    saved: list[Saved]


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `transfer`."""
    parser = subparsers.add_parser(
        NAME,
        usage="kiyome transfer PATH… --server URL --token-file FILE [--to ADDRESS] [--wait] [--out DIR]\n"
        "       kiyome transfer fetch ID --server URL --token-file FILE --out DIR [--wait]",
        help="hand files in, fetch clean ones / ファイルの受け渡し",
        epilog="exit status: 0 all clean (or handed in), 3 something is held or blocked, 2 usage, 1 failed: the same "
        "command goes on where it was / 終了コード: 0 すべて無害化済み、3 保留や遮断あり、2 使い方の誤り、"
        "1 失敗(同じコマンドで続きから)",
    )
    parser.add_argument(
        "what", nargs="+", metavar="PATH", help="files and folders; or: fetch ID / ファイル、または fetch 番号"
    )
    parser.add_argument("--server", required=True, metavar="URL", help="address of the listener / 窓口のアドレス")
    parser.add_argument(
        "--token-file", required=True, metavar="FILE", type=Path, help="API token / APIトークンのファイル"
    )
    parser.add_argument("--to", action="append", default=[], metavar="ADDRESS", help="recipient (repeatable) / 受取人")
    parser.add_argument("--title", default="", help="title / 題名")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where clean files go; waits / 保存先")
    parser.add_argument("--wait", action="store_true", help="until everything is cleaned / 無害化を待つ")
    parser.add_argument("--plain-http", action="store_true", help="send the token without TLS / 暗号化なしでも送る")
    add_json_option(parser)
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: all clean; 3: something is held; 2: the command line cannot be used; 1: it failed."""
    try:
        token = _token(args)
        with _Line(args, token) as line:
            return _fetch(args, line) if args.what[0] == FETCH else _send(args, line)
    except UnusablePath as problem:
        complain(args.language, problem.ja, problem.en)
        return EXIT_USAGE
    except InUse:
        complain(args.language, "同じコマンドがすでに動いています。", "The same command runs already.")
        return EXIT_FAILED
    except Refused as problem:
        complain(args.language, f"断られました: {problem}", f"Refused: {problem}")
    except Changed as problem:
        complain(args.language, f"送っている間に変わりました: {problem}", f"It has changed meanwhile: {problem}")
    except Unreachable as problem:
        ja = f"つながりません。同じコマンドで続きから送れます: {problem}"
        complain(args.language, ja, f"Not reachable. The same command goes on where it was: {problem}")
    except OSError as problem:
        complain(args.language, str(problem), str(problem))
    return EXIT_FAILED


def _token(args: argparse.Namespace) -> str:
    """Raises UnusablePath; what is in the file is never said."""
    if not is_private(args.server) and not (args.plain_http and args.server.startswith("http://")):
        ja = "https でないとトークンが読まれます (--plain-http で許可)"
        raise UnusablePath(Path(args.server), ja, "without https the token can be read (--plain-http allows it)")
    if args.what[0] == FETCH and (len(args.what) != 2 or args.out is None or not args.what[1].isalnum()):
        raise UnusablePath(Path(FETCH), "番号一つと --out が必要です", "needs one ID and --out")
    try:
        token: str = args.token_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusablePath(args.token_file, "読めません", "cannot be read") from error
    if not token or not token.isascii() or len(token.split()) != 1:
        raise UnusablePath(args.token_file, "トークンがありません", "holds no token")
    return token


class _Line:
    """The way to the gateway, with what is shown of it on a terminal."""

    def __init__(self, args: argparse.Namespace, token: str) -> None:
        shown = sys.stderr.isatty() and not args.json
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self.remote = Remote(args.server, token, args.language, self._told)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
        self.remote.close()

    def _told(self, why: str) -> None:
        if not self.progress.disable:
            self.progress.console.print(printable(why), markup=False)

    def task(self, name: str, total: int | None) -> Callable[[int], None]:
        """A bar; the function moves it."""
        task = self.progress.add_task(printable(name), total=total)
        return lambda size: self.progress.advance(task, size)


def _send(args: argparse.Namespace, line: _Line) -> int:
    chosen = sources([Path(each) for each in args.what])
    wish: dict[str, Any] = {"title": args.title, "recipients": args.to}
    said = [args.server, args.title, *args.to, "--", *(str(Path(each).resolve()) for each in args.what)]
    step = line.task("送信" if args.language == "ja" else "sending", sum(each.size for each in chosen))
    with remembered(said) as memory:
        transfer = hand_in(line.remote, chosen, wish, memory, step)
        memory.forget()
    if not (args.wait or args.out):
        _print(args, Outcome(transfer, line.remote.files(transfer.id), []))
        return EXIT_CLEAN
    files = _settled(line, transfer.id)
    saved = _save(args, line, transfer, files)
    return _told(args, Outcome(line.remote.transfer(transfer.id), files, saved))


def _fetch(args: argparse.Namespace, line: _Line) -> int:
    transfer = line.remote.transfer(args.what[1])
    files = _settled(line, transfer.id) if args.wait else line.remote.files(transfer.id)
    if not transfer.can_fetch:
        raise Refused(404, "", "受け取る側の窓口ではありません" if args.language == "ja" else "not to be fetched here")
    saved = _save(args, line, transfer, files)
    return _told(args, Outcome(line.remote.transfer(transfer.id), files, saved))


def _settled(line: _Line, transfer_id: str) -> list[File]:
    """When the cleaning of every file has ended; one that is not complete is not waited for."""
    files = line.remote.files(transfer_id)
    for file in files:
        now = file
        while now.item is not None and now.state is FileState.RECEIVED:
            now = line.remote.wait(now.item, LONGEST_WAIT)
    return line.remote.files(transfer_id)


def _save(args: argparse.Namespace, line: _Line, transfer: Transfer, files: Sequence[File]) -> list[Saved]:
    if args.out is None or not transfer.can_fetch:
        return []
    total = sum(each.clean_size or 0 for each in files)
    return save_all(line.remote, files, args.out, line.task("受信" if args.language == "ja" else "fetching", total))


def _told(args: argparse.Namespace, outcome: Outcome) -> int:
    _print(args, outcome)
    return EXIT_CLEAN if all(each.state in READY for each in outcome.files) else EXIT_HELD


def _print(args: argparse.Namespace, outcome: Outcome) -> None:
    if args.json:
        print_json(outcome)
        return
    where = {each.item: each.path for each in outcome.saved}
    rows = [_row(each, args.language, where.get(each.item or "", "")) for each in outcome.files]
    print_table(HEADINGS[args.language], rows)
    transfer = outcome.transfer
    say(args.language, f"受け渡しの番号: {transfer.id}", f"Transfer: {transfer.id}")
    if not outcome.saved and not transfer.can_fetch:
        command = f"kiyome transfer fetch {transfer.id} --server URL --token-file FILE --out DIR"
        ja = f"無害化したファイルは、もう一方のセグメントの窓口で受け取ります: {command}"
        say(args.language, ja, f"Clean files are fetched at the listener of the other segment: {command}")


def _row(file: File, language: str, saved: str) -> tuple[str, ...]:
    name = f"{file.path}/{file.name}" if file.path else file.name
    result = [*file.findings, *([f"→ {saved}"] if saved else [])]
    if not result:
        result = [word(f"file_note.{'nothing' if file.state in READY else file.state.value}", language)]
    state = word(f"file_state.{file.state.value}", language)
    return name, octets(file.size), state, file.item or "-", "\n".join(result)

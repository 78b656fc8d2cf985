"""`kiyome samples`: harmless mails and files that look harmful; list, write out, feed to a running gateway."""

import argparse
import asyncio
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.progress import Progress

from gateway.commands.opening import open_store
from gateway.commands.sample_arrival import Arrival, Look, arrivals, items_of, settled
from gateway.commands.sample_fate import Fate, Outcome, outcome
from gateway.commands.sample_files import Sample, load_samples, samples_folder
from gateway.commands.sample_sending import Sent, send
from gateway.commands.terminal import add_json_option, add_language_option, complain, print_json, print_table, say
from gateway.commands.trial_folder import DEFAULT_FOLDER, TrialFolder, announced
from gateway.model import Item

NAME = "samples"
EXIT_SURPRISE = 1
EXIT_USAGE = 2
WAIT_SECONDS = 120.0

FATES: dict[Fate, tuple[str, str]] = {
    Fate.DELIVERED: ("無害化して配送", "delivered clean"),
    Fate.WITHOUT: ("除いて配送", "delivered without it"),
    Fate.HELD: ("保留", "held"),
    Fate.REFUSED: ("受信拒否", "refused at SMTP"),
    Fate.TAKEN: ("受付", "taken"),
    Fate.BOUNCED: ("不達", "bounced"),
    Fate.PENDING: ("処理中", "still pending"),
    Fate.FAILED: ("失敗", "failed"),
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `samples list`, `write` and `send`."""
    parser = subparsers.add_parser(NAME, help="harmless test mails and files: list, write, send / 見本")
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="what there is / 一覧")
    listing.set_defaults(act=_list)
    write = actions.add_parser("write", help="copy them to a folder / 取り出す")
    write.add_argument("folder", metavar="DIR")
    write.set_defaults(act=_write)
    sending = actions.add_parser("send", help="feed them to a running gateway / 動いているゲートウェイへ送る")
    sending.add_argument("--trial", metavar="DIR", default=str(DEFAULT_FOLDER), help="folder of the trial run (trial)")
    sending.add_argument("--to", metavar="HOST:PORT", help="another gateway; only its SMTP replies are judged")
    sending.add_argument("--wait", type=float, default=WAIT_SECONDS, metavar="SECONDS", help="for the next one (120)")
    sending.add_argument(
        "names", nargs="*", metavar="NAME", help="only these, or a whole folder / この見本(フォルダー)だけ"
    )
    sending.set_defaults(act=_send)
    for action in (listing, write, sending):
        add_language_option(action)
        add_json_option(action)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: all as expected; 1: a surprise; 2: nothing to send to."""
    status: int = args.act(args)
    return status


def _list(args: argparse.Namespace) -> int:
    samples = load_samples(samples_folder())
    if args.json:
        print_json([{"name": each.name, "folder": each.folder, **_described(each)} for each in samples])
        return 0
    ja = args.language == "ja"
    rows = [(each.name, each.folder, each.description.expect.value, _title(each, args.language)) for each in samples]
    print_table(("名前", "フォルダー", "予想", "内容") if ja else ("Name", "Folder", "Expected", "What it is"), rows)
    return 0


def _described(sample: Sample) -> dict[str, object]:
    described: dict[str, object] = msgspec.to_builtins(sample.description)
    return described


def _title(sample: Sample, language: str) -> str:
    return sample.description.title_ja if language == "ja" else sample.description.title_en


def _write(args: argparse.Namespace) -> int:
    folder = Path(args.folder)
    samples = load_samples(samples_folder())
    places = [folder / sample.folder / sample.path.name for sample in samples]
    try:
        for sample, place in zip(samples, places, strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(sample.path, place)
    except OSError as error:
        complain(args.language, f"書けません: {error}", f"Cannot write: {error}")
        return EXIT_SURPRISE
    if args.json:
        print_json([str(place) for place in places])
    else:
        say(args.language, f"{len(samples)} 件を {folder} に書きました。", f"{len(samples)} samples are in {folder}.")
    return 0


def _send(args: argparse.Namespace) -> int:
    samples = _chosen(args)
    if not samples:
        return EXIT_USAGE
    if args.to:
        host, _, port = args.to.rpartition(":")
        if not host or not port.isdecimal():
            complain(args.language, f"--to {args.to}: HOST:PORT の形で", f"--to {args.to}: give HOST:PORT")
            return EXIT_USAGE
        outcomes = [outcome(sample, send(sample, host.strip("[]"), int(port)), None, None) for sample in samples]
        return _told(args, outcomes)
    folder = TrialFolder(Path(args.trial))
    addresses = announced(folder.path)
    if addresses is None:
        complain(
            args.language,
            f"{folder.path} に試用の環境がありません。先に kiyome run --trial(または make run)を始めてください。",
            f"No trial in {folder.path}: start one first with kiyome run --trial (or make run).",
        )
        return EXIT_USAGE
    return _told(args, asyncio.run(_fed(args, samples, folder, addresses.smtp)))


def _chosen(args: argparse.Namespace) -> list[Sample]:
    samples = load_samples(samples_folder())
    unknown = sorted(set(args.names) - {known for sample in samples for known in (sample.name, sample.folder)})
    if unknown:
        complain(args.language, f"ない見本です: {', '.join(unknown)}", f"No such sample: {', '.join(unknown)}")
        return []
    return [each for each in samples if not args.names or each.name in args.names or each.folder in args.names]


async def _fed(args: argparse.Namespace, samples: list[Sample], folder: TrialFolder, smtp: str) -> list[Outcome]:
    """Sends all, then waits until each is at its end."""
    host, _, port = smtp.rpartition(":")
    async with open_store(str(folder.settings)) as opened:
        look = Look(opened.store, folder.mailbox, datetime.now(UTC))
        sent: dict[str, tuple[Sent, str]] = {}
        with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
            sending = progress.add_task("SMTP", total=len(samples))
            for sample in samples:
                answer = await asyncio.to_thread(send, sample, host, int(port))
                sent[sample.name] = (answer, await items_of(look, sample, answer) if answer.taken else "")
                progress.advance(sending)
            ids = [item for _, item in sent.values() if item]
            watching = progress.add_task("Kiyome", total=len(ids))
            items = await settled(look, ids, args.wait, lambda done: progress.update(watching, completed=done))
        arrived = await asyncio.to_thread(arrivals, folder.mailbox)
    return [_outcome_of(sample, *sent[sample.name], items, arrived) for sample in samples]


def _outcome_of(sample: Sample, sent: Sent, item: str, items: dict[str, Item], arrived: dict[str, Arrival]) -> Outcome:
    if sent.taken and item not in items:
        sent = Sent(taken=True, reply=f"not in the store after: {sent.reply}", failed=True)
    return outcome(sample, sent, items.get(item), arrived.get(item))


def _told(args: argparse.Namespace, outcomes: list[Outcome]) -> int:
    surprises = [each for each in outcomes if not each.as_expected]
    if args.json:
        print_json({"ok": not surprises, "samples": outcomes})
    else:
        ja = args.language == "ja"
        headings = ("", "見本", "結果", "受付番号", "詳細") if ja else ("", "Sample", "Result", "Item", "Detail")
        print_table(headings, [_row(each, args.language) for each in outcomes])
        right = len(outcomes) - len(surprises)
        say(args.language, f"{right}/{len(outcomes)} 件が予想どおり。", f"{right} of {len(outcomes)} as expected.")
    return EXIT_SURPRISE if surprises else 0


def _row(each: Outcome, language: str) -> tuple[str, ...]:
    ja = language == "ja"
    details = [each.detail] if each.detail else []
    if each.unnamed:
        details.append(f"{'通知にない' if ja else 'not in the notice'}: {each.unnamed!r}")
    if each.fate.value != each.expected.value and not each.as_expected:
        details.append(f"{'予想' if ja else 'expected'}: {each.expected.value}")
    if each.remaining:
        details.append(f"{'残っている' if ja else 'still there'}: {', '.join(map(repr, each.remaining))}")
    if each.missing:
        details.append(f"{'失われた' if ja else 'lost'}: {', '.join(map(repr, each.missing))}")
    if each.unreported:
        details.append(f"{'報告にない' if ja else 'not in the report'}: {', '.join(each.unreported)}")
    title = each.title_ja if ja else each.title_en
    return (
        "✓" if each.as_expected else "✕",
        f"{each.name}\n{title}",
        FATES[each.fate][0 if ja else 1],
        each.item,
        "\n".join(details),
    )

"""`kiyome items`: find items, see what happened to them, retry, unlock, release, discard, export."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from gateway.commands.items_unlock import add_options as add_unlock_options
from gateway.commands.items_unlock import unlock
from gateway.commands.opening import Open, open_store
from gateway.commands.terminal import (
    acting_person,
    add_common_options,
    add_json_option,
    complain,
    confirmed,
    local_time,
    print_json,
    print_table,
    printable,
    say,
)
from gateway.delivery import quarantine
from gateway.model import FILE_CHANNELS, Item, ItemState
from gateway.settings import load_rules
from gateway.store.drafts import ItemQuery
from gateway.store.errors import BlobGone, NoSuchItem, NothingToDeliver, WrongState
from gateway.web.wording import enum_word
from sanitizers.model import Finding

NAME = "items"
EXIT_NOTHING_DONE = 1
EXIT_USAGE = 2
PIECE_BYTES = 1_048_576


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `items` with its actions."""
    parser = subparsers.add_parser(
        NAME, help="items: list, show, retry, unlock, release, discard, export / 受付アイテム"
    )
    actions = parser.add_subparsers(dest="action", required=True)
    _register_list(actions)
    _register_one(actions, "show", "what happened to one item / 詳細", _show)
    _register_one(actions, "retry", "deliver again now / すぐに再送", _retry)
    unlock = _register_one(actions, "unlock", "give the password of a file / パスワードの入力", _unlock)
    add_unlock_options(unlock)
    release = _register_one(actions, "release", "let a held item go on / 解放", _release)
    release.add_argument("--original", action="store_true", help="deliver the ORIGINAL, not sanitised / 原本のまま送る")
    discard = _register_one(actions, "discard", "discard a held item / 破棄", _discard)
    for action in (release, discard):
        action.add_argument("--reason", required=True, help="kept in the audit / 理由(監査記録に残る)")
        action.add_argument("--yes", action="store_true", help="do not ask / 確認しない")
    _register_export(actions)
    parser.set_defaults(run=run)


def _register_list(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = actions.add_parser("list", help="newest first / 一覧")
    add_common_options(listing)
    add_json_option(listing)
    listing.add_argument("text", nargs="?", default="", help="in number, subject or address / 検索語")
    listing.add_argument("--state", choices=[state.value for state in ItemState], help="/ 状態")
    listing.add_argument("--sender", default="", help="/ 差出人")
    listing.add_argument("--recipient", default="", help="/ 宛先")
    listing.add_argument(
        "--since", type=_moment, metavar="TIME", help="received at or after, e.g. 2026-11-21T09:00 / 以降"
    )
    listing.add_argument("--until", type=_moment, metavar="TIME", help="received before / より前")
    listing.add_argument("--limit", type=int, default=50, help="at most so many (50) / 件数")
    listing.add_argument("--before", default="", metavar="ID", help="the page after this item / この番号より古いもの")
    listing.set_defaults(act=_list)


def _register_one(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    help_text: str,
    act: Callable[[argparse.Namespace, Open], Awaitable[int]],
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=help_text)
    add_common_options(action)
    add_json_option(action)
    action.add_argument("id", help="number of the item / 受付番号")
    action.set_defaults(act=act)
    return action


def _register_export(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = actions.add_parser("export", help="write report, clean mail or original to a file / 書き出し")
    add_common_options(export)
    export.add_argument("id", help="number of the item / 受付番号")
    export.add_argument("--what", choices=("report", "clean", "original"), default="report", help="(report)")
    export.add_argument("--reason", default="", help="kept in the audit; needed for an original / 理由(原本では必須)")
    export.add_argument("-o", "--out", required=True, metavar="FILE", help="a new file / 新しいファイル")
    export.set_defaults(act=_export)


def run(args: argparse.Namespace) -> int:
    """0: done; 1: no such item, or its state does not allow it."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_store(args.config) as opened:
        try:
            status: int = await args.act(args, opened)
        except quarantine.SecondPersonNeeded as error:
            complain(
                args.language,
                f"{error.item_id} の解放には別の人の承認が必要です(profiles.approval)。管理画面から依頼してください。",
                f"A release of {error.item_id} needs a second person (profiles.approval): ask in the web interface.",
            )
            return EXIT_NOTHING_DONE
        except (NoSuchItem, WrongState, NothingToDeliver, BlobGone) as error:
            complain(args.language, f"できません: {error}", f"Not possible: {error}")
            return EXIT_NOTHING_DONE
    return status


async def _list(args: argparse.Namespace, opened: Open) -> int:
    zone = opened.settings.zone
    query = ItemQuery(
        text=args.text,
        state=ItemState(args.state) if args.state else None,
        sender=args.sender,
        recipient=args.recipient,
        since=_in_zone(args.since, zone),
        until=_in_zone(args.until, zone),
        limit=args.limit,
        before_id=args.before,
    )
    found = await opened.store.items(query)
    if args.json:
        print_json(found)
        return 0
    japanese = ("受付番号", "受信", "状態", "差出人", "宛先", "件名")
    headings = japanese if args.language == "ja" else ("Item", "Received", "State", "From", "To", "Subject")
    print_table(headings, [_row(item, zone, args.language) for item in found])
    return 0


def _row(item: Item, zone: str, language: str) -> tuple[str, ...]:
    recipients = [recipient.address for recipient in item.envelope.recipients]
    return (
        item.id,
        local_time(item.envelope.received_at, zone),
        enum_word(item.state, language),
        item.envelope.mail_from or "<>",
        recipients[0] + (f" +{len(recipients) - 1}" if len(recipients) > 1 else "") if recipients else "",
        item.facts.subject if item.facts else "",
    )


async def _show(args: argparse.Namespace, opened: Open) -> int:
    item = await _existing(args.id, opened)
    if args.json:
        print_json(item)
        return 0
    print_table(("", ""), _facts(item, opened.settings.zone, args.language))
    if item.report:
        print()
        japanese = ("部品", "名前", "種類", "結果", "検知")
        headings = japanese if args.language == "ja" else ("Part", "Name", "Type", "Outcome", "Findings")
        print_table(headings, _part_rows(item, args.language))
    return 0


def _facts(item: Item, zone: str, language: str) -> list[tuple[str, str]]:
    ja = language == "ja"
    rows = [
        ("受付番号" if ja else "Item", item.id),
        ("状態" if ja else "State", enum_word(item.state, language)),
        ("受信" if ja else "Received", f"{local_time(item.envelope.received_at, zone)} {item.envelope.client}"),
        ("差出人" if ja else "From", item.envelope.mail_from or "<>"),
        _named(item, ja),
        ("プロファイル" if ja else "Profile", item.profile),
        ("原本" if ja else "Original", f"{item.original_size} B, SHA-256 {item.original_sha256}"),
    ]
    if item.decision:
        decision = item.decision
        rows.append(
            (
                "判定" if ja else "Decision",
                f"{enum_word(decision.verdict, language)} ({decision.rule}): {decision.reason}",
            )
        )
    rows += [
        (result.method.value.upper(), f"{result.result} {result.domain} {result.detail}".rstrip())
        for result in item.authentication
    ]
    for recipient in item.envelope.recipients:
        reply = recipient.last_reply
        answer = f" {reply.code} {reply.enhanced} {reply.public_text}" if reply else ""
        rows.append(
            ("宛先" if ja else "Recipient", f"{recipient.address}: {enum_word(recipient.state, language)}{answer}")
        )
    return rows


def _part_rows(item: Item, language: str) -> list[tuple[str, ...]]:
    parts = item.report.parts if item.report else ()
    return [
        (
            part.path,
            part.name,
            part.detected_type,
            enum_word(part.outcome, language),
            "\n".join(_finding(each, language) for each in part.findings),
        )
        for part in parts
    ]


def _finding(finding: Finding, language: str) -> str:
    place = f"{finding.where}: " if finding.where else ""
    return f"{enum_word(finding.threat, language)} → {enum_word(finding.action, language)}: {place}{finding.detail}"


def _named(item: Item, ja: bool) -> tuple[str, str]:
    shown = item.facts.subject if item.facts else ""
    if item.channel not in FILE_CHANNELS:
        return "件名" if ja else "Subject", shown
    return "ファイル" if ja else "File", f"{shown} → {item.clean_name}" if item.clean_name else shown


async def _retry(args: argparse.Namespace, opened: Open) -> int:
    changed = await opened.store.change(
        args.id, to=ItemState.DELIVERING, actor=acting_person(), reason="retry asked for on the command line"
    )
    return _changed(args, changed)


async def _release(args: argparse.Namespace, opened: Open) -> int:
    item = await _existing(args.id, opened)
    ja, en = f"{_title(item)} を解放しますか?", f"Release {_title(item)}?"
    if args.original:
        ja, en = f"無害化していない原本です。{ja}", f"This delivers the ORIGINAL, not sanitised. {en}"
    if not args.yes and not confirmed(args.language, ja, en):
        return EXIT_NOTHING_DONE
    rules = load_rules(Path(opened.settings.rules))
    person = acting_person()
    return _changed(
        args, await quarantine.release(opened.store, rules, item, person, args.reason, original=args.original)
    )


async def _unlock(args: argparse.Namespace, opened: Open) -> int:
    return await unlock(args, opened, await _existing(args.id, opened))


async def _discard(args: argparse.Namespace, opened: Open) -> int:
    item = await _existing(args.id, opened)
    if not args.yes and not confirmed(args.language, f"{_title(item)} を破棄しますか?", f"Discard {_title(item)}?"):
        return EXIT_NOTHING_DONE
    return _changed(args, await quarantine.discard(opened.store, args.id, acting_person(), args.reason))


async def _export(args: argparse.Namespace, opened: Open) -> int:
    if args.what == "original" and not args.reason.strip():
        complain(args.language, "原本の書き出しには --reason が必要です。", "An original needs a --reason.")
        return EXIT_USAGE
    item = await _existing(args.id, opened)
    data = await _exported(args.what, item, opened)
    if args.what != "report":  # on record first: what nobody wrote down does not leave the store
        await opened.store.exported(item.id, what=args.what, actor=acting_person(), reason=args.reason)
    try:
        _write_new(Path(args.out), data)
    except OSError as error:
        complain(
            args.language, f"書けません: {args.out}: {error.strerror}", f"Cannot write {args.out}: {error.strerror}"
        )
        return EXIT_NOTHING_DONE
    if args.what == "original":
        complain(
            args.language,
            "原本は無害化されていません。開かないでください。",
            "An original is not sanitised: do not open it.",
        )
    return 0


async def _exported(what: str, item: Item, opened: Open) -> Iterable[bytes]:
    if what == "report":
        return [msgspec.json.format(msgspec.json.encode(item), indent=2)]
    found = await (opened.store.clean_original(item) if what == "clean" else opened.store.original(item))
    return found.chunks(PIECE_BYTES)


def _write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """Never over an existing file, and readable by its owner only: it holds somebody's mail or file."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)


def _changed(args: argparse.Namespace, item: Item) -> int:
    if args.json:
        print_json(item)
    else:
        say(
            args.language,
            f"{item.id} は「{enum_word(item.state, args.language)}」になりました。",
            f"{item.id} is now {enum_word(item.state, args.language)}.",
        )
    return 0


async def _existing(item_id: str, opened: Open) -> Item:
    item = await opened.store.item(item_id)
    if item is None:
        raise NoSuchItem(item_id)
    return item


def _title(item: Item) -> str:
    return printable(f"{item.id} ({item.envelope.mail_from or '<>'}: {item.facts.subject if item.facts else ''})")


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a time such as 2026-11-21 or 2026-11-21T09:00") from None


def _in_zone(moment: datetime | None, zone: str) -> datetime | None:
    """A time without an offset is meant in the configured zone."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)

"""`kiyome audit`: proves that the record is whole, and writes it out."""

import argparse
import asyncio
import csv
import sys

import msgspec
from rich.console import Console
from rich.progress import Progress

from gateway.commands.opening import Open, open_store
from gateway.commands.terminal import add_common_options, add_json_option, complain, print_json, say

NAME = "audit"
COLUMNS = ("seq", "at", "actor", "action", "item_id", "detail", "previous_hash", "hash")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `audit verify` and `audit export`."""
    parser = subparsers.add_parser(NAME, help="the record: verify, export / 監査記録")
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="check the hash chain; exit 0 whole, 1 broken / 改ざんの検査")
    add_common_options(verify)
    add_json_option(verify)
    verify.set_defaults(act=_verify)
    export = actions.add_parser("export", help="all rows to standard output / 書き出し")
    add_common_options(export)
    export.add_argument("--item", metavar="ID", help="of this item only / この受付番号だけ")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", help="(jsonl)")
    export.set_defaults(act=_export)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: whole, or written; 1: broken."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with open_store(args.config) as opened:
        status: int = await args.act(args, opened)
    return status


async def _verify(args: argparse.Namespace, opened: Open) -> int:
    with Progress(transient=True, disable=args.json or not sys.stderr.isatty(), console=Console(stderr=True)) as shown:
        reading = shown.add_task("監査記録" if args.language == "ja" else "audit", total=None)
        proof = await opened.store.verify_audit(lambda rows, of: shown.update(reading, completed=rows, total=of))
    if args.json:
        print_json({"intact": proof.intact, **msgspec.structs.asdict(proof)})
    elif proof.intact:
        say(
            args.language,
            f"改ざんはありません: {proof.rows} 行、最後のハッシュ {proof.head_hash}",
            f"Whole: {proof.rows} rows, last hash {proof.head_hash}",
        )
    else:
        complain(
            args.language,
            f"{proof.broken_seq} 行目から壊れています: {proof.problem}(正しいのは {proof.rows} 行)",
            f"Broken at row {proof.broken_seq}: {proof.problem} ({proof.rows} rows are in order)",
        )
    return 0 if proof.intact else 1


async def _export(args: argparse.Namespace, opened: Open) -> int:
    rows = opened.store.audit_rows(args.item)
    if args.format == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        async for row in rows:
            writer.writerow(_harmless(str(getattr(row, column))) for column in COLUMNS)
    else:
        async for row in rows:
            print_json(row)
    return 0


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is quoted: actors and reasons are typed by people."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

"""`kiyome clean`: sanitises files and folders from the command line, as the gateway would sanitise them."""

import argparse
import asyncio
import json
import os
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.commands.clean_files import Pair, Targets, UnusablePath, pairs, read, write
from gateway.commands.terminal import (
    add_json_option,
    add_language_option,
    complain,
    print_table,
    printable,
    printable_json,
    say,
)
from gateway.model import Decision
from gateway.processing.policy import decide
from gateway.processing.words import ENGLISH, JAPANESE
from gateway.settings import SettingsError, load_rules
from gateway.settings.loading import ENVIRONMENT_KEY
from sanitizers.confinement.enclosures import Wall
from sanitizers.confinement.forking import WallMissing
from sanitizers.confinement.pool import Pool, PoolCannotStart
from sanitizers.model import Action, Cleaned, DnsAnswer, MailFacts, Notice, NoticeWords, Outcome, Report
from sanitizers.rules import Kind, Profile, Rules, Task, Verdict

NAME = "clean"
EXIT_CLEANED, EXIT_USAGE, EXIT_BLOCKED = 0, 2, 3
WORDS = {"ja": (JAPANESE, ENGLISH), "en": (ENGLISH, JAPANESE)}
OUTCOMES = {
    Outcome.CLEAN: ("変更なし", "clean"),
    Outcome.REBUILT: ("無害化", "rebuilt"),
    Outcome.CONVERTED: ("変換", "converted"),
    Outcome.REMOVED: ("削除", "removed"),
    Outcome.BLOCKED: ("遮断", "blocked"),
    Outcome.LOCKED: ("施錠", "locked"),
}
HEADINGS = {
    "ja": ("ファイル", "種類", "結果", "検知", "入力", "出力"),
    "en": ("file", "type", "outcome", "findings", "in", "out"),
}


class Fate(msgspec.Struct, frozen=True):
    """What became of one file; the JSON report is a list of these."""

    file: str
    output: str | None  #: None: nothing was written
    outcome: Outcome
    type: str  #: detected
    size_in: int
    size_out: int
    decision: Decision
    facts: MailFacts | None
    report: Report


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `clean`."""
    parser = subparsers.add_parser(
        NAME,
        help="sanitise files and folders / ファイルの無害化",
        epilog="exit status: 0 all written, 3 something was blocked (nothing is written for that file), 2 usage / "
        "終了コード: 0 すべて出力、3 遮断したものあり (そのファイルは出力しない)、2 使い方の誤り",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="file or folder / ファイルかフォルダー")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", type=Path, help="output folder / 出力先フォルダー")
    parser.add_argument("--report", metavar="FILE.json", type=Path, help="write the JSON report / レポートの出力先")
    parser.add_argument("--profile", default="standard", metavar="NAME", help="profile of the rules / プロファイル")
    parser.add_argument("--rules", metavar="FILE", type=Path, help="rules.toml to use / 規則ファイル")
    parser.add_argument("--force", action="store_true", help="overwrite existing output / 既存の出力を上書き")
    parser.add_argument(
        "--accept-missing-wall",
        action="append",
        default=[],
        type=_wall,
        metavar="NAME",
        help=f"work although this host lacks this wall around its children (repeatable): {', '.join(Wall)} / "
        "この壁が無くても動かす",
    )
    add_json_option(parser)
    add_language_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: all written; 3: something was blocked; 2: the command line or the rules cannot be used."""
    language: str = args.language
    try:
        rules = load_rules(args.rules or find_rules())
        chosen = pairs(args.paths, args.out, force=args.force)
        _check_report_place(args.report)
        progress = None if args.json or not sys.stderr.isatty() else _progress_bar(len(chosen))
        fates = clean_paths(
            chosen,
            args.out,
            rules,
            args.profile,
            language,
            force=args.force,
            accepted=frozenset(args.accept_missing_wall),
            progress=progress,
        )
        if args.report:
            args.report.write_bytes(_as_json(fates))
    except UnusablePath as problem:
        complain(language, problem.ja, problem.en)
        return EXIT_USAGE
    except PoolCannotStart as problem:
        way_out = "; --accept-missing-wall NAME" if isinstance(problem.__cause__, WallMissing) else ""
        complain(language, f"{problem}{way_out}", f"{problem}{way_out}")
        return EXIT_USAGE
    except (SettingsError, OSError) as problem:
        complain(language, str(problem), str(problem))
        return EXIT_USAGE
    if args.json:
        print(printable_json(_as_json(fates).decode()))
    else:
        _print(fates, language)
    return EXIT_CLEANED if all(fate.output for fate in fates) else EXIT_BLOCKED


def clean_paths(
    chosen: Sequence[Pair],
    out: Path,
    rules: Rules,
    profile_name: str,
    language: str = "en",
    *,
    force: bool = False,
    accepted: frozenset[Wall] = frozenset(),
    progress: "Progress | None" = None,
) -> list[Fate]:
    """Cleans the files in child processes and writes what may go on; the fates are in the order of the files."""
    if profile_name not in rules.profiles:
        raise SettingsError(f"profile {profile_name!r} is not in the rules; there are: {', '.join(rules.profiles)}")
    order = _Order(out, rules, profile_name, WORDS[language], force, accepted)
    if progress is None:
        return asyncio.run(_clean_all(chosen, order, lambda: None))
    with progress:
        return asyncio.run(_clean_all(chosen, order, lambda: progress.advance(progress.task_ids[0])))


def find_rules() -> Path:
    """Beside $KIYOME_CONFIG, else config/rules.toml, /etc/kiyome/rules.toml, or the one that was installed."""
    configured = os.environ.get(ENVIRONMENT_KEY)
    searched = [
        *([Path(configured).parent / "rules.toml"] if configured else []),
        Path("config/rules.toml"),
        Path("/etc/kiyome/rules.toml"),
        Path(sysconfig.get_path("data")) / "share/kiyome/config/rules.toml",
        Path(__file__).parents[2] / "config/rules.toml",
    ]
    for place in searched:
        if place.is_file():
            return place
    raise SettingsError("no rules.toml found; name one with --rules")


class _Order(msgspec.Struct, frozen=True):
    """What holds for all files of one call."""

    out: Path
    rules: Rules
    profile_name: str
    words: tuple[NoticeWords, ...]
    force: bool
    accepted: frozenset[Wall]  #: walls that may be missing on this host

    @property
    def profile(self) -> Profile:
        return self.rules.profiles[self.profile_name]

    def task(self, name: str, original: bytes) -> Task:
        """Where the gateway has an item number, the same file always gets the same mark."""
        mark = f"clean-{sha256(original).hexdigest()[:12]}"
        return Task(mark, Kind.FILE, name, self.profile, self.rules.budget, Notice(mark, self.words))


async def _clean_all(chosen: Sequence[Pair], order: _Order, step: Callable[[], None]) -> list[Fate]:
    count = min(len(chosen), len(os.sched_getaffinity(0)))
    pool = Pool(
        count,
        budget=order.rules.budget,
        accepted=order.accepted,
        items_before_recycling=5_000,
        seconds_before_recycling=3_600,
    )
    await pool.start()
    fates: list[Fate | None] = [None] * len(chosen)
    waiting, targets = iter(enumerate(chosen)), Targets(chosen, force=order.force)

    async def work() -> None:
        for index, pair in waiting:
            fates[index] = await _clean_one(pool, pair, order, targets)
            step()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count + 1):
                group.create_task(work())
    except ExceptionGroup as problems:  # several may fail at once; a person needs one line
        raise problems.exceptions[0] from None
    finally:
        await pool.stop()
    return [fate for fate in fates if fate is not None]


async def _clean_one(pool: Pool, pair: Pair, order: _Order, targets: Targets) -> Fate:
    original = read(pair.source, order.rules.budget.bytes_in)
    cleaned = await pool.clean(order.task(pair.source.name, original), original, _no_dns)
    decision = decide(cleaned.report, (), order.profile_name, order.profile, cleaned.data is not None)
    output = None
    if cleaned.data is not None and decision.verdict is Verdict.DELIVER:
        target = targets.named(pair, cleaned.name)
        write(target, cleaned.data, order.out, force=order.force)
        output = str(target)
    return _fate(pair, output, cleaned, decision)


def _fate(pair: Pair, output: str | None, cleaned: Cleaned, decision: Decision) -> Fate:
    top = cleaned.report.parts[0]
    return Fate(
        file=pair.shown,
        output=output,
        outcome=top.outcome if output else Outcome.BLOCKED,
        type=top.detected_type,
        size_in=top.size_in,
        size_out=top.size_out if output else 0,
        decision=decision,
        facts=cleaned.facts,
        report=cleaned.report,
    )


async def _no_dns(_name: str, _rdtype: str) -> DnsAnswer:
    """Files have no sender to check."""
    return DnsAnswer("failed")


def _wall(name: str) -> Wall:
    try:
        return Wall(name)
    except ValueError:
        raise argparse.ArgumentTypeError(f"walls are {', '.join(Wall)}; got {name!r}") from None


def _check_report_place(report: Path | None) -> None:
    if report is not None and not report.absolute().parent.is_dir():
        raise UnusablePath(report, "フォルダーがありません", "no such folder")


def _progress_bar(total: int) -> Progress:
    columns = (TextColumn("kiyome"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    progress.add_task("", total=total)
    return progress


def _as_json(fates: list[Fate]) -> bytes:
    return json.dumps(msgspec.to_builtins(fates), ensure_ascii=False, indent=2).encode("utf-8", "replace")


def _print(fates: list[Fate], language: str) -> None:
    column = ("ja", "en").index(language)
    print_table(
        HEADINGS[language],
        [
            (
                printable(fate.file).replace("\n", "�"),
                fate.type or "-",
                OUTCOMES[fate.outcome][column],
                _findings(fate, language),
                _size(fate.size_in),
                _size(fate.size_out) if fate.output else "-",
            )
            for fate in fates
        ],
    )
    written = sum(fate.output is not None for fate in fates)
    stopped = len(fates) - written
    say(language, f"出力 {written} 件、遮断 {stopped} 件", f"{written} written, {stopped} blocked")


def _findings(fate: Fate, language: str) -> str:
    """Each kind of threat in words, with how often it was met; notes that changed nothing are for the JSON report."""
    words = WORDS[language][0].threats
    met = Counter(
        found.threat for part in fate.report.parts for found in part.findings if found.action is not Action.NOTED
    )
    told = [words[threat] + (f" ×{count}" if count > 1 else "") for threat, count in met.most_common()]
    return ("、" if language == "ja" else ", ").join(told) or "-"


def _size(count: int) -> str:
    for unit, size in (("MB", 1_048_576), ("KB", 1_024)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"

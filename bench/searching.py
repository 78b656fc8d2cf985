"""`make bench-search`: what lists, searches, filters and the overview take with a thousand and with a million items."""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bench.items import fill, settle_down
from gateway.access.model import EVERYTHING, Scope
from gateway.model import Direction, ItemState
from gateway.settings import StoreSettings
from gateway.store.items import Store
from gateway.store.queries import Query, Sort
from sanitizers.model import Outcome, Threat
from tests.postgresql import binaries, postgresql

#: By row: (by the clock, of CPU).
Times = dict[str, list[tuple[float, float]]]
#: What is promised on SQLite with a million items, in milliseconds.
WANTED = 200
ZONE = ZoneInfo("Asia/Tokyo")
CITY = Scope(domains=frozenset({"city7.example.lg.jp"}))
HELD = frozenset({ItemState.HELD})
DONE = frozenset({ItemState.DELIVERED, ItemState.BOUNCED})


def _texts(*texts: str) -> tuple[Query, ...]:
    return tuple(Query(text=text) for text in texts)


def _scoped(*queries: Query) -> tuple[Query, ...]:
    return tuple(msgspec.structs.replace(query, scope=CITY) for query in queries)


#: A row of the table, and the queries that it is the time of.
LISTS: dict[str, tuple[Query, ...]] = {
    "list": (Query(), Query(states=HELD), Query(states=DONE), Query(sort=Sort.OLDEST)),
    "list by size, by sender": (Query(sort=Sort.SIZE), Query(sort=Sort.SENDER), Query(sort=Sort.SIZE, states=HELD)),
    "list of one domain": _scoped(Query(), Query(states=HELD), Query(states=DONE), Query(sort=Sort.SIZE)),
    "search: common words": _texts("会議", "予算", "invoice", "example.jp", "会議 資料", "お知らせ 至急"),
    "search: rare words": _texts("No.99123", "user1234@vendor", "shokuin299@city39", "議事録会議 meeting update"),
    "search: none has it": _texts("存在しない語句", "nothing-like-it", "会議 存在しない", "xq"),
    "search: short words": _texts("会", "no", "第", "a", "7", "区 市"),
    "search of one domain": _scoped(*_texts("会議", "予算 資料", "user1234", "No.991", "会")),
    "search among held": tuple(Query(text=text, states=HELD) for text in ("会議", "user12", "No.9", "存在しない")),
    "search by size, by sender": (
        Query(text="会議", sort=Sort.SIZE), Query(text="user123", sort=Sort.SENDER),
        Query(text="No.991", sort=Sort.SIZE),
    ),
    "filters": (
        Query(finding=Threat.ENCRYPTED), Query(outcome=Outcome.BLOCKED, text="会議"), Query(type="application/pdf"),
        Query(sha256="ab" * 32), Query(direction=Direction.OUTBOUND),
        Query(sender="user77@", recipient="shokuin1"),
        Query(finding=Threat.ACTIVE_CONTENT, states=HELD), Query(subject="予算", header_from="佐藤"),
    ),
}  # fmt: skip


@contextmanager
def stores(kind: str) -> Iterator[Callable[[int], StoreSettings]]:
    """Makes empty stores of a kind."""
    with tempfile.TemporaryDirectory(prefix="kiyome-bench-") as folder:
        if kind == "sqlite":
            yield lambda count: StoreSettings(url=f"sqlite:///{folder}/{count}.db", blobs=f"{folder}/blobs")
            return
        found = binaries()
        if found is None:
            raise SystemExit("PostgreSQL is not installed")
        with postgresql(found) as server:
            yield lambda _: StoreSettings(url=server.new_database(), blobs=f"{folder}/blobs")


async def measured(settings: StoreSettings, rounds: int, now: datetime) -> Times:
    """Milliseconds, by the clock and of CPU, of each round of each row, in an order of its own."""
    store = await Store.open(settings)
    try:
        work: list[tuple[str, Callable[[], Awaitable[object]]]] = []
        for title, queries in LISTS.items():
            for query in queries:
                work += [(title, lambda query=query: store.lists.search(query))] * rounds
        since = now - timedelta(days=30)
        for scope in (EVERYTHING, CITY):
            work += [("overview", lambda scope=scope: store.lists.overview(scope, now, ZONE))] * rounds
            work += [("statistics of 30 days", lambda scope=scope: store.lists.statistics(scope, since, now))] * rounds
        random.Random(1).shuffle(work)
        times: Times = {}
        for title, act in work:
            begun, cpu = time.perf_counter(), time.process_time()
            await act()
            taken = (time.perf_counter() - begun) * 1000, (time.process_time() - cpu) * 1000
            times.setdefault(title, []).append(taken)
        return times
    finally:
        await store.close()


def table(columns: dict[int, Times]) -> float:
    """Prints 50th and 95th percentile of each row, and the 95th of CPU; the worst 95th of the last column."""
    print(f"{'milliseconds':28}" + "".join(f"{f'{count:,}':>12} p50{'p95':>8}{'CPU p95':>9}" for count in columns))
    worst: list[float] = []
    for title in next(iter(columns.values())):
        line = f"{title:28}"
        for times in columns.values():
            taken, cpu = zip(*times[title], strict=True)
            worst.append(_percentile_95(taken))
            line += f"{statistics.median(taken):16.1f}{worst[-1]:8.1f}{_percentile_95(cpu):9.1f}"
        print(line)
    return max(worst[len(columns) - 1 :: len(columns)])


def _percentile_95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def main() -> int:
    """Exit status 0 when everything was as fast as promised."""
    parser = argparse.ArgumentParser(prog="python -m bench.searching", description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="fill SQLite stores here once, and use them again")
    options = parser.parse_args()
    now = datetime.now(UTC)
    columns: dict[int, Times] = {}
    with stores(options.store) as made:
        for count in options.items:
            settings = made(count) if options.keep is None else _kept(options.keep, count)
            if options.keep is None or not Path(settings.url.removeprefix("sqlite:///")).exists():
                print(f"filling with {count:,} items …", file=sys.stderr, flush=True)
                fill(settings.url, count, now)
                settle_down(settings.url)
            columns[count] = asyncio.run(measured(settings, options.rounds, now))
    worst = table(columns)
    print(f"worst 95th percentile with {options.items[-1]:,} items: {worst:.0f} ms, wanted {WANTED}")
    return 0 if options.store != "sqlite" or worst < WANTED else 1


def _kept(folder: Path, count: int) -> StoreSettings:
    folder.mkdir(parents=True, exist_ok=True)
    return StoreSettings(url=f"sqlite:///{folder.absolute()}/{count}.db", blobs=f"{folder.absolute()}/blobs")


if __name__ == "__main__":
    sys.exit(main())

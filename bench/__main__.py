"""`make bench`: mails per second through Postfix and through Kiyome in turn, their ratio, and what each mail cost."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bench.peers import Peer, kiyome, postfix
from bench.processes import MemoryWatch, cpu_seconds
from tests.servers.gateway import ROOT
from tests.servers.ports import free_port
from tests.servers.postfix import missing

#: The ratio to Postfix's rate that a load must reach, where one is promised.
WANTED = {"text": 0.5, "html": 0.25}
FIGURES = (
    ("mails a second, end to end", "rate", "{:9.1f}"),
    ("accept to arrival, 50th percentile, s", "wait_p50", "{:9.3f}"),
    ("accept to arrival, 95th percentile, s", "wait_p95", "{:9.3f}"),
    ("CPU a mail, ms", "cpu_ms", "{:9.2f}"),
    ("peak memory, MiB", "memory_mib", "{:9.1f}"),
    ("lost", "lost", "{:9.0f}"),
    ("doubled", "doubled", "{:9.0f}"),
)

Open = Callable[[Path, int], AbstractContextManager[Peer]]


def measure(open_peer: Open, load: str, mails: int, connections: int) -> dict[str, float]:
    """One load through one fresh peer."""
    with tempfile.TemporaryDirectory(prefix="kiyome-bench-", ignore_cleanup_errors=True) as name:
        folder, sink = Path(name), free_port()
        report = folder / "traffic.json"
        with open_peer(folder / "peer", sink) as peer:
            traffic = subprocess.Popen(
                [
                    *(sys.executable, "-m", "bench.traffic", f"--port={peer.port}", f"--sink={sink}", f"--load={load}"),
                    *(f"--mails={mails}", f"--connections={connections}", f"--report={report}"),
                ],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert traffic.stdin is not None
            assert traffic.stdout is not None
            traffic.stdout.readline()
            time.sleep(1)  # let the peer finish starting
            before = cpu_seconds(peer.process)
            with MemoryWatch(peer.process) as memory:
                traffic.communicate(b"go\n")
            used = cpu_seconds(peer.process) - before
        if traffic.returncode != 0:
            message = f"the load through {peer.name} did not finish"
            raise SystemExit(message)
        result: dict[str, float] = json.loads(report.read_text())
    result["rate"] = (mails - result["lost"]) / result["end_to_end_seconds"]
    result["cpu_ms"] = used * 1000 / mails
    result["memory_mib"] = memory.peak / 1024 / 1024
    return result


def compare(load: str, mails: int, connections: int, rounds: int) -> bool:
    """Both peers in turn; prints the table; whether nothing was lost and the wanted ratio was reached."""
    ours, theirs = [], []
    for number in range(rounds):
        print(f"{load}: round {number + 1} of {rounds} …", file=sys.stderr, flush=True)
        theirs.append(measure(postfix, load, mails, connections))
        ours.append(measure(kiyome, load, mails, connections))
    print(
        f"\n{load}: {mails} mails, {connections} connections at once, one mail each; medians of {rounds} rounds in turn"
    )
    print(f"{'':40}{'Postfix':>10}{'Kiyome':>10}")
    for title, key, form in FIGURES:
        columns = [statistics.median(float(run[key] or 0) for run in runs) for runs in (theirs, ours)]
        print(f"{title:40}" + "".join(" " + form.format(value) for value in columns))
    ratios = sorted(our["rate"] / their["rate"] for our, their in zip(ours, theirs, strict=True))
    ratio = statistics.median(ratios)
    wanted = WANTED.get(load)
    print(
        f"Kiyome / Postfix: {ratio:.2f} (of {ratios[0]:.2f} to {ratios[-1]:.2f})"
        + (f", wanted {wanted}" if wanted else "")
    )
    return not any(run["lost"] for run in ours) and (wanted is None or ratio >= wanted)


def main() -> int:
    """Exit status 0 when every wanted ratio was reached and nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--mails", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--load", action="append", choices=["text", "html", "mix"])
    options = parser.parse_args()
    if why := missing():
        print(f"bench: {why}", file=sys.stderr)
        return 2
    results = [
        compare(load, options.mails, options.connections, options.rounds)
        for load in options.load or ["text", "html", "mix"]
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""GET /metrics: what Prometheus reads (text format 0.0.4): counters from what was counted by hour, gauges of now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from gateway.access.model import EVERYTHING, Caller
from gateway.access.rights import Right
from gateway.delivery.smtp import HopState
from gateway.folders.state import FolderState
from gateway.store.counting import FILES_IN, FILES_OUT, MAILS_IN, MAILS_OUT, TOOK_UP_TO
from gateway.store.queries import Overview
from gateway.web.api.calls import Answer, Ask, Book, Nothing
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.handling import refusals
from gateway.web.reading.inventory import versions

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_WAYS: Final = {MAILS_IN: "inbound", MAILS_OUT: "outbound"}
_WAYS_OF_FILES: Final = {FILES_IN: "inbound", FILES_OUT: "outbound"}
#: Counters: the name, what it is, the label, and the measures of counting.py by their label; a text stands for all
#: measures that begin with it, and what follows is the label.
COUNTERS: Final = (
    ("kiyome_mails_received_total", "Mails kept, by direction.", "direction", _WAYS),
    ("kiyome_files_received_total", "Files kept, by direction.", "direction", _WAYS_OF_FILES),
    ("kiyome_notices_total", "Notices that Kiyome wrote itself.", "", {"notices": ""}),
    ("kiyome_received_bytes_total", "Bytes of originals.", "", {"bytes": ""}),
    ("kiyome_items_became_total", "Items that came to a state.", "state", "items."),
    ("kiyome_parts_total", "Parts of cleaned items, by what became of them.", "outcome", "parts."),
    ("kiyome_findings_total", "Parts in which something of the kind was found.", "threat", "findings."),
)

Sample = tuple[str, Mapping[str, str], float]


def add_metrics(book: Book, desk: Desk) -> None:
    """Adds the route."""
    networks = [ip_network(each) for each in desk.gateway.settings.web.metrics_networks]
    zone = ZoneInfo(desk.gateway.settings.zone)

    @book.call(
        "GET",
        "/metrics",
        root="",
        tag="system",
        title="Figures for Prometheus",
        more="For API tokens and sessions with the right `system.see` over everything, and without either for the "
        "networks that `web.metrics_networks` names.",
        answers=Answer(media="text/plain", text="The text format, version 0.0.4."),
    )
    async def metrics(ask: Ask[Nothing, Nothing]) -> Response:
        if not any(_is_in(desk.guard.client(ask.request).address, network) for network in networks):
            _admit(ask.request)
        store = desk.gateway.store
        with refusals():
            totals = await store.totals.now()
            overview = await store.lists.overview(EVERYTHING, datetime.now(UTC), zone)
        text = "".join(written(totals, overview, desk.gateway.hops(), desk.gateway.health()))
        return Response(text, headers={"Content-Type": MEDIA_TYPE})


def _is_in(address: str, network: Any) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False


def _admit(request: Request) -> None:
    """The figures are of everything: a municipality's own people do not read those of its neighbours."""
    caller: Caller | None = request.state.caller
    if caller is None:
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    if Right.SYSTEM not in caller.rights or caller.scope != EVERYTHING:
        raise Problem("no_right")


def written(
    totals: Mapping[str, int], overview: Overview, hops: Iterable[HopState], doing: Mapping[str, Any]
) -> Iterator[str]:
    """All families, each with its help and type."""
    for name, words, label, measures in COUNTERS:
        yield from family(name, "counter", words, _counted(name, totals, label, measures))
    yield from _durations(totals)
    now = [("kiyome_items", {"state": state.value}, float(number)) for state, number in overview.now.items()]
    yield from family("kiyome_items", "gauge", "Items in a state now; counting ends at 10000.", now)
    yield from _gauge("kiyome_approvals_waiting", "Releases that wait for a second person.", overview.approvals)
    yield from _gauge("kiyome_items_locked", "Items that wait for a password.", overview.locked)
    waiting = sum(row.recipients for row in overview.queue)
    yield from _gauge("kiyome_queue_recipients", "Recipients who wait for their mail.", waiting)
    yield from _hops(hops)
    yield from _folders(doing["folders"])
    yield from _of_process(doing)


def _gauge(name: str, words: str, value: float) -> Iterator[str]:
    yield from family(name, "gauge", words, [(name, {}, float(value))])


def _hops(hops: Iterable[HopState]) -> Iterator[str]:
    """Those that this process has tried; two routes with other TLS policies are one hop here."""
    name, up = "kiyome_next_hop_up", dict[tuple[str, str, str], bool]()
    for hop in hops:
        if hop.known:
            key = (hop.host, str(hop.port), hop.direction.value)
            up[key] = up.get(key, True) and not hop.down
    samples = [
        (name, {"host": host, "port": port, "direction": way}, float(is_up)) for (host, port, way), is_up in up.items()
    ]
    yield from family(name, "gauge", "1: the next hop answered when it was last tried.", samples)


def _folders(folders: Sequence[FolderState]) -> Iterator[str]:
    up, waiting, refused = "kiyome_folder_up", "kiyome_folder_waiting", "kiyome_folder_refused"
    for name, words, values in (
        (up, "1: files can be taken from the watched folder, results written.", [not each.problem for each in folders]),
        (waiting, "Files in the watched folder that were not taken yet.", [each.waiting for each in folders]),
        (refused, "Of these, files that cannot be taken.", [each.refused for each in folders]),
    ):
        samples = [(name, {"folder": each.name}, float(value)) for each, value in zip(folders, values, strict=True)]
        yield from family(name, "gauge", words, samples)


def _counted(name: str, totals: Mapping[str, int], label: str, measures: str | Mapping[str, str]) -> list[Sample]:
    if isinstance(measures, str):
        found = {key: key.removeprefix(measures) for key in sorted(totals) if key.startswith(measures)}
    else:
        found = dict(measures)
    return [(name, {label: value} if label else {}, float(totals.get(key, 0))) for key, value in found.items()]


def _durations(totals: Mapping[str, int]) -> Iterator[str]:
    name, so_far = "kiyome_cleaning_seconds", 0
    samples: list[Sample] = []
    for most in TOOK_UP_TO:
        so_far += totals.get(f"took.{most}", 0)
        samples.append((f"{name}_bucket", {"le": str(most / 1_000)}, float(so_far)))
    so_far += totals.get("took.longer", 0)
    samples.append((f"{name}_bucket", {"le": "+Inf"}, float(so_far)))
    samples.append((f"{name}_sum", {}, totals.get("took.sum", 0) / 1_000))
    samples.append((f"{name}_count", {}, float(so_far)))
    yield from family(name, "histogram", "How long cleaning an item took.", samples)


_PROCESS: Final = (
    ("kiyome_children", "children", "Confined child processes that are alive."),
    ("kiyome_items_processing", "processing", "Items being cleaned by this process."),
    ("kiyome_items_delivering", "delivering", "Items being delivered by this process."),
    ("kiyome_free_bytes", "free_bytes", "Room left where the store is."),
)


def _of_process(doing: Mapping[str, Any]) -> Iterator[str]:
    for name, key, words in _PROCESS:
        if doing.get(key) is not None:
            yield from _gauge(name, words, doing[key])
    build = {"version": dict(versions())["Kiyome"]}
    yield from family("kiyome_build_info", "gauge", "Which Kiyome this is.", [("kiyome_build_info", build, 1.0)])


def family(name: str, kind: str, words: str, samples: Iterable[Sample]) -> Iterator[str]:
    """One family of https://prometheus.io/docs/instrumenting/exposition_formats."""
    yield f"# HELP {name} {_escaped(words)}\n# TYPE {name} {kind}\n"
    for sample, labels, value in samples:
        said = ",".join(f'{key}="{_escaped_label(each)}"' for key, each in labels.items())
        number = str(int(value)) if value == int(value) else repr(value)
        yield f"{sample}{{{said}}} {number}\n" if said else f"{sample} {number}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _escaped_label(text: str) -> str:
    return _escaped(text).replace('"', '\\"')

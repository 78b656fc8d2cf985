"""What became of a file sample inside its mail: by the report, by what arrived, and by the words of the notice."""

import hashlib
import html

import msgspec

from gateway.commands.sample_arrival import Arrival, ArrivedFile
from gateway.commands.sample_files import FileSample
from sanitizers.model import Outcome, PartReport

_STAYED_BEHIND = frozenset({Outcome.REMOVED, Outcome.BLOCKED, Outcome.LOCKED})
_UNPACKED = frozenset({"mail", "outlook", "tnef"})  # sanitizers: what they open goes into the mail around it
_NAME_CHARACTERS = 80  # the notice shortens long names


class Attached(msgspec.Struct, frozen=True):
    """Where the file is in report and mail."""

    parts: tuple[PartReport, ...] = ()  #: it and all in it
    went_on: bool = False
    missing: tuple[str, ...] = ()  #: must have stayed, and did not; words that only a viewer shows are not looked for
    unnamed: str = ""  #: its name, when the notice does not say it


def attached(sample: FileSample, parts: tuple[PartReport, ...], arrival: Arrival | None) -> Attached:
    """The file is known by its digest: its name may have changed."""
    digest = hashlib.sha256(sample.path.read_bytes()).hexdigest()
    part = next((each for each in parts if each.sha256_in == digest), None)
    if part is None:
        return Attached(unnamed=sample.claimed_name)
    inside = tuple(each for each in parts if each.path == part.path or each.path.startswith(f"{part.path}."))
    files = [file for file in arrival.files if file.sha256 == part.sha256_out] if arrival else []
    unpacked = part.sanitizer in _UNPACKED and arrival is not None and not files
    missing = tuple(word for file in files for word in _missing(file, sample.description.must_stay))
    if unpacked and arrival is not None:
        missing = tuple(word for word in sample.description.must_stay if not arrival.holds(word))
    return Attached(
        parts=inside,
        went_on=part.outcome not in _STAYED_BEHIND and (unpacked or len(files) == 1),
        missing=missing,
        unnamed=part.name if arrival and not _is_named(part.name, arrival) else "",
    )


def _missing(file: ArrivedFile, words: tuple[str, ...]) -> list[str]:
    if not file.text:
        return []
    return [word for word in words if word not in file.text and word not in html.unescape(file.text)]


def _is_named(name: str, arrival: Arrival) -> bool:
    return name[:_NAME_CHARACTERS] in arrival.text.replace("[.]", ".")  # a name like an address may be defanged

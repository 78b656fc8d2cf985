"""Whether a clean archive has the names of the original: as readers list them there, decoded and made safe by Kiyome.

A name is the same with another ending (its content was converted, or has none of that ending) and with the number that
tells it from another of the same name. What is missing has to be told in the report.
"""

import re
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from bench.archive_readers import told_by
from sanitizers.formats.archive.names import Places, Written, charset_of, decoded, shown_path
from sanitizers.names import safe_name

SLASHED = re.compile(rb"(?P<lead>[\x81-\x9f\xe0-\xfc])/")  # libarchive takes the second half of 表 for a separator
ESCAPED = re.compile(rb"\\([0-7]{3}|.)")
SIGNS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
PACKED = re.compile(r"\.(?:gz|bz2|xz|zst|z|lz|lzma|lz4)$")
LONG = 100  # characters; an ending that is added may shorten a name to 120
NUMBERED = re.compile(r" \([0-9]+\)$")


def listings(path: Path, kind: str) -> list[list[str]]:
    """The paths that each reader lists, where it lists any; bytes are decoded as Kiyome does."""
    found = [by_bsdtar(path, kind), by_bsdtar(path, kind, elsewhere=True)]
    found += [by_lhasa(path)] if kind == "arc-lzh" else []
    return [names for names in (*found, by_7_zip(path)) if names]


def by_bsdtar(path: Path, kind: str, *, elsewhere: bool = False) -> list[str]:
    lines = (told_by(["bsdtar", "-tf", str(path)], whole=False) or b"").splitlines()
    raw = [ESCAPED.sub(unescaped, line) for line in lines]
    if kind in {"arc-rar", "arc-cab"}:
        raw = [SLASHED.sub(rb"\g<lead>\\", line) if not is_utf_8(line) else line for line in raw]
    return all_decoded(raw, Written.ELSEWHERE if elsewhere else Written.ON_WINDOWS)


def all_decoded(raw: list[bytes], written: Written) -> list[str]:
    """Each in UTF-8 where it can be, the others in one charset."""
    charset = charset_of([line for line in raw if not is_utf_8(line)], written)
    return [decoded(line, charset) for line in raw]


def unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes((int(sign, 8) & 255,)) if len(sign) == 3 else SIGNS.get(sign, sign)


def is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def by_7_zip(path: Path) -> list[str]:
    lines = (told_by(["7z", "l", "-slt", "-ba", "-pnone", str(path)], whole=False) or b"").splitlines()
    raw = [line.removeprefix(b"Path = ") for line in lines if line.startswith(b"Path = ")]
    return all_decoded(raw, Written.ON_WINDOWS)


def by_lhasa(path: Path) -> list[str]:
    """The last column; two lines stand above the list, two below it."""
    lines = (told_by(["lhasa", "l", str(path)], whole=False) or b"").splitlines()[2:-2]
    raw = [line[51:].split(b" -> ")[0] for line in lines]
    return all_decoded(raw, Written.ON_WINDOWS)


def strange(output: Path, known: list[list[str]]) -> tuple[str, ...]:
    """Files of the clean archive that no reader lists in the original, by any of its ways to write them."""
    safe = {plain(made_safe(name)) for names in known for name in names}
    return tuple(name for name in files_of(output) if not may_be(name, safe))


def missing(output: Path, known: list[list[str]], parts: list[dict]) -> tuple[str, ...]:
    """What a reader lists in the original, and neither the clean archive has nor the report tells; of two, the less."""
    there = {plain(name) for name in by_bsdtar(output, "arc-zip")}
    folders = {folder for name in there for folder in accumulate(name.split("/"), "{}/{}".format)}
    told = {plain(part["name"]) for part in parts[1:] if not part["size_out"]}
    told |= {
        plain(finding["where"].replace("\\", "/").partition("|")[0]) for part in parts for finding in part["findings"]
    }
    whole = [names for names in known if len(names) >= len(known[0])]
    gone = [tuple(name for name in names if is_gone(name, there, folders | told)) for names in whole]
    return min(gone, key=len, default=())


def is_gone(name: str, there: set[str], told: set[str]) -> bool:
    safe = plain(made_safe(name))
    if not safe or {safe, safe.rpartition("/")[2], plain(shown_path(name))} & told:
        return False
    return not any(may_be(path, {safe}) for path in there)


def files_of(output: Path) -> Iterable[str]:
    return (name for name in by_bsdtar(output, "arc-zip") if not name.endswith("/"))


def made_safe(path: str) -> str:
    folders, last = Places([]).steps(path)
    return "/".join([*folders, safe_name(last)[0] or "file"]) if last else ""


def plain(path: str) -> str:
    return path.strip("/").casefold()


def may_be(name: str, safe: set[str]) -> bool:
    """The same, with an ending added or changed, numbered or not, or shortened for it."""
    name = plain(name)
    stem = stem_of(name)
    forms = {name, stem, NUMBERED.sub("", stem), NUMBERED.sub("", name)}
    return any(form in forms or stem_of(form) in forms or (len(stem) > LONG and form.startswith(stem)) for form in safe)


def stem_of(path: str) -> str:
    """Without the ending, and without that of what is in a single compressed file."""
    folder, slash, last = path.rpartition("/")
    packed = PACKED.search(last)
    last = last[: packed.start()] if packed else last
    stem, dot, _ending = last.rpartition(".")
    return folder + slash + (stem if dot and stem else last)

"""Which software runs here, in which version, under which licence: as the installed packages say of themselves."""

import platform
import re
import sqlite3
import ssl
from functools import lru_cache
from importlib import metadata

import msgspec

OURS = "kiyome"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
LONGEST_LICENCE = 80  #: characters; some put the whole text there


class Package(msgspec.Struct, frozen=True, order=True):
    """One of them."""

    name: str
    version: str
    licence: str  #: "" when the package does not say


def versions() -> list[tuple[str, str]]:
    """What an administrator is asked for first."""
    try:
        kiyome = metadata.version(OURS)
    except metadata.PackageNotFoundError:
        kiyome = "–"
    return [
        ("Kiyome", kiyome),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        ("OpenSSL", ssl.OPENSSL_VERSION),
        ("Linux", platform.release()),
    ]


@lru_cache(maxsize=1)
def packages() -> tuple[Package, ...]:
    """All that Kiyome needs, directly or not, by name. Read once: packages do not change under a running gateway."""
    found: dict[str, Package] = {}
    waiting = [OURS]
    while waiting:
        name = waiting.pop()
        key = name.lower().replace("_", "-")
        if key in found:
            continue
        try:
            about = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # wanted on another system only
        found[key] = Package(about.metadata["Name"] or name, about.version, _licence(about))
        needed = [_NAME.match(line) for line in about.requires or () if "extra ==" not in line]
        waiting += [match[0] for match in needed if match]
    found.pop(OURS, None)
    return tuple(sorted(found.values(), key=lambda package: package.name.lower()))


def _licence(about: metadata.Distribution) -> str:
    """PEP 639's expression, else the trove classifiers, else the old field's first line."""
    said = about.metadata.get_all("License-Expression") or ()
    if said:
        return str(said[0])
    classified = [
        line.rpartition("::")[2].strip()
        for line in about.metadata.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    if classified:
        return ", ".join(dict.fromkeys(classified))
    lines = "\n".join(map(str, about.metadata.get_all("License") or ())).strip().splitlines()
    return lines[0][:LONGEST_LICENCE] if lines else ""

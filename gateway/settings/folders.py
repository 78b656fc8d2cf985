"""Watched folders in gateway.toml: their keys, and what must hold between them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import PurePath

import msgspec

from gateway.model import Direction
from sanitizers.rules import Rules, ZipMembers


class Preset(StrEnum):
    """Whose rules for names a pair of folders follows."""

    PLAIN = "plain"  # the result has the name of what came in
    SHIRASAGI = "shirasagi"  # the names that the CMS SHIRASAGI expects of a sanitizer


class WatchedFolder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One pair of folders of one system."""

    name: str  #: in logs, items and on pages
    intake: str = msgspec.field(name="in")  #: what the system puts files into
    out: str  #: where results go
    error: str = ""  #: where reports go; "" with the preset shirasagi, whose reports go to `out`
    owner: str  #: address of who answers for these files: sender and recipient of the items
    profile: str = ""  #: "" is the profile that the rules assign to `owner`
    direction: Direction = Direction.INBOUND
    preset: Preset = Preset.PLAIN
    stable_seconds: int = 2  #: a file whose size and time stood still so long is complete
    look_seconds: int = 2  #: from one look at the in-folder to the next
    mount: str = ""  #: where the share must be mounted; while it is not, the folders count as away

    @property
    def reports(self) -> str:
        """The folder of reports."""
        return self.error or self.out


def folder_problems(folders: Sequence[WatchedFolder]) -> Iterator[str]:
    """All problems of `folders` that their form does not show."""
    for index, folder in enumerate(folders):
        where = f"folders[{index}]"
        yield from _own_problems(folder, where)
        for other in folders[:index]:
            for key, path in _paths(folder):
                for theirs, other_path in _paths(other):
                    if _nested(path, other_path) and "in" in (key, theirs):
                        yield f'{where}.{key}: {path} lies in or around {theirs} of folder "{other.name}"'
    for name, count in Counter(folder.name for folder in folders).items():
        if count > 1:
            yield f'folders: name: "{name}" is given {count} times'


def folder_rule_problems(folders: Sequence[WatchedFolder], rules: Rules) -> Iterator[str]:
    """Problems of rules.toml in the light of the folders."""
    for index, folder in enumerate(folders):
        where = f'folders[{index}] of gateway.toml ("{folder.name}")'
        profile = rules.profiles.get(folder.profile)
        if folder.profile and profile is None:
            yield f'profiles: "{folder.profile}" is missing, which {where} names'
        elif folder.preset is Preset.SHIRASAGI and (profile is None or profile.zip_members is not ZipMembers.SHIRASAGI):
            name = folder.profile or "…"
            yield f'profiles.{name}.zip_members: must be "shirasagi" in the profile that {where} names'


def _own_problems(folder: WatchedFolder, where: str) -> Iterator[str]:
    if not folder.name or not folder.name.isprintable():
        yield f"{where}.name: must be one line that is not empty"
    for key in ("stable_seconds", "look_seconds"):
        if getattr(folder, key) <= 0:
            yield f"{where}.{key}: must be greater than 0, not {getattr(folder, key)}"
    local_part, _, domain = folder.owner.rpartition("@")
    if not local_part or not domain or not folder.owner.isprintable() or " " in folder.owner:
        yield f'{where}.owner: "{folder.owner}" is not an address'
    if folder.preset is Preset.PLAIN and not folder.error:
        yield f"{where}.error: is missing"
    if folder.preset is Preset.SHIRASAGI and folder.error:
        yield f"{where}.error: has no meaning with the preset shirasagi: it looks for reports in out"
    yield from _path_problems(_paths(folder), where)


def _path_problems(paths: Sequence[tuple[str, str]], where: str) -> Iterator[str]:
    for number, (key, path) in enumerate(paths):
        if not path:
            yield f"{where}.{key}: is empty"
        for theirs, other in paths[:number]:
            if path and other and _nested(path, other):
                yield f"{where}.{key}: {path} lies in or around {theirs} ({other})"


def _paths(folder: WatchedFolder) -> list[tuple[str, str]]:
    error = [("error", folder.error)] if folder.error else []
    return [("in", folder.intake), ("out", folder.out), *error]


def _nested(one: str, other: str) -> bool:
    first, second = PurePath(one), PurePath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)

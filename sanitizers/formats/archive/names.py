"""Names of members: in which charset an archive writes them, and where each goes in the new one."""

import unicodedata
from collections.abc import Iterable
from enum import Enum
from typing import Final

from sanitizers.charsets.guess import japanese_points, read_western
from sanitizers.charsets.japanese import Reading, read_euc_jp, read_shift_jis
from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.names import safe_name

_LONGEST_PATH: Final = 200  #: characters; Windows opens 259 with the folder that it is unpacked to
_MOST_FOLDERS: Final = 30
_SHOWN: Final = 150
UNNAMED: Final = "file"  #: what a member is called whose name leaves nothing
# Points that Shift_JIS has in advance, since that is what archives on Windows and DOS are written in: half-width kana
# in it may be kanji of EUC-JP, byte for byte (ｶﾅ and 狭).
_HOME_POINTS: Final = 1_000.0


class Written(Enum):
    """On what kind of system the names were written, as far as the archive tells."""

    ON_WINDOWS = "windows"
    ELSEWHERE = "elsewhere"


class Charset(Enum):
    """What names are read in where the archive does not say."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"
    EUC_JP = "euc-jp"
    DOS = "cp437"
    WESTERN = "windows-1252"


_READERS: Final = {
    Charset.SHIFT_JIS: read_shift_jis,
    Charset.EUC_JP: read_euc_jp,
    Charset.DOS: lambda raw: Reading(raw.decode("cp437"), "cp437"),
    Charset.WESTERN: read_western,
}


def charset_of(names: Iterable[bytes], written: Written) -> Charset:
    """One charset for all names of an archive: validity first, then plausibility of all of them together."""
    raw = b"\n".join(name for name in names if not name.isascii())
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return Charset.UTF_8
    points = {charset: _points(_READERS[charset](raw)) for charset in (Charset.SHIFT_JIS, Charset.EUC_JP)}
    if written is Written.ON_WINDOWS and points[Charset.SHIFT_JIS] > 0:
        points[Charset.SHIFT_JIS] += _HOME_POINTS
    best = max(points, key=lambda charset: points[charset])
    if points[best] > 0:
        return best
    return Charset.DOS if written is Written.ON_WINDOWS else Charset.WESTERN


def _points(reading: Reading) -> float:
    return -1.0 if reading.unreadable else japanese_points(reading)


def decoded(raw: bytes, charset: Charset) -> str:
    """A name in the charset of its archive; UTF-8 where it can be nothing else."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if charset is Charset.UTF_8:
            charset = charset_of([raw], Written.ELSEWHERE)
        return _READERS[charset](raw).text


class _Folder:
    """A folder of the new archive: folded name → spelling, and the folder where it is one."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[str, _Folder | None]] = {}
        self.moved: dict[str, str] = {}  #: folders whose name a file has → the name they have instead


class Places:
    """Where members go: below one root, each name once, whatever the case. Adds to `findings` what it changed."""

    def __init__(self, findings: list[Finding]) -> None:
        self._root = _Folder()
        self._findings = findings
        self._written: set[str] = set()

    def is_new(self, path: str) -> bool:
        """Whether a folder was not yet written under this path."""
        new = path not in self._written
        self._written.add(path)
        return new

    def steps(self, path: str) -> tuple[list[str], str]:
        """The safe folders of a path and its last step as written: what is left when it can lead nowhere else."""
        shown = shown_path(path)
        steps = path.replace("\\", "/").split("/")
        if path[:1] in {"/", "\\"} or steps[0][1:2] == ":":
            self._met(Threat.DECEPTION, Severity.DANGER, shown, "a path that does not begin in the archive")
        if ".." in steps:
            self._met(Threat.DECEPTION, Severity.DANGER, shown, "a path that leads out of the archive")
        steps = [step for step in steps if step not in {"", ".", ".."}]
        folders = [name for step in steps[:-1] if (name := self._safe(step, shown))]
        last = steps[-1] if steps else ""
        return self._shortened(folders, last, shown), last

    def folder(self, folders: list[str], path: str) -> str:
        """The place of a folder, with a slash behind it; "" for the root."""
        return "".join(f"{step}/" for step in self._reached(folders, path)[1])

    def file(self, folders: list[str], name: str, path: str) -> str:
        """The place of a file, with a number where its name is taken."""
        name = name or UNNAMED
        folder, steps = self._reached(folders, path)
        free = _free_name(folder, name)
        if free != name:
            self._met(Threat.DECEPTION, Severity.WARNING, shown_path(path), f"the name is there twice; now {free}")
        folder.taken[_folded(free)] = (free, None)
        return "".join(f"{step}/" for step in steps) + free

    def safe_folder(self, name: str, path: str) -> str:
        """The last step of a folder's path, made safe."""
        return self._safe(name, shown_path(path))

    def _safe(self, step: str, shown: str) -> str:
        name, findings = safe_name(step)
        self._findings += [Finding(each.threat, each.severity, each.action, shown, each.detail) for each in findings]
        return name

    def _shortened(self, folders: list[str], last: str, shown: str) -> list[str]:
        room = _LONGEST_PATH - min(len(last), _LONGEST_PATH // 2)
        kept = folders[-_MOST_FOLDERS:]
        while kept and sum(len(each) + 1 for each in kept) > room:
            kept = kept[1:]
        if len(kept) < len(folders):
            self._met(
                Threat.LIMIT_EXCEEDED, Severity.NOTE, shown, "a path that is too long; the outer folders are gone"
            )
        return kept

    def _reached(self, folders: list[str], path: str) -> tuple[_Folder, list[str]]:
        here, steps = self._root, []
        for step in folders:
            step = here.moved.get(_folded(step), step)  # noqa: PLW2901
            spelt, inside = here.taken.get(_folded(step), (step, None))
            if _folded(step) in here.taken and inside is None:  # a file has the name
                spelt = here.moved[_folded(step)] = _free_name(here, step)
                self._met(Threat.DECEPTION, Severity.WARNING, shown_path(path), f"a file has the name; now {spelt}")
            elif spelt != step:
                self._met(
                    Threat.DECEPTION, Severity.NOTE, shown_path(path), f"the same folder in another case: {spelt}"
                )
            if inside is None:
                inside = _Folder()
                here.taken[_folded(spelt)] = (spelt, inside)
            here = inside
            steps.append(spelt)
        return here, steps

    def _met(self, threat: Threat, severity: Severity, where: str, detail: str) -> None:
        self._findings.append(Finding(threat, severity, Action.REWRITTEN, where, detail))


def shown_path(path: str) -> str:
    """A path for a report: no control or direction character, not too long."""
    kept = "".join(each if unicodedata.category(each)[0] != "C" else "\ufffd" for each in path[:_SHOWN])
    return kept + ("…" if len(path) > _SHOWN else "")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _free_name(folder: _Folder, name: str) -> str:
    """The name, or the first of "a (2).txt", "a (3).txt" … that is free."""
    stem, dot, ending = name.rpartition(".")
    if not (dot and stem):
        stem, dot, ending = name, "", ""
    number, free = 2, name
    while _folded(free) in folder.taken:
        free = f"{stem} ({number}){dot}{ending}"
        number += 1
    return free

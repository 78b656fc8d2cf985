"""The table of docs/archive-names.md: `python -m tests.unit.sanitizers.archive.names_table` cleans archives for it."""

import io
import shutil
import subprocess
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import py7zr

from tests import archives
from tests.archives import Entry, zip_file
from tests.unit.sanitizers.archive.opening import TEXT, cleaned, inside

PAGE = Path(__file__).resolve().parents[4] / "docs" / "archive-names.md"
BEGIN, END = "<!-- names: begin -->", "<!-- names: end -->"


class Case(NamedTuple):
    """An archive with one name in it."""

    written: str  #: in what, in words
    name: str
    file: str
    make: Callable[[str], bytes]


def zip_in(charset: str, system: int = 0, flags: int = 0) -> Callable[[str], bytes]:
    return lambda name: zip_file([Entry(name.encode(charset), TEXT, system=system, flags=flags)])


def by_python(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, TEXT)
    return target.getvalue()


def with_unicode_path(name: str) -> bytes:
    raw = name.encode("cp932", "replace")
    return zip_file([Entry(raw, TEXT, extra=archives.unicode_path(raw, name))])


def seven(name: str) -> bytes:
    target = io.BytesIO()
    with py7zr.SevenZipFile(target, "w") as archive:
        archive.writestr(TEXT, name)
    return target.getvalue()


_SJIS = "ZIP, CP932"
CASES = (
    Case(_SJIS, "見積書.txt", "a.zip", zip_in("cp932")),
    Case(_SJIS, "表ソ能予申.txt", "a.zip", zip_in("cp932")),
    Case(_SJIS, "表.txt", "a.zip", zip_in("cp932")),
    Case(_SJIS, "①㈱髙﨑№.txt", "a.zip", zip_in("cp932")),
    Case(_SJIS, "ﾃｽﾄ.txt", "a.zip", zip_in("cp932")),
    Case(_SJIS, "ｶﾅ.txt", "a.zip", zip_in("cp932")),
    Case(_SJIS, "令和８年度～計画－案.txt", "a.zip", zip_in("cp932")),
    Case("ZIP, EUC-JP, Unix", "見積書.txt", "a.zip", zip_in("euc-jp", 3)),
    Case("ZIP, EUC-JP, Unix", "会議.txt", "a.zip", zip_in("euc-jp", 3)),
    Case("ZIP, UTF-8, no flag", "見積書①.txt", "a.zip", zip_in("utf-8", 3)),
    Case("ZIP, UTF-8, flag", "見積書①.txt", "a.zip", zip_in("utf-8", 0, 0x800)),
    Case("ZIP, UTF-8, flag, NFD", unicodedata.normalize("NFD", "ガイドブック.txt"), "a.zip", zip_in("utf-8", 3, 0x800)),
    Case("ZIP, UTF-8, no flag, NFD", unicodedata.normalize("NFD", "パンフ.txt"), "a.zip", zip_in("utf-8", 3)),
    Case("ZIP, CP932 + Unicode Path", "𠮷野家.txt", "a.zip", with_unicode_path),
    Case("ZIP, Python", "𩸽の資料😀.txt", "a.zip", by_python),
    Case("ZIP, CP437", "Übersicht.txt", "a.zip", zip_in("cp437")),
    Case("LZH, CP932", "予算表ソ.txt", "a.lzh", lambda name: archives.lzh_file([(name.encode("cp932"), TEXT)])),
    Case("LZH, EUC-JP, Unix", "会議資料.txt", "a.lzh",
         lambda name: archives.lzh_file([(name.encode("euc-jp"), TEXT)], 2, b"U")),
    Case("LZH, UTF-16", "𠮷野.txt", "a.lzh",
         lambda name: archives.lzh_file([(b"x", TEXT)], 2, more=b"\x44" + name.encode("utf-16-le"))),
    Case("RAR 4, CP932", "表ソ.txt", "a.rar", lambda name: archives.rar([(name.encode("cp932"), TEXT)])),
    Case("7z", "髙﨑𠮷.txt", "a.7z", seven),
    Case("TAR, UTF-8", "長い名前" * 30 + ".txt", "a.tar", lambda name: archives.tar_file([(name, TEXT)])),
    Case("ZIP", "CON.txt", "a.zip", by_python),
    Case("ZIP", "aux", "a.zip", by_python),
    Case("ZIP", "末尾の点と空白. . ", "a.zip", by_python),
    Case("ZIP", "本文.txt:隠し", "a.zip", by_python),
    Case("ZIP", "請求書\u202etxt.pdf", "a.zip", by_python),
    Case("ZIP", "ゼロ\u200b幅.txt", "a.zip", by_python),
    Case("ZIP", "a*b?c.txt", "a.zip", by_python),
    Case("ZIP", "../../外.txt", "a.zip", by_python),
    Case("ZIP", "C:\\資料\\表.txt", "a.zip", zip_in("cp932")),
    Case("ZIP", "福祉\\神社.txt", "a.zip", zip_in("cp932")),
)  # fmt: skip


def clean_name(case: Case) -> str:
    (name,) = inside(cleaned(case.file, case.make(case.name)))
    return name


def shown(name: str) -> str:
    """As it can stand in a table: what nobody sees is written out."""
    seen = "".join(
        f"⟨U+{ord(each):04X}⟩" if unicodedata.category(each) in {"Cf", "Cc", "Mn"} else each for each in name
    )
    seen = seen if len(seen) <= 40 else f"{seen[:30]}…{seen[-6:]} ({len(name)})"
    return f"`{seen}`".replace("|", "\\|")


def table() -> str:
    lines = ["| archive / 書庫 | name in it / 中の名前 | name that everybody gets / 受け取る名前 |", "|---|---|---|"]
    lines += [f"| {case.written} | {shown(case.name)} | {shown(clean_name(case))} |" for case in CASES]
    return "\n".join(lines)


def names_by(tool: str, archive: bytes) -> list[str]:
    """What 7z or bsdtar lists."""
    assert shutil.which(tool)
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(archive)
        file.flush()
        command = ["7z", "l", "-slt", "-ba", "-sccUTF-8", file.name] if tool == "7z" else ["bsdtar", "-tf", file.name]
        environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        told = subprocess.run(command, check=True, capture_output=True, env=environment).stdout.decode()
    if tool == "7z":
        return [line.removeprefix("Path = ") for line in told.splitlines() if line.startswith("Path = ")]
    return told.splitlines()


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

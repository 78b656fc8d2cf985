"""Makes the documents with LibreOffice, cleans them, and draws their first pages."""

import asyncio
import io
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import olefile
import pypdfium2
from PIL import Image

from sanitizers.confinement.pool import Pool
from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task
from tests.japanese_office import briefing, byelaw, roster
from tests.japanese_office.features import OLD

HERE: Final = Path(__file__).parent
#: Records of a workbook of 97 ([MS-XLS] 2.3.2).
_BOF, _EOF, _WINDOW2, _PANE = 0x0809, 0x000A, 0x023E, 0x0041
_SPARE: Final = frozenset({0x0080, 0x002A, 0x002B, 0x0082})  # GUTS and the printing of headings and grid lines
_SPARE_ROOM: Final = 0x0060  # TEMPLATE, which says nothing where nobody asks
#: What LibreOffice makes of each: the target → its sources, among them what it has made before.
_TARGETS: Final = {
    "odt": ("letter.fodt",),
    "docx": ("letter.fodt",),
    "doc": ("letter.fodt", "byelaw.docx"),
    "rtf": ("letter.fodt", "byelaw.docx"),
    "ods": ("ledger.fods",),
    "xlsx": ("ledger.fods",),
    "xls": ("ledger.fods", "roster.xlsx"),
    "odp": ("talk.fodp",),
    "pptx": ("talk.fodp",),
    "ppt": ("talk.fodp", "briefing.pptx"),
}
_BY_HAND: Final = {"byelaw.docx": byelaw, "roster.xlsx": roster, "briefing.pptx": briefing}


def originals(folder: Path) -> dict[str, bytes]:
    """By name: as LibreOffice, or Office, writes them."""
    for name in {source for sources in _TARGETS.values() for source in sources}:
        (folder / name).write_bytes(_BY_HAND[name].document() if name in _BY_HAND else HERE.joinpath(name).read_bytes())
    for target, sources in _TARGETS.items():
        convert([folder / source for source in sources], target, folder)
    _freeze(folder / "ledger.ods")
    _freeze_old(folder / "roster.xls")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix[1:] in _TARGETS}


def _freeze(book: Path) -> None:
    """Without a screen LibreOffice writes no view of a sheet: put in is what the source says of it."""
    source = HERE.joinpath("ledger.fods").read_text("utf-8")
    head = re.search(r"<office:document [^>]*>", source)
    view = re.search(r"<office:settings>.*?</office:settings>", source, re.DOTALL)
    assert head
    assert view
    settings = (
        f"{head[0].replace('office:document', 'office:document-settings', 1)}{view[0]}</office:document-settings>"
    )
    with zipfile.ZipFile(book) as package:
        parts = {info: package.read(info) for info in package.infolist()}
    with zipfile.ZipFile(book, "w") as package:
        for info, content in parts.items():
            package.writestr(info, settings if info.filename == "settings.xml" else content)


def _freeze_old(book: Path) -> None:
    """Nor into the old format: the panes of its first sheet take the room of two records that say nothing new."""
    with olefile.OleFileIO(book, write_mode=True) as package:
        records = list(_records(package.openstream("Workbook").read()))
        begins = [place for place, (kind, _content) in enumerate(records) if kind == _BOF][1]
        ends = next(place for place in range(begins, len(records)) if records[place][0] == _EOF)
        sheet = [_frozen(*record) for record in records[begins:ends] if record[0] not in _SPARE]
        window = next(place for place, (kind, _content) in enumerate(sheet) if kind == _WINDOW2)
        sheet.insert(window + 1, (_PANE, struct.pack("<HHHHH", 2, 2, 2, 2, 0)))
        room = sum(4 + len(content) for kind, content in records[begins:ends] if kind in _SPARE) - 14
        sheet.insert(1, (_SPARE_ROOM, bytes(room - 4)))
        records[begins:ends] = sheet
        package.write_stream("Workbook", b"".join(struct.pack("<HH", kind, len(c)) + c for kind, c in records))


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _frozen(kind: int, content: bytes) -> tuple[int, bytes]:
    """The window's record says that the panes do not scroll."""
    return kind, bytes([content[0] | 0x08]) + content[1:] if kind == _WINDOW2 else content


def convert(sources: list[Path], target: str, folder: Path) -> None:
    """By LibreOffice as people run it, all in one go."""
    program = shutil.which("soffice")
    assert program
    profile = (folder.parent / "profile").as_uri()
    command = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", target]
    subprocess.run(
        [*command, "--outdir", str(folder), *map(str, sources)], check=True, capture_output=True, timeout=600
    )


def cleaned(files: dict[str, bytes]) -> dict[str, Cleaned]:
    """As `kiyome clean` does; those of old formats through children behind their walls, by a LibreOffice there."""
    old = {name: data for name, data in files.items() if name.rpartition(".")[2] in OLD}
    return {
        **{name: _here(name, data) for name, data in files.items() if name not in old},
        **(asyncio.run(_in_children(old)) if old else {}),
    }


def _task(name: str) -> Task:
    return Task("20261121-TEST-TEST", Kind.FILE, name, Profile(), Budget(), Notice("", ()))


def _here(name: str, data: bytes) -> Cleaned:
    result = clean(_task(name), data, lambda _name, _type: DnsAnswer("failed"))
    assert result is not None
    return result


async def _in_children(files: dict[str, bytes]) -> dict[str, Cleaned]:
    async def no_dns(_name: str, _rdtype: str) -> DnsAnswer:
        return DnsAnswer("failed")

    pool = Pool(2, budget=Budget(), items_before_recycling=1_000, seconds_before_recycling=3_600)
    await pool.start()
    try:
        results = await asyncio.gather(*(pool.clean(_task(name), data, no_dns) for name, data in files.items()))
    finally:
        await pool.stop()
    return dict(zip(files, results, strict=True))


def first_pages(files: dict[str, bytes], folder: Path) -> dict[str, Image.Image]:
    """As LibreOffice draws them, 72 pixels an inch; by the names that are given."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    convert([folder / name for name in files], "pdf", folder)
    return {name: _first_page(folder / f"{Path(name).stem}.pdf") for name in files}


def _first_page(path: Path) -> Image.Image:
    document = pypdfium2.PdfDocument(io.BytesIO(path.read_bytes()))
    try:
        return document[0].render(scale=1).to_pil().convert("RGB")
    finally:
        document.close()

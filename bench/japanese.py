"""`python -m bench.japanese`: cleans the Ichitaro, HWP and CAD files of a folder, and tells what came through.

Each file goes through the engine, documents once as a Word file and once as text. Readers that Kiyome does not use
open the results: python-docx counts the words of both forms, ezdxf the entities of a drawing and of its original.
"""

import argparse
import io
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import docx
import ezdxf
import msgspec
from ezdxf import recover

from sanitizers.detect import detect
from sanitizers.engine import clean
from sanitizers.model import Cleaned, DnsAnswer, Notice
from sanitizers.rules import Budget, Kind, Profile, Task, Transcript

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = {"application/x-js-taro", "application/x-hwp", "application/hwp+zip"}
DRAWINGS = {"image/vnd.dxf", "application/x-sxf", "model/step", "image/vnd.dwg", "application/x-jww"}
OTHERS = {"application/vnd.fujixerox.docuworks"}
WITHIN = {".jtd", ".jtt", ".jtdc", ".jttc", ".jfw", ".jvw", ".jbw", ".juw", ".jaw", ".jtw", ".jsw", ".hwp", ".hwpx",
          ".dxf", ".sfc", ".p21", ".dwg", ".jww", ".jwc", ".xdw", ".xbd"}  # fmt: skip
COLUMNS = ("file", "type", "outcome", "words or entities", "reopened", "second pass", "ms", "reason")


class Result(msgspec.Struct, frozen=True):
    """One file."""

    name: str
    type: str
    outcome: str
    counted: str  #: words in text and in Word, or entities of the original and of the new drawing
    reopened: bool
    again: int  #: findings of a second pass
    milliseconds: float
    reason: str

    @property
    def cells(self) -> tuple[str, ...]:
        ms = f"{self.milliseconds:.0f}"
        return (self.name, self.type, self.outcome, self.counted, "yes" if self.reopened else "–", str(self.again), ms,
                self.reason)  # fmt: skip


def files(folder: Path) -> Iterator[Path]:
    """Those that are of these formats by name or by content."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (path.suffix.lower() in WITHIN or _is_one(path)):
            yield path


def _is_one(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(16)
    known = (b"\xd0\xcf\x11\xe0", b"DOC\0", b"AC10", b"JwwData.", b"ISO-10303", b"AutoCAD Binary", b"\x60\x0e\x82")
    return head.startswith(known) and detect(path.read_bytes(), "") in DOCUMENTS | DRAWINGS | OTHERS


def through(data: bytes, name: str, rule: Transcript) -> Cleaned:
    profile = Profile(ichitaro=rule, hwp=rule)
    result = clean(Task("", Kind.FILE, name, profile, Budget(), Notice("", ())), data, lambda *_: DnsAnswer("absent"))
    assert result is not None
    return result


def measured(path: Path, folder: Path) -> Result:
    data = path.read_bytes()
    started = time.perf_counter()
    result = through(data, path.name, Transcript.DOCX)
    milliseconds = (time.perf_counter() - started) * 1000
    part = result.report.parts[0]
    name = str(path.relative_to(folder))
    if result.data is None:
        return Result(name, part.detected_type, part.outcome, "", False, 0, milliseconds, part.findings[-1].detail)
    counted, reopened = _read_again(data, path.name, result)
    again = through(result.data, result.name, Transcript.DOCX).report.parts[0]
    return Result(name, part.detected_type, part.outcome, counted, reopened, len(again.findings), milliseconds, "")


def _read_again(data: bytes, name: str, result: Cleaned) -> tuple[str, bool]:
    assert result.data is not None
    if result.type == "image/vnd.dxf":
        before, after = (len(_entities(each)) for each in (data, result.data))
        return f"{before} → {after}", True
    if not result.type.endswith("wordprocessingml.document"):
        return f"{result.data.count(b'SXF*/') or result.data.count(b';')}", False
    text = through(data, name, Transcript.TEXT).data or b""
    document = docx.Document(io.BytesIO(result.data))
    words = [each.text for section in document.sections for each in section.header.paragraphs]
    words += [each.text for each in document.paragraphs]
    words += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return f"{len(''.join(text.decode().split()))} / {len(''.join(''.join(words).split()))}", True


def _entities(data: bytes) -> list[str]:
    if data.startswith(b"AutoCAD Binary"):
        return [entity.dxftype() for entity in _binary(data).modelspace()]
    document, _ = recover.read(io.BytesIO(data))
    return [entity.dxftype() for entity in document.modelspace()]


def _binary(data: bytes) -> "ezdxf.document.Drawing":
    from ezdxf.lldxf.tagger import binary_tags_loader  # noqa: PLC0415 - for this one kind of file

    return ezdxf.document.Drawing.load(binary_tags_loader(data))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="default: $KIYOME_CORPUS, or ../shared/corpus")
    named = parser.parse_args().folder
    folder = named or Path(os.environ.get("KIYOME_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not folder.is_dir():
        print(f"japanese: no folder {folder}; name one, or set KIYOME_CORPUS", file=sys.stderr)
        return 2
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    for path in files(folder):
        print("| " + " | ".join(measured(path, folder).cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

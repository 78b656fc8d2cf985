"""Old files that show a picture of the host's: LibreOffice would fetch it into them, but its converter cannot read it.

The control converts the same files with LibreOffice as anybody starts it: there the picture does come in.
"""

import asyncio
import io
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from sanitizers.confinement.converter import find_program
from sanitizers.rules import LegacyOffice
from tests.deep_search import places
from tests.golden.test_converted_samples import all_cleaned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not find_program("libreoffice") or not shutil.which("soffice"),
        reason="LibreOffice is not installed (Debian: libreoffice-nogui)",
    ),
]
COLOUR = (250, 10, 200)  # of the host's picture
NAMES = ("words.rtf", "sheet.xls", "slides.ppt")
FILTERS = {"xls": "xls:MS Excel 97", "ppt": "ppt:MS PowerPoint 97"}
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_PICTURE = '<draw:frame svg:width="3cm" svg:height="3cm"><draw:image xlink:href="file://{}"/></draw:frame>'
_FLAT = (
    f'<?xml version="1.0"?><office:document xmlns:office="{_OASIS}office:1.0" xmlns:draw="{_OASIS}drawing:1.0"'
    f' xmlns:svg="{_OASIS}svg-compatible:1.0" xmlns:table="{_OASIS}table:1.0" xmlns:style="{_OASIS}style:1.0"'
    f' xmlns:xlink="http://www.w3.org/1999/xlink" office:mimetype="application/vnd.oasis.opendocument.%s">'
)
SHEET = (
    _FLAT % "spreadsheet"
    + f'<office:body><office:spreadsheet><table:table table:name="A"><table:shapes>{_PICTURE}</table:shapes>'
    + "<table:table-row><table:table-cell/></table:table-row></table:table></office:spreadsheet></office:body>"
    + "</office:document>"
)
SLIDES = (
    _FLAT % "presentation"
    + '<office:master-styles><style:master-page style:name="M"/></office:master-styles><office:body>'
    + f'<office:presentation><draw:page draw:master-page-name="M">{_PICTURE}</draw:page></office:presentation>'
    + "</office:body></office:document>"
)
WORDS = r'{{\rtf1 words {{\field{{\*\fldinst{{ INCLUDEPICTURE "file://{}" \\d}}}}{{\fldrslt shown}}}}}}'


@pytest.fixture(scope="module")
def host() -> Iterator[Path]:
    """A folder that the converter's user could read, were it not for the walls."""
    folder = Path(tempfile.mkdtemp(prefix="kiyome-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def files(host: Path) -> list[Path]:
    """They name a picture which is only there once they are made."""
    picture, made = host / "picture.png", host / "made"
    made.mkdir()
    (made / "words.rtf").write_text(WORDS.format(picture))
    for name, flat, text in (("sheet.xls", "sheet.fods", SHEET), ("slides.ppt", "slides.fodp", SLIDES)):
        (host / flat).write_text(text.format(picture))
        as_anybody(host, host / flat, made, FILTERS[name.rpartition(".")[2]])
    Image.new("RGB", (64, 64), COLOUR).save(picture)
    picture.chmod(0o644)
    return [made / name for name in NAMES]


def as_anybody(host: Path, file: Path, folder: Path, target: str) -> Path:
    command = ["soffice", f"-env:UserInstallation=file://{host}/profile", "--headless", "--convert-to", target]
    subprocess.run([*command, "--outdir", folder, file], check=True, capture_output=True, timeout=600)
    return folder / f"{file.stem}.{target.partition(':')[0]}"


def colours_in(package: bytes) -> set[tuple[int, int, int]]:
    """In the middle of each picture of an OOXML file."""
    found = set()
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        for name in opened.namelist():
            if "/media/" in name:
                with Image.open(io.BytesIO(opened.read(name))) as picture:
                    found.add(picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2)))
    return found


def test_the_picture_is_there_for_everybody(host: Path, files: list[Path]) -> None:
    assert files
    assert all(folder.stat().st_mode & 0o5 == 0o5 for folder in (host, *host.parents))
    assert (host / "picture.png").stat().st_mode & 0o4


def test_libreoffice_without_walls_fetches_it(host: Path, files: list[Path]) -> None:
    folder = host / "control"
    folder.mkdir()
    for file in files:
        made = as_anybody(host, file, folder, {".rtf": "docx", ".xls": "xlsx", ".ppt": "pptx"}[file.suffix])
        assert COLOUR in colours_in(made.read_bytes()), file.name


def test_behind_its_walls_it_does_not(files: list[Path]) -> None:
    results = asyncio.run(
        all_cleaned(LegacyOffice.MODERN, [(file.name, file.name, file.read_bytes()) for file in files])
    )
    for name in NAMES:
        data = results[name].data
        assert data is not None, results[name].report
        assert COLOUR not in colours_in(data), name
        assert not places(data, [str(files[0].parents[1])])

"""What oletools tell of a file: olevba macros, msodde DDE, oleobj what is embedded or outside, rtfobj objects."""

import importlib
import warnings
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

# These tools leave files open and use what their libraries have deprecated.
NOISE = [
    *(pytest.mark.filterwarnings(f"ignore::{name}") for name in ("ResourceWarning", "DeprecationWarning")),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CLICKED = ("https://", "http://", "mailto:")  # what links may be: oleobj tells of all
OPEN_DOCUMENT = {".odt", ".ods", ".odp", ".odg"}  # msodde and oleobj know none of these
NOT_OFFICE = {".png", ".pdf"}  # of these only rtfobj takes any bytes


class Tools(NamedTuple):
    olevba: ModuleType
    msodde: ModuleType
    oleobj: ModuleType
    rtfobj: ModuleType


def oletools() -> Tools:
    """Skips where they are not installed."""
    with warnings.catch_warnings():  # they warn when imported
        warnings.simplefilter("ignore")
        pytest.importorskip("oletools", reason="oletools is not installed (PyPI)")
        return Tools(*(importlib.import_module(f"oletools.{name}") for name in Tools._fields))


def told_of(path: Path, tools: Tools) -> list[str]:
    """What the four tell of a file; by its ending, those that know nothing of such a file are not asked."""
    found = ["rtf object"] * rtf_objects(path, tools)
    if path.suffix in NOT_OFFICE:
        return found
    found += ["macros"] if macros(path, tools) else []
    if path.suffix not in OPEN_DOCUMENT:
        found += ["dde"] if fields_of_dde(path, tools) else []
        found += outside(path, tools)
    return found


def rtf_objects(path: Path, tools: Tools) -> int:
    parser = tools.rtfobj.RtfObjParser(path.read_bytes())
    parser.parse()
    return len(parser.objects)


def fields_of_dde(path: Path, tools: Tools) -> str:
    return str(tools.msodde.process_file(str(path), tools.msodde.FIELD_FILTER_DDE)).strip()


def macros(path: Path, tools: Tools) -> bool:
    """Of VBA or of Excel 4."""
    parser = tools.olevba.VBA_Parser(str(path), data=path.read_bytes())
    try:
        return bool(parser.detect_macros())
    finally:
        parser.close()


def outside(path: Path, tools: Tools) -> list[str]:
    """What is embedded as an object or fetched from elsewhere."""
    if path.suffix in {".doc", ".xls", ".ppt"}:
        return ["ole"] if dropped_files(path, tools) else []
    parser = tools.oleobj.XmlParser(str(path))
    related = tools.oleobj.find_external_relationships(parser)
    found = [type_ for type_, target in related if type_ != "hyperlink" or not target.startswith(CLICKED)]
    found += ["customUI" for _target in tools.oleobj.find_customUI(parser)]
    return found + ["ole" for ole in tools.oleobj.find_ole(str(path), path.read_bytes(), parser) if ole is not None]


def dropped_files(path: Path, tools: Tools) -> list[str]:
    """Streams of an old file in which another file was embedded (Ole10Native)."""
    return [
        "/".join(stream)
        for ole in tools.oleobj.find_ole(str(path), path.read_bytes())
        if ole is not None
        for stream in ole.listdir()
        if stream[-1].lower() == "\x01ole10native"
    ]

"""How a text file is treated: by its content, and where that leaves a choice by what it claims to be."""

from enum import StrEnum
from typing import Final

from sanitizers.extensions import ending_of
from sanitizers.model import File
from sanitizers.names import safe_name


class Treatment(StrEnum):
    """The readers of this room."""

    TEXT = "text"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    XML = "xml"


# A spreadsheet opens these, also when a table in letters is named like a workbook.
_ENDINGS: Final = {
    "csv": Treatment.CSV,
    "tsv": Treatment.TSV,
    "tab": Treatment.TSV,
    **dict.fromkeys(("xls", "xlsx", "xlsm", "xlt", "xlsb", "ods"), Treatment.CSV),
    **dict.fromkeys(("json", "geojson", "topojson", "jsonld", "jsonl", "ndjson", "har", "ipynb", "webmanifest", "map"),
                    Treatment.JSON),
    **dict.fromkeys(("xml", "xsd", "xsl", "xslt", "rdf", "rss", "atom", "kml", "gpx", "gml", "xbrl", "wsdl", "plist",
                     "xlf", "xliff", "tmx", "opml", "ttml", "csproj", "vbproj", "props", "targets", "config", "resx"),
                    Treatment.XML),
}  # fmt: skip
_DETECTED: Final = {
    "text/csv": Treatment.CSV,
    "text/tab-separated-values": Treatment.TSV,
    "application/json": Treatment.JSON,
    "text/xml": Treatment.XML,
}
_CLAIMED: Final = {
    **_DETECTED,
    "application/csv": Treatment.CSV,
    "text/comma-separated-values": Treatment.CSV,
    "application/vnd.ms-excel": Treatment.CSV,
    "application/xml": Treatment.XML,
    "text/json": Treatment.JSON,
}

TYPES: Final = frozenset({"text/plain", *_DETECTED})  #: detected types of this room


def treatment_of(file: File) -> Treatment:
    """A table or text in plain letters shows itself only by name or claim; JSON and XML that are none become text."""
    detected = _DETECTED.get(file.detected_type)
    named = _ENDINGS.get(ending_of(safe_name(file.claimed_name)[0]))
    if detected in {Treatment.CSV, Treatment.TSV} or (detected and named not in {Treatment.CSV, Treatment.TSV}):
        return detected
    claimed = _CLAIMED.get(file.claimed_type.partition(";")[0].strip().lower())
    return named or claimed or Treatment.TEXT

"""Targets for files: any bytes, or what a strategy draws, through the engine as a file of one family."""

import csv
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sanitizers.rules import HtmlFiles, Links, Pdf, Pictures, PictureText, Profile, Svg, TextFiles
from tests.fuzz import documents, graphs
from tests.fuzz.files import check_file
from tests.fuzz.forbidden import HARM
from tests.fuzz.mails import REGRESSIONS

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
LARGEST_SEED = 20_000  #: bytes; larger ones slow a fuzzer down and teach it little

PROFILES: dict[str, list[Profile]] = {
    "pdf": [
        *(Profile(links=links) for links in Links),
        *(Profile(pdf=Pdf.PICTURES, pdf_resolution=36, pdf_picture_text=text) for text in PictureText),
    ],
    "image": [Profile(pictures=rule) for rule in (Pictures.REBUILT, Pictures.RESAMPLED)],
    "svg": [*(Profile(links=links) for links in Links), Profile(svg=Svg.PICTURE)],
    "webpage": [*(Profile(links=links) for links in Links), Profile(html_files=HtmlFiles.TEXT)],
    "textfile": [
        Profile(links=links, text_files=rule) for links, rule in product(Links, (TextFiles.UTF_8, TextFiles.KEPT))
    ],
}
#: Target → whose profiles, and the name under which a file comes; a name decides between kinds of text.
NAMES = {
    "pdf": ("pdf", "a.pdf"),
    "image": ("image", "a.png"),
    "svg": ("svg", "a.svg"),
    "webpage": ("webpage", "a.html"),
    "textfile": ("textfile", "a.txt"),
    "table": ("textfile", "a.csv"),
    "json": ("textfile", "a.json"),
    "xml": ("textfile", "a.xml"),
}
TYPES = {  # of the corpus
    "pdf": ("application/pdf",),
    "image": (
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/tiff",
        "image/webp",
        "image/bmp",
        "image/heic",
        "image/x-",
    ),
    "svg": ("image/svg",),
    "webpage": ("text/html", "application/xhtml"),
    "textfile": ("text/plain",),
    "table": ("text/csv", "text/tab-separated"),
    "json": ("application/json",),
    "xml": ("text/xml", "application/xml"),
}
ENDINGS = {"textfile": (".txt", ".md", ".log"), "table": (".csv", ".tsv"), "json": (".json",), "xml": (".xml",)}

FILE_TOKENS = tuple(
    dict.fromkeys(
        token
        for token in (
            *(b"/" + key.encode() + b" " for key in (*graphs.KEYS, *graphs.HOSTILE_KEYS)),
            *(b"endobj", b"endstream", b"stream\n", b" 0 R", b"<<", b">>", b"/Filter/FlateDecode", b"/Type/ObjStm"),
            *(word.encode() for word in (*documents.CELLS, *documents.ATTRIBUTES)),
            *(b"IHDR", b"IDAT", b"acTL", b"\xff\xd8\xff\xe1", b"\xff\xda", b"GIF89a", b"II*\0", b"RIFF", b"WEBPVP8X"),
            *(
                b"<script>",
                b"<!DOCTYPE",
                b"<![CDATA[",
                b"<?xml ",
                b"<style>",
                b"url(",
                b"&#0;",
                b"\xef\xbb\xbf",
                b"sep=",
            ),
        )
        if 0 < len(token) <= 64 and HARM.encode() not in token
    )
)


def check(target: str, data: bytes) -> None:
    """The length chooses the profile."""
    family, name = NAMES[target]
    profiles = PROFILES[family]
    check_file(data, name, profiles[len(data) % len(profiles)])


FILES: dict[str, Callable[[bytes], None]] = {target: partial(check, target) for target in NAMES}


def file_seeds(target: str) -> Iterable[bytes]:
    """The samples, what was found before, and real files where they are at hand."""
    family, _ = NAMES[target]
    endings = ENDINGS.get(target, ())
    found = [path for path in sorted((ROOT / "samples" / family).glob("*")) if path.suffix != ".toml"]
    found = [path for path in found if not endings or path.suffix in endings]
    found += [*sorted(REGRESSIONS.glob(f"{target}-*")), *of_corpus(TYPES[target])]
    return (path.read_bytes() for path in found if path.stat().st_size <= LARGEST_SEED)


def of_corpus(types: tuple[str, ...]) -> list[Path]:
    """Nothing when it is not there."""
    if not (CORPUS / "INDEX.tsv").is_file():
        return []
    with (CORPUS / "INDEX.tsv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [CORPUS / row["local"] for row in rows if row["mime"].startswith(types)]


# ---- built from strategies: bytes choose the draws

#: Target → what is drawn, and as which file it comes.
STRATEGIES: dict[str, tuple[st.SearchStrategy[bytes], str]] = {
    "graph": (graphs.pdfs(), "pdf"),
    "cells": (documents.tables(), "table"),
    "members": (documents.objects(), "json"),
    "elements": (documents.xmls(), "xml"),
    "drawing": (documents.svgs(), "svg"),
    "site": (documents.htmls(), "webpage"),
}


def drawing_from(target: str) -> Callable[[bytes], None]:
    """A target that lets a strategy draw from its bytes."""
    strategy, kind = STRATEGIES[target]

    @given(strategy)
    def holds(data: bytes) -> None:
        check(kind, data)

    def run(data: bytes) -> None:
        holds.hypothesis.fuzz_one_input(data)

    return run


DRAWN_FILES: dict[str, Callable[[bytes], None]] = {target: drawing_from(target) for target in STRATEGIES}

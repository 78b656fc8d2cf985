"""Nothing that is reached by a key without a row in a table is in the new document, wherever the key stands."""

from pathlib import Path

import pytest

from tests.unit.sanitizers.pdf.graph_documents import MARKER, dictionaries, everything, opened, rebuilt, with_marks

FOLDER = Path(__file__).resolve().parents[4] / "samples" / "pdf"
SAMPLES = sorted(path for path in FOLDER.glob("*.pdf") if 'expect = "clean"' in path.with_suffix(".toml").read_text())

#: Keys that readers act on or that carry something along, and that are never written.
NEVER = {
    "/AA", "/AF", "/AcroForm", "/Alternates", "/Collection", "/EF", "/F", "/FFilter", "/JS", "/JavaScript", "/Metadata",
    "/Names", "/Next", "/OC", "/OCProperties", "/OPI", "/OpenAction", "/OutputIntents", "/PieceInfo", "/Perms", "/Ref",
    "/RichMediaContent", "/Thumb", "/Trans", "/XFA",
}  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_key_that_no_standard_knows_is_nowhere(sample: Path) -> None:
    if sample.stem == "page-tree-loop":
        pytest.skip("the library that writes the marks cannot write a page tree that goes round")
    marked = with_marks(sample.read_bytes())
    assert MARKER.encode() in everything(marked)
    assert MARKER.encode() not in everything(rebuilt(marked).data)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_no_key_that_acts_or_carries_is_written(sample: Path) -> None:
    with opened(rebuilt(sample.read_bytes()).data) as made:
        for thing in made.objects:
            for dictionary in dictionaries(thing):
                keys = set(dictionary.keys())
                allowed = {"/F"} if dictionary.get("/Subtype") == "/Link" else set()  # flags of a link
                allowed |= {"/F", "/Next"} if "/Title" in keys else set()  # a bookmark: its style, the one after it
                assert not keys & (NEVER - allowed), sample.stem

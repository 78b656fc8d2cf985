"""Builds a new drawing from what the sieve let through; ezdxf knows which tables and objects a whole one needs."""

import io
import logging
from collections.abc import Iterator
from typing import Any, Final

from ezdxf import recover
from ezdxf._options import options
from ezdxf.addons.importer import Importer
from ezdxf.filemanagement import new as new_drawing
from ezdxf.lldxf.const import DXFError
from ezdxf.render.arrows import ARROWS

from sanitizers.formats.cad.codes import COMMENT, EXTENDED
from sanitizers.formats.cad.sieve import Entity, Sieve
from sanitizers.formats.cad.tags import Source, Tag, escaped, read, source_of, written
from sanitizers.job import Job
from sanitizers.model import CannotSanitize, Severity, Threat

# It logs what it meets in a drawing, in the words of the drawing.
logging.getLogger("ezdxf").disabled = True
# No time of day, no random identity: the same drawing gives the same bytes.
options.write_fixed_meta_data_for_testing = True

#: What ezdxf raises for a drawing that it cannot make sense of.
UNREADABLE: Final = (
    DXFError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError,
)  # fmt: skip
# Version of the file that came in → version of the new one; what is not here is older than R12, and becomes R12.
_VERSIONS: Final = {
    "AC1012": "R2000", "AC1014": "R2000", "AC1015": "R2000", "AC1018": "R2004", "AC1021": "R2007", "AC1024": "R2010",
    "AC1027": "R2013", "AC1032": "R2018",
}  # fmt: skip
_CODEPAGES: Final = {"cp932": "ANSI_932", "cp1252": "ANSI_1252"}
_SIGNATURE: Final = "$LASTSAVEDBY"
_UTF_8: Final = frozenset({"R2007", "R2010", "R2013", "R2018"})
_NO_UNITS: Final = 0  # unless the header that came in names some
_MOST_DRAWN: Final = 2_000_000  # entities, each use of a block counted with all that is in it
_DEEPEST: Final = 50  # blocks in blocks
_SECTIONS: Final = ("TABLES", "BLOCKS", "ENTITIES", "OBJECTS")
_USES: Final = frozenset({"INSERT", "DIMENSION"})  # entities that draw a block
_TABLES: Final = ("linetypes", "styles", "layers", "dimstyles")
LOOP: Final = (Threat.MALFORMED, Severity.WARNING, "a block that contains itself")


def rebuilt(data: bytes, job: Job, sieve: Sieve) -> bytes:
    """The new file; raises CannotSanitize."""
    source = source_of(data)
    version = _VERSIONS.get(source.version, "R12")
    sections: dict[str, list[Entity]] = {}
    for section, entity in sieve.entities(read(data, source.charset)):
        sections.setdefault(section, []).append(entity)
    header = sections.pop("HEADER", [])
    sifted = written(_sifted(header, sections, source), "ascii")
    sections.clear()  # a large drawing is not to lie in memory in all its forms at once
    try:
        text = _text_of(_anew(_opened(sifted, sieve), version, header))
    except UNREADABLE as error:
        raise CannotSanitize(Threat.MALFORMED, "a drawing (DXF) that cannot be read") from error
    charset = "utf-8" if version in _UTF_8 else _charset(text)
    clean = written(_without_writer(read(text.encode(), "utf-8"), charset), charset)
    job.budget.check_expansion(len(data), len(clean))
    return clean


def _sifted(header: list[Entity], sections: dict[str, list[Entity]], source: Source) -> Iterator[Tag]:
    """What ezdxf reads: ASCII alone, so that it has no charset to guess."""
    yield from (Tag(0, "SECTION"), Tag(2, "HEADER"), Tag(9, "$ACADVER"), Tag(1, source.version or "AC1009"))
    yield from (tag for entity in header for tag in entity)
    yield Tag(0, "ENDSEC")
    for name in _SECTIONS:
        yield from (Tag(0, "SECTION"), Tag(2, name))
        yield from (Tag(tag.code, escaped(tag.value)) for entity in sections.get(name, []) for tag in entity)
        yield Tag(0, "ENDSEC")
    yield Tag(0, "EOF")


def _opened(sifted: bytes, sieve: Sieve) -> Any:
    document, _ = recover.read(io.BytesIO(sifted))
    _break_loops(document, sieve)
    _without_missing_arrows(document)
    return document


def _anew(old: Any, version: str, header: list[Entity]) -> Any:
    new = new_drawing(version, units=_NO_UNITS)
    importer = Importer(old, new)
    for table in _TABLES:
        importer.import_table(table)
    importer.import_modelspace()
    _import_papers(old, new, importer)
    importer.finalize()
    _draw_dimensions(new)
    _set_variables(old, new, header)
    for layout in new.layouts:
        _without_plotter(layout)
    new.audit()
    return new


def _text_of(document: Any) -> str:
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue()


def _draw_dimensions(document: Any) -> None:
    """What a dimension draws is a block of its own, which the importer leaves to be made."""
    for block in list(document.blocks):
        for dimension in [each for each in block if each.dxftype() == "DIMENSION"]:
            for entity in dimension.virtual_block_content or ():
                entity.doc = document
            dimension.post_bind_hook()


def _import_papers(old: Any, new: Any, importer: Any) -> None:
    """A new drawing has one sheet of paper, which is taken or, where no sheet is called so, goes."""
    names = [name for name in old.layouts.names_in_taborder() if name.lower() != "model"]
    (given,) = (name for name in new.layouts.names() if name.lower() != "model")
    for name in names:
        if name.lower() == given.lower():
            importer.import_entities(old.layouts.get(name), new.layouts.get(given))
        else:
            importer.import_paperspace_layout(name)
    if names and given.lower() not in {name.lower() for name in names}:
        new.layouts.delete(given)


def _set_variables(old: Any, new: Any, header: list[Entity]) -> None:
    """Those that the sieve let through, and the view that the drawing opens with."""
    for name in {tag.value for entity in header for tag in entity if tag.code == 9}:
        if name in old.header and name in new.header:
            new.header[name] = old.header[name]
    for view in old.viewports.get("*Active") if "*Active" in old.viewports else ():
        new.set_modelspace_vport(view.dxf.height, view.dxf.center)


def _without_plotter(layout: Any) -> None:
    settings = layout.dxf_layout.dxf
    for name in ("page_setup_name", "plot_configuration_file", "plot_view_name", "current_style_sheet"):
        if settings.is_supported(name):
            settings.set(name, "")


def _without_missing_arrows(document: Any) -> None:
    """A dimension style may name a block that is not there."""
    for style in document.dimstyles:
        for name in ("dimblk", "dimblk1", "dimblk2", "dimldrblk"):
            arrow = style.dxf.get(name, "")
            if arrow and not ARROWS.is_acad_arrow(arrow) and arrow not in document.blocks:
                style.dxf.discard(name)


def _break_loops(document: Any, sieve: Sieve) -> None:
    """Takes out uses of blocks inside themselves; counts what would be drawn. CannotSanitize: too much."""
    blocks = {block.name.lower(): block for block in document.blocks}
    drawn: dict[str, int] = {}
    for name in blocks:
        if _drawn(name, blocks, drawn, (), sieve) > _MOST_DRAWN:
            raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_DRAWN} entities when drawn")


def _drawn(name: str, blocks: Any, drawn: dict[str, int], above: tuple[str, ...], sieve: Sieve) -> int:
    """How many entities one use of a block draws."""
    if name in drawn or name not in blocks:
        return drawn.get(name, 0)
    if len(above) > _DEEPEST:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_DEEPEST} levels of blocks in blocks")
    total = len(blocks[name])
    for insert in [each for each in blocks[name] if each.dxftype() in _USES]:
        used, times = _use(insert)
        if used in {name, *above}:
            sieve.met(LOOP)
            blocks[name].delete_entity(insert)
            continue
        total += times * _drawn(used, blocks, drawn, (*above, name), sieve)
    drawn[name] = min(total, _MOST_DRAWN + 1)
    return drawn[name]


def _use(entity: Any) -> tuple[str, int]:
    """The block that an entity draws, in small letters, and how often."""
    if entity.dxftype() == "DIMENSION":
        return str(entity.dxf.get("geometry", "")).lower(), 1
    rows, columns = entity.dxf.get("row_count", 1), entity.dxf.get("column_count", 1)
    return str(entity.dxf.get("name", "")).lower(), max(rows, 1) * max(columns, 1)


def _without_writer(tags: Iterator[Tag], charset: str) -> Iterator[Tag]:
    """Without what ezdxf signs its files with (a variable, and data of its own), and with the charset that it gets."""
    variable = ""
    for tag in tags:
        if tag.code in {0, 9}:
            variable = tag.value
        if variable == _SIGNATURE or tag.code >= EXTENDED or tag.code == COMMENT:
            continue
        named = variable == "$DWGCODEPAGE" and tag.code == 3 and charset in _CODEPAGES
        yield Tag(3, _CODEPAGES[charset]) if named else tag


def _charset(text: str) -> str:
    """Of a file from before UTF-8: what programs in Japan read, unless it is all in Latin letters."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return "cp932"
    return "cp1252"

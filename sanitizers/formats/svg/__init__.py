"""SVG drawings: a new drawing of allow-listed elements, or a picture of it."""

from lxml import etree

from sanitizers.formats.svg import drawing
from sanitizers.formats.svg.building import Builder
from sanitizers.formats.svg.reading import read, unpacked
from sanitizers.formats.svg.references import settle
from sanitizers.job import Job
from sanitizers.markup.census import Census
from sanitizers.markup.styles import by_key
from sanitizers.model import File, Rebuilt
from sanitizers.rules import Svg as Rule

__all__ = ["Svg"]


class Svg:
    """Writes a drawing anew, as SVG or drawn as PNG."""

    name = "svg"
    types = frozenset({"image/svg+xml"})
    limitations = (
        "Animations stand still as they begin; what a script would draw does not appear.",
        "Text in foreignObject (as diagram editors write it), SVG fonts and mesh gradients are not kept.",
        "Style sheets keep simple selectors and the properties of SVG; @media rules other than for screens go.",
        "By rule drawn as a picture, it is at most 2000 pixels a side, in the fonts that this host has.",
        "A drawing that is not well-formed XML is blocked.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """SVG in UTF-8, or PNG by the rules."""
        census = Census("SVG")
        root, decoding = read(unpacked(file.data, job.budget, census), census)
        builder = Builder(job, census)
        new = builder.build(root)
        settle(new, by_key(builder.sheet.rules), census)
        etree.cleanup_namespaces(new)
        findings = (*decoding, *census.findings(), *builder.links.findings())
        if job.rules.svg is Rule.PICTURE:
            return Rebuilt(drawing.draw(new, job.budget), file.claimed_name, "image/png", findings)
        data = etree.tostring(new, encoding="utf-8", xml_declaration=True)
        return Rebuilt(data + b"\n", file.claimed_name, "image/svg+xml", findings)

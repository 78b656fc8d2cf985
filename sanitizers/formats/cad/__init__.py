"""CAD drawings: DXF is built anew, SXF (SFC, P21) written again; JWW, JWC and DWG stay behind."""

from typing import Final

from sanitizers.formats.cad import dxf
from sanitizers.formats.cad.sieve import Sieve
from sanitizers.formats.cad.sxf import Sxf
from sanitizers.job import Job
from sanitizers.model import File, Rebuilt

DXF: Final = "image/vnd.dxf"
SFC: Final = "application/x-sxf"
P21: Final = "model/step"


class Cad:
    """Rebuilds drawings from allow-listed entities."""

    name = "cad"
    types = frozenset({DXF, SFC, P21})
    limitations = (
        "Lines, curves, texts, dimensions, hatches, blocks and layouts go on.",
        "Solids, pictures, external drawings (xref), tables, multileaders and objects of other programs do not go on.",
        "Hyperlinks, data that programs attached, plotters and plot styles do not go on; a font stays as a bare name.",
        "A drawing of before R12 becomes R12, one of R13 or R14 becomes R2000, a binary one is written in letters.",
        "Texts without a charset are read as Shift_JIS where they look so.",
        "SXF drawings (SFC, P21) are written again feature by feature; one with what SXF does not have is blocked.",
        "A DXF file takes about two seconds of work for each megabyte; one of more than some 25 MB is over the budget.",
        "STEP files that are no SXF drawing are blocked.",
        "JWW, JWC and DWG are blocked: no open reader of them could be shown to be sound.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """A new drawing; raises CannotSanitize."""
        if file.detected_type in {SFC, P21}:
            sxf = Sxf(job)
            clean = sxf.rebuilt(file.data)
            return Rebuilt(clean, file.claimed_name, file.detected_type, sxf.findings())
        sieve = Sieve()
        clean = dxf.rebuilt(file.data, job, sieve)
        return Rebuilt(clean, file.claimed_name, DXF, sieve.findings())

"""One picture file on its way: what may be used, what is asked for, what was met."""

from PIL import Image

from sanitizers.budget import BudgetMeter
from sanitizers.model import Finding
from sanitizers.pictures.census import Census
from sanitizers.pictures.codes import qr_findings
from sanitizers.pictures.resampling import moved
from sanitizers.rules import Pictures


class Order:
    """Ends with the file."""

    def __init__(self, meter: BudgetMeter, how: Pictures) -> None:
        self.meter = meter
        self.how = how
        self.census = Census()
        self._codes: tuple[Finding, ...] | None = None

    def look(self, image: Image.Image) -> None:
        """Read the QR codes of the first picture that is shown; of further ones, the first has told enough."""
        if self._codes is None:
            self._codes = qr_findings(image)

    def treated(self, image: Image.Image) -> Image.Image:
        """Resampled, when the rules ask for it."""
        return moved(image) if self.how is Pictures.RESAMPLED else image

    def findings(self) -> tuple[Finding, ...]:
        """All that was met."""
        return (*self.census.findings(), *(self._codes or ()))

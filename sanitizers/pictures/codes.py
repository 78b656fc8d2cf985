"""Reads QR codes, and says where those lead that hold an address: a reader follows them without seeing it."""

import warnings
from typing import Final

import zxingcpp
from PIL import Image

from sanitizers.budget import DETAIL_CHARACTERS
from sanitizers.links.targets import Kind, Target, harm_of, read_target
from sanitizers.model import Action, Finding, Severity, Threat
from sanitizers.reports import plain

_LONGEST_SIDE: Final = 1_600  # pixels; what a phone reads from a page is large enough at this size, and read in 60 ms
_SHORTEST_SIDE: Final = 21  # modules of the smallest QR code (ISO/IEC 18004)
_MOST_CODES: Final = 20
_FORMATS: Final = zxingcpp.BarcodeFormats(
    [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode, zxingcpp.BarcodeFormat.RMQRCode]
)


def qr_findings(image: Image.Image) -> tuple[Finding, ...]:
    """What the QR codes in a picture lead to."""
    if min(image.size) < _SHORTEST_SIDE or image.mode in {"F", "I"}:
        return ()
    found = (_finding(text) for text in dict.fromkeys(_texts(_grey(image))))
    return tuple(finding for finding in found if finding is not None)[:_MOST_CODES]


def _grey(image: Image.Image) -> Image.Image:
    """On white where it is transparent; not larger than needed."""
    scale = _LONGEST_SIDE / max(image.size)
    if scale < 1:
        image = image.convert("L") if image.mode in {"P", "1"} else image  # indices have no mean; one byte a pixel
        image = image.reduce(max(1, int(1 / scale)))
    if image.mode in {"LA", "RGBA", "P"}:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    grey = image.convert("L")
    grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return grey


def _texts(grey: Image.Image) -> list[str]:
    rows = memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [code.text for code in zxingcpp.read_barcodes(rows, formats=_FORMATS)]


def _finding(text: str) -> Finding | None:
    """None: it holds no address (a table number, a name, a Wi-Fi key)."""
    target = read_target(text)
    if target.kind is Kind.WEB:
        doubts = f"; {', '.join(target.doubts)}" if target.doubts else ""
        severity = Severity.WARNING if target.doubts else Severity.NOTE
        return _leads_to(f"{_shown(target)}{doubts}", severity)
    if target.kind is Kind.OTHER and harm_of(target.scheme)[1] is Severity.DANGER:
        return _leads_to(f"an address of the scheme {target.scheme}", Severity.WARNING)
    return None


def _shown(target: Target) -> str:
    """The address so that no program makes a link of it, with room left for what is wrong with it."""
    address = target.defanged
    return address if len(address) <= 300 else address[:300] + "…"


def _leads_to(where: str, severity: Severity) -> Finding:
    detail = plain(f"a QR code leads to {where}", DETAIL_CHARACTERS)
    return Finding(Threat.DECEPTION, severity, Action.NOTED, "QR code", detail)

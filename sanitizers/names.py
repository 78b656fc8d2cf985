"""Makes a claimed file name safe to show and to store on Windows, macOS and Linux, without hiding what it said."""

import re
import unicodedata
from typing import Final

from sanitizers.model import Action, Finding, Severity, Threat

LONGEST_CHARACTERS: Final = 120
LONGEST_BYTES: Final = 200  #: in UTF-8; file systems allow 255, a prefix or a number may still be added
_LONGEST_EXTENSION: Final = 20

# Windows forbids these in names ("Naming Files, Paths, and Namespaces"); ":" begins an alternate data stream. The
# full-width twin says the same to a reader. Signs that CP932 or a best-fit table turns into one of them go with them.
_TWINS: Final = str.maketrans(
    {
        "<": "＜", ">": "＞", '"': "＂", "|": "｜", "?": "？", "*": "＊", ":": "：",
        "¥": "￥", "₩": "￦", "∕": "／", "⁄": "／", "∖": "＼", "⧵": "＼", "⧸": "／", "꞉": "：", "∶": "：",
    }
)  # fmt: skip
_SEPARATORS: Final = re.compile(r"[/\\]")
_DRIVE: Final = re.compile(r"[A-Za-z]:(?!:)")
_TRAVERSAL: Final = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)")
_RESERVED: Final = re.compile(
    r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])[ ]*(?:\.|$)", re.IGNORECASE
)
_CLASS_ID: Final = re.compile(r"\.?\{[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{0,40}\}")
_DIRECTION: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_BLANK: Final = re.compile("[\\s\u00a0\u115f\u1160\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3164\uffa0]")
_BLANKS_BEFORE_ENDING: Final = re.compile(r"(?<![ \u3000])[ \u3000]{3,}(?=\.|[A-Za-z0-9]{1,8}$)")
_MANY_BLANKS: Final = re.compile("[ \u3000]{3,}")
_EDGES: Final = " .\u3000"

# What a second ending hides behind, and what it must not be: files that run when opened.
_HARMLESS: Final = """
pdf doc docx xls xlsx ppt pptx txt csv rtf odt ods odp jpg jpeg png gif bmp tif tiff heic mp3 mp4 mov htm
html zip lzh jtd jtdc xdw xbd jww dwg eml msg ics
"""
_RUNNING: Final = """
exe com scr pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh wsc hta msi msp msix appx cpl dll lnk url scf inf
reg jar jnlp chm hlp iso img vhd vhdx xll xlam docm dotm xlsm xltm pptm potm ppam slk iqy rdp library-ms
settingcontent-ms search-ms searchconnector-ms application gadget one sh command app py pyw rb pl php htm html svg
msc sct wsb bas csh ksh bash psd1 psc1 mjs desktop webloc inetloc fileloc website theme themepack
appref-ms xbap osd oqy dqy rqy diagcab ins isp job mde prg shb shs vb
"""
_HARMLESS_ENDINGS: Final = frozenset(_HARMLESS.split())
_RUNNING_ENDINGS: Final = frozenset(_RUNNING.split())


# In this list because of a second ending; what they hold is judged by content.
_ENDINGS_OF_DOCUMENTS: Final = frozenset({"htm", "html", "svg", "one", "iso", "img"})


def safe_name(name: str) -> tuple[str, tuple[Finding, ...]]:
    """The name without harm ("" when nothing is left) and what was met. Applying it again changes nothing."""
    findings: list[Finding] = []
    shown = _without_invisible(name if len(name) <= 2_000 else name[:1_000] + name[-1_000:], findings)
    shown = _last_component(shown, findings)
    shown = _without_windows_tricks(shown, findings)
    shown = _shortened(shown, findings)
    findings += _double_ending(shown)
    return shown, tuple(findings)


def _met(threat: Threat, severity: Severity, action: Action, detail: str) -> Finding:
    return Finding(threat, severity, action, "file name", detail)


def _without_invisible(name: str, findings: list[Finding]) -> str:
    """NFC, one kind of blank, and no control, direction or zero-width character."""
    if name.isascii() and name.isprintable():
        return name
    if _DIRECTION.search(name):
        detail = "direction marks that show the name in another order"
        findings.append(_met(Threat.DECEPTION, Severity.DANGER, Action.REMOVED, detail))
        name = _DIRECTION.sub("", name)
    blanked = _BLANK.sub(_one_blank, name)
    visible = "".join(filter(None, map(_visible, blanked)))
    if len(visible) != len(blanked):
        detail = "invisible or control characters in the name"
        findings.append(_met(Threat.HIDDEN_CONTENT, Severity.WARNING, Action.REMOVED, detail))
    return unicodedata.normalize("NFC", visible)


def _one_blank(blank: re.Match[str]) -> str:
    return blank[0] if blank[0] in " \u3000" else " "


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Zl", "Zp"} or "\ufe00" <= character <= "\ufe0f":
        return ""
    return "\ufffd" if category in {"Cs", "Cn"} else character


def _last_component(name: str, findings: list[Finding]) -> str:
    """What a path ends in: a name never says where it goes."""
    components = _SEPARATORS.split(name)
    if len(components) > 1 or _DRIVE.match(name):
        severity = Severity.DANGER if _TRAVERSAL.search(name) else Severity.WARNING
        findings.append(_met(Threat.DECEPTION, severity, Action.REMOVED, "a path in the name"))
    last = components[-1]
    while _DRIVE.match(last):
        last = last[2:]
    return last


def _without_windows_tricks(name: str, findings: list[Finding]) -> str:
    if ":" in name:
        detail = "an alternate data stream in the name"
        findings.append(_met(Threat.DECEPTION, Severity.DANGER, Action.REWRITTEN, detail))
    name = name.translate(_TWINS)
    if _CLASS_ID.search(name):
        detail = "a class identifier as the ending, which Windows does not show"
        findings.append(_met(Threat.DECEPTION, Severity.DANGER, Action.REMOVED, detail))
        while _CLASS_ID.search(name):  # taking one out may put another together
            name = _CLASS_ID.sub("", name)
    if _BLANKS_BEFORE_ENDING.search(name):
        detail = "blanks that push the ending out of sight"
        findings.append(_met(Threat.DECEPTION, Severity.WARNING, Action.REMOVED, detail))
    return _off_the_edges(_MANY_BLANKS.sub(" ", name), findings)


def _off_the_edges(name: str, findings: list[Finding]) -> str:
    """No blank or dot at the end (Windows drops them), none in front (Unix hides the file), no name of a device."""
    trimmed = name.strip(_EDGES)
    if name.rstrip(_EDGES) != name.rstrip():
        detail = "dots or blanks at the end of the name"
        findings.append(_met(Threat.DECEPTION, Severity.NOTE, Action.REMOVED, detail))
    if _RESERVED.match(trimmed):
        detail = "the name of a Windows device"
        findings.append(_met(Threat.DECEPTION, Severity.WARNING, Action.REWRITTEN, detail))
        trimmed = f"_{trimmed}"
    return trimmed


def _shortened(name: str, findings: list[Finding]) -> str:
    if len(name) <= LONGEST_CHARACTERS and len(name.encode()) <= LONGEST_BYTES:
        return name
    findings.append(_met(Threat.LIMIT_EXCEEDED, Severity.NOTE, Action.REWRITTEN, "a name that is too long"))
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > _LONGEST_EXTENSION:
        stem, ending = name, ""
    kept_ending = dot + ending if ending else ""
    room = LONGEST_BYTES - len(kept_ending.encode())
    stem = stem[: LONGEST_CHARACTERS - len(kept_ending)].encode()[:room].decode("utf-8", "ignore")
    return stem.rstrip(_EDGES) + kept_ending


def _double_ending(name: str) -> list[Finding]:
    """The name stays as it is, so that the reader sees it; the report says why to be careful."""
    before, dot, last = name.lower().rpartition(".")
    inner = before.strip().rpartition(".")[2]
    if dot and last in _RUNNING_ENDINGS and inner != before.strip() and inner in _HARMLESS_ENDINGS - {last}:
        return [_met(Threat.DECEPTION, Severity.DANGER, Action.NOTED, f"a double ending, .{inner}.{last}")]
    return []


def running_ending(claimed_name: str) -> str:
    """The ending that alone makes a system run the file, open a connection for it, or change settings; else ""."""
    before, dot, ending = safe_name(claimed_name)[0].lower().rpartition(".")
    return ending if dot and before and ending in _RUNNING_ENDINGS - _ENDINGS_OF_DOCUMENTS else ""

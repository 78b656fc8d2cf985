"""A small presentation, built part by part, and the engine over it."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from lxml import etree
from PIL import Image

from sanitizers.engine import clean
from sanitizers.model import Action, DnsAnswer, Finding, Notice, Threat
from sanitizers.rules import Budget, Kind, Profile, Task

A: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
P: Final = "http://schemas.openxmlformats.org/presentationml/2006/main"
R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATED: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPE: Final = "application/vnd.openxmlformats-officedocument.presentationml"
SPACES: Final = f'xmlns:a="{A}" xmlns:p="{P}" xmlns:r="{R}"'
WORDS: Final = "清めの後に残る文"

Rels = Mapping[str, tuple[str, str]]  #: id → type (its last word, or whole), target; "!" before a target: outside
Parts = Mapping[str, tuple[str, str | bytes]]  #: name → content type ("" for one by its ending), content

_GROUP = (
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
    '<p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" '
    'cy="0"/></a:xfrm></p:grpSpPr>'
)
_COLOURS = "".join(
    f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>'
    for name, value in zip(
        "dk1 lt1 dk2 lt2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink".split(),  # noqa: SIM905
        "000000 FFFFFF 1F497D EEECE1 4F81BD C0504D 9BBB59 8064A2 4BACC6 F79646 0000FF 800080".split(),  # noqa: SIM905
        strict=True,
    )
)
_FONT = '<a:latin typeface="Calibri"/><a:ea typeface=""/><a:cs typeface=""/>'
_FILLS = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3
_LINES = '<a:ln w="9525"><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>' * 3
THEME: Final = (
    f'<a:theme xmlns:a="{A}" name="Plain"><a:themeElements><a:clrScheme name="Plain">{_COLOURS}</a:clrScheme>'
    f'<a:fontScheme name="Plain"><a:majorFont>{_FONT}</a:majorFont><a:minorFont>{_FONT}</a:minorFont></a:fontScheme>'
    f'<a:fmtScheme name="Plain"><a:fillStyleLst>{_FILLS}</a:fillStyleLst><a:lnStyleLst>{_LINES}</a:lnStyleLst>'
    f"<a:effectStyleLst>{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}</a:effectStyleLst>"
    f"<a:bgFillStyleLst>{_FILLS}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
)
_MAP = (
    '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" '
    'accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>'
)


def tree(inside: str = "") -> str:
    """p:cSld with these shapes."""
    return f"<p:cSld><p:spTree>{_GROUP}{inside}</p:spTree></p:cSld>"


def shape(text: str = WORDS, number: int = 2, run: str = "", named: str = "") -> str:
    """A shape with one run of text; `run`: inside a:rPr, `named`: inside p:cNvPr."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Box {number}">{named}</p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
        '<p:spPr><a:xfrm><a:off x="914400" y="914400"/><a:ext cx="7315200" cy="914400"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        f'<p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr lang="ja-JP">{run}</a:rPr><a:t>{text}</a:t>'
        "</a:r></a:p></p:txBody></p:sp>"
    )


def picture(id_: str, number: int = 9, more: str = "", blip: str = "") -> str:
    """A picture; `more`: inside p:nvPr."""
    return (
        f'<p:pic><p:nvPicPr><p:cNvPr id="{number}" name="Picture {number}"/><p:cNvPicPr/><p:nvPr>'
        f"{more}</p:nvPr></p:nvPicPr>"
        f'<p:blipFill><a:blip r:embed="{id_}"{blip}/><a:stretch><a:fillRect/></a:stretch></p:blipFill>'
        '<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="914400" cy="914400"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>'
    )


def slide(inside: str, behind: str = "", attributes: str = "") -> str:
    """A slide with these shapes and what stands behind p:cSld."""
    return f"<p:sld {SPACES}{attributes}>{tree(inside)}<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>{behind}</p:sld>"


def png(colour: str = "#c03020") -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def relationships(known: Rels) -> str:
    """A part of relationships."""
    rows = []
    for id_, (type_, target) in known.items():
        full = type_ if ":" in type_ else f"{R}/{type_}"
        outside = ' TargetMode="External"' if target.startswith("!") else ""
        rows.append(f'<Relationship Id="{id_}" Type="{full}" Target="{target.removeprefix("!")}"{outside}/>')
    return f'<Relationships xmlns="{RELATED}">{"".join(rows)}</Relationships>'


def deck(
    *slides: tuple[str, Rels],
    parts: Parts | None = None,
    main: str = "presentation.main+xml",
    presentation: str = "",
    rels: Rels | None = None,
    numbered: str = "",
) -> bytes:
    """A presentation of these slides; `presentation`: behind p:notesSz, `rels`: of the presentation, "
    "`parts`: more of them."""
    numbers = range(1, len(slides) + 1)
    listed = "".join(f'<p:sldId id="{255 + number}" r:id="s{number}"/>' for number in numbers)
    content: dict[str, tuple[str, str | bytes]] = {
        "ppt/presentation.xml": (
            f"{TYPE}.{main}" if "/" not in main else main,
            (
                f'<p:presentation {SPACES}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="m"/>'
                "</p:sldMasterIdLst>"
                f'{numbered}<p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/>'
                f'<p:notesSz cx="6858000" cy="9144000"/>{presentation}</p:presentation>'
            ),
        ),
        "ppt/slideMasters/slideMaster1.xml": (
            f"{TYPE}.slideMaster+xml",
            (
                f"<p:sldMaster {SPACES}>{tree()}{_MAP}<p:sldLayoutIdLst>"
                '<p:sldLayoutId id="2147483649" r:id="l"/></p:sldLayoutIdLst></p:sldMaster>'
            ),
        ),
        "ppt/slideLayouts/slideLayout1.xml": (
            f"{TYPE}.slideLayout+xml",
            f"<p:sldLayout {SPACES}>{tree()}</p:sldLayout>",
        ),
        "ppt/theme/theme1.xml": ("application/vnd.openxmlformats-officedocument.theme+xml", THEME),
        "ppt/presProps.xml": (f"{TYPE}.presProps+xml", f"<p:presentationPr {SPACES}/>"),
        "ppt/viewProps.xml": (f"{TYPE}.viewProps+xml", f"<p:viewPr {SPACES}/>"),
        **(parts or {}),
    }
    links: dict[str, Rels] = {
        "": {"d": ("officeDocument", "ppt/presentation.xml")},
        "ppt/presentation.xml": {
            "m": ("slideMaster", "slideMasters/slideMaster1.xml"),
            "w": ("presProps", "presProps.xml"),
            "v": ("viewProps", "viewProps.xml"),
            **{f"s{number}": ("slide", f"slides/slide{number}.xml") for number in numbers},
            **(rels or {}),
        },
        "ppt/slideMasters/slideMaster1.xml": {
            "l": ("slideLayout", "../slideLayouts/slideLayout1.xml"),
            "t": ("theme", "../theme/theme1.xml"),
        },
        "ppt/slideLayouts/slideLayout1.xml": {"m": ("slideMaster", "../slideMasters/slideMaster1.xml")},
    }
    for number, (text, known) in zip(numbers, slides, strict=True):
        content[f"ppt/slides/slide{number}.xml"] = (f"{TYPE}.slide+xml", text)
        links[f"ppt/slides/slide{number}.xml"] = {"l": ("slideLayout", "../slideLayouts/slideLayout1.xml"), **known}
    return _zipped(content, links)


def _zipped(content: Mapping[str, tuple[str, str | bytes]], links: Mapping[str, Rels]) -> bytes:
    endings = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
    endings |= {"png": "image/png", "svg": "image/svg+xml", "bin": "application/octet-stream"}
    defaults = "".join(f'<Default Extension="{name}" ContentType="{type_}"/>' for name, type_ in endings.items())
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{type_}"/>' for name, (type_, _) in content.items() if type_
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:

        def put(name: str, data: str | bytes) -> None:
            package.writestr(zipfile.ZipInfo(name, (2026, 11, 21, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)

        space = "http://schemas.openxmlformats.org/package/2006/content-types"
        put("[Content_Types].xml", f'<Types xmlns="{space}">{defaults}{overrides}</Types>')
        for part, known in links.items():
            folder, _, name = part.rpartition("/")
            put(f"{folder}/_rels/{name}.rels".removeprefix("/"), relationships(known))
        for name, (_, data) in content.items():
            if name.endswith(".rels") or data:
                put(name, data)
    return file.getvalue()


class Cleaned:
    """What the engine makes of it."""

    def __init__(self, data: bytes, name: str = "x.pptx", **rules: object) -> None:
        task = Task("20261121-TEST-TEST", Kind.FILE, name, Profile(**rules), Budget(), Notice("", ()))  # type: ignore[arg-type]
        result = clean(task, data, lambda _name, _type: DnsAnswer("failed"))
        self.report = result.report.parts
        self.name = result.name
        self.findings: tuple[Finding, ...] = self.report[0].findings
        assert result.data is not None, self.findings
        self.data = result.data
        with zipfile.ZipFile(io.BytesIO(result.data)) as package:
            self.parts = {name: package.read(name) for name in package.namelist()}

    def text(self, name: str = "ppt/slides/slide1.xml") -> str:
        """A part as text."""
        return self.parts[name].decode()

    def root(self, name: str = "ppt/slides/slide1.xml") -> etree._Element:
        """A part, parsed."""
        return etree.fromstring(self.parts[name])

    def targets(self, name: str = "ppt/slides/_rels/slide1.xml.rels") -> dict[str, str]:
        """Last word of the type → target, of a part of relationships."""
        root = etree.fromstring(self.parts[name])
        return {each.get("Type", "").rpartition("/")[2]: each.get("Target", "") for each in root}

    def has(self, threat: Threat, words: str, action: Action = Action.REMOVED) -> bool:
        """Whether it was told."""
        return any(each.threat is threat and words in each.detail and each.action is action for each in self.findings)

    def everything(self) -> bytes:
        """All parts, for what must be nowhere."""
        return b"\n".join(f"{name}\n".encode() + content for name, content in self.parts.items())


def one(inside: str = "", rels: Rels | None = None, behind: str = "", **more: object) -> bytes:
    """A presentation of one slide: a shape with WORDS, and these."""
    return deck((slide(shape() + inside, behind), rels or {}), **more)  # type: ignore[arg-type]

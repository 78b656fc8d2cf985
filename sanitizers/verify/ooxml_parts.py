"""The second reading of XML in Word, Excel and PowerPoint files that Kiyome wrote: names, links, fields, formulas."""

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

# Said here once more on purpose: a slip in the sanitizer's tables must not pass because both read the same ones.
_OPENXML: Final = "http://schemas.openxmlformats.org"
_MICROSOFT: Final = "http://schemas.microsoft.com/office"
_RELATED: Final = f"{_OPENXML}/officeDocument/2006/relationships"
_COMPATIBILITY: Final = f"{_OPENXML}/markup-compatibility/2006"
_VML: Final = "urn:schemas-microsoft-com:vml"
_MATHEMATICS: Final = f"{_OPENXML}/officeDocument/2006/math"
_WORD: Final = f"{_OPENXML}/wordprocessingml/2006/main"
#: Of elements: these namespaces and those that begin so; "" is the root of a VML drawing.
_SPACES: Final = frozenset({
    "", _VML, *(f"urn:schemas-microsoft-com:office:{name}" for name in ("office", "word", "excel")),
    _MATHEMATICS, f"{_OPENXML}/package/2006/metadata/core-properties",
    *(f"http://purl.org/dc/{name}/" for name in ("elements/1.1", "terms")),
    f"{_OPENXML}/schemaLibrary/2006/main",
})  # fmt: skip
_BEGINNINGS: Final = (
    *(f"{_OPENXML}/{name}/2006/" for name in ("wordprocessingml", "spreadsheetml", "presentationml", "drawingml")),
    *(f"{_MICROSOFT}/{name}/" for name in ("word", "spreadsheetml", "excel", "powerpoint", "drawing", "thememl")),
)
#: A chart of 2016 and what older programs show for it, with all attributes that these elements may have.
_ALTERNATIVES: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "AlternateContent": ({},),
    "Choice": ({"Requires": "cx1"}, {"Requires": "cx2"}),
    "Fallback": ({},),
}
# In any namespace, small letters.
_NEVER_TABLE: Final = """
    altchunk altchunkpr attachedtemplate audio audiocd audiofile cmd connection connections contentpart control controls
    customui databinding dbpr ddeitem ddeitems ddelink dialogsheet embeddedfont embedregular externalbook externallink
    externalreference externalreferences fmlagroup fmlalink fmlamacro fmlapict fmlarange fmlatxbx frameset
    hlinkmouseover macrosheet mailmerge map maps media model3d movie object ocx odso oleitem oleitems olelink oleobj
    oleobject oleobjects olappr quicktimefile querytable savethroughxslt script signatureline snd sndac sound
    sourcefilename subdoc texttopr video videofile wavaudiofile webextension webpr webpublishing webpublishitem
    webpublishitems webpublishobject webpublishobjects webvideopr worksheetcustomproperty
"""
_NEVER: Final = frozenset(_NEVER_TABLE.split())
_NEVER_ATTRIBUTES_TABLE: Final = """
    althref classid codebase ddeservice ddetopic oleid onaction onload progid src processcontent mustunderstand
    preserveelements preserveattributes vbprocedure xlm
"""
_NEVER_ATTRIBUTES: Final = frozenset(_NEVER_ATTRIBUTES_TABLE.split())
_EVENT: Final = re.compile(r"on(?:click|dblclick|mouse[a-z]+|key[a-z]+|error|focus|blur|submit|change|activate)")
WEB: Final = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+|mailto:[^\s@<>\"]+@[^\s@<>\"]+")
_ADDRESS: Final = re.compile(rf"(?:{WEB.pattern})|#[^\x00-\x1f]*")
_ACTION: Final = re.compile(r"ppaction://(?:hlinkshowjump|hlinksldjump|customshow|noaction)(?:\?[\w=&.%-]*)?|")
_STYLE: Final = re.compile(r"url\s*\(|behaviou?r|expression|\\|-moz-binding|javascript", re.IGNORECASE)
#: What may name a relationship that leads out of the file: links, on which a reader clicks.
_LINKS: Final = frozenset({"hyperlink", "hlinkClick", "hlinkHover"})
_YES: Final = frozenset({"1", "true", "on"})
_NAMED_BY_PROGRAM: Final = re.compile(r"(?:_xlnm\.)?auto_(?:open|close|activate|deactivate).*", re.IGNORECASE)

# Fields of Word.
_FIELDS_TABLE: Final = """
    PAGE NUMPAGES SECTION SECTIONPAGES NUMWORDS NUMCHARS FILENAME FILESIZE REVNUM EDITTIME TITLE DATE TIME CREATEDATE
    SAVEDATE PRINTDATE REF PAGEREF NOTEREF STYLEREF SEQ LISTNUM AUTONUM AUTONUMLGL AUTONUMOUT TOC TC INDEX XE TOA TA
    FORMTEXT FORMCHECKBOX FORMDROPDOWN EQ SYMBOL ADVANCE BIDIOUTLINE SHAPE IF COMPARE = DISPLAYBARCODE
"""
_FIELDS: Final = frozenset(_FIELDS_TABLE.split())
_KEYWORD: Final = re.compile(r"\s*(=|[A-Za-z]+(?=[\s\\\"“”\0]|\Z))")
_FIELD_LINK: Final = re.compile(rf' HYPERLINK(?: "(?:{WEB.pattern})")?(?: \\l "[^"\\\x00-\x1f]*")? ')
_STORIES: Final = frozenset(
    f"{_WORD} {name}" for name in ("body", "hdr", "ftr", "footnote", "endnote", "comment", "txbxContent")
)
_INSTRUCTIONS: Final = frozenset({f"{_WORD} instrText", f"{_WORD} delInstrText"})
_MARK: Final = f"{_WORD} fldChar"
_INNER_FIELD: Final = "\0"  # stands for a field in the instruction of another

# Formulas.
_FORMULAS: Final = frozenset(
    {"f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula"}
)
_NO_FORMULAS: Final = frozenset({_VML, _MATHEMATICS})  # a measure of a shape, and a fraction, are called "f" too
_STRING: Final = re.compile(r'"(?:[^"]|"")*"')
_FUNCTIONS_TABLE: Final = """
    WEBSERVICE FILTERXML RTD IMAGE STOCKHISTORY TRANSLATE DETECTLANGUAGE COPILOT PY SQL\\.[A-Z.]+ CUBE[A-Z]+
    IMPORT(?:DATA|FEED|HTML|RANGE|XML) DDE INITIATE REQUEST CALL REGISTER(?:\\.ID)? UNREGISTER EXEC EXECUTE POKE
    TERMINATE RUN ALERT HALT FORMULA(?:\\.FILL)? F(?:OPEN|WRITE|WRITELN|READ|READLN|CLOSE) FILE\\.DELETE FILES DIRECTORY
    EVALUATE GET\\.[A-Z.]+ SET\\.(?:NAME|VALUE) SEND\\.KEYS ON\\.(?:TIME|KEY) SAVE\\.AS
"""
_REACHES: Final = re.compile(
    rf"(?<![\w.])(?:_XL[A-Z]+\.)*(?:{'|'.join(_FUNCTIONS_TABLE.split())})\s*\("
    rf"|_XLETA\.(?:{'|'.join(_FUNCTIONS_TABLE.split())}|HYPERLINK)(?![\w.])|(?:\A|[(,=+&])\s*(?:WEBSERVICE|FILTERXML)\s*(?:[,)]|\Z)"
    r"|\||//|'[^']*[\[\\/][^']*'\s*!|\[[1-9][0-9]*\]['\w]|\.XL[A-Z]{1,2}\]|\bFILE:",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"HYPERLINK\s*\(\s*(.{0,20})", re.IGNORECASE | re.DOTALL)
_LITERAL: Final = re.compile(r'"(?:https?://|mailto:|#)', re.IGNORECASE)


class Surprise(Exception):
    """The bytes are not what our writer writes."""


class Quiet:
    """expat with everything refused that a part of ours does not have."""

    def __init__(self) -> None:
        parser = self._parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        for handler in (
            "StartDoctypeDeclHandler",
            "ProcessingInstructionHandler",
            "CommentHandler",
            "EntityDeclHandler",
            "StartCdataSectionHandler",
        ):
            setattr(parser, handler, self._refuse)
        parser.StartElementHandler = self.start

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One element."""

    def feed(self, piece: bytes) -> None:
        """The next bytes of the part."""
        self._parser.Parse(piece, False)

    def close(self) -> None:
        """Nothing comes any more."""
        self._parser.Parse(b"", True)

    def _refuse(self, *_: object) -> None:
        raise Surprise("a document type, comment, instruction or CDATA section")


class Names:
    """Judgements on names, remembered for one package: sheets have the same few a million times."""

    def __init__(self) -> None:
        self.plain_elements: set[str] = set()  #: nothing more to look at but the attributes
        self.plain_attributes: set[str] = set()  #: any value


class Reader(Quiet):
    """One part with its relationships: id → whether it leads out of the file."""

    def __init__(self, names: Names, relationships: Mapping[str, bool]) -> None:
        super().__init__()
        self._plain_elements = names.plain_elements
        self._plain_attributes = names.plain_attributes
        self._relationships = relationships
        self._text: list[str] = []
        self._fields: list[list[str | None]] = [[]]  # by story: instructions of open fields; None: its result is read

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One element."""
        if name not in self._plain_elements:
            self._element(name, attributes)
        for key, value in attributes.items():
            if key not in self._plain_attributes:
                self._attribute(name.rpartition(" ")[2], key, value)

    def close(self) -> None:
        """Nothing comes any more."""
        super().close()
        _check_ended(self._fields[0])

    # Elements

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if space == _COMPATIBILITY and local in _ALTERNATIVES:
            if attributes not in _ALTERNATIVES[local]:
                raise Surprise("an alternative for programs that are not known here")
            return
        if local.lower() in _NEVER or not (space in _SPACES or space.startswith(_BEGINNINGS)):
            raise Surprise(f"element {local[:60]}")
        if name in _INSTRUCTIONS or _is_formula(space, local):
            self._listen()
        elif name in _STORIES:
            self._fields.append([])
            self._parser.EndElementHandler = self._end
        elif name == _MARK:
            self._mark(attributes.get(f"{_WORD} fldCharType", ""))
        elif local == "cfvo":
            _check_formula(attributes.get("val", ""))
        else:
            self._plain_elements.add(name)
        if local == "definedName" and _NAMED_BY_PROGRAM.fullmatch(attributes.get("name", "")):
            raise Surprise("a macro that runs by itself")

    def _listen(self) -> None:
        self._text.clear()
        self._parser.CharacterDataHandler = self._text.append
        self._parser.EndElementHandler = self._end

    def _end(self, name: str) -> None:
        if name in _INSTRUCTIONS:
            self._say("".join(self._text))
        elif _is_formula(*name.rpartition(" ")[::2]):
            _check_formula("".join(self._text))
        elif name in _STORIES:
            _check_ended(self._fields.pop())
            return
        else:
            return
        self._parser.CharacterDataHandler = None
        if len(self._fields) == 1:
            self._parser.EndElementHandler = None

    # Fields

    def _say(self, text: str) -> None:
        story = self._fields[-1]
        said = story[-1] if story else None
        if said is None:
            raise Surprise("an instruction outside a field")
        story[-1] = said + text

    def _mark(self, kind: str) -> None:
        story = self._fields[-1]
        said = story[-1] if story else None
        if kind == "begin":
            if said is not None:
                story[-1] = said + _INNER_FIELD
            story.append("")
        elif kind == "separate" and said is not None:
            _check_field(said)
            story[-1] = None
        elif kind == "end" and story:
            if said is not None:
                _check_field(said)
            story.pop()
        else:
            raise Surprise("a piece of a field")

    # Attributes

    def _attribute(self, element: str, key: str, value: str) -> None:
        space, _, local = key.rpartition(" ")
        if space == _RELATED:
            self._related(element, local, value)
        elif local.lower() in _NEVER_ATTRIBUTES or _EVENT.fullmatch(local.lower()):
            if value not in {"", "0", "false"}:
                raise Surprise(f"attribute {local[:60]}")
        elif local == "relid":
            if self._relationships.get(value) is not False:
                raise Surprise("a picture that is not there")
        elif (space, local) in _CHECKED:
            _check_value(space, local, value)
        elif space == _COMPATIBILITY and local != "Ignorable":
            raise Surprise(f"attribute {local[:60]}")
        else:
            self._plain_attributes.add(key)

    def _related(self, element: str, local: str, id_: str) -> None:
        if local in {"link", "href"}:
            raise Surprise("a link to something that is loaded")
        if not id_ and local == "id" and element in _LINKS:
            return  # an action of a show, which leads nowhere
        outside = self._relationships.get(id_)
        if outside is None or (outside and element not in _LINKS):
            raise Surprise(f"a relationship that is not there, or not of this kind, in {element[:40]}")


def _is_formula(space: str, local: str) -> bool:
    return local in _FORMULAS and space not in _NO_FORMULAS


_CHECKED: Final = frozenset(
    {
        *((space, "href") for space in ("", "urn:schemas-microsoft-com:office:office")),
        *(("", local) for local in ("macro", "action", "style", "textlink", "formula", "function")),
        (_WORD, "instr"),
    }
)


def _check_value(space: str, local: str, value: str) -> None:
    if local == "href":
        good = bool(_ADDRESS.fullmatch(value))
    elif local == "macro":
        good = not value
    elif local == "action":
        good = bool(_ACTION.fullmatch(value))
    elif local == "style":
        good = not _STYLE.search(value)
    elif local == "function":
        good = value not in _YES  # of a name: a macro
    else:
        (_check_field if space == _WORD else _check_formula)(value)
        return
    if not good:
        raise Surprise(f"attribute {local[:60]}")


def _check_ended(story: list[str | None]) -> None:
    if story:
        raise Surprise("a field without an end")


def _check_field(instruction: str) -> None:
    found = _KEYWORD.match(instruction)
    keyword = found[1].upper() if found else ""
    if keyword == "HYPERLINK":
        if not _FIELD_LINK.fullmatch(instruction):
            raise Surprise("a link of a field that leads elsewhere")
    elif keyword not in _FIELDS:
        raise Surprise(f"field {keyword[:40]}")


def _check_formula(formula: str) -> None:
    """What stands in quotes is words, but for the address of a link."""
    if _REACHES.search(_STRING.sub('""', formula)):
        raise Surprise("a formula that starts a program or reaches out")
    for link in _LINK.finditer(_STRING.sub(lambda found: found[0] if _LITERAL.match(found[0]) else '""', formula)):
        if not _LITERAL.match(link[1]):
            raise Surprise("a link that a formula makes")

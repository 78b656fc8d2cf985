"""[Content_Types].xml (ECMA-376 part 2, 7.2.3): what each part says it is, read by our own rules and written anew."""

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from sanitizers.formats.ooxml.allowed import XML
from sanitizers.formats.ooxml.namespaces import NAMESPACES
from sanitizers.model import CannotSanitize, Threat

FILE: Final = "[Content_Types].xml"
_SPACE: Final = NAMESPACES["ct"]
_OVERRIDE: Final = f"{{{_SPACE}}}Override"
_DEFAULT: Final = f"{{{_SPACE}}}Default"
_RELATIONSHIPS: Final = "application/vnd.openxmlformats-package.relationships+xml"


class ContentTypes:
    """The types of the parts of the source."""

    def __init__(self, root: XML) -> None:
        if root.tag != f"{{{_SPACE}}}Types":
            raise CannotSanitize(Threat.MALFORMED, "a package without content types")
        self._overrides: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        for element in root.iterchildren(_OVERRIDE, _DEFAULT):
            own = element.tag == _OVERRIDE
            name = (element.get("PartName" if own else "Extension") or "").lower()
            known = self._overrides if own else self._defaults
            type_ = _plain(element.get("ContentType") or "")
            if known.setdefault(name, type_) != type_:
                raise CannotSanitize(Threat.MALFORMED, "a part with two content types")

    def of(self, part: str) -> str:
        """The type of "/word/document.xml", lower case, without parameters; "" when there is none."""
        name = part.lower()
        own = self._overrides.get(name)
        return own if own is not None else self._defaults.get(name.rpartition("/")[2].rpartition(".")[2], "")


def _plain(type_: str) -> str:
    return type_.partition(";")[0].strip().lower()


def written(types: Mapping[str, str]) -> bytes:
    """Anew, for the parts of the new package: name without the first "/" → type. Pictures go by their ending."""
    endings = {name.rpartition(".")[2]: type_ for name, type_ in types.items() if type_.startswith("image/")}
    defaults = {"rels": _RELATIONSHIPS, "xml": "application/xml", **dict(sorted(endings.items()))}
    lines = [f"<Default Extension={quoteattr(end)} ContentType={quoteattr(type_)}/>" for end, type_ in defaults.items()]
    lines += [
        f"<Override PartName={quoteattr('/' + name)} ContentType={quoteattr(type_)}/>"
        for name, type_ in types.items()
        if not type_.startswith("image/")
    ]
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Types xmlns="{_SPACE}">'
    return (head + "".join(lines) + "</Types>").encode("utf-8")

"""The named resources of one content stream: each is carried when it is first used, under a name of our own."""

from collections.abc import Callable, Mapping
from typing import Final

import pikepdf

from sanitizers.formats.pdf import colours, traces
from sanitizers.formats.pdf.checked import Entries, entries, name
from sanitizers.formats.pdf.fonts import standard
from sanitizers.formats.pdf.work import Work

#: Default colour spaces (8.6.5.6) are used without being named in the content.
_DEFAULTS: Final = ("/DefaultGray", "/DefaultRGB", "/DefaultCMYK")

_PREFIXES: Final[Mapping[str, str]] = {
    "Font": "F",
    "XObject": "X",
    "ColorSpace": "C",
    "Pattern": "P",
    "Shading": "S",
    "ExtGState": "G",
    "Properties": "M",
}


class Resources:
    """`Names` over one resource dictionary of the source, and the dictionary of the target that comes of it."""

    def __init__(self, source: Entries, carriers: "Carriers", work: Work, where: str) -> None:
        self.work = work
        self.where = where
        self.source = source
        self.carriers = carriers
        self._categories: dict[str, dict[bytes, object]] = {}
        self._new_names: dict[tuple[str, bytes], bytes | None] = {}
        self._made: dict[str, pikepdf.Dictionary] = {}
        self._added: dict[tuple[str, tuple[int, int]], str] = {}

    def use(self, category: str, name: bytes) -> bytes | None:
        """See `work.Names.use`."""
        key = (category, name)
        if key not in self._new_names:
            self._new_names[key] = None  # a resource that comes to itself is not there
            self._new_names[key] = self._carry(category, name)
        return self._new_names[key]

    def hidden(self, name: bytes) -> bool | None:
        """See `work.Names.hidden`."""
        group = self._find("Properties", name)
        if not isinstance(group, pikepdf.Dictionary):
            return None
        if not self.work.layers.hidden(group):
            return False
        traces.hidden_layer(group, self.work, self.where)
        return True

    def colour_space(self, name: bytes) -> pikepdf.Object | None:
        """See `work.Names.colour_space`."""
        found = self._find("ColorSpace", name)
        return found if isinstance(found, pikepdf.Object) else None

    def inner(self, source: Entries) -> "Resources":
        """For content that is reached through these resources and has its own."""
        return Resources(source, self.carriers, self.work, self.where)

    def add(self, category: str, made: pikepdf.Object) -> str:
        """Put an object of the target among the resources; its name, without a slash."""
        place = (category, made.objgen)
        if place in self._added:
            return self._added[place]
        group = self._made.setdefault(category, pikepdf.Dictionary())
        name = f"{_PREFIXES[category]}{len(group)}"
        group["/" + name] = made
        if made.objgen != (0, 0):
            self._added[place] = name
        return name

    def dictionary(self) -> pikepdf.Dictionary:
        """The resource dictionary of the target, with all that was used."""
        made = pikepdf.Dictionary({"/" + category: group for category, group in self._made.items()})
        defaults = self._defaults()
        if defaults:
            made["/ColorSpace"] = pikepdf.Dictionary({**entries(made.get("/ColorSpace")), **defaults})
        return made

    def vertical_fonts(self) -> frozenset[bytes]:
        """The new names of fonts that may write from top to bottom (9.7.4.3): by a CMap for it, or one of their own."""
        fonts = entries(self._made.get("Font"))
        return frozenset(key[1:].encode() for key, font in fonts.items() if _may_be_vertical(font))

    def _find(self, category: str, name: bytes) -> object:
        if category not in self._categories:
            group = entries(self.source.get("/" + category))
            self._categories[category] = {
                key[1:].encode("utf-8", "surrogateescape"): value for key, value in group.items()
            }
        return self._categories[category].get(name)

    def _carry(self, category: str, name: bytes) -> bytes | None:
        found = self._find(category, name)
        carrier = self.carriers.get(category)
        made = carrier(found, self) if isinstance(found, pikepdf.Object) and carrier is not None else None
        if made is None and category == "Font":
            made = standard.latin(self.work)  # as readers do: text without its font is still text
        return None if made is None else self.add(category, made).encode()

    def _defaults(self) -> dict[str, pikepdf.Object]:
        group = entries(self.source.get("/ColorSpace"))
        spaces = [(key, group.get(key)) for key in _DEFAULTS]
        made = {key: colours.colour_space(x, self.work) for key, x in spaces if isinstance(x, pikepdf.Object)}
        return {key: value for key, value in made.items() if value is not None}


def _may_be_vertical(font: object) -> bool:
    encoding = entries(font).get("/Encoding")
    return isinstance(encoding, pikepdf.Stream) or name(encoding).endswith("V")


Carrier = Callable[[pikepdf.Object, Resources], pikepdf.Object | None]
Carriers = Mapping[str, Carrier]  #: by category

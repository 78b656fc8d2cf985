"""The operators of content streams and what they take (ISO 32000-2, annex A): the only ones that are written."""

from enum import StrEnum

import msgspec


class Deed(StrEnum):
    """What writing an operator again involves besides checking its operands."""

    STATE = "state"  # nothing: numbers in, numbers out
    PAINT = "paint"  # a path is painted: where content is hidden, its end alone is written
    SHOW = "show"  # text is shown
    RESOURCE = "resource"  # names a resource
    SHOW_RESOURCE = "show resource"  # paints one
    PROPERTIES = "properties"  # may carry a dictionary
    MARK = "mark"  # marked content
    COLOUR = "colour"  # numbers, and perhaps the name of a pattern
    NEST = "nest"  # q Q BT ET
    IMAGE = "image"  # an image in the content itself
    SKIP = "skip"  # means nothing in what is written


class Operator(msgspec.Struct, frozen=True):
    """One row of annex A."""

    #: Of each operand a letter: n number, s string, N name, a array, d dictionary, p name or dictionary.
    takes: str
    deed: Deed
    category: str = ""  #: key of the resource dictionary


def _rows(deed: Deed, **operands: str) -> dict[bytes, Operator]:
    return {name.encode(): Operator(takes, deed) for name, takes in operands.items()}


OPERATORS: dict[bytes, Operator] = {
    # 8.4.4 graphics state
    **_rows(Deed.STATE, w="n", J="n", j="n", M="n", d="an", i="n", cm="nnnnnn"),
    b"ri": Operator("N", Deed.STATE),
    b"gs": Operator("N", Deed.RESOURCE, "ExtGState"),
    **_rows(Deed.NEST, q="", Q="", BT="", ET=""),
    # 8.5 paths
    **_rows(Deed.STATE, m="nn", l="nn", c="nnnnnn", v="nnnn", y="nnnn", h="", re="nnnn", W="", n=""),
    b"W*": Operator("", Deed.STATE),
    **_rows(Deed.PAINT, S="", s="", f="", F="", B="", b=""),
    b"f*": Operator("", Deed.PAINT),
    b"B*": Operator("", Deed.PAINT),
    b"b*": Operator("", Deed.PAINT),
    # 8.6.8 colour
    b"CS": Operator("N", Deed.RESOURCE, "ColorSpace"),
    b"cs": Operator("N", Deed.RESOURCE, "ColorSpace"),
    **_rows(Deed.COLOUR, SC="", SCN="", sc="", scn=""),
    **_rows(Deed.STATE, G="n", g="n", RG="nnn", rg="nnn", K="nnnn", k="nnnn"),
    # 8.7.4.2 shadings, 8.8 external objects, 8.9.7 inline images
    b"sh": Operator("N", Deed.SHOW_RESOURCE, "Shading"),
    b"Do": Operator("N", Deed.SHOW_RESOURCE, "XObject"),
    **_rows(Deed.IMAGE, BI=""),
    # 9.3 text state, 9.4 text
    **_rows(Deed.STATE, Tc="n", Tw="n", Tz="n", TL="n", Tr="n", Ts="n", Td="nn", TD="nn", Tm="nnnnnn"),
    b"T*": Operator("", Deed.STATE),
    b"Tf": Operator("Nn", Deed.RESOURCE, "Font"),
    **_rows(Deed.SHOW, Tj="s", TJ="a"),
    b"'": Operator("s", Deed.SHOW),
    b'"': Operator("nns", Deed.SHOW),
    # 9.6.4 glyphs of Type 3 fonts
    **_rows(Deed.STATE, d0="nn", d1="nnnnnn"),
    # 14.6 marked content
    **_rows(Deed.MARK, BMC="N", EMC=""),
    **_rows(Deed.PROPERTIES, MP="N", DP="Np", BDC="Np"),
    # 7.8.2 compatibility: what a reader need not understand is not written
    **_rows(Deed.SKIP, BX="", EX=""),
}

#: Those with nothing but numbers: name → how many. Most of every stream, so they are looked up first.
NUMBERS: dict[bytes, int] = {
    name: len(operator.takes)
    for name, operator in OPERATORS.items()
    if operator.deed is Deed.STATE and not operator.takes.strip("n")
}

DEVICE_SPACES = frozenset({b"DeviceGray", b"DeviceRGB", b"DeviceCMYK", b"Pattern"})  #: named without a resource (8.6.3)
RENDERING_INTENTS = frozenset({b"AbsoluteColorimetric", b"RelativeColorimetric", b"Saturation", b"Perceptual"})

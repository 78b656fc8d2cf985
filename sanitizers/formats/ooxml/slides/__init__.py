"""Presentations (ECMA-376 part 1, 19): slides, layouts, masters, notes, comments; animations stay, commands go."""

from sanitizers.formats.ooxml.slides.parts import PARTS

__all__ = ["PARTS"]

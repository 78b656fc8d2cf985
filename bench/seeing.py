"""A file as a reader of others shows it, and how alike two such readings are."""

import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from PIL import Image, ImageMath

SIDE = 900  # pixels of the longer side at which pictures are compared
BLOCK = 8
TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")  # Japanese by the character, the rest by the word


@dataclass(frozen=True)
class Cell:
    """Of a table: its formula, or None; what it shows; how it shows it."""

    formula: str | None
    value: object
    shown_as: str = ""

    def __str__(self) -> str:
        return self.formula or repr(self.value)


@dataclass
class Reading:
    """What a reader sees in a file; None: this reader does not look for it."""

    words: Counter[str] | None = None
    picture: Image.Image | None = None  # of the first page
    count: int | None = None  # pages or frames
    pictures: int | None = None
    cells: dict[Hashable, Cell] | None = None


def words_of(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text))


def words_kept(before: Counter[str], after: Counter[str]) -> dict[str, object]:
    """How many there were, the share that is there still, and some that are not; nothing to tell without words."""
    if not before:
        return {}
    kept = (before & after).total() / before.total()
    return {"words": before.total(), "kept": kept, "lost": list((before - after).keys())[:8]}


def cells_kept(before: dict[Hashable, Cell], after: dict[Hashable, Cell]) -> dict[str, object]:
    """How many there were, how many are the same, how many formulas gave way to the value they had, and some others."""
    nothing = Cell(None, None)
    different, replaced = [], 0
    for place in before.keys() | after.keys():
        was, now = before.get(place, nothing), after.get(place, nothing)
        if was == now:
            continue
        if was.formula is not None and now == Cell(None, was.value, was.shown_as):
            replaced += 1
        else:
            different.append(f"{place}: {was} → {now}"[:120])
    return {"cells": len(before), "same": len(before) - replaced - len(different), "replaced": replaced,
            "different": sorted(different)[:8]}  # fmt: skip


def similarity(one: Image.Image, other: Image.Image) -> float:
    """SSIM (Wang et al. 2004) of two pictures, over blocks of eight by eight pixels; 1 is the same."""
    if abs(one.width * other.height - other.width * one.height) > 0.02 * one.width * other.height:
        return 0.0
    scale = min(1.0, SIDE / max(one.size))
    size = (max(BLOCK, int(one.width * scale)), max(BLOCK, int(one.height * scale)))
    x, y = (picture.convert("L").resize(size, Image.Resampling.BOX).convert("F") for picture in (one, other))
    blocks = (size[0] // BLOCK, size[1] // BLOCK)

    def mean(picture: Image.Image) -> Image.Image:
        return picture.resize(blocks, Image.Resampling.BOX)

    def product(a: Image.Image, b: Image.Image) -> Image.Image:
        return ImageMath.lambda_eval(lambda args: args["a"] * args["b"], a=a, b=b)

    index = ImageMath.lambda_eval(
        lambda v: (
            ((v["mx"] * v["my"] * 2 + 6.5025) * ((v["xy"] - v["mx"] * v["my"]) * 2 + 58.5225))
            / (
                (v["mx"] * v["mx"] + v["my"] * v["my"] + 6.5025)
                * (v["xx"] - v["mx"] * v["mx"] + v["yy"] - v["my"] * v["my"] + 58.5225)
            )
        ),
        mx=mean(x), my=mean(y), xx=mean(product(x, x)), yy=mean(product(y, y)), xy=mean(product(x, y)),
    )  # fmt: skip
    return float(index.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))

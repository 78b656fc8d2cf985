"""What was taken out of a text and what was put in: lines first, then the words of the lines that changed."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from sanitizers.formats.mail.alternatives import Kind, Text, choose
from sanitizers.viewing.words import HTML
from sanitizers.views import RUNS, Difference, Run, Side, Texts

COMPARED_CHARACTERS: Final = 100_000  #: of each side
COMPARED_LINES: Final = 2_000  #: of each side
COMPARED_WORDS: Final = 300  #: of each side of one changed place; a longer one is shown as changed as a whole
COMPARISONS: Final = 2_000_000  #: of words with words, in all places together
# What is often all that differs between a line and what became of it: hidden characters, targets of links, blanks.
_ASIDE: Final = re.compile(r"\[U\+[0-9A-F]{4,6}\]|<[^<>\s]{0,2000}>|\s+")
_WORD: Final = re.compile(r"[A-Za-z0-9_]+|[ \t]+|\n|[-=_*#~]+|.", re.DOTALL)  # Japanese is written without blanks


def difference_of(shown: Texts) -> Difference:
    """Of the bodies without those that say the same as another, and the text that went out."""
    kept, left_out = _versions(shown)
    before, after = "\n".join(kept), shown.after
    cut = shown.cut or any(words.cut for words in shown.before)
    cut = cut or max(len(before), len(after)) > COMPARED_CHARACTERS
    old, new = (_lines(text[:COMPARED_CHARACTERS]) for text in (before, after))
    cut = cut or max(len(old), len(new)) > COMPARED_LINES
    runs = _joined(_Comparison().runs(old[:COMPARED_LINES], new[:COMPARED_LINES]))
    if len(runs) > RUNS:
        runs, cut = runs[:RUNS], True
    return Difference(tuple(runs), left_out, cut)


def _versions(shown: Texts) -> tuple[list[str], tuple[str, ...]]:
    """A mail often says the same twice, as text and as HTML, one behind the other; only one of the two goes on."""
    kept: list[str] = []
    left_out: list[str] = []
    waiting = list(shown.before)
    while waiting:
        pair = waiting[:2]
        if len({words.type in HTML for words in pair}) < 2:
            kept.append(waiting.pop(0).text)
            continue
        del waiting[:2]
        texts = [Text(Kind.HTML if words.type in HTML else Kind.PLAIN, words.text) for words in pair]
        chosen = [text for version in choose([[text] for text in texts]).versions for text in version]
        kept += [text.text for text in chosen]
        left_out += [words.path for words, text in zip(pair, texts, strict=True) if text.text and text not in chosen]
    return kept, tuple(left_out)


def _lines(text: str) -> list[str]:
    """With blanks at the ends and lines ends of one kind, which nobody sees, out of the way."""
    return [f"{line.rstrip()}\n" for line in text.strip("\n").split("\n")] if text.strip() else []


class _Comparison:
    """Of one text with another; counts what it costs."""

    def __init__(self) -> None:
        self._left = COMPARISONS

    def runs(self, old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
        said, says = ([_ASIDE.sub("", line) for line in lines] for lines in (old, new))
        matcher = SequenceMatcher(None, said, says)
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
            if tag == "equal":
                for removed, added in zip(old[old_from:old_to], new[new_from:new_to], strict=True):
                    yield from [Run(Side.SAME, removed)] if removed == added else self._changed(removed, added)
            else:
                yield from self._changed("".join(old[old_from:old_to]), "".join(new[new_from:new_to]))

    def _changed(self, removed: str, added: str) -> Iterator[Run]:
        old, new = _WORD.findall(removed), _WORD.findall(added)
        cost = len(old) * len(new)
        if not cost or max(len(old), len(new)) > COMPARED_WORDS or cost > self._left:
            yield from _replaced(removed, added)
            return
        self._left -= cost
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        if matcher.ratio() < 0.3:  # other words: a few letters that both have would only confuse
            yield from _replaced(removed, added)
            return
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
            gone, came = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
            if tag == "equal":
                yield Run(Side.SAME, gone)
            else:
                yield from _replaced(gone, came)


def _replaced(removed: str, added: str) -> Iterator[Run]:
    if removed:
        yield Run(Side.REMOVED, removed)
    if added:
        yield Run(Side.ADDED, added)


def _joined(runs: Iterator[Run]) -> list[Run]:
    """Neighbours of one kind as one."""
    joined: list[Run] = []
    for run in runs:
        if joined and joined[-1].side is run.side:
            joined[-1] = Run(run.side, joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined

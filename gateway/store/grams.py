"""Text as the index knows it: short overlapping pieces (grams), so that any part of a word is found, Japanese or not.

A gram begins at each character: two characters where one of them is not ASCII (防災訓練: 防災 災訓 訓練 練), three
where both are (mail: mai ail il l). Japanese has no blanks between words and many words of two characters; ASCII grams
of two would be in every mail. A search is the row of the grams of what is sought, one after the other, which is exact:
no check of the text itself is needed. Before that, text is folded (NFKC, then case): ＡＢＣ, ABC and abc are one.
"""

import re
import unicodedata
from functools import lru_cache

import msgspec

#: Signs that mean something to one of the two databases become private ones, the private ones a replacement character.
_QUOTES = {ord('"'): "\ue000", ord("'"): "\ue001", ord("\\"): "\ue002"}
_FOREIGN = dict.fromkeys(range(0xE000, 0xE010), "\ufffd")
# Looking for them first is much faster, and they are rare.
_IS_FOREIGN = re.compile("[\ue000-\ue00f]").search
_IS_QUOTE = re.compile(r"""["'\\]""").search
#: Begins a mark: no gram can look like one.
_MARK = "\ue00f"


class Phrase(msgspec.Struct, frozen=True):
    """Grams that stand one after the other; `beginning`: the last one only has to begin like that."""

    grams: tuple[str, ...]
    beginning: bool


def folded(text: str) -> list[str]:
    """The words of a text between blanks and control characters, folded."""
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text.translate(_FOREIGN) if _IS_FOREIGN(text) else text)
    plain = plain.casefold()
    if _IS_QUOTE(plain):
        plain = plain.translate(_QUOTES)
    if not plain.isprintable():
        plain = "".join([sign if sign.isprintable() or sign >= "\ue000" else " " for sign in plain])
    return plain.split()


def grams(text: str) -> list[str]:
    """Every gram of a text, in order; those at the end of a word are shorter."""
    found: list[str] = []
    for word in folded(text):
        if word.isascii():
            found += [word[at : at + 3] for at in range(len(word))]
        else:
            found += [_gram(word, at) for at in range(len(word))]
    return found


def _gram(word: str, at: int) -> str:
    two = word[at : at + 2]
    return word[at : at + 3] if two.isascii() else two


def phrases(text: str) -> list[Phrase]:
    """What to look for: a phrase for each word of the text, all of which must be there."""
    return [_phrase(word) for word in folded(text)]


def _phrase(word: str) -> Phrase:
    whole: list[str] = []
    covered = 0
    for at in range(len(word)):
        gram = _gram(word, at)
        if len(gram) < (3 if gram.isascii() else 2):
            break  # cut off by the end: in the text it may go on
        whole.append(gram)
        covered = at + len(gram)
    if covered == len(word):
        return Phrase(tuple(whole), beginning=False)
    return Phrase((*whole, word[len(whole) :]), beginning=True)


@lru_cache(maxsize=16_384)
def mark(kind: str, value: str) -> str:
    """A fact about an item as one word of the index; found as a whole only."""
    return _MARK + kind + "".join(folded(value))


def exact_mark(kind: str, value: str) -> str:
    """The same for a value that is printable ASCII in lower case, without signs: a digest."""
    return _MARK + kind + value

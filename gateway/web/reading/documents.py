"""The documents that the gateway shows, from Markdown to HTML: our own files alone, nothing that came with mail."""

import re
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import escape

MANUAL: Final = "manual"
#: By the last word of the address; each in one language for everybody but the manual, which has a file for each.
GUIDES: Final[Mapping[str, str]] = {
    "api": "api.md",  # for who writes programs
    "operation": "operation.md",  # for who has the host: commands, walls, watching, backup
    "access": "access.md",  # people and sign-in
    "transfers": "transfers.md",  # files from one segment to the other
    "folders": "folders.md",  # watched folders
    "icap": "icap.md",  # proxies and storage appliances
    "passwords": "passwords.md",  # files behind a password
    "configuration": "configuration.md",  # every key
    "limits": "limits.md",  # what happens at each limit
    "formats": "formats.md",  # what becomes of which type
}
PICTURES: Final = "pictures"
WIDE: Final = "\u3000"  #: from here on the characters of Japanese
_PNG_SIZE = slice(16, 24)  # width and height in the first chunk (PNG, section 11.2.1)


class Heading(msgspec.Struct, frozen=True):
    """One line of the table of contents."""

    anchor: str
    words: str


class Document(msgspec.Struct, frozen=True):
    """A document as a page shows it."""

    title: str
    contents: tuple[Heading, ...]
    html: str  #: what the parser wrote, which passes no HTML of a text on


def documents_folder() -> Path | None:
    """Beside the project in a checkout, else where the package installed them; None when they are in neither place."""
    places = (Path(__file__).parents[3] / "docs", Path(sys.prefix) / "share" / "kiyome" / "docs")
    return next((place for place in places if (place / GUIDES["api"]).is_file()), None)


def file_of(name: str, language: str) -> str | None:
    """The file of a document; None for a name that is not in the table."""
    return f"{MANUAL}.{language}.md" if name == MANUAL else GUIDES.get(name)


def read_document(folder: Path, file: str, picture: Callable[[str], str]) -> Document:
    """Reads and renders one; `picture` says where the browser finds a picture. Raises OSError."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Pages).enable("table")
    tokens = parser.parse((folder / file).read_text(encoding="utf-8"))
    headings = list(_named(tokens))
    for token in tokens:
        for inner in token.children or ():
            if inner.type == "image":
                _place(inner, folder, picture)
            elif inner.type == "link_open":
                inner.attrs["href"] = _address(str(inner.attrs["href"]))
    title = next((words for level, _, words in headings if level == "h1"), file)
    contents = tuple(Heading(anchor, words) for level, anchor, words in headings if level == "h2")
    return Document(title, contents, parser.renderer.render(tokens, parser.options, {}))


def _named(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """Gives each heading the anchor that other viewers of Markdown give it, so that links work everywhere."""
    seen: Counter[str] = Counter()
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            words = "".join(each.content for each in inline.children or ())
            anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            seen[anchor] += 1
            token.attrs["id"] = anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor] - 1}"
            yield token.tag, str(token.attrs["id"]), words


def _place(image: Token, folder: Path, picture: Callable[[str], str]) -> None:
    source = folder / str(image.attrs["src"])
    width, height = struct.unpack(">II", source.read_bytes()[_PNG_SIZE])
    image.attrs |= {"src": picture(source.name), "width": width, "height": height, "loading": "lazy"}


def _address(written: str) -> str:
    """Where a link between files leads here; "" for a file that is not shown."""
    file, _, anchor = written.partition("#")
    if not file or ":" in file:
        return written
    shown = {target: name for name, target in GUIDES.items()}
    name = MANUAL if file.startswith(f"{MANUAL}.") else shown.get(file)
    if name is None:
        return ""
    language = f"?lang={file.split('.')[1]}" if name == MANUAL else ""
    path = "/manual" if name == MANUAL else f"/manual/{name}"
    return f"{path}{language}" + (f"#{anchor}" if anchor else "")


class _Pages(RendererHTML):
    """Writes some things otherwise than the parser would; a method is called by the name of what it writes."""

    def link_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """A link to a file that is not shown is words only."""
        to = str(tokens[idx].attrs["href"])
        return f'<a href="{escape(to)}">' if to else "<span>"

    def link_close(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """As it was opened: links do not hold links."""
        begun = next(token for token in reversed(tokens[:idx]) if token.type == "link_open")
        return "</a>" if begun.attrs["href"] else "</span>"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """Leads to itself, for whoever has a small window."""
        source = escape(str(tokens[idx].attrs["src"]))
        return f'<a class="picture" href="{source}">{super().image(tokens, idx, options, env)}</a>'

    def softbreak(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """The end of a line in the file: Japanese has no blanks between words."""
        before, after = tokens[idx - 1].content[-1:], tokens[idx + 1].content[:1]
        return "" if before > WIDE and after > WIDE else "\n"

    def code_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """Reached with the keyboard, because it may be wider than the window."""
        return f'<pre tabindex="0"><code>{escape(tokens[idx].content)}</code></pre>\n'

    def fence(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        """The same, for code between fences."""
        return self.code_block(tokens, idx)

    def table_open(self, *_: Any) -> str:
        """It may be wider than the window, too, and moves sideways by itself."""
        return '<div class="sideways" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:
        """The end of both."""
        return "</table></div>\n"

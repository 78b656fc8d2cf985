"""A manuscript as bytes, by rule: a Word file, or text."""

from typing import Final

from sanitizers.detect import SCRIPT_TYPES, detect
from sanitizers.manuscript.docx import DOCX, in_word
from sanitizers.manuscript.model import Block, Manuscript, Table
from sanitizers.model import CannotSanitize, Threat
from sanitizers.rules import Transcript

TEXT: Final = "text/plain"
_LINE_END: Final = "\r\n"  # who receives it works on Windows
# Above what stands behind the body of a text: Japanese first, as the readers are.
_TITLES: Final = (
    ("headers", "【ヘッダー・フッター / headers and footers】"),
    ("frames", "【枠内の文字 / text in frames】"),
    ("notes", "【注 / notes】"),
)


def written(manuscript: Manuscript, rule: Transcript) -> tuple[bytes, str]:
    """The file and its media type. CannotSanitize: as a text it would be a script."""
    if rule is Transcript.DOCX:
        return in_word(manuscript), DOCX
    data = _in_text(manuscript).encode()
    if (kind := detect(data, TEXT)) in SCRIPT_TYPES:
        raise CannotSanitize(Threat.ACTIVE_CONTENT, f"words that would run as a file of their own: {kind}")
    return data, TEXT


def _in_text(manuscript: Manuscript) -> str:
    lines = _lines(manuscript.body)
    for name, title in _TITLES:
        blocks: tuple[Block, ...] = getattr(manuscript, name)
        if blocks:
            lines += ["", title, *_lines(blocks)]
    return _LINE_END.join("\n".join(lines).split("\n")) + _LINE_END


def _lines(blocks: tuple[Block, ...]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            lines += ("\t".join(_in_one_line(cell) for cell in row) for row in block.rows)
        else:
            lines.append(block.text)
    return lines


def _in_one_line(cell: str) -> str:
    return " ".join(cell.replace("\t", " ").split("\n"))

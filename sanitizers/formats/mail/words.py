"""Header text: RFC 2047 encoded words and raw 8-bit read tolerantly, written strictly."""

import binascii
import re
from collections.abc import Iterator

from sanitizers.charsets import decode
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.links import strip_deceptive_controls
from sanitizers.rules import BodyCharset

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_BLANKS = re.compile(r"[ \t]+")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"[ \t]*[^ \t]+")
_SURELY_UTF_8 = 8  # bytes more than characters: several multi-byte sequences, all but one in order
_LINE = 76  # RFC 2047 section 2: a line with an encoded word is at most 76 characters
_LONGEST_PLAIN_WORD = 500  # longer ones cannot be folded within RFC 5322's 998 without being encoded

# What CP932 writes for signs that ISO-2022-JP knows under another code point (Microsoft's table against JIS X 0208).
_TO_JIS = str.maketrans("\uff5e\u2225\uff0d\uffe0\uffe1\uffe2\u2015", "\u301c\u2016\u2212\u00a2\u00a3\u00ac\u2014")


def raw_text(value: bytes) -> str:
    """A header value as characters, encoded words still encoded; raw Japanese bytes are recognised."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    text = value.decode("utf-8", "replace")
    # Names and subjects are cut at so many bytes, in the middle of a character; the rest of it is no guesswork.
    if text.count("\ufffd") == 1 and len(value) - len(text) >= _SURELY_UTF_8 and b"\x1b" not in value:
        return text
    return decode(value, "").text


def as_sent(value: bytes) -> str:
    """The text of a header value and nothing changed in it: whatever hides or deceives is there still."""
    text = raw_text(value)
    return "".join(_decoded_pieces(text)) if "=?" in text else text


def decode_words(text: str, where: str, anomalies: Anomalies) -> str:
    """The text with its encoded words decoded, safe to show: one line, no control or deceptive characters."""
    if "=?" in text:
        text = "".join(_decoded_pieces(text))
    if _CONTROLS.search(text):
        anomalies.deception(where, "control characters or line ends inside it")
        text = _CONTROLS.sub(" ", text)
    if not text.isascii():
        text, findings = strip_deceptive_controls(text)
        anomalies.extend(findings, where)
    return _BLANKS.sub(" ", text).strip() if "  " in text or "\t" in text else text.strip()


def decode_header(value: bytes, where: str, anomalies: Anomalies) -> str:
    """An unstructured header value, e.g. Subject."""
    return decode_words(raw_text(value), where, anomalies)


def _decoded_pieces(text: str) -> Iterator[str]:
    """Plain text and decoded runs; blanks between two adjacent words vanish (RFC 2047 section 6.2)."""
    run: list[tuple[str, str, str]] = []
    pos = 0
    for match in _ENCODED_WORD.finditer(text):
        between = text[pos : match.start()]
        if run and between.strip(" \t"):
            yield from _decoded_run(run)
            run = []
        if between.strip(" \t") or not run:
            yield between
        run.append((match.group(1).partition("*")[0].lower(), match.group(2).lower(), match.group(3)))
        pos = match.end()
    yield from _decoded_run(run)
    yield text[pos:]


def _decoded_run(run: list[tuple[str, str, str]]) -> Iterator[str]:
    """Adjacent words of one charset are decoded together: real mailers cut characters in two."""
    charset, pending = "", b""
    for word_charset, data in _joined_base64(run):
        if word_charset != charset and pending:
            yield decode(pending, charset).text
            pending = b""
        charset = word_charset
        pending += data
    if pending:
        yield decode(pending, charset).text


def _joined_base64(run: list[tuple[str, str, str]]) -> Iterator[tuple[str, bytes]]:
    """Each word's bytes; base64 that was cut inside a group of four is joined first."""
    charset, letters = "", ""
    for word_charset, encoding, content in run:
        if letters and (encoding == "q" or word_charset != charset or len(letters) % 4 == 0):
            yield charset, _base64_bytes(letters)
            letters = ""
        if encoding == "q":
            yield word_charset, _q_bytes(content)
        else:
            charset, letters = word_charset, letters + _NOT_BASE64.sub("", content)
            if "=" in content:
                yield charset, _base64_bytes(letters)
                letters = ""
    if letters:
        yield charset, _base64_bytes(letters)


def _base64_bytes(letters: str) -> bytes:
    """Padding is what real mail gets wrong; a lone last letter carries nothing."""
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))


def _q_bytes(content: str) -> bytes:
    raw = content.replace("_", " ").encode("utf-8", "replace")
    return _Q_ESCAPE.sub(lambda match: bytes((int(match.group(1), 16),)), raw)


def jis_bytes(text: str) -> bytes | None:
    """The text in ISO-2022-JP, or None when that charset cannot carry it."""
    try:
        return text.translate(_TO_JIS).encode("iso2022_jp")
    except UnicodeEncodeError:
        return None


def is_plain(text: str) -> bool:
    """Whether the text may stand in a header as it is."""
    return text.isascii() and "=?" not in text and (len(text) <= _LONGEST_PLAIN_WORD or _has_blanks(text))


def _has_blanks(text: str) -> bool:
    return all(len(word) <= _LONGEST_PLAIN_WORD for word in text.split())


def encoded_words(text: str, charset: BodyCharset, used: int) -> str:
    """The text as encoded words, folded; `used` columns of the first line are taken. Characters are never cut."""
    if charset is BodyCharset.ISO_2022_JP and jis_bytes(text) is not None:
        text, label, codec = text.translate(_TO_JIS), "iso-2022-jp", "iso2022_jp"
    else:
        label, codec = "utf-8", "utf-8"
    frame = len(label) + 7  # "=?" label "?B?" "?="
    first, rest = ((_LINE - taken - frame) // 4 * 3 for taken in (used, 1))
    words = [f"=?{label}?B?{_base64(chunk)}?=" for chunk in _chunks(text, codec, first, rest)]
    if first < 12 and used > 1:  # not even four kanji fit: begin on a new line
        words = ["", *(f"=?{label}?B?{_base64(chunk)}?=" for chunk in _chunks(text, codec, rest, rest))]
    return "\r\n ".join(words)


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _chunks(text: str, codec: str, first: int, rest: int) -> Iterator[bytes]:
    """Whole characters, as many as fit in `first` bytes and then in `rest` bytes each."""
    room, pos = first, 0
    while pos < len(text):
        size = max(room // 3, 1)
        chunk = text[pos : pos + size].encode(codec)
        while pos + size < len(text) and len(longer := text[pos : pos + size + 1].encode(codec)) <= room:
            chunk, size = longer, size + 1
        while len(chunk) > room and size > 1:
            size -= 1
            chunk = text[pos : pos + size].encode(codec)
        yield chunk
        room, pos = rest, pos + size


def fold(line: str) -> str:
    """A plain ASCII header line, folded before blanks; unfolding gives back the same."""
    if len(line) <= _LINE:
        return line
    lines: list[str] = []
    current = ""
    for token in _TOKEN.findall(line):
        if len(current) + len(token) > _LINE and (lines or " " in current):
            lines.append(current)
            current = token
        else:
            current += token
    return "\r\n".join([*lines, current])


def text_line(name: str, text: str, charset: BodyCharset) -> str:
    """A whole unstructured header line without its line end."""
    if is_plain(text):
        return fold(f"{name}: {text}")
    return f"{name}: {encoded_words(text, charset, len(name) + 2)}"

"""One target per format: any bytes in, and what must hold of that room whatever they are."""

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from random import Random
from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import engine, sender
from sanitizers.charsets import decode as decode_text
from sanitizers.confinement.protocol import (
    CHUNK_BYTES,
    FROM_CHILD,
    Converted,
    FrameReader,
    Kind,
    ProtocolBroken,
    Question,
    Ready,
    Result,
    decode,
    frame,
)
from sanitizers.confinement.recheck import Evidence, check_converted, check_question, check_result, check_size
from sanitizers.detect import detect
from sanitizers.formats.html import html_to_text
from sanitizers.formats.text import PlainText
from sanitizers.links import link_text, rewrite_links, strip_deceptive_controls
from sanitizers.model import CannotSanitize, DnsAnswer, File, Notice, Report
from sanitizers.names import LONGEST_BYTES, LONGEST_CHARACTERS, safe_name
from sanitizers.registry import BUILT_IN
from sanitizers.reports import UNPRINTABLE
from sanitizers.rules import BodyCharset, Links, NoticeWhen, Profile
from tests.fuzz import growth
from tests.fuzz.cleaning import SENDER, check_mail, no_dns, shown, task
from tests.fuzz.filing import CORPUS, DRAWN_FILES, FILE_TOKENS, FILES, LARGEST_SEED, file_seeds
from tests.fuzz.hiding import CANARY, hiding_mails
from tests.fuzz.icap_talk import talk as icap_talk
from tests.fuzz.icap_talk import talk_seeds as icap_seeds
from tests.fuzz.mails import PROFILES, REGRESSIONS, SAMPLES, TOKENS, any_mail
from tests.fuzz.talking import talk, talk_seeds
from tests.fuzz.wording import ADDRESSES_IN_TEXT, ATTRIBUTES, CHARSETS, IN_TEXT, MARKS, NAMES, TAGS

CORPUS_MAILS = (".eml", ".msg", ".txt", ".html", ".htm", ".mbox")

MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,99}/[a-z0-9][a-z0-9.+_-]{0,99}")
NOT_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
CLICKABLE = re.compile(r"(?<!\w)(?:javascript|vbscript|data|file|ms-[a-z]+):[^\s]", re.IGNORECASE)

ALL_LINKS = tuple(Links)
ALL_PROFILES = [
    Profile(links=links, body_charset=charset, notice=notice)
    for links, charset, notice in product(Links, BodyCharset, NoticeWhen)
]


class LoneJob:
    """What a sanitizer of a body asks of its job: the rules."""

    def __init__(self, links: Links) -> None:
        self.rules = Profile(links=links)
        self.notice = Notice("1", ())


def mail(data: bytes) -> None:
    """The whole engine, as one item; the length chooses the profile."""
    check_mail(data, task(ALL_PROFILES[len(data) % len(ALL_PROFILES)]))


def signed_mail(data: bytes) -> None:
    """The same with the sender's checks; the first byte says what the DNS answers."""
    texts = (b"v=DKIM1; p=" + data[:300], b"v=DMARC1; p=" + data[1:40])
    answer = DnsAnswer("found", texts) if data[:1] < b"\x80" else DnsAnswer("failed")
    results = sender.verify(data[1:], SENDER, lambda _name, _rdtype: answer, None)
    assert 0 < len(results) <= 6


def page(data: bytes) -> None:
    """An HTML body; the first byte chooses what becomes of links."""
    links, html = ALL_LINKS[data[0] % 3] if data else Links.KEPT, data[1:].decode("utf-8", "replace")
    try:
        text, findings = html_to_text(html, links)
    except CannotSanitize:
        return
    assert not NOT_IN_TEXT.search(text)
    assert all(0 < len(found.detail) <= 500 and len(found.where) <= 200 for found in findings)
    assert_stable(text, links)


def text_body(data: bytes) -> None:
    """A plain text body; the first two bytes choose charset and links."""
    charset = CHARSETS[data[0] % len(CHARSETS)] if data else ""
    links = ALL_LINKS[data[1] % 3] if len(data) > 1 else Links.KEPT
    file = File("", f"text/plain; charset={charset}; format=flowed; delsp=yes", "text/plain", data[2:])
    text = PlainText().rebuild(file, LoneJob(links)).data.decode("utf-8")
    assert not NOT_IN_TEXT.search(text)
    assert_stable(text, links)


def assert_stable(text: str, links: Links) -> None:
    """Read again as a plain text body, there is nothing to find in it."""
    again = PlainText().rebuild(File("", "text/plain; charset=utf-8", "text/plain", text.encode()), LoneJob(links))
    assert not again.findings, again.findings


def charset(data: bytes) -> None:
    """A charset's name, a line end, then bytes that claim to be in it."""
    label, _, content = data.partition(b"\n")
    decoded = decode_text(content, label.decode("latin_1"))
    again = decode_text(decoded.text.encode("utf-8"), "utf-8")
    assert again.text == decoded.text.removeprefix("\ufeff") or b"\x1b" in decoded.text.encode()
    assert all(len(found.detail) <= 500 for found in decoded.findings)


def name(data: bytes) -> None:
    """A file name."""
    safe, findings = safe_name(data.decode("utf-8", "surrogatepass") if _is_utf_8(data) else data.decode("latin_1"))
    assert not UNPRINTABLE.search(safe)
    assert not re.search(r'[/\\:*?"<>|]', safe)
    assert len(safe) <= LONGEST_CHARACTERS
    assert len(safe.encode()) <= LONGEST_BYTES
    assert safe == safe.strip(" .")
    again, more = safe_name(safe)
    assert again == safe
    assert len(findings) < 20
    assert {found.detail for found in more} <= {found.detail for found in findings}


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def link(data: bytes) -> None:
    """A target, a line end, then the words shown for it."""
    target, _, words = data.decode("utf-8", "replace").partition("\n")
    for links in ALL_LINKS:
        text, _findings = link_text(target, words, links)
        assert CLICKABLE.search(text) is None or CLICKABLE.search(words) is not None, text
        once, _ = rewrite_links(strip_deceptive_controls(target)[0], links)
        assert rewrite_links(once, links) == (once, ()), once


def kind_of_file(data: bytes) -> None:
    """A claimed type, a line end, then content."""
    claimed, _, content = data.partition(b"\n")
    assert MEDIA_TYPE.fullmatch(detect(content, claimed.decode("latin_1")))


def pipe(data: bytes) -> None:
    """What a child that was taken over says to the parent: the first byte cuts it into pieces."""
    size = data[0] + 1 if data else 1
    reader = FrameReader(FROM_CHILD)
    try:
        for at in range(1, len(data), size):
            for kind, body in reader.feed(data[at : at + size]):
                said(kind, body)
    except ProtocolBroken:
        return


def said(kind: Kind, body: bytes) -> None:
    """One frame, as the parent treats it."""
    if kind is Kind.QUESTION:
        question = decode(Question, body)
        check_question(question, ())
        assert question.name.isascii()
        assert len(question.name) <= 253
    elif kind is Kind.RESULT:
        result = decode(Result, body)
        check_size(result, task())
        top = result.report.parts[0] if result.report.parts else None
        evidence = Evidence(top.size_in, top.sha256_in, top.size_out, top.sha256_out) if top else Evidence(0, "", 0, "")
        check_result(result, task(), evidence)
        assert_believable(result.report)
    elif kind is Kind.CONVERTED:
        converted = decode(Converted, body)
        check_converted(converted, task().budget.bytes_out)
        assert (converted.size is None) is (converted.threat is not None)
        assert not UNPRINTABLE.search(converted.detail)
    elif kind is Kind.READY:
        assert len(decode(Ready, body).missing) <= len(body)
    elif kind is Kind.UNFIT:
        assert not body
    else:
        assert kind is Kind.CHUNK
        assert len(body) <= CHUNK_BYTES


def assert_believable(report: Report) -> None:
    """What the recheck let through can be shown, stored and counted."""
    assert report.parts[0].path == "1"
    assert all(not UNPRINTABLE.search(part.name + part.claimed_type) for part in report.parts)
    json.loads(msgspec.json.encode(report))


# ---- built from strategies: bytes choose the draws


def tree(data: bytes) -> None:
    """Mails that the strategies build."""
    _any_mail.hypothesis.fuzz_one_input(data)


@given(any_mail(), PROFILES)
def _any_mail(made: bytes, profile: Profile) -> None:
    check_mail(made, task(profile))


def canary(data: bytes) -> None:
    """Mails with a word where no reader looks."""
    _hiding_mail.hypothesis.fuzz_one_input(data)


@given(hiding_mails(), st.sampled_from(Links))
def _hiding_mail(made: bytes, links: Links) -> None:
    clean = check_mail(made, task(Profile(links=links)), BUILT_IN).data
    assert CANARY not in shown(clean or b"\r\n")


class Target(NamedTuple):
    """One format, and what the fuzzer may start from."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    longest: int  #: bytes of one input
    words: tuple[bytes, ...] = TOKENS  #: what the fuzzer may put in


def mail_seeds() -> Iterable[bytes]:
    """The samples, what was found before, and real mails where they are at hand."""
    found = [*SAMPLES, *sorted(REGRESSIONS.glob("mail-*"))]
    if CORPUS.is_dir():
        found += [path for path in sorted(CORPUS.rglob("*")) if path.suffix in CORPUS_MAILS and path.is_file()]
    return (path.read_bytes() for path in found if path.stat().st_size <= LARGEST_SEED)


def _bodies(marker: bytes) -> Iterable[bytes]:
    return (b"\0\0" + data.partition(b"\r\n\r\n")[2] for data in mail_seeds() if marker in data)


def _words(words: Iterable[str], before: bytes = b"") -> Callable[[], Iterable[bytes]]:
    return lambda: [before + word.encode("utf-8", "surrogatepass") for word in words if word]


def pipe_seeds() -> Iterable[bytes]:
    """Honest results, of each mail one."""
    for data in mail_seeds():
        cleaned = engine.clean(task(), data, no_dns)
        size = None if cleaned.data is None else len(cleaned.data)
        said = Result(cleaned.name, cleaned.type, cleaned.report, cleaned.facts, cleaned.authentication, size)
        yield b"\xff" + frame(Kind.RESULT, said)
    yield from (b"\xff" + seed[2:] for seed in talk_seeds())


def growth_seeds() -> Iterable[bytes]:
    """Short words of every room in every place."""
    words = [word.encode("utf-8", "replace") for word in (*IN_TEXT, *ADDRESSES_IN_TEXT, *MARKS)]
    words += [f"<{tag}{rest}>".encode() for tag, rest in zip(TAGS, ATTRIBUTES * 2, strict=False)]
    return (bytes((place,)) + word for place in range(len(growth.PLACES)) for word in words if 0 < len(word) < 63)


def draws() -> Iterable[bytes]:
    """Bytes enough for a strategy to draw whole mails from."""
    return (Random(seed).randbytes(4_096) for seed in range(64))


TARGETS: dict[str, Target] = {
    "mail": Target(mail, mail_seeds, 16_384),
    "tree": Target(tree, draws, 4_096),
    "canary": Target(canary, draws, 4_096),
    "html": Target(page, lambda: _bodies(b"text/html"), 8_192),
    "text": Target(text_body, lambda: [*_bodies(b"text/plain"), *_words(IN_TEXT, b"\0\0")()], 4_096),
    "charsets": Target(charset, lambda: [label.encode() + b"\n" for label in CHARSETS], 512),
    "names": Target(name, _words(NAMES), 512),
    "links": Target(
        link, _words(("https://www.example.jp/\nwww.example.com", "\\\\a\\b\nc", "mailto:a@b?c\nd@e")), 512
    ),
    "detect": Target(kind_of_file, lambda: (b"text/plain\n" + data for data in mail_seeds()), 4_096),
    "growth": Target(growth.unit, growth_seeds, 64),
    "sender": Target(signed_mail, lambda: (b"\0" + data for data in mail_seeds()), 4_096),
    "pipe": Target(pipe, pipe_seeds, 8_192),
    "talk": Target(talk, talk_seeds, 8_192),
    "icap": Target(icap_talk, icap_seeds, 4_096),
    **{
        family: Target(check, partial(file_seeds, family), LARGEST_SEED, FILE_TOKENS) for family, check in FILES.items()
    },
    **{drawn: Target(check, draws, 4_096) for drawn, check in DRAWN_FILES.items()},
}

"""`python -m bench.mailfiles`: what stays of mails, Outlook messages, TNEF, mailboxes, calendars and cards of a folder.

Each is cleaned; then other readers tell how many words and attachments are still there, and whether they open it.
Readers: Python's `email` and `mailbox`, olefile, icalendar, vobject. They run in a process of their own, as in
`bench.fidelity`. Attachments: how many of the original go on, and how many are named in the report as left out.
"""

import argparse
import csv
import email
import email.policy
import io
import json
import mailbox
import resource
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import icalendar
import lxml.html
import olefile
import vobject

from bench.fidelity import ROOT, Readers, cleaned, corpus_folder, why_not
from bench.fidelity_reading import MOST_MEMORY, words_of

ENDINGS = {
    "mail": (".eml", ".mht", ".mhtml"),
    "mailbox": (".mbox", ".mbx"),
    "msg": (".msg",),
    "tnef": (".tnef", "winmail.dat"),
    "calendar": (".ics", ".vcs", ".ifb"),
    "card": (".vcf", ".vcard"),
}
TYPES = {"message/rfc822": "mail", "application/vnd.ms-outlook": "msg", "application/vnd.ms-tnef": "tnef"}
COLUMNS = ("files", "read", "passed", "blocked", "words kept", "attachments", "left out, said so", "ms", "reopened")
WANTED_WORDS = 0.98
SEPARATOR = "-" * 60
TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "FN", "N", "NOTE", "ORG", "TITLE")


def files_by_family(folder: Path) -> dict[str, list[Path]]:
    """By the folder's INDEX.tsv where it has one, else by ending."""
    index = folder / "INDEX.tsv"
    found: dict[str, list[Path]] = {family: [] for family in ENDINGS}
    if index.is_file():
        with index.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        named = [(folder / row["local"], row["mime"]) for row in rows]
    else:
        named = [(path, "") for path in sorted(folder.rglob("*")) if path.is_file()]
    for path, kind in named:
        by_ending = next((family for family, ends in ENDINGS.items() if path.name.lower().endswith(ends)), "")
        family = TYPES.get(kind) or ("mail" if by_ending == "msg" else by_ending)  # .msg without OLE2: a mail
        if family:
            found[family].append(path)
    return found


# Reading


def mail_words(data: bytes) -> tuple[Counter[str], int]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    return words_in(message), len(attachments(message))


def words_in(message: Message) -> Counter[str]:
    texts = [str(message["Subject"] or "")]
    leaves = [part for part in message.walk() if part.get_content_maintype() == "text" and not part.get_filename()]
    plain = [part for part in leaves if part.get_content_type() == "text/plain"]
    for part in plain or leaves:
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            text = payload.decode(part.get_content_charset() or "utf-8", "replace")
            if part.get_content_type() == "text/html" and text.strip():
                text = lxml.html.document_fromstring(text.encode()).text_content()
            texts.append(text.partition(SEPARATOR)[0])
    return words_of("\n".join(texts))


def attachments(message: Message) -> list[Message]:
    return [part for part in message.walk() if part.get_filename() and not part.is_multipart()]


def mailbox_words(data: bytes) -> tuple[Counter[str], int]:
    words: Counter[str] = Counter()
    count = 0
    with tempfile.NamedTemporaryFile(suffix=".mbox") as file:
        file.write(data)
        file.flush()
        for message in mailbox.mbox(file.name, create=False):
            words += words_in(message)
            count += len(attachments(message))
    return words, count


def msg_words(data: bytes) -> tuple[Counter[str], int]:
    """Subject and plain text of the message itself, straight from their streams."""
    ole = olefile.OleFileIO(io.BytesIO(data))
    texts = []
    for name in ("0037", "1000"):
        for kind, codec in (("001F", "utf-16-le"), ("001E", "cp1252")):
            if ole.exists(f"__substg1.0_{name}{kind}"):
                texts.append(ole.openstream(f"__substg1.0_{name}{kind}").read().decode(codec, "replace"))
    storages = [path for path in ole.listdir(streams=False, storages=True) if len(path) == 1]
    return words_of("\n".join(texts)), sum(path[0].startswith("__attach") for path in storages)


def tnef_words(data: bytes) -> tuple[Counter[str], int]:
    """No second reader with a fitting licence: only the marks that begin an attachment."""
    return Counter(), data.count(b"\x02\x02\x90\x06\x00")


def calendar_words(data: bytes) -> tuple[Counter[str], int]:
    texts: list[str] = []
    for calendar in icalendar.Calendar.from_ical(data, multiple=True):
        for part in calendar.walk():
            found = [part[name] for name in TEXTS if name in part and part.name != "VALARM"]
            texts += [str(each) for value in found for each in (value if isinstance(value, list) else [value])]
    return words_of("\n".join(texts)), 0


def card_words(data: bytes) -> tuple[Counter[str], int]:
    texts = [
        str(line.value)
        for card in vobject.readComponents(io.StringIO(data.decode("utf-8", "replace")), transform=False)
        for line in card.lines()
        if line.name in TEXTS
    ]
    return words_of("\n".join(texts)), 0


READ: dict[str, Callable[[bytes], tuple[Counter[str], int]]] = {
    "mail": mail_words,
    "mailbox": mailbox_words,
    "msg": msg_words,
    "tnef": tnef_words,
    "calendar": calendar_words,
    "card": card_words,
}
READ_CLEAN = READ | {"msg": mail_words, "tnef": mail_words}


def compare(family: str, original: Path, clean: Path | None) -> dict[str, object]:
    answer: dict[str, object] = {}
    before = attempt(READ[family], original, answer, "original_error")
    after = attempt(READ_CLEAN[family], clean, answer, "clean_error") if clean else None
    if before and after:
        lost = before[0] - after[0]
        total = before[0].total()
        answer |= {
            "kept": 1.0 if not total else 1 - lost.total() / total,
            "lost": " ".join(list(lost)[:12]),
            "attached": [before[1], after[1]],
        }
    elif before:
        answer["attached"] = [before[1], 0]
    return answer


def attempt(
    read: Callable[[bytes], tuple[Counter[str], int]], path: Path, answer: dict[str, object], key: str
) -> tuple[Counter[str], int] | None:
    try:
        return read(path.read_bytes())
    except Exception as error:  # noqa: BLE001 - readers raise anything
        answer[key] = f"{type(error).__name__}: {error}"[:200]
        return None


def read_on() -> None:
    """Requests of `bench.fidelity.Readers`, one a line."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for line in sys.stdin:
        asked = json.loads(line)
        clean = Path(asked["clean"]) if asked["clean"] else None
        print(json.dumps(compare(asked["family"], Path(asked["original"]), clean)), flush=True)


class MailReaders(Readers):
    @staticmethod
    def _started() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "bench.mailfiles", "--read"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


# Telling


def left_out(fate: dict) -> int:
    """Named parts that stay behind, each with its reason in the report."""
    parts = fate["report"]["parts"]
    return sum(part["outcome"] in {"removed", "blocked", "locked"} and bool(part["name"]) for part in parts[1:])


def row(family: str, group: list[tuple[Path, dict, dict]]) -> tuple[str, ...]:
    readable = [(fate, seen) for _, fate, seen in group if "original_error" not in seen]
    passed = [(fate, seen) for fate, seen in readable if fate["output"]]
    kept = [float(str(seen["kept"])) for _, seen in passed if "kept" in seen]
    before = sum(seen["attached"][0] for _, seen in passed if "attached" in seen)
    after = sum(seen["attached"][1] for _, seen in passed if "attached" in seen)
    times = [fate["report"]["parts"][0]["milliseconds"] for fate, _ in passed]
    return (
        family,
        str(len(group)),
        str(len(readable)),
        str(len(passed)),
        str(len(readable) - len(passed)),
        f"{statistics.mean(kept):.2%}" if kept else "-",
        f"{after} of {before}",
        str(sum(left_out(fate) for fate, _ in passed)),
        f"{statistics.median(times):.1f}" if times else "-",
        f"{sum('clean_error' not in seen for _, seen in passed)}/{len(passed)}",
    )


def tell(everything: dict[str, list[tuple[Path, dict, dict]]], base: Path) -> None:
    rows = [("", *COLUMNS), *(row(family, group) for family, group in everything.items() if group)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(rows[0]))]
    for first, *cells in rows:
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True))]))
    every = [(family, *each) for family, group in everything.items() for each in group]
    listed("blocked", [(f, p, why_not(fate)) for f, p, fate, _ in every if not fate["output"]], base)
    listed("not opened again", [(f, p, s["clean_error"]) for f, p, _, s in every if "clean_error" in s], base)
    less = [
        (f, p, f"{s['kept']:.1%} kept; lost: {s['lost']}") for f, p, _, s in every if s.get("kept", 1) < WANTED_WORDS
    ]
    listed("words lost", less, base)
    gone = [
        (f, p, f"{s['attached'][0]} before, {s['attached'][1]} after, {left_out(fate)} named as left out")
        for f, p, fate, s in every
        if fate["output"] and "attached" in s and s["attached"][1] + left_out(fate) < s["attached"][0]
    ]
    listed("attachments neither kept nor named", gone, base)
    unread = [(f, p, s["original_error"]) for f, p, _, s in every if "original_error" in s]
    listed("no reader opens the original", unread, base)


def listed(title: str, rows: list[tuple[str, Path, object]], base: Path) -> None:
    if rows:
        print(f"\n{title} ({len(rows)}):")
        for family, path, what in rows:
            print(f"  {family:9}{path.relative_to(base) if path.is_relative_to(base) else path}\n        {what}")


def main() -> int:
    """0; the figures are for a person to judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.mailfiles", description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of real files; $KIYOME_CORPUS or ../shared/corpus")
    parser.add_argument("--kind", action="append", choices=list(ENDINGS), help="only this family (repeatable)")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read_on()
        return 0
    folder = corpus_folder(options.corpus).resolve()
    everything: dict[str, list[tuple[Path, dict, dict]]] = {}
    with tempfile.TemporaryDirectory(prefix="kiyome-mailfiles-") as scratch:
        for family, files in files_by_family(folder).items():
            if not files or (options.kind and family not in options.kind):
                continue
            fates, _ = cleaned(files, options, Path(scratch) / family)
            readers = MailReaders()
            everything[family] = [
                (path, fate, readers.compare(family, path, fate["output"]))
                for path, fate in zip(files, fates, strict=True)
            ]
            readers.close()
        tell(everything, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A workshop like the engine, with one more sanitizer: for attachments that say what they do to their process."""

import base64
import ctypes
import mmap
import os
import signal
import sys
import time

from sanitizers import engine
from sanitizers.formats.mail import Mail
from sanitizers.job import Job, Role
from sanitizers.model import AskConverter, AskDns, Cleaned, File, Rebuilt
from sanitizers.registry import BODY_SANITIZERS, FILE_SANITIZERS, VERIFIERS, Registry
from sanitizers.rules import Task

BEGINNING = b"%PDF-1.4\n%"  # so that it is detected as something that no other sanitizer owns


class Fragile:
    """Does to its process what the file says."""

    name = "fragile"
    types = frozenset({"application/pdf"})
    limitations = ("Breaks.",)

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        act = file.data.removeprefix(BEGINNING).split()[0].decode()
        if act in ACTS:
            ACTS[act]()
        if act == "process":
            return Rebuilt(f"{os.getpid()}".encode(), "process.pdf", "application/pdf", ())
        if act == "container":  # dies after its child was done with
            job.child("inner.pdf", "", attachment("harmless"), role=Role.ATTACHMENT)
            crash()
        return Rebuilt(file.data, "file.pdf", "application/pdf", ())


def crash() -> None:
    ctypes.string_at(0)


def spin_with_the_gateway_asleep() -> None:
    """For the child's own timer: the gateway's clock would have come first."""
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    while True:
        pass


def sleep() -> None:
    time.sleep(600)


def grow() -> None:
    """Resident memory without Python's knowing."""
    area = mmap.mmap(-1, 150_000_000)
    for page in range(0, len(area), 4096):
        area[page] = 1
    time.sleep(600)


def complain() -> None:
    sys.stderr.write("Traceback\nValueError: the secret words of a mail\n")
    sys.stderr.flush()
    os._exit(7)


def call_the_network() -> None:
    ctypes.CDLL(None).socket(2, 1, 0)


ACTS = {
    "crash": crash,
    "timer": spin_with_the_gateway_asleep,
    "sleep": sleep,
    "grow": grow,
    "complain": complain,
    "network": call_the_network,
}
MAIL_ONLY = {"message/rfc822": VERIFIERS["message/rfc822"]}  # what the others write here is no file of any type
REGISTRY = Registry(BODY_SANITIZERS, (*FILE_SANITIZERS, Fragile()), MAIL_ONLY)


def warm() -> None:
    engine.warm()
    assert isinstance(FILE_SANITIZERS[0], Mail)


def clean(task: Task, original: bytes, ask_dns: AskDns, mark: engine.Mark, *, convert: AskConverter) -> Cleaned | None:
    return engine.clean(task, original, ask_dns, mark, REGISTRY)


def attachment(act: str) -> bytes:
    return BEGINNING + act.encode() + b"\n"


def mail(*acts: str, text: str = "hello") -> bytes:
    """A mail with an attachment for each act."""
    parts = [f"Content-Type: text/plain\r\n\r\n{text}\r\n".encode()]
    for act in acts:
        head = f'Content-Type: application/pdf; name="{act}.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        parts.append(head.encode() + base64.encodebytes(attachment(act)).replace(b"\n", b"\r\n"))
    head = b"From: a@example.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part for part in parts) + b"--b--\r\n"

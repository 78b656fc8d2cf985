"""The samples on disk: mails as they are sent and files to attach, each with a TOML file of what must become of it."""

import sys
from enum import StrEnum
from pathlib import Path

import msgspec

from gateway.settings import SettingsError
from gateway.settings.decoding import read
from sanitizers.model import Threat

DEFAULT_SENDER = "sender@example.jp"
DEFAULT_RECIPIENTS = ("madoguchi@city.example.lg.jp",)
MAILS = "mail"  #: the folder of the mails; every other one holds files, by the sanitizer that they are for
DESCRIPTION = ".toml"


class Expected(StrEnum):
    """What must become of a mail."""

    DELIVER = "deliver"
    HOLD = "hold"
    REFUSE = "refuse"


class ExpectedOfFile(StrEnum):
    """What must become of a file inside a mail."""

    CLEAN = "clean"  # goes on, written anew
    REMOVED = "removed"
    BLOCKED = "blocked"
    LOCKED = "locked"  # stays behind until somebody gives its password


class SampleEnvelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """MAIL FROM and RCPT TO."""

    mail_from: str = DEFAULT_SENDER
    recipients: tuple[str, ...] = DEFAULT_RECIPIENTS


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What NAME.toml says of either kind."""

    title_ja: str
    title_en: str
    row: str  #: of the list of threats: structure, text, names, protocol; for files what kind of file
    must_vanish: tuple[str, ...] = ()
    must_stay: tuple[str, ...] = ()
    findings: tuple[Threat, ...] = ()  #: the report must name at least one of these


class MailDescription(Description, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """NAME.toml beside NAME.eml."""

    expect: Expected
    raw: bool = False  #: the bytes after DATA just as they are, ending included
    envelope: SampleEnvelope = SampleEnvelope()


class FileDescription(Description, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """NAME.toml beside any other file."""

    expect: ExpectedOfFile
    claimed_name: str = ""  #: what the mail calls it, where that matters
    claimed_type: str = ""


class MailSample(msgspec.Struct, frozen=True):
    """A mail, its bytes still on disk."""

    name: str
    path: Path
    description: MailDescription

    @property
    def folder(self) -> str:
        """Below the folder of the samples."""
        return MAILS


class FileSample(msgspec.Struct, frozen=True):
    """A file for one sanitizer, its bytes still on disk."""

    folder: str
    stem: str
    path: Path
    description: FileDescription

    @property
    def name(self) -> str:
        """With the folder, for files of several kinds show the same."""
        return f"{self.folder}/{self.stem}"

    @property
    def claimed_name(self) -> str:
        """What the mail calls it."""
        return self.description.claimed_name or self.path.name


Sample = MailSample | FileSample


def samples_folder() -> Path:
    """Beside the project in a checkout, else where the package installed them."""
    for folder in (Path(__file__).parents[2] / "samples", Path(sys.prefix) / "share" / "kiyome" / "samples"):
        if (folder / MAILS).is_dir():
            return folder
    raise SettingsError("samples: neither beside the program nor in share/kiyome/samples of this installation")


def load_samples(folder: Path) -> list[Sample]:
    """The mails, then the files, each by name; raises SettingsError that names the file when one is not right."""
    mails: list[Sample] = [_mail(path) for path in _descriptions(folder / MAILS)]
    families = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != MAILS)
    return mails + [_file(family, path) for family in families for path in _descriptions(folder / family)]


def _descriptions(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{DESCRIPTION}"))


def _mail(path: Path) -> MailSample:
    mail = path.with_suffix(".eml")
    if not mail.is_file():
        raise SettingsError(f"{path}: {mail.name} is missing beside it")
    return MailSample(path.stem, mail, read(path, MailDescription))


def _file(family: str, path: Path) -> FileSample:
    beside = [each for each in path.parent.iterdir() if each.stem == path.stem and each != path]
    if len(beside) != 1:
        raise SettingsError(f"{path}: exactly one other file must be called {path.stem}, not {len(beside)}")
    return FileSample(family, path.stem, beside[0], read(path, FileDescription))

"""Archives: opened, every member cleaned like any other file, and packed anew."""

from sanitizers.detect.containers import is_tar
from sanitizers.extensions import ending_of, with_ending
from sanitizers.formats.archive.boxes import FILTERS, FORMS, GZIP, LZH, OLD_FILTERS, TAR, ZIP, opened
from sanitizers.formats.archive.members import Box
from sanitizers.formats.archive.repacking import repacked
from sanitizers.formats.archive.streams import StreamBox, beginning, single
from sanitizers.formats.archive.writing import PACKERS, TarWriter, Writer, ZipWriter
from sanitizers.job import Job, Role
from sanitizers.model import CannotSanitize, File, Rebuilt, Threat, Withheld
from sanitizers.unpacking.libarchive import Filter, Form

__all__ = ["Archive", "Packed", "Zip"]

# Endings that give way to that of the new archive: of self-extracting ones, and of ZIP with newer compressions.
_GIVE_WAY = frozenset({"exe", "com", "scr", "bin", "run", "sfx", "dll", "zipx"})


class Zip:
    """A ZIP file becomes a new ZIP file."""

    name = "zip"
    types = frozenset({ZIP})
    limitations = (
        "Read are stored, deflate, deflate64, bzip2, LZMA, XZ, Zstandard and PPMd; others (PKZIP 1) block the file.",
        "A member whose header and directory disagree is left out; a file whose members overlap is blocked.",
        "Comments, rights and extra fields do not go on; times do, as they stand.",
        "What was behind a password goes on without one; PKWARE's own strong encryption is not opened.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """See `Sanitizer.rebuild`."""
        job.foresee(Role.ATTACHMENT)
        return _boxed(file, opened(file, job), ZipWriter(), ZIP, job)


class Archive:
    """Any other archive becomes a ZIP file, and an old compression of one file gzip."""

    name = "archive"
    types = frozenset({LZH, *FORMS, *OLD_FILTERS})
    limitations = (
        "LZH, RAR, 7z, CAB, ISO, CPIO and AR go on as ZIP; compress, lzip, lzma and lz4 as gzip.",
        "7z is not opened where it filters programs for ARM64 or RISC-V; XAR is not opened.",
        "RAR behind a password is held, even when the password is known.",
        "Links, devices, rights, owners and second streams do not go on.",
        "Times of UTC are shown as in Japan; an archive with the times of a clock keeps them.",
        "Needs libarchive, and lhasa for LZH, on the gateway; without them these files are blocked.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """See `Sanitizer.rebuild`."""
        job.foresee(Role.ATTACHMENT)
        if file.detected_type in OLD_FILTERS:
            return _unfiltered(file, OLD_FILTERS[file.detected_type], GZIP, job)
        return _boxed(file, opened(file, job), ZipWriter(), ZIP, job)


class Packed:
    """A TAR, plain or compressed, and a single compressed file stay what they are."""

    name = "tar"
    types = frozenset({TAR, *FILTERS})
    limitations = (
        "Owners, rights, extended attributes, links and devices do not go on; sparse files come out whole.",
        "A single compressed file stays compressed in the same way, under the name of what is in it.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """See `Sanitizer.rebuild`."""
        job.foresee(Role.ATTACHMENT)
        packed_in = FILTERS.get(file.detected_type, Filter.NONE)
        return _unfiltered(file, packed_in, file.detected_type, job)


def _boxed(file: File, box: Box, writer: Writer, media_type: str, job: Job) -> Rebuilt:
    done = repacked(box, writer, job)
    if not done.members and media_type != ZIP:  # an empty TAR is zeros, which nobody tells from any others
        raise CannotSanitize(Threat.UNSUPPORTED, "an archive with nothing in it")
    return Rebuilt(
        writer.finished(),
        _named(file.claimed_name, media_type),
        media_type,
        tuple(done.findings),
        boxed=tuple(done.boxed),
    )


def _named(claimed: str, media_type: str) -> str:
    """A self-extracting archive loses the ending of a program."""
    if ending_of(claimed) in _GIVE_WAY:
        claimed = claimed[: -len(ending_of(claimed)) - 1]
    return with_ending(claimed, media_type) if claimed else ""


def _unfiltered(file: File, packed_in: Filter, media_type: str, job: Job) -> Rebuilt:
    block = file.data[:1_024] if packed_in is Filter.NONE else beginning(file.data, packed_in)
    if file.detected_type == TAR or is_tar(block):
        box = StreamBox(file.data, job.budget, Form.TAR, packed_in)
        return _boxed(file, box, TarWriter(media_type), media_type, job)
    inner = with_ending(file.claimed_name, media_type)
    inner = inner[: -len(ending_of(inner)) - 1] if inner else ""
    content = single(file.data, packed_in, job.budget)
    child = job.child(inner, "", content, role=Role.ATTACHMENT)
    if isinstance(child, Withheld):
        raise CannotSanitize(child.finding.threat, child.finding.detail)
    name = f"{child.name}.{_ENDINGS[media_type]}" if child.name else ""
    return Rebuilt(PACKERS[media_type](child.data), name, media_type, boxed=child.boxed)


_ENDINGS = {GZIP: "gz", "application/x-bzip2": "bz2", "application/x-xz": "xz", "application/zstd": "zst"}

"""Text files: plain text, logs, Markdown, tables, JSON and XML; read in their charset and written anew."""

from sanitizers.budget import FINDINGS_PER_PART
from sanitizers.detect import SCRIPT_TYPES, detect
from sanitizers.formats.textfile.characters import UTF_8_MARK, Words, in_charset, read, write
from sanitizers.formats.textfile.json_values import NotJson, rebuilt_json
from sanitizers.formats.textfile.kinds import TYPES, Treatment, treatment_of
from sanitizers.formats.textfile.tables import rebuilt_table
from sanitizers.formats.textfile.xml_tree import NotXml, declared_charset, rebuilt_xml
from sanitizers.job import Job
from sanitizers.model import CannotSanitize, File, Finding, Rebuilt, Threat
from sanitizers.names import running_ending
from sanitizers.rules import TextFiles


class TextFile:
    """Writes a text file anew: the same words, nothing that hides, nothing that a program works out or fetches."""

    name = "textfile"
    types = TYPES
    limitations = (
        "A file whose name ends like a script or a shortcut is removed, even when its content shows nothing.",
        "A text without a byte order mark or a label is read in the most plausible charset.",
        "Cells are safe where a reader divides as the table does, by commas, or by commas, semicolons and tabs alike.",
        "Formulas are neutralised in tables (.csv, .tsv and what claims to be one), not in plain text.",
        "XML loses its document type, processing instructions and inclusions; markup in CDATA sections is words.",
        "User-defined characters (外字) stay in Shift_JIS and Unicode files; from other charsets they become 〓.",
    )

    def rebuild(self, file: File, job: Job) -> Rebuilt:
        """Text, CSV, TSV, JSON or XML; what claims to be JSON or XML and is not goes on as text."""
        running = running_ending(file.claimed_name)
        if running:
            raise CannotSanitize(Threat.ACTIVE_CONTENT, f"a script, shortcut or program by its name: .{running}")
        rebuilt = _rebuilt(file, job, treatment_of(file))
        job.budget.check_expansion(len(file.data), len(rebuilt.data))
        written = detect(rebuilt.data, rebuilt.type)
        if written in SCRIPT_TYPES:  # what hid its beginning from detection is gone now
            raise CannotSanitize(Threat.ACTIVE_CONTENT, f"a script or shortcut behind characters that hide: {written}")
        return rebuilt


def _rebuilt(file: File, job: Job, treatment: Treatment) -> Rebuilt:
    rule = job.rules.text_files
    if treatment is Treatment.XML:
        return _xml(file, job)
    if treatment in {Treatment.CSV, Treatment.TSV}:
        return _table(file, read(file, in_cells=True), rule, tabs=treatment is Treatment.TSV)
    words = read(file)
    if treatment is Treatment.JSON:
        try:
            text, findings = rebuilt_json(words.text)
        except NotJson:
            return _text(file, words, rule)
        data, charset = write(_lines_ended(text, words), words, rule, marked=False)
        return _done(file, data, "application/json", (*words.findings, *findings, *charset))
    return _text(file, words, rule)


def _text(file: File, words: Words, rule: TextFiles) -> Rebuilt:
    data, findings = write(_lines_ended(words.text, words), words, rule, marked=words.marked)
    return _done(file, data, "text/plain", (*words.findings, *findings))


def _table(file: File, words: Words, rule: TextFiles, *, tabs: bool) -> Rebuilt:
    """In UTF-8 with a byte order mark where there is more than ASCII: without one, Excel in Japan reads Shift_JIS."""
    text, findings = rebuilt_table(words.text, words.newline, tabs=tabs)
    data, charset = write(text, words, rule, marked=words.marked or not text.isascii())
    media_type = "text/tab-separated-values" if tabs else "text/csv"
    return _done(file, data, media_type, (*words.findings, *findings, *charset))


def _xml(file: File, job: Job) -> Rebuilt:
    declared = declared_charset(file.data)
    labelled = File(file.claimed_name, f"text/xml; charset={declared}" if declared else "", "", file.data)
    words = read(labelled)
    try:
        text, findings = rebuilt_xml(words.text, job.budget)
    except NotXml:
        return _text(file, words, job.rules.text_files)
    text = _lines_ended(text, words)
    if job.rules.text_files is TextFiles.KEPT and words.charset in _NAMED_IN_XML:
        head = _declaration(words.charset)
        kept = in_charset(head + text, words.charset)
        if kept is not None:
            return _done(file, kept, "text/xml", (*words.findings, *findings))
    data = (_declaration("UTF-8") + text).encode()
    return _done(file, data, "text/xml", (*words.findings, *findings))


# Names that every XML reader knows, and that this one writes again.
_NAMED_IN_XML = frozenset({"shift_jis", "euc-jp", "iso-2022-jp"})


def _declaration(charset: str) -> str:
    return f'<?xml version="1.0" encoding="{charset}"?>\n'


def _lines_ended(text: str, words: Words) -> str:
    return text.replace("\n", words.newline) if words.newline != "\n" else text


def _done(file: File, data: bytes, media_type: str, findings: tuple[Finding, ...]) -> Rebuilt:
    if data == UTF_8_MARK:
        data = b""
    return Rebuilt(data, file.claimed_name, media_type, findings[:FINDINGS_PER_PART])

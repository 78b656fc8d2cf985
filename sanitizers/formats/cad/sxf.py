"""SXF drawings, in which public works are delivered in Japan: SFC (feature comments) and P21 (ISO 10303-202)."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from sanitizers.formats.cad import sxf_tables
from sanitizers.formats.cad.part21 import Token, quoted, statement, tokens
from sanitizers.job import Job
from sanitizers.links import strip_deceptive_controls
from sanitizers.model import Action, CannotSanitize, Finding, Severity, Threat
from sanitizers.rules import Author

_BEGIN, _END = "ISO-10303-21;", "END-ISO-10303-21;"
_SCHEMA: Final = "ASSOCIATIVE_DRAUGHTING"
_DESCRIPTION: Final = re.compile(r"SCADEC level[0-9] (?:feature|AP202)_mode")
_LEVEL: Final = re.compile(r"[0-9;.]{1,8}")
_TIME: Final = re.compile(r"[0-9]{4}(?:-[0-9]{1,2}){2}T[0-9]{1,2}(?::[0-9]{1,2}){2}(?:\.[0-9]{1,9})?[+:0-9-]{0,6}")
_TRANSLATOR: Final = re.compile(
    r"[\w .()-]{0,60}\$\$[0-9.]{1,8}", re.ASCII
)  # the version of SXF is behind the two signs
_FEATURE: Final = re.compile(
    r"/\*(SXF[0-9.]{0,4})\s+#([0-9]{1,15})\s*=\s*([a-z_]{1,60})\((.*?)\)\s*(SXF[0-9.]{0,4})\*/", re.DOTALL
)
_VALUE: Final = re.compile(r"\\'(?P<text>(?:(?!\\').)*)\\'|'(?P<plain>[^'\\]*)'", re.DOTALL)
_PLAIN: Final = re.compile(r"[0-9eE+\-.,() ]*|[\w $-]{0,256}")
_LEADING_OUT: Final = re.compile(r"[\\/]{2}|^[A-Za-z]:|[\\/]")
_MOST_DRAWN: Final = 2_000_000
_LINE_END: Final = "\r\n"

COMMENT: Final = (Threat.METADATA, Severity.NOTE, "comments")
HEADER: Final = (Threat.METADATA, Severity.NOTE, "names of files, people and programs")
OUTSIDE: Final = (Threat.EXTERNAL_REFERENCE, Severity.WARNING, "a name that leads to another file")


class Sxf:
    """One drawing."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._met: Counter[tuple[Threat, Severity, str]] = Counter()

    def rebuilt(self, data: bytes) -> bytes:
        """The new file; raises CannotSanitize."""
        text = data.decode("ascii" if data.isascii() else "cp932", "replace").strip().removesuffix("\x1a").rstrip()
        if not text.startswith(_BEGIN) or not text.endswith(_END):
            raise _malformed("that is cut off, or has something in front or behind")
        head, data_mark, body = text[len(_BEGIN) : -len(_END)].partition("DATA;")
        if not data_mark or not body.rstrip().endswith("ENDSEC;"):
            raise _malformed("without data")
        header, features = self._header(head)
        body = body.rstrip().removesuffix("ENDSEC;")
        lines = self._features(body) if features else self._entities(body)
        whole = [_BEGIN, "HEADER;", *header, "ENDSEC;", "DATA;", *lines, "ENDSEC;", _END, ""]
        clean = _LINE_END.join(whole).encode("cp932" if features else "ascii", "replace")
        self._job.budget.check_expansion(len(data), len(clean))
        return clean

    def findings(self) -> tuple[Finding, ...]:
        """One for each kind of thing that stays behind."""
        return tuple(
            Finding(threat, severity, Action.REMOVED, "drawing", f"{detail} ({times})" if times > 1 else detail)
            for (threat, severity, detail), times in self._met.items()
        )

    def _header(self, head: str) -> tuple[list[str], bool]:
        """Three statements, written anew, and whether feature comments follow."""
        rows = {each[0].value: _texts(each) for each in self._statements(head) if each and each[0].kind == "word"}
        if rows.keys() - {"HEADER", "ENDSEC"} != {"FILE_DESCRIPTION", "FILE_NAME", "FILE_SCHEMA"}:
            raise _malformed("with another header than SXF has")
        if rows["FILE_SCHEMA"][:1] != [_SCHEMA]:
            raise CannotSanitize(Threat.UNSUPPORTED, "a STEP file of another kind than SXF drawings")
        description = rows["FILE_DESCRIPTION"]
        if not description or not _DESCRIPTION.fullmatch(description[0]):
            raise CannotSanitize(Threat.UNSUPPORTED, "an SXF drawing of an unknown kind")
        level = description[-1] if _LEVEL.fullmatch(description[-1]) else "1"
        lines = [
            f"FILE_DESCRIPTION(({quoted(description[0])}),{quoted(level)});",
            self._file_name(rows["FILE_NAME"]),
            f"FILE_SCHEMA(({quoted(_SCHEMA)}));",
        ]
        return lines, "feature" in description[0]

    def _file_name(self, said: list[str]) -> str:
        """Name, time, people, organisations, translator, program, authorisation."""
        time = next((each for each in said if _TIME.fullmatch(each)), "")
        translator = next((each for each in said if _TRANSLATOR.fullmatch(each)), "")
        author = said[2] if len(said) == 7 and self._job.rules.office_author is Author.KEPT else ""
        if any(each not in {"", time, translator, author} for each in said):
            self._met[HEADER] += 1
        kept = [quoted(self._clean(each)) for each in (time, author, translator)]
        return f"FILE_NAME('',{kept[0]},({kept[1]}),(''),{kept[2]},'','');"

    def _statements(self, text: str) -> Iterator[list[Token]]:
        statement_: list[Token] = []
        for token in tokens(text):
            if token.kind == "comment":
                self._met[COMMENT] += 1
            elif token == Token("mark", ";"):
                yield statement_
                statement_ = []
            else:
                statement_.append(token)
        if statement_:
            raise _malformed("that is cut off")

    def _entities(self, body: str) -> Iterator[str]:
        """P21: each instance in one line."""
        for parts in self._statements(body):
            if len(parts) < 3 or not parts[0].value.startswith("#") or parts[1].value != "=":
                raise _malformed("with something else than entities")
            words = {each.value for each in parts if each.kind == "word"}
            if unknown := words - sxf_tables.ENTITIES:
                raise CannotSanitize(Threat.UNSUPPORTED, f"an entity that SXF does not have: {min(unknown)[:40]}")
            outside = any(word.startswith("EXTERNAL") for word in words)
            yield f"{statement(parts, self._name if outside else self._clean)};"

    def _features(self, body: str) -> Iterator[str]:
        """SFC: each feature in a comment of its own; what stands between is none."""
        weights: dict[str, int] = {}
        pending, at = 0, 0
        for found in _FEATURE.finditer(body):
            if body[at : found.start()].strip():
                self._met[COMMENT] += 1
            at = found.end()
            mark, number, name, inside, last = found.groups()
            if name not in sxf_tables.FEATURES or mark != last:
                raise CannotSanitize(Threat.UNSUPPORTED, f"a feature that SXF does not have: {name[:40]}")
            values = self._values(inside, naming=name in sxf_tables.NAMING)
            pending = _weighed(name, values, pending, weights)
            yield f"/*{mark}{_LINE_END}#{number} = {name}({','.join(values)}){_LINE_END}{mark}*/"
        if body[at:].strip():
            self._met[COMMENT] += 1

    def _values(self, inside: str, *, naming: bool) -> list[str]:
        values: list[str] = []
        at = 0
        while at < len(inside):
            found = _VALUE.match(inside, at)
            if found is None:
                raise _malformed("with a feature that is not written as SXF says")
            if found["text"] is not None:
                text = (self._name if naming else self._clean)(found["text"])
                values.append(f"\\'{text}\\'")
            elif _PLAIN.fullmatch(found["plain"]):
                values.append(f"'{found['plain']}'")
            else:
                raise _malformed("with a value that is none")
            at = found.end()
            if at < len(inside):
                if inside[at] != ",":
                    raise _malformed("with a feature that is not written as SXF says")
                at += 1
        return values

    def _clean(self, text: str) -> str:
        if text.isascii() and text.isprintable():
            return text
        text, findings = strip_deceptive_controls(text)
        for found in findings:
            self._met[found.threat, found.severity, re.sub(r"^[0-9]+ ", "", found.detail)] += 1
        return "".join(max(character, " ") for character in text).replace("*/", "* /")

    def _name(self, text: str) -> str:
        """A name of a figure, symbol or style; none of a file."""
        clean = self._clean(text)
        if _LEADING_OUT.search(clean):
            self._met[OUTSIDE] += 1
            return re.sub(r"[\\/:]", "_", clean)
        return clean


def _texts(parts: list[Token]) -> list[str]:
    return [each.value for each in parts if each.kind == "text"]


def _weighed(name: str, values: list[str], pending: int, weights: dict[str, int]) -> int:
    """How much is drawn by what waits for its group; a group in groups counts each time. CannotSanitize: too much."""
    if name == sxf_tables.GROUP and values:
        weights[values[0]] = pending
        return 0
    if name == sxf_tables.USE and len(values) > 1:
        pending += weights.get(values[1], 0)
    if pending >= _MOST_DRAWN:
        raise CannotSanitize(Threat.LIMIT_EXCEEDED, f"more than {_MOST_DRAWN} features when drawn")
    return pending + 1


def _malformed(what: str) -> CannotSanitize:
    return CannotSanitize(Threat.MALFORMED, f"a drawing (SXF) {what}")

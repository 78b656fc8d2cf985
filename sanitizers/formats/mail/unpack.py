"""Walks a mail: texts in reading order, files that go along, what stays behind. Every part passes `job.child`."""

from typing import Final

import msgspec

from sanitizers.budget import OverBudget
from sanitizers.detect import detect
from sanitizers.formats.mail.alternatives import Kind, Text, choose, labelled, under_labels
from sanitizers.formats.mail.anomalies import Anomalies
from sanitizers.formats.mail.attached import attached_mail
from sanitizers.formats.mail.kinds import (
    BODY_TYPES,
    FIELD_TYPES,
    MESSAGE_TYPES,
    Refused,
    is_body,
    is_mail_file,
    is_surely_file,
    refused,
)
from sanitizers.formats.mail.secure import OPAQUE_TYPES, SIGNATURE_TYPES, read_opaque, unwrap_pgp
from sanitizers.formats.mail.structure import Entity, cut, is_usual_preamble, read_entity, read_message
from sanitizers.formats.mail.structure import with_plain_line_ends as with_plain_ends
from sanitizers.formats.mail.transfer import Encoding, decode_transfer, take_enclosed
from sanitizers.formats.mail.unpacked import Unpacked, invitation_in
from sanitizers.formats.mail.volumes import Piece, Volumes
from sanitizers.job import Job, Role
from sanitizers.model import (
    Action,
    CannotSanitize,
    MailContents,
    Outcome,
    Rebuilt,
    Severity,
    Threat,
    Withheld,
)
from sanitizers.names import safe_name
from sanitizers.rules import MailFiles

_TNEF: Final = "application/vnd.ms-tnef"


class _Place(msgspec.Struct, frozen=True):
    """Where in the tree an entity stands."""

    root: bool = False  # the one entity of a mail: its text is a body even when it has a file name
    related: bool = False
    boundaries: tuple[bytes, ...] = ()
    where: str = "mail"


def unpack(message: Entity, job: Job, anomalies: Anomalies) -> Unpacked:
    """Everything inside a mail; raises OverBudget when the item as a whole is too much."""
    walker = _Walker(job, anomalies)
    walker.unpacked.texts = walker.texts_of_mail(message, _Place(root=True))
    walker.join_volumes()
    return walker.unpacked


class _Walker:
    def __init__(self, job: Job, anomalies: Anomalies) -> None:
        self.unpacked = Unpacked()
        self._job = job
        self._anomalies = anomalies
        self._volumes = Volumes()
        self._bodies: list[Text] = []  #: of TNEF parts of the mail that is being walked

    def join_volumes(self) -> None:
        """Split archives, once all attachments are known."""
        for piece in self._volumes.settled():
            self.unpacked.keep(self._job.child(*piece, role=Role.ATTACHMENT), piece.name)

    def texts_of_mail(self, message: Entity, place: _Place) -> list[Text]:
        """The texts of a whole mail; a body in a TNEF part is one more version of them."""
        outside, self._bodies = self._bodies, []
        try:
            texts = self.walk(message, place)
            for body in self._bodies:
                texts = self._alternative([texts, [body]]) if texts else [body]
        finally:
            self._bodies = outside
        return texts

    def walk(self, entity: Entity, place: _Place) -> list[Text]:
        """The texts of an entity, in reading order."""
        texts = self._body(entity.block.stray, "text/plain", Kind.PLAIN) if entity.block.stray.strip() else []
        if entity.main_type == "multipart":
            return texts + self._multipart(entity, place)
        if entity.type in MESSAGE_TYPES:
            return texts + self._message(entity, place)
        return texts + self._leaf(entity, place)

    def _multipart(self, entity: Entity, place: _Place) -> list[Text]:
        subtype = entity.type.partition("/")[2]
        if subtype == "encrypted":
            return self._refuse(entity, Refused.ENCRYPTED)
        try:
            with self._job.budget.deeper():
                self._job.budget.take_parts()
                parts = self._parts(entity, place)
                if parts is None:
                    return self._undivided(entity)
                inner = self._inner_place(entity, place, related=subtype == "related")
                if subtype == "signed":
                    parts = self._without_signature(parts)
                if any(map(is_surely_file, parts)):
                    self._job.foresee(Role.ATTACHMENT)
                walked = [self.walk(part, inner) for part in parts]
        except OverBudget as error:
            return self._over_budget(entity, error)
        if subtype == "alternative":
            return self._alternative(walked)
        return [text for texts in walked for text in texts]

    def _parts(self, entity: Entity, place: _Place) -> list[Entity] | None:
        """The entities inside a multipart, None when it cannot be divided."""
        entity = self._transfer_undone(entity)
        pieces = cut(entity, place.boundaries, self._job.budget, self._anomalies, place.where)
        if pieces is None:
            return None
        self._outside(pieces.preamble, "before the first part", place.where)
        self._outside(pieces.epilogue, "after the last part", place.where)
        self._job.budget.take_parts(sum(1 for start, end in pieces.parts if start == end))
        default = "message/rfc822" if entity.type == "multipart/digest" else "text/plain"
        return [
            read_entity(
                entity.source, start, end, default, self._job.budget, self._anomalies, _numbered(place.where, number)
            )
            for number, (start, end) in enumerate(pieces.parts, 1)
        ]

    def _transfer_undone(self, entity: Entity) -> Entity:
        """RFC 2045 section 6.4 forbids encodings on a multipart; some parsers decode them, some do not."""
        if entity.encoding is Encoding.IDENTITY:
            return entity
        self._anomalies.malformed("mail", f"{entity.encoding.value} on a multipart", Severity.WARNING)
        raw = entity.raw
        if any(b"--" + boundary in raw for boundary in entity.boundaries()):
            return entity
        decoded = decode_transfer(raw, entity.encoding, self._anomalies, "mail")
        if not any(b"--" + boundary in decoded for boundary in entity.boundaries()):
            return entity
        self._job.budget.take_in(len(decoded))
        self._job.budget.check_expansion(len(raw), len(decoded))
        block = msgspec.structs.replace(entity.block, body=0)
        return msgspec.structs.replace(entity, source=decoded, block=block, end=len(decoded))

    def _inner_place(self, entity: Entity, place: _Place, *, related: bool) -> _Place:
        return _Place(
            related=related or place.related,
            boundaries=(*place.boundaries, *entity.boundaries()),
            where=place.where,
        )

    def _undivided(self, entity: Entity) -> list[Text]:
        """A multipart without a delimiter is shown as the text that it is."""
        data = decode_transfer(entity.raw, entity.encoding, self._anomalies, "mail")
        return self._body(data, "text/plain", Kind.PLAIN)

    def _outside(self, text: bytes, place: str, where: str) -> None:
        if text and not is_usual_preamble(text):
            self._anomalies.add(
                Threat.HIDDEN_CONTENT, Severity.NOTE, Action.REMOVED, where, f"text {place} of a multipart"
            )

    def _without_signature(self, parts: list[Entity]) -> list[Entity]:
        kept = [part for number, part in enumerate(parts) if number == 0 or part.type not in SIGNATURE_TYPES]
        if len(kept) < len(parts):
            self._note_signature()
        return kept

    def _note_signature(self) -> None:
        self.unpacked.signed = True
        self._anomalies.add(
            Threat.UNSUPPORTED, Severity.NOTE, Action.NOTED, "signature", "a signature ended here; its text went on"
        )

    def _alternative(self, versions: list[list[Text]]) -> list[Text]:
        choice = choose(versions)
        if not choice.differ:
            return [text for version in choice.versions for text in version] + under_labels(choice.only_elsewhere)
        self._anomalies.add(
            Threat.HIDDEN_CONTENT,
            Severity.WARNING,
            Action.REWRITTEN,
            "multipart/alternative",
            "the alternatives say different things; all of them are shown",
        )
        return labelled(choice)

    def _message(self, entity: Entity, place: _Place) -> list[Text]:
        if entity.encoding is not Encoding.IDENTITY:
            self._anomalies.malformed(place.where, f"{entity.encoding.value} on an attached mail")
        data = decode_transfer(entity.raw, entity.encoding, self._anomalies, place.where)
        return self._mail_inside(entity, place, data)

    def _mail_inside(self, entity: Entity, place: _Place, data: bytes) -> list[Text]:
        if self._job.rules.mail_files is MailFiles.UNPACKED:
            return self._attached_mail(entity, data)
        return self._file(entity, place, data, "message/rfc822")

    def _attached_mail(self, entity: Entity, data: bytes) -> list[Text]:
        """A mail inside the mail: its header lines and its texts go into the outer text."""
        try:
            with self._job.budget.deeper():
                self._job.budget.take_parts()
                self._job.budget.take_in(len(data))
                data = with_plain_ends(data, self._anomalies)
                message = read_message(data, self._job.budget, self._anomalies, "attached mail")
                opening, closing = attached_mail(message.block, self._job.rules.links, self._anomalies)
                texts = self.texts_of_mail(message, _Place(root=True, where="attached mail"))
        except OverBudget as error:
            return self._over_budget(entity, error)
        return [Text(Kind.MESSAGE, opening), *texts, Text(Kind.MESSAGE, closing)]

    def _leaf(self, entity: Entity, place: _Place) -> list[Text]:
        if kind := refused(entity):
            return self._refuse(entity, kind)
        if entity.type in OPAQUE_TYPES or entity.name.lower().endswith(".p7m"):
            return self._opaque(entity)
        if entity.encoding is Encoding.FOREIGN:
            return self._file(entity, place, entity.raw)
        return self._decoded_leaf(entity, place)

    def _decoded_leaf(self, entity: Entity, place: _Place) -> list[Text]:
        data = decode_transfer(entity.raw, entity.encoding, self._anomalies, place.where)
        if entity.type in FIELD_TYPES:
            return self._body(data, "text/plain", Kind.MESSAGE)
        if is_body(entity, root=place.root):
            return self._text(entity, data)
        if is_mail_file(entity, data):
            return self._mail_inside(entity, place, data)
        return self._file(entity, place, data)

    def _text(self, entity: Entity, data: bytes) -> list[Text]:
        text, enclosed = take_enclosed(data, self._job.budget)
        texts = self._body(text, entity.claimed_type(), BODY_TYPES[entity.type])
        for file in enclosed:
            self.unpacked.keep(self._job.child(file.name, "application/octet-stream", file.data, role=Role.ATTACHMENT))
        return texts

    def _body(self, data: bytes, claimed_type: str, kind: Kind) -> list[Text]:
        child = self._job.child("", claimed_type, data, role=Role.BODY)
        if isinstance(child, Withheld) or child.type != "text/plain":  # the latter: a file that claimed to be a body
            self.unpacked.keep(child)
            return []
        self.unpacked.changes += child.findings
        unwrapped = unwrap_pgp(child.data.decode("utf-8", "replace").replace("\r\n", "\n"))
        self._job.passwords.hear(unwrapped.text)
        if unwrapped.signed:
            self._note_signature()
        if unwrapped.encrypted:
            self._block(Refused.ENCRYPTED, "PGP", "text/plain", len(data))
        return [Text(kind, unwrapped.text)] if unwrapped.text.strip() else []

    def _file(self, entity: Entity, place: _Place, data: bytes, claimed_type: str = "") -> list[Text]:
        claimed_type = claimed_type or entity.claimed_type()
        if self._volumes.put(Piece(entity.name, claimed_type, data)):
            self._job.foresee(Role.ATTACHMENT)
            self._job.budget.check_room(size=self._volumes.size)
            return []
        child = self._job.child(entity.name, claimed_type, data, role=Role.ATTACHMENT)
        if isinstance(child, Rebuilt):
            if child.mail is not None:
                return self._clean_mail(entity, child, child.mail, data)
            if self._is_invitation(entity, place, child):
                return []
        inline = place.related or bool(entity.block.values("content-id"))
        image = entity.main_type == "image" and entity.disposition != "attachment"
        self.unpacked.keep(child, entity.name, inline_image=inline and image)
        return []

    def _clean_mail(self, entity: Entity, mail: Rebuilt, contents: MailContents, data: bytes) -> list[Text]:
        """What was a mail, an Outlook message or TNEF and is a clean mail now: by rule a file, or unpacked."""
        if detect(data, "") == _TNEF:
            self._take_over(mail, contents)
            self._bodies += [Text(Kind.PLAIN, contents.text)] if contents.text.strip() else []
            return []
        if self._job.rules.mail_files is MailFiles.MAIL:
            subject = mail.facts.subject if mail.facts else ""
            name = mail.name or self._name(f"{subject or 'mail'}.eml")
            self.unpacked.keep(msgspec.structs.replace(mail, name=name), entity.name)
            return []
        self._take_over(mail, contents)
        block = read_message(mail.data, self._job.budget, self._anomalies, "attached mail").block
        opening, closing = attached_mail(block, self._job.rules.links, self._anomalies)
        return [Text(Kind.MESSAGE, opening), Text(Kind.PLAIN, contents.text), Text(Kind.MESSAGE, closing)]

    def _take_over(self, mail: Rebuilt, contents: MailContents) -> None:
        self.unpacked.changes += mail.findings
        self.unpacked.take_over(contents)

    def _is_invitation(self, entity: Entity, place: _Place, child: Rebuilt) -> bool:
        """The first calendar of the mail itself that asks for something; it goes where mail programs look for it."""
        if self.unpacked.invitation or entity.disposition == "attachment" or place.where != "mail":
            return False
        if not entity.type == child.type == "text/calendar":
            return False
        self.unpacked.invitation = invitation_in(child.data)
        if self.unpacked.invitation is None:
            return False
        self.unpacked.changes += child.findings
        return True

    def _opaque(self, entity: Entity) -> list[Text]:
        """RFC 8551 section 3.2: signed-data is opened, its content passes like any other; no signature is checked."""
        data = decode_transfer(entity.raw, entity.encoding, self._anomalies, "S/MIME")
        try:
            opaque = read_opaque(data)
        except CannotSanitize:
            return self._refuse(entity, Refused.OPAQUE)
        if opaque.encrypted:
            return self._refuse(entity, Refused.ENCRYPTED)
        if not opaque.content:
            return self._refuse(entity, Refused.OPAQUE)
        self._note_signature()
        try:
            with self._job.budget.deeper():
                self._job.budget.take_parts()
                self._job.budget.take_in(len(opaque.content))
                inner = read_message(opaque.content, self._job.budget, self._anomalies, "signed content")
                return self.walk(inner, _Place(root=True, where="signed content"))
        except OverBudget as error:
            return self._over_budget(entity, error)

    def _refuse(self, entity: Entity, refused: Refused) -> list[Text]:
        self._block(refused, entity.name, entity.type, len(entity.raw))
        return []

    def _block(self, refused: Refused, name: str, kind: str, size: int) -> None:
        threat, outcome, action, detail = refused.value
        finding = self._anomalies.add(threat, Severity.WARNING, action, kind, detail)
        if outcome is Outcome.BLOCKED:
            self.unpacked.blocked.append(finding)
        self.unpacked.keep(Withheld(self._name(name), kind, size, outcome, finding))

    def _name(self, claimed: str) -> str:
        """The name of a part that is not opened, as the notice may show it."""
        name, findings = safe_name(claimed)
        self._anomalies.extend(findings, "file name")
        return name

    def _over_budget(self, entity: Entity, error: OverBudget) -> list[Text]:
        """A part that is too much stays behind; an item that is too much goes nowhere."""
        if error.whole_item:
            raise error
        finding = self._anomalies.add(
            Threat.LIMIT_EXCEEDED, Severity.WARNING, Action.BLOCKED, entity.type, error.detail
        )
        self.unpacked.blocked.append(finding)
        self.unpacked.keep(Withheld(self._name(entity.name), entity.type, len(entity.raw), Outcome.BLOCKED, finding))
        return []


def _numbered(where: str, number: int) -> str:
    return f"part {number}" if where == "mail" else f"{where}, part {number}"

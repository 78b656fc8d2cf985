"""What becomes of a message: kept as an item, cleaned like any other, and answered by what came of that."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec

from gateway.intake.acceptance import fitting
from gateway.intake.icap.answers import Answer, Message, Page, Rewritten, Unchanged
from gateway.intake.icap.framing import Fields
from gateway.intake.icap.messages import Method, claimed_length
from gateway.intake.icap.naming import claimed_name, disposition_kind, host_of
from gateway.intake.icap.pages import WORDS, Pages, Threats, Why, preferred_language
from gateway.intake.icap.rebuilding import CleanBody, page_header, request_header, response_header
from gateway.model import Channel, Envelope, Item, ItemState, MailOptions, Recipient
from gateway.settings import Icap, Settings
from gateway.store.auditing import AuditPage, AuditQuery
from gateway.store.blobs import Original, Spool
from gateway.store.errors import NoSuchItem, StoreError
from gateway.store.queries import Page as ItemPage
from gateway.store.queries import Query
from sanitizers.rules import Rules, TextFiles, Verdict

log = logging.getLogger(__name__)

ACTOR: Final = "icap"
RETRY_SECONDS: Final = 15  # what a page says when an item is still being cleaned
KNOWN: Final = 20  # items with the same bytes that are looked at
#: Names of one thing: what a site calls a script (RFC 9239 section 6).
ALIASES: Final = {
    "application/javascript": "text/javascript",
    "application/x-javascript": "text/javascript",
    "application/ecmascript": "text/javascript",
    "text/ecmascript": "text/javascript",
}
PLAIN: Final = "text/plain"
SNIFFED_BYTES: Final = 1_445  # by browsers
#: What a body may say of how it is coded: nothing of its bytes ("chunked" the proxy has taken off, RFC 9112 7.1).
_PLAIN_CODINGS: Final = frozenset({"", "identity", "chunked"})
_MEANT_FOR_READERS: Final = frozenset({"text/plain", "text/csv", "text/tab-separated-values"})
_ANSWERABLE: Final = frozenset({ItemState.CLEANED, ItemState.RELEASED, ItemState.DELIVERING, ItemState.DELIVERED})


class Settling(Protocol):
    """`gateway.store.settling.Settled`."""

    async def wait(self, item_id: str, timeout: float) -> Item | None:  # noqa: ASYNC109 - as there
        """The item as soon as it is no longer RECEIVED; None after so many seconds."""


class Listing(Protocol):
    """`gateway.store.lists.Lists`."""

    async def search(self, query: Query) -> ItemPage:
        """A page of items."""


class Recording(Protocol):
    """`gateway.store.auditing.Records`."""

    async def search(self, query: AuditQuery) -> AuditPage:
        """A page of rows."""


class Items(Protocol):
    """The part of the store that this service needs."""

    @property
    def settled(self) -> Settling: ...  # noqa: D102
    @property
    def lists(self) -> Listing: ...  # noqa: D102
    @property
    def records(self) -> Recording: ...  # noqa: D102

    async def item(self, item_id: str) -> Item | None: ...  # noqa: D102
    async def original(self, item: Item) -> Original: ...  # noqa: D102
    async def clean_original(self, item: Item) -> Original: ...  # noqa: D102
    async def change(  # noqa: D102
        self, item_id: str, *, to: ItemState, actor: str, reason: str, deliver_original: bool = False
    ) -> Item: ...
    async def handed_over(self, item_id: str, *, actor: str, text: str) -> Item: ...  # noqa: D102


class Accept(Protocol):
    """`gateway.intake.acceptance.FileAcceptance`."""

    async def __call__(
        self, channel: Channel, envelope: Envelope, spool: Spool, name: str, *, profile: str = "", group: str = ""
    ) -> str:
        """The item's number."""

    def profile(self, envelope: Envelope) -> str:
        """Of all recipients of a file."""


class Service:
    """Answers messages. `mark` changes with the rules, the settings and the version: other results are not reused."""

    def __init__(
        self,
        settings: Settings,
        icap: Icap,
        rules: Rules,
        store: Items,
        accept: Accept,
        *,
        mark: str,
        threats: Threats,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._icap = icap
        self._rules = rules
        self._store = store
        self._accept = accept
        self._language = settings.language
        self._pages = Pages(settings.contact, threats)
        self._passing = frozenset(ALIASES.get(each, each) for each in icap.pass_types)
        self._mark = mark
        self._now = now

    # Before the body

    def refusal(self, message: Message) -> Page | None:
        """A page for what cannot be examined, told by the header alone; None: let the body come. Raises Malformed."""
        fields = _fields(message)
        length = claimed_length(fields)
        codings = (fields.tokens("content-encoding") | fields.tokens("transfer-encoding")) - _PLAIN_CODINGS
        if length is not None and length > self._icap.max_bytes:
            return self.page(message, Why.TOO_LARGE)
        if codings:
            return self.page(message, Why.ENCODED)
        if fields.all("content-range") or (message.response is not None and message.response.status == 206):
            return self.page(message, Why.PARTIAL)
        if _media_type(fields).startswith("multipart/"):
            return self.page(message, Why.FORM if message.method is Method.REQMOD else Why.PARTIAL)
        return None

    def page(self, message: Message, why: Why, item: Item | None = None) -> Page:
        """One of our pages, in the language of who asked."""
        fields = message.request.fields if message.request else Fields()
        language = preferred_language(",".join(fields.all("accept-language")), self._language)
        body = self._pages.write(why, language, item, _claimed_name(message))
        status = WORDS[why].status
        header = page_header(status, language, len(body), RETRY_SECONDS if status == 503 else 0)
        return Page(header, body, why.value, item.id if item else "")

    # The body

    async def examined(self, message: Message, spool: Spool) -> Answer:
        """The answer to a message whose whole body is in the spool. Raises StoreError."""
        if not spool.size:
            return Unchanged()
        name = fitting(_claimed_name(message))
        envelope = self._envelope(message)
        profile = self._icap.profile or self._accept.profile(envelope)
        item = await self._known(spool, profile, name)
        if item is None or item.state is ItemState.RECEIVED:
            item = await self._cleaned(item, envelope, spool, name, profile)
        return await self._answer(message, item)

    async def _cleaned(self, item: Item | None, envelope: Envelope, spool: Spool, name: str, profile: str) -> Item:
        """The item when its cleaning is over; still RECEIVED when that takes longer than anybody is made to wait."""
        number = item.id if item else ""
        if item is None:
            number = await self._accept(Channel.ICAP, envelope, spool, name, profile=profile, group=self._mark)
        found = await self._store.settled.wait(number, self._icap.wait_seconds) or await self._store.item(number)
        if found is None:
            raise NoSuchItem(number)
        return found

    async def _known(self, spool: Spool, profile: str, name: str) -> Item | None:
        """An earlier item of the same bytes, name and profile, whose result still counts: the newest."""
        digest = spool.hexdigest()
        query = Query(sha256=digest, channels=frozenset({Channel.ICAP}), limit=KNOWN)
        for row in (await self._store.lists.search(query)).items:
            item = await self._store.item(row.id)
            if item is None or (item.original_sha256, item.profile, item.name) != (digest, profile, name):
                continue
            if item.state in {ItemState.EXPIRED, ItemState.BOUNCED}:
                continue
            if self._counts(item) or await self._released_by_a_person(item):
                return item
        return None

    def _counts(self, item: Item) -> bool:
        """Made by these rules, and not long ago; what still waits in quarantine does not come there twice."""
        since = self._now() - timedelta(hours=self._icap.remember_hours)
        return item.group == self._mark and (item.state is ItemState.HELD or item.envelope.received_at >= since)

    async def _released_by_a_person(self, item: Item) -> bool:
        """A release stands whatever the rules are now, unless it was ours, by a setting that may be gone."""
        if item.state not in {ItemState.RELEASED, ItemState.DELIVERING, ItemState.DELIVERED}:
            return False
        if item.decision is None or item.decision.verdict is not Verdict.HOLD:
            return False
        return await self._released_by(item) not in {"", ACTOR}

    async def _released_by(self, item: Item) -> str:
        """Who did it last; "" for nobody."""
        page = await self._store.records.search(AuditQuery(item_id=item.id, action="released", limit=1))
        return page.rows[0].actor if page.rows else ""

    async def _answer(self, message: Message, item: Item) -> Answer:
        detected = item.report.parts[0].detected_type if item.report and item.report.parts else ""
        if self._passes(_fields(message), detected) and item.state in {*_ANSWERABLE, ItemState.HELD}:
            return await self._passed(item, detected)
        if item.state not in _ANSWERABLE:
            return self.page(message, _reason(item), item)
        if item.deliver_original:
            if await self._released_by(item) == ACTOR:  # by a setting, under a claim that this message does not make
                return self.page(message, Why.HELD, item)
            return Unchanged(item, "answered: the original, as released")
        if _same_bytes(item) and await self._says_what_it_is(message, item):
            return Unchanged(item, "answered: unchanged")
        return await self._rewritten(message, item)

    async def _says_what_it_is(self, message: Message, item: Item) -> bool:
        """Whether a browser takes the bytes for what they were examined as. If not, they go on under their own type:
        words of a page without its beginning are plain words, until a header calls them a page.
        """
        claimed = _media_type(_fields(message))
        if claimed:
            return claimed == item.clean_type
        body = await self._store.clean_original(item)
        # Without a claim browsers look themselves (WHATWG MIME Sniffing): every sign of a page begins like this.
        return not next(body.chunks(SNIFFED_BYTES), b"").lstrip(b"\xef\xbb\xbf\t\n\x0c\r ").startswith(b"<")

    def _passes(self, fields: Fields, detected: str) -> bool:
        """By claim and by content: what a setting lets pass as a page must not be a program under another name.

        Style sheets, and scripts without a beginning that tells, are words to who looks at them: plain text passes
        under any claim that passes. What a site wants saved as a file is none of what pages are made of: saved as
        a.hta or a.bat the same bytes are a program.
        """
        disposed = fields.one("content-disposition")
        if disposed and disposition_kind(disposed) != "inline":
            return False
        claimed = _media_type(fields)
        return claimed in self._passing and (detected in self._passing or detected == PLAIN)

    async def _passed(self, item: Item, detected: str) -> Unchanged:
        reason = f"icap.pass_types: {detected}"
        if item.state is ItemState.HELD:
            to = ItemState.RELEASED
            item = await self._store.change(item.id, to=to, actor=ACTOR, reason=reason, deliver_original=True)
        return Unchanged(item, f"answered: the original, by {reason}")

    async def _rewritten(self, message: Message, item: Item) -> Rewritten:
        body = await self._store.clean_original(item)
        renamed = bool(item.clean_name) and item.clean_name != item.name
        clean = CleanBody(item.clean_name or item.name, self._type(item), body.size, renamed)
        if message.method is Method.REQMOD and message.request is not None:
            header = request_header(message.request, clean)
        else:
            header = response_header(message.response, clean)
        return Rewritten(item, header, body, "answered: cleaned")

    def _type(self, item: Item) -> str:
        """With the charset, where ours is known: a reader who is told none guesses."""
        media_type = item.clean_type or "application/octet-stream"
        profile = self._rules.profiles.get(item.profile)
        in_utf_8 = profile is not None and profile.text_files is TextFiles.UTF_8 and media_type in _MEANT_FOR_READERS
        return f"{media_type}; charset=utf-8" if in_utf_8 or media_type == "text/html" else media_type

    # Afterwards

    async def original(self, item: Item) -> Original:
        """The bytes as they came, for a peer that must have them again."""
        return await self._store.original(item)

    async def given(self, answer: Answer, message: Message) -> None:
        """Put on record that the peer has it all. A store that fails now does not undo the answer: it is logged."""
        if isinstance(answer, Page) or answer.item is None:
            return
        text = f"{answer.said} ({_host(message)})"
        try:
            await self._store.handed_over(answer.item.id, actor=ACTOR, text=text)
        except StoreError as error:
            log.warning("item %s was answered, and that is not on record: %s", answer.item.id, type(error).__name__)

    def _envelope(self, message: Message) -> Envelope:
        icap = self._icap
        return Envelope(
            mail_from=icap.owner,
            recipients=(Recipient(icap.owner),),
            client=message.client,
            helo="",
            tls=message.tls,
            options=MailOptions(),
            direction=icap.direction,
            received_at=self._now(),
            listener="icap",
            protocol="ICAP",
        )


def mark_of(rules: Rules, icap: Icap, version: str) -> bytes:
    """What results hang on; its digest is the ISTag (RFC 3507 section 4.7)."""
    return msgspec.json.encode([version, rules, icap], order="deterministic")


def _reason(item: Item) -> Why:
    """Why an item that does not go on stays."""
    if item.state is ItemState.RECEIVED:
        return Why.BUSY
    if item.state is not ItemState.HELD:
        return Why.DISCARDED
    return Why.LOCKED if item.decision and item.decision.rule.endswith(".locked_part") else Why.HELD


def _same_bytes(item: Item) -> bool:
    """The whole item came out as it went in, and is called as before. The digests were taken by the parent itself."""
    whole = item.report.parts[0] if item.report and item.report.parts else None
    renamed = bool(item.clean_name) and item.clean_name != item.name
    return whole is not None and whole.sha256_out == item.original_sha256 and not renamed


def _fields(message: Message) -> Fields:
    """Of what goes on."""
    if message.method is Method.REQMOD:
        return message.request.fields if message.request else Fields()
    return message.response.fields if message.response else Fields()


def _media_type(fields: Fields) -> str:
    claimed = fields.one("content-type").partition(";")[0].strip().lower()
    return ALIASES.get(claimed, claimed)


def _claimed_name(message: Message) -> str:
    disposed = _fields(message).one("content-disposition")
    return claimed_name(disposed, message.request.target if message.request else "")


def _host(message: Message) -> str:
    return host_of(message.request.target, message.request.fields) if message.request else "?"

"""Tells systems what became of their files: signed calls (Standard Webhooks), repeated until they are taken."""

import asyncio
import base64
import hashlib
import hmac
import logging
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
from standardwebhooks import Webhook as Signature

from gateway.delivery.addressing import Allowed, NotAllowed
from gateway.settings import Settings
from gateway.settings.keys import kept_key, webhook_key_path
from gateway.store.items import Store
from gateway.store.webhooks import PAGE, Happened, Webhook

LOOK_SECONDS: Final = 1.0
AT_ONCE: Final = 40
EACH: Final = 10  #: of them to one address, so that one that does not answer holds up nobody else
TIMEOUT_SECONDS: Final = 15.0
#: Between tries (https://github.com/standard-webhooks/standard-webhooks, "Deliverability and reliability"), each up to
#: a fifth longer so that many do not come back together; after the last the call is given up.
PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
CLAIM: Final = timedelta(minutes=2)
GONE: Final = 410  #: "do not come again"
#: What the receiver is told; names and content are asked for with its own token.
EVENTS: Final = {
    "cleaned": "file.ready",
    "released": "file.ready",
    "held": "file.held",
    "delivered": "file.fetched",
    "discarded": "file.discarded",
    "expired": "file.expired",
}

log = logging.getLogger(__name__)


class Secrets:
    """One for each account, so that no system can speak for another. Only we know the key that they come from."""

    def __init__(self, settings: Settings) -> None:
        self._key = kept_key(webhook_key_path(settings))

    def of(self, person_id: str) -> str:
        """As the receiver's library takes it."""
        return "whsec_" + base64.b64encode(hmac.digest(self._key, person_id.encode(), hashlib.sha256)).decode()


class Herald:
    """Runs until it is cancelled; what was not taken then is sent by the next process."""

    def __init__(self, settings: Settings, store: Store, allowed: Allowed | None = None) -> None:
        self._store = store
        self._secrets = Secrets(settings)
        self._allowed = allowed or Allowed(settings.transfers.webhook_hosts)
        self._calls: dict[asyncio.Task[None], str] = {}

    async def run(self) -> None:
        """Raises StoreError; whoever runs it begins anew."""
        # No proxy and no .netrc of the environment: where a call goes, the settings say.
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client:
            try:
                while True:
                    begun = await self.look(client, datetime.now(UTC))
                    await self._wait(LOOK_SECONDS)
                    if self._calls or not begun:
                        await asyncio.sleep(LOOK_SECONDS)
            finally:
                await self._stop()

    async def look(self, client: httpx.AsyncClient, now: datetime) -> int:
        """Gathers what has happened and begins the calls that are due; how many."""
        while await self._store.webhooks.gather(body_of, now) == PAGE:
            pass
        room = AT_ONCE - len(self._calls)
        busy = set(self._calls.values())
        due = await self._store.webhooks.claim(now, now + CLAIM, room, each=EACH, busy=busy) if room > 0 else []
        for webhook in due:
            self._calls[asyncio.create_task(self._send(client, webhook))] = webhook.url
        return len(due)

    async def finished(self) -> None:
        """When every call that was begun is over. Raises StoreError."""
        while self._calls:
            await self._wait(None)

    async def _wait(self, seconds: float | None) -> None:
        """For the calls under way, so long at most."""
        if not self._calls:
            return
        over, _ = await asyncio.wait(self._calls, timeout=seconds)
        for call in over:
            del self._calls[call]
        for call in over:
            call.result()

    async def _stop(self) -> None:
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        self._calls.clear()

    async def _send(self, client: httpx.AsyncClient, webhook: Webhook) -> None:
        said = await self._call(client, webhook)
        taken = said.isdecimal() and 200 <= int(said) < 300
        if taken or said == str(GONE) or webhook.attempts >= len(PAUSES):
            await self._store.webhooks.done(webhook.id)
            if not taken:
                log.warning("webhook %s to %s is given up: %s", webhook.id, _host(webhook), said)
            return
        spread = 1 + hashlib.sha256(webhook.id.encode()).digest()[0] / 1_280  # the same at every try, and up to a fifth
        pause = PAUSES[webhook.attempts] * spread
        log.info("webhook %s to %s was not taken: %s", webhook.id, _host(webhook), said)
        await self._store.webhooks.later(webhook.id, webhook.attempts + 1, datetime.now(UTC) + pause)

    async def _call(self, client: httpx.AsyncClient, webhook: Webhook) -> str:
        """The status, or what went wrong."""
        try:
            place = await self._allowed.place(webhook.url)
            headers = self._headers(webhook, datetime.now(UTC)) | {"Host": place.header}
            request = client.build_request(
                "POST", place.url, content=webhook.body, headers=headers, extensions={"sni_hostname": place.host}
            )
            answer = await client.send(request, stream=True)  # what it says beyond the status is not read
            await answer.aclose()
        except NotAllowed as error:
            return str(error)
        except (OSError, httpx.HTTPError) as error:
            return type(error).__name__
        return str(answer.status_code)

    def _headers(self, webhook: Webhook, now: datetime) -> dict[str, str]:
        signature = Signature(self._secrets.of(webhook.person_id)).sign(webhook.id, now, webhook.body)
        return {
            "Content-Type": "application/json",
            "User-Agent": "Kiyome",
            "webhook-id": webhook.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }


def body_of(happened: Happened) -> str:
    """Numbers and states: whoever reads it by mistake learns nothing of the files, not even a name."""
    event = EVENTS[happened.action]
    data = {"transfer": happened.transfer_id, "item": happened.item_id, "state": event.removeprefix("file.")}
    said = {"type": event, "timestamp": happened.at, "data": data}
    return msgspec.json.encode(said).decode()


def _host(webhook: Webhook) -> str:
    return urlsplit(webhook.url).hostname or ""

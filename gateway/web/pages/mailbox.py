"""The trial mailbox as pages: what was delivered, as text; its attachments, to be saved."""

import asyncio
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request, Response

from gateway.web import downloads
from gateway.web.api.problem import Problem
from gateway.web.desk import Desk
from gateway.web.mailbox import Letter, letter_by_key, letters

PAGE_SIZE = 50
ITEM_ID = re.compile(r"\bitem=([0-9A-Z-]{8,40})")


def add_mailbox(app: FastAPI, desk: Desk, folder: Path) -> None:
    """Adds the routes."""

    async def existing(key: str) -> Letter:
        found = await asyncio.to_thread(letter_by_key, folder, key)
        if found is None:
            raise Problem("not_found")
        return found

    @app.get("/mailbox", include_in_schema=False)
    async def mailbox(request: Request, q: str = "", page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
        found = await asyncio.to_thread(letters, folder, q.strip())
        start = (page - 1) * PAGE_SIZE
        more = len(found) > start + PAGE_SIZE
        return desk.page(
            request,
            "mailbox.html",
            letters=found[start : start + PAGE_SIZE],
            q=q,
            page=page,
            first_page="/mailbox?" + urlencode({"q": q}),
            next_page="/mailbox?" + urlencode({"q": q, "page": page + 1}) if more else "",
        )

    @app.get("/mailbox/{key}", include_in_schema=False)
    async def one_letter(request: Request, key: str) -> Response:
        found = await existing(key)
        return desk.page(request, "letter.html", letter=found, item_id=_item_id(found))

    @app.get("/mailbox/{key}/{number}", include_in_schema=False)
    async def attachment(key: str, number: int) -> Response:
        found = await existing(key)
        if not 1 <= number <= len(found.attachments):
            raise Problem("not_found")
        chosen = found.attachments[number - 1]
        return downloads.attachment(chosen.data, chosen.name or "attachment")


def _item_id(letter: Letter) -> str:
    report = next((value for name, value in letter.headers if name.lower() == "x-kiyome-report"), "")
    match = ITEM_ID.search(report)
    return match[1] if match else ""

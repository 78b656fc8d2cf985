"""The pages, made on the server: one file for each room."""

from pathlib import Path

import msgspec
from fastapi import FastAPI

from gateway.web.desk import Desk
from gateway.web.pages.account import add_account
from gateway.web.pages.approvals import add_approvals
from gateway.web.pages.audit import add_audit
from gateway.web.pages.bulk import add_bulk
from gateway.web.pages.content import add_content
from gateway.web.pages.deeds import add_deeds
from gateway.web.pages.item import add_item
from gateway.web.pages.items import add_items
from gateway.web.pages.mailbox import add_mailbox
from gateway.web.pages.manual import add_manual
from gateway.web.pages.oidc import add_oidc
from gateway.web.pages.overview import add_overview
from gateway.web.pages.people import add_people
from gateway.web.pages.recipients import add_recipients
from gateway.web.pages.rules import add_rules
from gateway.web.pages.signing_in import add_signing_in
from gateway.web.pages.system import add_system
from gateway.web.pages.transfers import add_transfers
from gateway.web.pages.trying import add_trying
from gateway.web.reading.pictures import Gallery

__all__ = ["Trial", "add_pages"]


class Trial(msgspec.Struct, frozen=True):
    """What a trial run adds: where delivered mail arrives."""

    mailbox: Path


def add_pages(app: FastAPI, desk: Desk, trial: Trial | None) -> None:
    """Adds every page."""
    gallery = Gallery()
    add_overview(app, desk)
    add_signing_in(app, desk)
    add_oidc(app, desk)
    add_account(app, desk)
    add_people(app, desk)
    add_items(app, desk)
    add_bulk(app, desk)
    add_item(app, desk)
    add_content(app, desk, gallery)
    add_deeds(app, desk)
    add_approvals(app, desk)
    add_recipients(app, desk)
    add_transfers(app, desk)
    add_trying(app, desk, gallery)
    add_rules(app, desk)
    add_audit(app, desk)
    add_system(app, desk)
    add_manual(app, desk)
    if trial is not None:
        add_mailbox(app, desk, trial.mailbox)

"""Every route and who may use it: one table. A route that is not in it cannot be served (guard.GuardedRoute)."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from gateway.access.rights import Right
from gateway.web.doors import Where


class Access(StrEnum):
    """Routes that no right is about."""

    PUBLIC = "public"  # whoever may connect
    STEP = "step"  # a sign-in that is under way, or done
    SIGNED_IN = "signed_in"  # every person, and every API token


class Proof(StrEnum):
    """How fresh the proof of who asks must be."""

    SESSION = "session"  # as old as the sign-in
    FRESH = "fresh"  # of the last minutes; asked for again otherwise, and never given by an API token


class Activity(StrEnum):
    """What a request says about the person."""

    COUNTS = "counts"  # is there: the idle time begins anew
    QUIET = "quiet"  # asked by a page on its own, such as live events


class Row(msgspec.Struct, frozen=True):
    """What a route asks of its caller."""

    need: Right | Access
    proof: Proof = Proof.SESSION
    activity: Activity = Activity.COUNTS
    where: Where = Where.ADMIN


_PUBLIC = Row(Access.PUBLIC)
# Also at the doors of the segments: in and out, oneself, transfers; never the quarantine, the record or the people.
_ALL = Where.EVERYWHERE
_PUBLIC_ALL = Row(Access.PUBLIC, where=_ALL)
_STEP_ALL = Row(Access.STEP, where=_ALL)
_SELF = Row(Access.SIGNED_IN, where=_ALL)
_SELF_FRESH = Row(Access.SIGNED_IN, Proof.FRESH, where=_ALL)
_TOKENS = Row(Right.TOKENS, where=_ALL)
_TOKENS_FRESH = Row(Right.TOKENS, Proof.FRESH, where=_ALL)
_TRANSFER = Row(Right.TRANSFER, where=_ALL)
_TRANSFER_QUIET = Row(Right.TRANSFER, activity=Activity.QUIET, where=_ALL)
_SIGNED_IN = Row(Access.SIGNED_IN)
_ITEMS = Row(Right.ITEMS_SEE)
_CONTENT = Row(Right.ITEMS_CONTENT)
_RELEASE = Row(Right.ITEMS_RELEASE)
_ORIGINAL = Row(Right.ITEMS_ORIGINAL, Proof.FRESH)
_RETRY = Row(Right.ITEMS_RETRY)
_TRY = Row(Right.TRY)
_RULES = Row(Right.RULES)
_PEOPLE = Row(Right.PEOPLE)
_PEOPLE_CHANGE = Row(Right.PEOPLE_CHANGE, Proof.FRESH)

#: Method and path as the route is written.
ROUTES: Mapping[str, Row] = {
    "GET /health": _PUBLIC_ALL,
    "GET /static/{name}": _PUBLIC_ALL,
    "GET /": _SIGNED_IN,  # a transfer door leads on to the transfers (guard.py)
    # The door
    "GET /sign-in": _PUBLIC_ALL,
    "POST /sign-in": _PUBLIC_ALL,
    "GET /sign-in/code": _STEP_ALL,
    "POST /sign-in/code": _STEP_ALL,
    "GET /sign-in/password": _STEP_ALL,
    "POST /sign-in/password": _STEP_ALL,
    "GET /sign-in/second-factor": _STEP_ALL,
    "POST /sign-in/second-factor": _STEP_ALL,
    "POST /sign-in/second-factor/later": _STEP_ALL,
    "GET /sign-in/oidc": _PUBLIC_ALL,
    "GET /sign-in/oidc/back": _PUBLIC_ALL,
    "POST /sign-out": _STEP_ALL,
    "GET /confirm": _SELF,
    "POST /confirm": _SELF,
    # Oneself
    "GET /account": _SELF,
    "POST /account/password": _SELF,
    "GET /account/second-factor": _SELF_FRESH,
    "POST /account/second-factor": _SELF_FRESH,
    "POST /account/recovery-codes": _SELF_FRESH,
    "POST /account/sessions/end": _SELF,
    "POST /account/tokens": _TOKENS_FRESH,
    "POST /account/tokens/end": _TOKENS,
    "GET /api/v1/me": _SELF,
    "POST /api/v1/me/proof": _SELF,
    "POST /api/v1/me/password": _SELF,
    "GET /api/v1/me/sessions": _SELF,
    "DELETE /api/v1/me/sessions": _SELF,
    "DELETE /api/v1/me/sessions/{session_id}": _SELF,
    "GET /api/v1/me/tokens": _TOKENS,
    "POST /api/v1/me/tokens": _TOKENS_FRESH,
    "DELETE /api/v1/me/tokens/{token_id}": _TOKENS,
    "GET /api/v1/me/searches": _ITEMS,
    "POST /api/v1/me/searches": _ITEMS,
    "DELETE /api/v1/me/searches/{search_id}": _ITEMS,
    # Others
    "GET /people": _PEOPLE,
    "GET /people/new": _PEOPLE_CHANGE,
    "POST /people/new": _PEOPLE_CHANGE,
    "GET /people/{person_id}": _PEOPLE,
    "POST /people/{person_id}": _PEOPLE_CHANGE,
    "POST /people/{person_id}/reset-password": _PEOPLE_CHANGE,
    "POST /people/{person_id}/reset-second-factor": _PEOPLE_CHANGE,
    "POST /people/{person_id}/end-sessions": _PEOPLE_CHANGE,
    "POST /people/{person_id}/remove": _PEOPLE_CHANGE,
    "GET /api/v1/people": _PEOPLE,
    "POST /api/v1/people": _PEOPLE_CHANGE,
    "GET /api/v1/people/{person_id}": _PEOPLE,
    "PATCH /api/v1/people/{person_id}": _PEOPLE_CHANGE,
    "DELETE /api/v1/people/{person_id}": _PEOPLE_CHANGE,
    "POST /api/v1/people/{person_id}/reset-password": _PEOPLE_CHANGE,
    "POST /api/v1/people/{person_id}/reset-second-factor": _PEOPLE_CHANGE,
    "GET /api/v1/people/{person_id}/sessions": _PEOPLE,
    "DELETE /api/v1/people/{person_id}/sessions": _PEOPLE_CHANGE,
    # Items
    "GET /live/overview": Row(Right.STATISTICS, activity=Activity.QUIET),
    "GET /items": _ITEMS,
    "GET /live/items": Row(Right.ITEMS_SEE, activity=Activity.QUIET),
    "POST /searches": _ITEMS,
    "POST /searches/{search_id}/remove": _ITEMS,
    "POST /bulk": _ITEMS,  # which right an action needs, the job knows (jobs.RIGHTS)
    "POST /bulk/begin": _ITEMS,
    "GET /bulk/{job_id}": _ITEMS,
    "GET /live/bulk/{job_id}": Row(Right.ITEMS_SEE, activity=Activity.QUIET),
    "POST /bulk/{job_id}/stop": _ITEMS,
    "GET /items/{item_id}": _ITEMS,
    "GET /live/items/{item_id}": Row(Right.ITEMS_SEE, activity=Activity.QUIET),
    # Looking inside
    "GET /items/{item_id}/content": _CONTENT,
    "POST /items/{item_id}/content": _CONTENT,
    "GET /items/{item_id}/parts/{path}/pages": _CONTENT,
    "POST /items/{item_id}/parts/{path}/pages": _CONTENT,
    "POST /items/{item_id}/parts/{path}/clean": Row(Right.PARTS_DOWNLOAD),
    "GET /pictures/{token}/{number}": _SIGNED_IN,  # hung up for one session by a page that had its own right
    # What is done with one item; those of originals need a fresh proof
    "GET /items/{item_id}/release": _RELEASE,
    "POST /items/{item_id}/release": _RELEASE,
    "GET /items/{item_id}/release-original": _ORIGINAL,
    "POST /items/{item_id}/release-original": _ORIGINAL,
    "GET /items/{item_id}/original": _ORIGINAL,
    "POST /items/{item_id}/original": _ORIGINAL,
    "GET /items/{item_id}/unlock": _RELEASE,
    "POST /items/{item_id}/unlock": _RELEASE,
    "GET /items/{item_id}/discard": Row(Right.ITEMS_DISCARD),
    "POST /items/{item_id}/discard": Row(Right.ITEMS_DISCARD),
    "GET /items/{item_id}/hold": Row(Right.ITEMS_HOLD),
    "POST /items/{item_id}/hold": Row(Right.ITEMS_HOLD),
    "GET /items/{item_id}/retry": _RETRY,
    "POST /items/{item_id}/retry": _RETRY,
    "GET /items/{item_id}/clean-again": _RETRY,
    "POST /items/{item_id}/clean-again": _RETRY,
    # A second person
    "GET /approvals": _ITEMS,
    "GET /approvals/{approval_id}/approve": Row(Right.ITEMS_APPROVE),
    "POST /approvals/{approval_id}/approve": Row(Right.ITEMS_APPROVE),
    "GET /approvals/{approval_id}/refuse": Row(Right.ITEMS_APPROVE),
    "POST /approvals/{approval_id}/refuse": Row(Right.ITEMS_APPROVE),
    "GET /approvals/{approval_id}/withdraw": _RELEASE,
    "POST /approvals/{approval_id}/withdraw": _RELEASE,
    # Recipients, by the link in a notice
    "GET /unlock/{token}": _PUBLIC,
    "POST /unlock/{token}": _PUBLIC,
    "GET /original/{token}": _PUBLIC,
    "POST /original/{token}": _PUBLIC,
    # Try it, rules, the record, the installation
    "GET /try": _TRY,
    "POST /try": _TRY,
    "GET /try/{tried_id}": _TRY,
    "GET /try/{tried_id}/clean": _TRY,
    "GET /try/{tried_id}/pages/{side}": _TRY,
    "GET /rules": Row(Right.RULES),
    "GET /audit": Row(Right.AUDIT),
    "POST /audit/verify": Row(Right.AUDIT),
    "GET /audit/verify/{job_id}": Row(Right.AUDIT),
    "GET /live/audit/verify/{job_id}": Row(Right.AUDIT, activity=Activity.QUIET),
    "GET /audit/export": Row(Right.AUDIT_EXPORT),
    "GET /system": Row(Right.SYSTEM),
    "GET /manual": _SIGNED_IN,
    "GET /manual/{name}": _SIGNED_IN,
    "GET /manual/pictures/{name}": _SIGNED_IN,
    "GET /api/v1/items": _ITEMS,
    "GET /api/v1/items/{item_id}": _ITEMS,
    "GET /api/v1/items/{item_id}/history": _ITEMS,
    "GET /api/v1/items/{item_id}/headers": _CONTENT,
    "GET /api/v1/items/{item_id}/texts": _CONTENT,
    "GET /api/v1/items/{item_id}/difference": _CONTENT,
    "GET /api/v1/items/{item_id}/tree": _CONTENT,
    "GET /api/v1/items/{item_id}/parts/{path}/pages": _CONTENT,
    "GET /api/v1/items/{item_id}/parts/{path}/pages/{number}": _CONTENT,
    "GET /api/v1/items/{item_id}/parts/{path}/clean": Row(Right.PARTS_DOWNLOAD),
    "GET /api/v1/items/{item_id}/clean": Row(Right.PARTS_DOWNLOAD),
    "POST /api/v1/items/{item_id}/original": Row(Right.ITEMS_ORIGINAL, Proof.FRESH),
    "POST /api/v1/items/{item_id}/release": Row(Right.ITEMS_RELEASE),
    "POST /api/v1/items/{item_id}/release-original": Row(Right.ITEMS_ORIGINAL, Proof.FRESH),
    "POST /api/v1/items/{item_id}/discard": Row(Right.ITEMS_DISCARD),
    "POST /api/v1/items/{item_id}/retry": Row(Right.ITEMS_RETRY),
    "POST /api/v1/items/{item_id}/clean-again": Row(Right.ITEMS_RETRY),
    "POST /api/v1/items/{item_id}/hold": Row(Right.ITEMS_HOLD),
    "POST /api/v1/items/{item_id}/unlock": Row(Right.ITEMS_RELEASE),
    "POST /api/v1/unlock": _PUBLIC,  # the link and the code of the letter are the right
    # Approvals
    "GET /api/v1/items/{item_id}/approvals": _ITEMS,
    "GET /api/v1/approvals": _ITEMS,
    "POST /api/v1/approvals/{approval_id}/approve": Row(Right.ITEMS_APPROVE),
    "POST /api/v1/approvals/{approval_id}/refuse": Row(Right.ITEMS_APPROVE),
    "POST /api/v1/approvals/{approval_id}/withdraw": Row(Right.ITEMS_RELEASE),
    # Many at once: the action's own right is asked for by jobs.py
    "POST /api/v1/bulk": _ITEMS,
    "GET /api/v1/jobs": _ITEMS,
    "GET /api/v1/jobs/{job_id}": Row(Right.ITEMS_SEE, activity=Activity.QUIET),
    "POST /api/v1/jobs/{job_id}/cancel": _ITEMS,
    # Figures
    "GET /api/v1/statistics": Row(Right.STATISTICS),
    "GET /api/v1/overview": Row(Right.STATISTICS),
    "GET /api/v1/queue": Row(Right.QUEUE),
    "POST /api/v1/queue/retry": Row(Right.ITEMS_RETRY),
    "GET /api/v1/events": Row(Right.ITEMS_SEE, activity=Activity.QUIET),
    "GET /api/v1/health": _PUBLIC,
    "GET /api/v1/system": Row(Right.SYSTEM),
    "GET /metrics": _PUBLIC,  # asks for system.see itself, but of the networks that the settings name
    # Rules
    "GET /api/v1/rules": _RULES,
    "GET /api/v1/rules/profile": _RULES,
    "POST /api/v1/rules/check": _RULES,
    "POST /api/v1/try": _TRY,
    "GET /api/v1/try/{tried_id}": _TRY,
    "GET /api/v1/try/{tried_id}/clean": _TRY,
    "GET /api/v1/try/{tried_id}/pages/{side}": _TRY,
    "DELETE /api/v1/try/{tried_id}": _TRY,
    # The record
    "GET /api/v1/audit": Row(Right.AUDIT),
    "POST /api/v1/audit/verify": Row(Right.AUDIT),
    "GET /api/v1/audit/verify/{job_id}": Row(Right.AUDIT, activity=Activity.QUIET),
    "GET /api/v1/audit/export": Row(Right.AUDIT_EXPORT),
    # Transfers
    "GET /transfers": _TRANSFER,
    "GET /transfers/new": _TRANSFER,
    "POST /transfers/new": _TRANSFER,
    "GET /transfers/{transfer_id}": _TRANSFER,
    "GET /transfers/{transfer_id}/send": _TRANSFER,
    "POST /transfers/{transfer_id}/send": _TRANSFER,
    "GET /transfers/{transfer_id}/withdraw": _TRANSFER,
    "POST /transfers/{transfer_id}/withdraw": _TRANSFER,
    "POST /api/v1/transfers": _TRANSFER,
    "GET /api/v1/transfers": _TRANSFER,
    "GET /api/v1/transfers/{transfer_id}": _TRANSFER_QUIET,
    "POST /api/v1/transfers/{transfer_id}/send": _TRANSFER,
    "DELETE /api/v1/transfers/{transfer_id}": _TRANSFER,
    "OPTIONS /api/v1/transfers/{transfer_id}/uploads": _TRANSFER,
    "POST /api/v1/transfers/{transfer_id}/uploads": _TRANSFER,
    "HEAD /api/v1/uploads/{upload_id}": _TRANSFER,
    "PATCH /api/v1/uploads/{upload_id}": _TRANSFER,
    "DELETE /api/v1/uploads/{upload_id}": _TRANSFER,
    "GET /api/v1/transfers/{transfer_id}/files": _TRANSFER_QUIET,
    "GET /api/v1/transfers/{transfer_id}/events": _TRANSFER_QUIET,
    "GET /api/v1/transfers/{transfer_id}/archive": _TRANSFER,
    "GET /api/v1/files/{item_id}": _TRANSFER_QUIET,
    "GET /api/v1/files/{item_id}/report": _TRANSFER,
    "GET /api/v1/files/{item_id}/content": _TRANSFER,
    "POST /api/v1/files/{item_id}/password": _TRANSFER,
    "POST /api/v1/clean": Row(Right.TRANSFER, where=Where.SYSTEMS),
    # The guide
    "GET /api/v1/openapi.json": _PUBLIC,
    "GET /api/v1/docs": _PUBLIC,
    # A trial run alone
    "GET /mailbox": Row(Right.SYSTEM),
    "GET /mailbox/{key}": Row(Right.SYSTEM),
    "GET /mailbox/{key}/{number}": Row(Right.SYSTEM),
}

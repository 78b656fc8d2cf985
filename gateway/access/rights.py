"""What can be done, by whom: one table from roles to rights."""

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """One thing that somebody may do, within their scope."""

    ITEMS_SEE = "items.see"
    ITEMS_CONTENT = "items.content"
    ITEMS_ORIGINAL = "items.original"
    ITEMS_RELEASE = "items.release"
    ITEMS_APPROVE = "items.approve"
    ITEMS_DISCARD = "items.discard"
    ITEMS_RETRY = "items.retry"
    ITEMS_HOLD = "items.hold"
    PARTS_DOWNLOAD = "parts.download"
    STATISTICS = "statistics.see"
    QUEUE = "queue.see"
    RULES = "rules.see"
    TRY = "try"
    AUDIT = "audit.see"
    AUDIT_EXPORT = "audit.export"
    PEOPLE = "people.see"
    PEOPLE_CHANGE = "people.change"
    TOKENS = "tokens.own"
    SYSTEM = "system.see"
    TRANSFER = "transfer"


class Role(StrEnum):
    """What a person is here."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    USER = "user"


_OPERATOR = frozenset(
    {
        Right.ITEMS_SEE,
        Right.ITEMS_CONTENT,
        Right.ITEMS_ORIGINAL,
        Right.ITEMS_RELEASE,
        Right.ITEMS_DISCARD,
        Right.ITEMS_RETRY,
        Right.ITEMS_HOLD,
        Right.PARTS_DOWNLOAD,
        Right.STATISTICS,
        Right.QUEUE,
        Right.RULES,
        Right.TRY,
        Right.AUDIT,
        Right.TOKENS,
        Right.TRANSFER,
    }
)

#: Every right of every role. A person's scope narrows it further; nothing widens it.
RIGHTS: Mapping[Role, frozenset[Right]] = {
    # Runs the gateway, and so all of it.
    Role.ADMINISTRATOR: frozenset(Right),
    # Works on held mail; does not approve what operators ask for.
    Role.OPERATOR: _OPERATOR,
    # The second pair of eyes (上長承認): judges, and so sees content, but begins nothing.
    Role.APPROVER: frozenset(
        {
            Right.ITEMS_SEE,
            Right.ITEMS_CONTENT,
            Right.ITEMS_APPROVE,
            Right.PARTS_DOWNLOAD,
            Right.STATISTICS,
            Right.RULES,
            Right.AUDIT,
            Right.TOKENS,
        }
    ),
    # Sees all and changes nothing; content only with a reason that is recorded.
    Role.AUDITOR: frozenset(
        {
            Right.ITEMS_SEE,
            Right.ITEMS_CONTENT,
            Right.STATISTICS,
            Right.QUEUE,
            Right.RULES,
            Right.AUDIT,
            Right.AUDIT_EXPORT,
            Right.PEOPLE,
            Right.TOKENS,
            Right.SYSTEM,
        }
    ),
    # A recipient: mail that came for them, as it was delivered; files of their own and for them.
    Role.USER: frozenset(
        {
            Right.ITEMS_SEE,
            Right.ITEMS_CONTENT,
            Right.PARTS_DOWNLOAD,
            Right.TRY,
            Right.TOKENS,  # for the command line
            Right.TRANSFER,
        }
    ),
}

#: What an API token may never hold: it would outlive the person's presence that these rights ask for.
NOT_FOR_TOKENS = frozenset({Right.ITEMS_ORIGINAL, Right.ITEMS_APPROVE, Right.PEOPLE_CHANGE, Right.TOKENS})

#: Rights that let a mail go on, or let somebody else do it: who has one signs in with a second factor.
RELEASING = frozenset({Right.ITEMS_RELEASE, Right.ITEMS_APPROVE, Right.PEOPLE_CHANGE})


def needs_second_factor(role: Role) -> bool:
    """Whether people of this role cannot sign in with a password alone."""
    return bool(RIGHTS[role] & RELEASING)

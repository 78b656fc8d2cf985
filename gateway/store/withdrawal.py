"""Requests for a second person that a change has made pointless: withdrawn with that change, and on record."""

from sqlalchemy import bindparam, select, update

from gateway.store.queries import ApprovalState
from gateway.store.schema import approvals
from gateway.store.writer import Transaction

_WAITING = select(approvals.c.id).where(
    approvals.c.item_id == bindparam("of"),
    approvals.c.state == ApprovalState.WAITING.value,
    approvals.c.id != bindparam("but"),
)
_WITHDRAW = (
    update(approvals)
    .where(approvals.c.id == bindparam("this"))
    .values(state=ApprovalState.WITHDRAWN.value, decided_by=bindparam("actor"), decided_at=bindparam("now"))
)


def withdraw(transaction: Transaction, item_id: str, actor: str, *, fulfilled: str = "") -> None:
    """All that wait for an item, but the one that this change fulfils: what they asked about is another thing now."""
    connection = transaction.connection
    for approval in connection.execute(_WAITING, {"of": item_id, "but": fulfilled}).scalars().all():
        connection.execute(_WITHDRAW, {"this": approval, "actor": actor, "now": transaction.now})
        transaction.audit(actor, "release_withdraw", item_id, approval=approval, answer="")

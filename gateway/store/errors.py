"""What the store says when it cannot: each error names the state of things, never the content of a mail."""

from gateway.model import ItemState


class StoreError(Exception):
    """Anything the store refuses or cannot do. The text is for administrators, not for SMTP peers."""


class StoreUnavailable(StoreError):
    """The operation is not on disk, as far as anyone can know; try again later (SMTP 451)."""


class StoreFull(StoreUnavailable):
    """No space left for the blob or the row; nothing was kept (SMTP 452)."""


class StoreUnusable(StoreError):
    """The store cannot be opened as it is configured, or was written by a newer Kiyome."""


class NoSuchItem(StoreError):
    """No item has this number."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"there is no item {item_id}")
        self.item_id = item_id


class WrongState(StoreError):
    """The item's state does not allow the change."""

    def __init__(self, item_id: str, state: ItemState, wanted: ItemState) -> None:
        super().__init__(f"item {item_id} is {state.value}; it cannot become {wanted.value}")
        self.item_id = item_id
        self.state = state
        self.wanted = wanted


class NothingToDeliver(StoreError):
    """The item has no clean version, so it can only be released as the original."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"item {item_id} has no clean version; only its original could be released")
        self.item_id = item_id


class OnItsWay(StoreError):
    """The item is being delivered at this moment, so it cannot be held."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"item {item_id} is being delivered at this moment; try again shortly")
        self.item_id = item_id


class BadCursor(StoreError):
    """The mark of a page is none that a list gave, or is of another order."""

    def __init__(self) -> None:
        super().__init__("there is no such page")


class NoSuchApproval(StoreError):
    """Nobody asked for this, or it is decided."""

    def __init__(self) -> None:
        super().__init__("nothing waits for this approval (any more)")


class SamePerson(StoreError):
    """Who asked for a release cannot approve it."""

    def __init__(self) -> None:
        super().__init__("another person than the one who asked must approve")


class AlreadyAsked(StoreError):
    """A release of this item waits for approval, or the recipient who asks has asked before."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"a release of item {item_id} waits for approval already")
        self.item_id = item_id


class NeedsApproval(StoreError):
    """The item is held for a second person's word, so it is released by an approval alone."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"item {item_id} waits for a second person (profiles.transfer_approval)")
        self.item_id = item_id


class NotLocked(StoreError):
    """There is nothing (left) to be unlocked: somebody was quicker, or too late."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"item {item_id} waits for no password (any more)")
        self.item_id = item_id


class LeaseLost(StoreError):
    """Another owner holds the item, or nobody does; what this owner found out about it is not recorded."""

    def __init__(self, item_id: str, owner: str) -> None:
        super().__init__(f"{owner} no longer holds item {item_id}")
        self.item_id = item_id
        self.owner = owner


class UnknownRecipient(StoreError):
    """Progress was reported for an address that is not among the item's recipients."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"progress on item {item_id} names an address that is not among its recipients")
        self.item_id = item_id


class BlobGone(StoreError):
    """The bytes were removed at the end of their retention, or nothing was ever kept."""


class BlobDamaged(BlobGone):
    """The bytes that are there are not those that were kept: by length or by SHA-256."""


class NoSuchPerson(StoreError):
    """No account has this id or login."""

    def __init__(self, person: str) -> None:
        super().__init__(f"there is no account {person}")


class LoginTaken(StoreError):
    """Another account has this login."""

    def __init__(self, login: str) -> None:
        super().__init__(f"the login {login} is taken")


class LastAdministrator(StoreError):
    """Nobody would be left who can give anybody rights."""

    def __init__(self) -> None:
        super().__init__("this is the last active administrator of all domains")


class NoSuchSession(StoreError):
    """The session, token or saved search has ended, or is somebody else's."""

    def __init__(self) -> None:
        super().__init__("it is not there (any more)")


class NameTaken(StoreError):
    """The person has a token or saved search of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {name} is taken")

"""What the store and the ways in for files say when they cannot: all refusals that a person or a system is told of."""

from gateway.store.errors import StoreError


class MixedProfiles(StoreError):
    """The recipients of a file have different profiles, and it can have only one result."""

    def __init__(self) -> None:
        super().__init__("the recipients have different profiles; a file has one result for all of them")


class NoSuchTransfer(StoreError):
    """No transfer has this id, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("there is no such transfer")


class TransferClosed(StoreError):
    """The transfer was sent, withdrawn or has expired."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the transfer is {state}")
        self.state = state


class NoSuchUpload(StoreError):
    """No upload has this id, or it is cancelled or expired."""

    def __init__(self) -> None:
        super().__init__("there is no such upload")


class UploadOver(StoreError):
    """The upload is complete: it takes no more bytes."""

    def __init__(self) -> None:
        super().__init__("the upload is complete")


class TooLong(StoreError):
    """More bytes than the upload announced."""

    def __init__(self, length: int) -> None:
        super().__init__(f"the upload has {length} bytes and no more")
        self.length = length


class UploadBusy(StoreError):
    """Another request is writing to this upload."""

    def __init__(self) -> None:
        super().__init__("another request is writing to this upload")


class WrongOffset(StoreError):
    """The bytes do not begin where those that are here end."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload goes on at {offset}")
        self.offset = offset


class TooLarge(StoreError):
    """More bytes than the settings allow."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} bytes")
        self.most = most


class TooMany(StoreError):
    """More files than the settings allow in one transfer."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} files")
        self.most = most


class WrongChecksum(StoreError):
    """The bytes are not those whose checksum was given."""

    def __init__(self) -> None:
        super().__init__("the bytes are not those whose checksum was given")

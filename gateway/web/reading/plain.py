"""Numbers as people read them."""

import msgspec

_UNITS = (("GB", 1_073_741_824), ("MB", 1_048_576), ("KB", 1_024))


def octets(count: int) -> str:
    """1536 → "1.5 KB"."""
    for unit, size in _UNITS:
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def seconds(milliseconds: float) -> str:
    """1234 → "1.2"."""
    return f"{milliseconds / 1000:.1f}"


def number(count: int) -> str:
    """12345 → "12,345"."""
    return f"{count:,}"


def details(detail: str) -> list[tuple[str, str]]:
    """What a row of the record says beside its action, pair by pair; "" and empty values are left out."""
    try:
        said = msgspec.json.decode(detail, type=dict[str, str | int | float | bool | None])
    except msgspec.MsgspecError:
        return [("detail", detail)]
    return [(name, str(value)) for name, value in said.items() if value not in ("", None, False)]

"""Examples that the guide and the OpenAPI document show; the tests hold them against the schemas."""

from typing import Any, Final

ITEM_ID: Final = "20261121-4X7K-2M9Q"
ITEM_ROW: Final[dict[str, Any]] = {
    "id": ITEM_ID,
    "state": "held",
    "channel": "smtp",
    "direction": "inbound",
    "profile": "standard",
    "received_at": "2026-11-21T01:02:03.456789Z",
    "updated_at": "2026-11-21T01:02:04Z",
    "mail_from": "taro@example.jp",
    "header_from": "太郎 <taro@example.jp>",
    "subject": "見積の件",
    "recipients": ["hanako@city.example.lg.jp"],
    "recipient_count": 1,
    "size": 48213,
    "verdict": "hold",
    "rule": "standard.hold_on",
    "outcomes": ["blocked", "converted"],
    "threats": ["encrypted"],
    "severity": "warning",
    "milliseconds": 41,
    "follows": "",
}
ITEM_PAGE: Final[dict[str, Any]] = {"items": [ITEM_ROW], "next": None, "total": 1, "counted": "exact"}
REASON: Final = {"reason": "送信者に電話で確認済み"}

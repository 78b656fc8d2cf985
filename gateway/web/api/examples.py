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
TRANSFER_WISH: Final = {"title": "見積書", "recipients": ["hanako@city.example.lg.jp"]}
TRANSFER: Final[dict[str, Any]] = {
    "id": "0123456789abcdef0123456789abcdef",
    "side": "internet",
    "title": "見積書",
    "sender": "taro@city.example.lg.jp",
    "recipients": ["hanako@city.example.lg.jp"],
    "created_at": "2026-11-21T01:02:03Z",
    "expires_at": "2026-11-28T01:02:03Z",
    "state": "open",
    "files": 1,
    "bytes": 48213,
    "ready": 0,
    "held": 0,
    "mine": True,
    "can_add": True,
    "can_fetch": False,
    "webhook": None,
    "webhook_secret": None,
}
REASON: Final = {"reason": "送信者に電話で確認済み"}

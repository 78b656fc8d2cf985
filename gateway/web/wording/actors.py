"""Whom the record names, in words: a person, a token, a recipient, a listener, or Kiyome itself."""

import re
from typing import Final

WORDS: dict[str, tuple[str, str]] = {
    "actor.client": ("接続元 {name}", "client {name}"),
    "actor.intake": ("受信口 {name}", "listener {name}"),
    "actor.process": ("清め", "Kiyome"),
    "actor.recipient": ("宛先 {name}", "recipient {name}"),
    "actor.retention": ("清め(保存期間)", "Kiyome (retention)"),
    "actor.token": ("{name}(APIトークン)", "{name} (API token)"),
    "actor.user": ("{name}", "{name}"),
}
#: Kinds of actors that a name follows.
NAMED: Final = frozenset({"client", "intake", "recipient", "user"})
#: How a process of the gateway signs: host, process number, eight random digits (gateway/presence.py).
PROCESS: Final = re.compile(r"[^:]+:\d+:[0-9a-f]{8}\Z")


def actor_words(actor: str) -> tuple[str, str]:
    """The key of the phrase and the name that goes into it; "" for the key when it is said best as it stands."""
    if PROCESS.match(actor):
        return "actor.process", ""
    kind, separator, name = actor.partition(":")
    if actor == "retention":
        return "actor.retention", ""
    if kind == "token":
        return "actor.token", name.replace(":", " · ", 1)
    return (f"actor.{kind}", name) if separator and name and kind in NAMED else ("", actor)

"""Outlook messages and TNEF: what of them goes on, by which rule, and what no length, depth or cycle can do."""

import random
import struct

import pytest

from sanitizers.model import Outcome, Threat
from sanitizers.rules import Budget, Kind, MailFiles
from tests.golden.mailfile_samples import PROGRAM, attached, mail
from tests.unit.sanitizers.outlook.cleaning_items import clean, found, names, notice, read, text
from tests.unit.sanitizers.outlook.outlook_messages import (
    DATE,
    PLAIN,
    attribute,
    compressed,
    file,
    message_in_tnef,
    message_inside,
    message_tree,
    msg,
    packed_bomb,
    tnef,
    values,
)

NOTE = file("案内.txt", "添付の本文".encode())
TOOL = file("tool.exe", PROGRAM)


def header(message: object, name: str) -> str:
    import email.header  # noqa: PLC0415

    value = str(message[name])  # type: ignore[index]
    return str(email.header.make_header(email.header.decode_header(value))).replace("\n", "").replace("  ", " ")


def test_a_message_becomes_a_mail() -> None:
    result = clean(msg(files=[NOTE]), "連絡.msg")
    message = read(result)
    assert (result.name, result.type) == ("連絡.eml", "message/rfc822")
    assert header(message, "Subject") == "窓口案内の件名"
    assert header(message, "From") == "差出人 太郎 <sender@example.jp>"
    assert "madoguchi@city.example.lg.jp" in header(message, "To")
    assert message["Date"] == "Sat, 21 Nov 2026 00:00:00 +0000"
    assert message["Message-ID"] == "<outlook-1@example.jp>"
    assert text(message) == "窓口案内の本文です。"
    assert names(message) == ["案内.txt"]
    assert result.report.parts[0].outcome is Outcome.CONVERTED
    assert found(result) == []


def test_eight_bit_text_is_read_in_its_code_page_or_by_guess() -> None:
    for fields in (PLAIN, PLAIN | {0x3FFD: 932}, PLAIN | {0x3FDE: 932}):
        message = read(clean(msg(fields, code_page="cp932"), "a.msg"))
        assert header(message, "Subject") == "窓口案内の件名"
        assert text(message) == "窓口案内の本文です。"


def test_the_zone_of_the_sender_is_kept() -> None:
    fields = PLAIN | {0x007D: "Received: x\r\nDate: Sat, 21 Nov 2026 09:00:00 +0900\r\nSubject: other\r\n"}
    assert read(clean(msg(fields), "a.msg"))["Date"] == "Sat, 21 Nov 2026 09:00:00 +0900"


def test_header_lines_cannot_be_added() -> None:
    evil = "件名\r\nImportance: high\r\n\r\nbody"  # a header that would be allowed
    fields = PLAIN | {
        0x0037: evil,
        0x0C1A: evil,
        0x1035: "<a@b>\r\nImportance: high",
        0x5D01: "a@b.example\r\nImportance: high",
    }
    message = read(clean(msg(fields, files=[file(f"a{evil}.txt", b"x")]), "a.msg"))
    assert message["Importance"] is None
    assert "\n" not in str(message["Message-ID"])


def test_somebody_whom_only_exchange_knows_keeps_the_name() -> None:
    person = {0x3001: "総務課 花子", 0x3003: "/O=ORG/OU=SITE/CN=HANAKO", 0x0C15: 1}
    message = read(clean(msg(people=[person]), "a.msg"))
    assert header(message, "To") == "総務課 花子 <unknown@kiyome.invalid>"


def test_blind_copies_are_not_shown() -> None:
    people = [{0x3001: "秘密", 0x39FE: "secret@example.jp", 0x0C15: 3}]
    assert b"secret@example.jp" not in (clean(msg(people=people), "a.msg").data or b"")


def test_a_message_of_nothing_is_blocked() -> None:
    assert clean(msg({}, people=[]), "a.msg").data is None


def test_the_body_may_be_in_rtf_only() -> None:
    fields = {key: value for key, value in PLAIN.items() if key != 0x1000}
    rtf = rb"{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 x;}}\f0 \'91\'8b\'8c\'fb\par \u26696?\'93\'e0}"
    for stored in (compressed(rtf), compressed(rtf, really=True)):
        assert text(read(clean(msg(fields | {0x1009: stored}), "a.msg"))) == "窓口\n案内"


@pytest.mark.parametrize("stored", [b"", b"x" * 15, b"x" * 40, compressed(b"{\\rtf1 a}", really=True)[:-3] + b"xyz"])
def test_a_damaged_rtf_body_costs_only_itself(stored: bytes) -> None:
    message = read(clean(msg(PLAIN | {0x1009: stored}), "a.msg"))
    assert text(message) == "窓口案内の本文です。"


def test_compressed_rtf_grows_no_further_than_allowed() -> None:
    result = clean(msg(PLAIN | {0x1009: packed_bomb(5_000_000)}), "a.msg")
    assert text(read(result)) == "窓口案内の本文です。"
    assert "an RTF text that cannot be unpacked" in {finding.detail for finding in found(result)}


def unpacked_or_not(rule: MailFiles) -> tuple[str, list[str]]:
    inner = msg(PLAIN | {0x0037: "内側の件名"}, [NOTE, TOOL])
    result = clean(mail("outer", "外側の本文", attached("a.msg", inner)), kind=Kind.MAIL, mail_files=rule)
    message = read(result)
    assert "tool.exe" in notice(message) if rule is not MailFiles.MAIL else True
    return text(message), names(message)


def test_a_message_in_a_mail_is_unpacked_by_rule() -> None:
    words, files = unpacked_or_not(MailFiles.UNPACKED)
    assert "外側の本文" in words
    assert "Subject: 内側の件名" in words
    assert "窓口案内の本文です。" in words
    assert files == ["案内.txt"]


def test_a_message_in_a_mail_stays_a_mail_by_rule() -> None:
    words, files = unpacked_or_not(MailFiles.MAIL)
    assert words == "外側の本文"
    assert files == ["a.eml", "案内.txt"]


def test_a_message_in_a_mail_is_removed_by_rule() -> None:
    result = clean(mail("outer", "外側", attached("a.msg", msg())), kind=Kind.MAIL, mail_files=MailFiles.REMOVED)
    assert names(read(result)) == []
    assert "a.msg" in notice(read(result))
    assert clean(msg(), "a.msg", mail_files=MailFiles.REMOVED).data is None


def test_messages_inside_messages_end_at_the_depth_of_the_budget() -> None:
    tree = message_tree(PLAIN)
    for _ in range(4):
        tree = message_tree(PLAIN, [message_inside(tree)])
    inside = msg(files=[message_inside(tree)])
    assert clean(inside, "a.msg").data is not None
    result = clean(inside, "a.msg", budget=Budget(depth=4))
    assert result.data is None
    assert result.report.parts[0].findings[-1].threat is Threat.LIMIT_EXCEEDED


@pytest.mark.parametrize("seed", range(60))
def test_no_damage_to_a_message_gets_past(seed: int) -> None:
    """Octets changed at random: clean or blocked, and only by what the readers foresee."""
    chance = random.Random(seed)
    whole = bytearray(msg(files=[NOTE, message_inside(message_tree(PLAIN, [NOTE]))]))
    for _ in range(30):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    for part in clean(bytes(whole), "a.msg").report.parts:
        assert not {finding.detail for finding in part.findings} & {
            "RecursionError",
            "MemoryError",
            "UnboundLocalError",
        }


# TNEF


def winmail(words: str = "本文", **rules: object) -> tuple[str, list[str], str]:
    packed = tnef(PLAIN | {0x1000: "窓口案内の本文です。"}, [("annai.txt", NOTE), ("tool.exe", TOOL)])
    whole = mail("winmail", words, attached("winmail.dat", packed, "application/ms-tnef"))
    message = read(clean(whole, kind=Kind.MAIL, **rules))
    return text(message), names(message), notice(message)


def test_files_of_a_winmail_become_attachments_whatever_the_rule_for_mails() -> None:
    for rule in MailFiles:
        words, files, told = winmail("窓口案内の本文です。", mail_files=rule)
        assert words == "窓口案内の本文です。"
        assert files == ["案内.txt"]
        assert "tool.exe" in told


def test_its_text_is_shown_when_the_mail_says_something_else() -> None:
    words, _, _ = winmail("まったく違う内容のお知らせをここに書いています")
    assert "まったく違う内容" in words
    assert "窓口案内の本文です。" in words


def test_its_text_is_that_of_a_mail_without_one() -> None:
    words, _, _ = winmail("")
    assert words == "窓口案内の本文です。"


def test_a_winmail_of_its_own_becomes_a_mail() -> None:
    result = clean(tnef(files=[("annai.txt", NOTE)]), "winmail.dat")
    assert (result.name, result.type) == ("winmail.eml", "message/rfc822")
    assert names(read(result)) == ["案内.txt"]


def test_a_message_inside_tnef() -> None:
    inner = tnef(PLAIN | {0x0037: "内側の件名"}, [("annai.txt", NOTE)])
    whole = tnef() + attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00069005, message_in_tnef(inner))
    message = read(clean(whole, "winmail.dat"))
    assert "内側の件名" in text(message)
    assert names(message) == ["案内.txt"]


@pytest.mark.parametrize("at", range(6, 400, 7))
def test_tnef_that_is_cut_anywhere(at: int) -> None:
    result = clean(tnef(files=[("annai.txt", NOTE)])[:at], "winmail.dat")
    assert not {finding.detail for finding in found(result)} & {"IndexError", "error", "KeyError", "RecursionError"}
    if at < 300:  # in the middle of the properties
        assert result.data is None or any(finding.threat is Threat.MALFORMED for finding in found(result))


@pytest.mark.parametrize("seed", range(60))
def test_no_damage_to_tnef_gets_past(seed: int) -> None:
    chance = random.Random(seed)
    whole = bytearray(tnef(files=[("annai.txt", NOTE)]))
    for _ in range(10):
        whole[chance.randrange(6, len(whole))] = chance.randrange(256)
    result = clean(bytes(whole), "winmail.dat")
    assert not {finding.detail for finding in found(result)} & {"IndexError", "error", "KeyError", "OverflowError"}


def test_a_count_that_lies_is_no_reason_to_ask_for_memory() -> None:
    for count in (0xFFFFFFFF, 100_000):
        properties = struct.pack("<I", count) + values({0x1000: "x"})[4:] * 3
        whole = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00069003, properties)
        assert clean(whole, "winmail.dat").data is None


def test_the_old_attributes_give_sender_and_time() -> None:
    fields = {key: value for key, value in PLAIN.items() if key not in {0x0C1A, 0x5D01, 0x0039}}
    sender = struct.pack("<HHHH", 4, 0, 5, 23) + b"Taro\0" + b"SMTP:sender@example.jp\0"
    sent = struct.pack("<7H", DATE.year, DATE.month, DATE.day, 9, 0, 0, 0)
    whole = tnef(fields) + attribute(1, 0x00008000, sender) + attribute(1, 0x00038005, sent)
    message = read(clean(whole, "winmail.dat"))
    assert header(message, "From") == "Taro <sender@example.jp>"
    assert message["Date"] == "Sat, 21 Nov 2026 09:00:00 +0000"

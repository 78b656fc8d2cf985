"""Writes the samples of Outlook, calendars, cards and mailboxes: `python -m tests.golden.mailfile_samples`."""

import base64
import binascii
import json
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.unit.sanitizers.outlook.compound_files import compound
from tests.unit.sanitizers.outlook.outlook_messages import (
    APPOINTMENT,
    DATE,
    PLAIN,
    Fields,
    attribute,
    compressed,
    file,
    message_in_tnef,
    message_inside,
    message_tree,
    msg,
    object_inside,
    packed_bomb,
    tnef,
)

FOLDER = Path(__file__).resolve().parents[2] / "samples"
PROGRAM = b"MZ\x90\x00\x03" + bytes(60) + b"harmless sample program: "
WORDS = "窓口案内"


class Sample(msgspec.Struct, frozen=True):
    name: str
    data: bytes
    title_ja: str
    title_en: str
    expect: str = "clean"
    vanish: tuple[str, ...] = ()
    stay: tuple[str, ...] = (WORDS,)
    findings: tuple[str, ...] = ()


def outlook() -> Iterator[Sample]:
    yield Sample(
        "plain.msg",
        msg(files=[file("案内.txt", "添付の本文".encode())]),
        "Outlook のメッセージ",
        "An Outlook message",
        stay=(WORDS, "差出人 太郎", "案内.txt"),
    )
    yield Sample("code-page-932.msg", msg(code_page="cp932"), "シフト JIS のメッセージ", "A message in code page 932")
    rtf = (
        r"{\rtf1\ansi\ansicpg932\fromhtml1 {\fonttbl{\f0\fcharset128 MS PGothic;}}{\*\htmltag19 <html>}"
        r"{\*\htmltag64 <script>KIYOME-HARM-RTF-SCRIPT</script><p>}\htmlrtf {\htmlrtf0 \'91\'8b\'8c\'fb\'88\'c4\'93\'e0"
        r"{\*\htmltag72 </p>}}}"
    )
    without_text = {key: value for key, value in PLAIN.items() if key != 0x1000} | {0x0037: "RTF"}
    yield Sample(
        "rtf-html.msg",
        msg(without_text | {0x1009: compressed(rtf.encode())}),
        "RTF に包まれた HTML のスクリプト",
        "A script in HTML that is packed into RTF",
        vanish=("KIYOME-HARM-RTF-SCRIPT",),
        findings=("active_content",),
    )
    words = r"\'91\'8b\'8c\'fb\'88\'c4\'93\'e0"
    rtf = rf"{{\rtf1\ansi\ansicpg932 {words}{{\object{{\*\objclass KIYOME-HARM-RTF-OBJECT}}{{\*\objdata 01}}}}}}"
    yield Sample(
        "rtf-object.msg",
        msg(without_text | {0x1009: compressed(rtf.encode())}),
        "RTF 本文の中のオブジェクト",
        "An object in an RTF body",
        vanish=("KIYOME-HARM-RTF-OBJECT",),
        findings=("embedded_object",),
    )
    yield Sample(
        "rtf-bomb.msg",
        msg(PLAIN | {0x1009: packed_bomb(200_000)}),
        "膨らむ圧縮 RTF",
        "Compressed RTF that grows",
        stay=(WORDS,),
    )
    elsewhere: Fields = {0x3707: "報告書.doc", 0x3705: 4, 0x370D: r"\\evil.example\KIYOME-HARM-REFERENCE\x.doc"}
    yield Sample(
        "reference.msg",
        msg(files=[elsewhere]),
        "ファイルへの参照だけの添付",
        "An attachment that is only a reference",
        vanish=("KIYOME-HARM-REFERENCE",),
        stay=(WORDS, "報告書.doc"),
        findings=("external_reference",),
    )
    yield Sample(
        "ole-object.msg",
        msg(files=[object_inside()]),
        "埋め込みオブジェクト (OLE)",
        "An embedded object (OLE)",
        vanish=("KIYOME-HARM-OLE-OBJECT",),
        findings=("embedded_object",),
    )
    inner = message_tree(PLAIN | {0x0037: "内側の件名"}, [file("tool.exe", PROGRAM + b"KIYOME-HARM-NESTED")])
    yield Sample(
        "nested.msg",
        msg(files=[message_inside(inner)]),
        "メッセージの中のメッセージ",
        "A message inside a message",
        vanish=("KIYOME-HARM-NESTED",),
        stay=(WORDS, "内側の件名", "tool.exe"),
        findings=("active_content",),
    )
    tree = message_tree(PLAIN)
    for _ in range(14):
        tree = message_tree(PLAIN, [message_inside(tree)])
    tree["__properties_version1.0"] = bytes(8) + bytes(tree["__properties_version1.0"])  # type: ignore[arg-type]
    yield Sample(
        "depth-bomb.msg",
        compound(tree),
        "入れ子が深すぎるメッセージ",
        "Messages inside messages inside messages",
        "blocked",
        stay=(),
        findings=("limit_exceeded",),
    )
    injected = PLAIN | {0x0037: "窓口案内\r\nX-KIYOME-HARM: yes\r\n\r\n", 0x0C1A: "太郎\r\nX-KIYOME-HARM: yes"}
    yield Sample(
        "header-injection.msg",
        msg(injected),
        "件名と名前の改行でヘッダーを足す",
        "Headers added by line ends in subject and name",
        vanish=("\nX-KIYOME-HARM",),
    )
    yield Sample(
        "deceptive-name.msg",
        msg(PLAIN | {0x0C1A: "mayor@city.example.lg.jp"}),
        "別のアドレスに見える差出人の名前",
        "A sender whose name is another address",
        vanish=("mayor@city",),
        findings=("deception",),
    )
    hidden = file("tool.exe", PROGRAM + b"KIYOME-HARM-HIDDEN", p7FFE=True)
    yield Sample(
        "hidden-attachment.msg",
        msg(files=[hidden]),
        "隠された添付",
        "A hidden attachment",
        vanish=("KIYOME-HARM-HIDDEN",),
        stay=(WORDS, "tool.exe"),
        findings=("hidden_content",),
    )
    named = {(APPOINTMENT, 0x820D): DATE, (APPOINTMENT, 0x8208): "第一会議室"}
    yield Sample(
        "appointment.msg",
        msg(PLAIN | {0x001A: "IPM.Appointment"}, named=named),
        "Outlook の予定",
        "An appointment of Outlook",
        stay=(WORDS, "2026-11-21 09:00", "第一会議室"),
    )
    climbing = file("..\\..\\KIYOME-HARM-PATH\\案内.txt", b"text")
    yield Sample(
        "path.msg",
        msg(files=[climbing]),
        "フォルダーを登る添付の名前",
        "An attachment whose name climbs",
        vanish=("KIYOME-HARM-PATH",),
        stay=(WORDS, "案内.txt"),
        findings=("deception",),
    )
    yield Sample(
        "cycle.msg",
        cyclic(),
        "同じ場所を巡るファイル",
        "A file whose sectors go round in a circle",
        "blocked",
        stay=(),
        findings=("malformed",),
    )
    yield Sample(
        "overlap.msg",
        overlapping(),
        "同じ場所を指す多数の添付",
        "Many attachments in one place",
        "blocked",
        stay=(),
        findings=("malformed",),
    )


def overlapping() -> bytes:
    """Thirty attachments, all of them the sectors of the longest: a file that grows when it is read."""
    long, short = 100_000, 5_000
    whole = bytearray(msg(files=[file(f"{n}.txt", b"a" * (short if n else long)) for n in range(30)]))
    stream = "__substg1.0_37010102".encode("utf-16-le")
    entries = [found.start() for found in re.finditer(re.escape(stream), bytes(whole))]
    place = next(each for each in entries if whole[each + 120 : each + 124] == struct.pack("<I", long))
    for each in entries:
        whole[each + 116 : each + 124] = whole[place + 116 : place + 124]
    return bytes(whole)


def cyclic() -> bytes:
    """A table of sectors in which each is followed by the first."""
    whole = msg(files=[file("a.txt", bytes(9_000))])
    return whole[:-512] + bytes(512)


def in_tnef() -> Iterator[Sample]:
    text = ("annai.txt", file("案内.txt", "添付の本文".encode()))
    yield Sample("plain.dat", tnef(files=[text]), "winmail.dat", "A winmail.dat", stay=(WORDS, "案内.txt"))
    yield Sample(
        "code-page.dat", tnef(code_page="cp932"), "シフト JIS の winmail.dat", "A winmail.dat in code page 932"
    )
    program = ("tool.exe", file("tool.exe", PROGRAM + b"KIYOME-HARM-TNEF"))
    yield Sample(
        "program.dat",
        tnef(files=[program]),
        "プログラム入りの winmail.dat",
        "A program in a winmail.dat",
        vanish=("KIYOME-HARM-TNEF",),
        stay=(WORDS, "tool.exe"),
        findings=("active_content",),
    )
    inner = tnef(PLAIN | {0x0037: "内側の件名"}, files=[program])
    nested = tnef() + attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00069005, message_in_tnef(inner))
    yield Sample(
        "nested.dat",
        nested,
        "TNEF の中のメッセージ",
        "A message inside TNEF",
        vanish=("KIYOME-HARM-TNEF",),
        stay=(WORDS, "内側の件名"),
        findings=("active_content",),
    )
    deep = tnef()
    for _ in range(14):
        deep = tnef() + attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00069005, message_in_tnef(deep))
    yield Sample(
        "depth-bomb.dat",
        deep,
        "入れ子が深すぎる TNEF",
        "TNEF inside TNEF inside TNEF",
        "blocked",
        stay=(),
        findings=("limit_exceeded",),
    )
    lying = (
        tnef() + attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x0006800F, b"KIYOME-HARM-LENGTH", 4_000_000_000)
    )
    yield Sample(
        "length-lies.dat",
        lying,
        "長さを偽る TNEF",
        "TNEF with a length that lies",
        vanish=("KIYOME-HARM-LENGTH",),
        findings=("malformed",),
    )
    bomb = struct.pack("<IH", 0x223E9F78, 1) + attribute(
        1, 0x00069003, struct.pack("<IIII", 1, 0x10001E, 0xFFFFFFF0, 4)
    )
    yield Sample(
        "count-bomb.dat",
        bomb,
        "数を偽る TNEF",
        "TNEF with a count that lies",
        "blocked",
        stay=(),
        findings=("limit_exceeded",),
    )


def calendar(*lines: str, method: str = "", version: str = "2.0") -> bytes:
    head = ["BEGIN:VCALENDAR", f"VERSION:{version}", "PRODID:-//sample//ja", *([f"METHOD:{method}"] if method else [])]
    event = [
        "BEGIN:VEVENT",
        "UID:sample@example.jp",
        "DTSTAMP:20261121T000000Z",
        "DTSTART:20261121T010000Z",
        *lines,
        "END:VEVENT",
    ]
    if not any(line.startswith("SUMMARY") for line in lines):
        event.insert(4, f"SUMMARY:{WORDS}")
    return "\r\n".join([*head, *event, "END:VCALENDAR", ""]).encode()


def alarm(action: str, *lines: str) -> tuple[str, ...]:
    return ("BEGIN:VALARM", f"ACTION:{action}", "TRIGGER:-PT15M", *lines, "END:VALARM")


def quoted(text: str, codec: str = "cp932") -> str:
    return "".join(f"={octet:02X}" for octet in text.encode(codec))


def calendars() -> Iterator[Sample]:
    yield Sample(
        "alarm-program.ics",
        calendar(*alarm("PROCEDURE", "ATTACH:file:///c:/KIYOME-HARM-ALARM.exe")),
        "プログラムを動かすアラーム",
        "An alarm that runs a program",
        vanish=("KIYOME-HARM-ALARM",),
        findings=("active_content",),
    )
    mail = alarm("EMAIL", "DESCRIPTION:KIYOME-HARM-ALARM", "ATTENDEE:mailto:x@evil.example")
    yield Sample(
        "alarm-mail.ics",
        calendar(*mail),
        "メールを送るアラーム",
        "An alarm that sends mail",
        vanish=("KIYOME-HARM-ALARM",),
        findings=("active_content",),
    )
    sound = alarm("AUDIO", "ATTACH;FMTTYPE=audio/basic:http://evil.example/KIYOME-HARM-SOUND.wav")
    yield Sample(
        "alarm-sound.ics",
        calendar(*sound),
        "音を取りに行くアラーム",
        "An alarm that fetches a sound",
        vanish=("KIYOME-HARM-SOUND",),
        stay=(WORDS, "ACTION:DISPLAY"),
        findings=("external_reference",),
    )
    yield Sample(
        "alarm-shown.ics",
        calendar(*alarm("DISPLAY", "DESCRIPTION:お知らせ")),
        "文字を示すアラーム",
        "An alarm that shows words",
        stay=(WORDS, "お知らせ"),
    )
    yield Sample(
        "attach-link.ics",
        calendar("ATTACH:http://evil.example/KIYOME-HARM-ATTACH.exe"),
        "外部への添付",
        "An attachment kept elsewhere",
        vanish=("KIYOME-HARM-ATTACH",),
        findings=("external_reference",),
    )
    inside = base64.b64encode(PROGRAM + b"KIYOME-HARM-INSIDE").decode()
    yield Sample(
        "attach-inside.ics",
        calendar(f"ATTACH;ENCODING=BASE64;VALUE=BINARY:{inside}"),
        "予定の中のファイル",
        "A file inside an event",
        vanish=("KIYOME-HARM-INSIDE",),
        findings=("embedded_object",),
    )
    yield Sample(
        "description-html.ics",
        calendar("DESCRIPTION:<p>窓口案内</p><script>KIYOME-HARM-HTML</script>"),
        "説明の中の HTML",
        "HTML in a description",
        vanish=("KIYOME-HARM-HTML",),
        findings=("active_content",),
    )
    yield Sample(
        "alt-desc.ics",
        calendar("X-ALT-DESC;FMTTYPE=text/html:<html><img src=http://evil.example/KIYOME-HARM-ALT>"),
        "HTML の別の説明",
        "A second description in HTML",
        vanish=("KIYOME-HARM-ALT",),
        findings=("active_content",),
    )
    yield Sample(
        "url.ics",
        calendar("URL:https://www.example.jp/annai", "CONFERENCE;VALUE=URI:https://meet.example.jp/1"),
        "予定のリンク",
        "Links of an event",
        stay=(WORDS, "https://www.example.jp/annai", "https://meet.example.jp/1"),
    )
    yield Sample(
        "url-script.ics",
        calendar("URL:javascript:alert('KIYOME-HARM-URL')"),
        "スクリプトのリンク",
        "A link that runs a script",
        vanish=("KIYOME-HARM-URL",),
        findings=("external_reference",),
    )
    yield Sample(
        "deceptive-link.ics",
        calendar("DESCRIPTION:https://xn--80ak6aa92e.com/"),
        "紛らわしい文字のリンク",
        "A link in look-alike letters",
        vanish=("https://xn--80ak6aa92e.com",),
        findings=("deception",),
    )
    yield Sample(
        "rule-bomb.ics",
        calendar("RRULE:FREQ=SECONDLY;COUNT=99999999"),
        "毎秒繰り返す予定",
        "An event each second",
        vanish=("SECONDLY",),
        findings=("limit_exceeded",),
    )
    daily = ",".join(map(str, range(24)))
    yield Sample(
        "rule-bomb-hours.ics",
        calendar(f"RRULE:FREQ=DAILY;BYHOUR={daily};BYMINUTE=0,10,20,30,40,50"),
        "一日に百四十四回の予定",
        "An event 144 times a day",
        vanish=("BYMINUTE",),
        findings=("limit_exceeded",),
    )
    yield Sample(
        "person.ics",
        calendar("ORGANIZER:http://evil.example/KIYOME-HARM-PERSON"),
        "メールアドレスでない主催者",
        "An organiser who is a web page",
        vanish=("KIYOME-HARM-PERSON",),
        findings=("external_reference",),
    )
    yield Sample(
        "deceptive-person.ics",
        calendar('ATTENDEE;CN="mayor@city.example.lg.jp":mailto:x@evil.example'),
        "別のアドレスに見える名前",
        "A name that is another address",
        vanish=("mayor@city",),
        findings=("deception",),
    )
    yield Sample(
        "altrep.ics",
        calendar('DESCRIPTION;ALTREP="http://evil.example/KIYOME-HARM-ALTREP":本文'),
        "外部の説明文",
        "A description kept elsewhere",
        vanish=("KIYOME-HARM-ALTREP",),
        findings=("external_reference",),
    )
    yield Sample(
        "zone-path.ics",
        calendar("DTEND;TZID=../../../KIYOME-HARM-ZONE:20261121T020000"),
        "パスに見える時間帯の名前",
        "A time zone whose name is a path",
        vanish=("KIYOME-HARM-ZONE",),
        findings=("deception",),
    )
    yield Sample(
        "bidirectional.ics",
        calendar("LOCATION:\u202eKIYOME\u202c 第一会議室"),
        "書字方向の制御文字",
        "Direction marks",
        vanish=("\u202e",),
        stay=(WORDS, "第一会議室"),
        findings=("deception",),
    )
    old = (
        f"SUMMARY;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('窓口案内の表')}",
        "AALARM:20261121T000000;;;KIYOME-HARM-AALARM.wav",
    )
    yield Sample(
        "vcalendar-1.0.ics",
        calendar(*old, version="1.0"),
        "携帯電話の予定 (vCalendar 1.0、シフト JIS)",
        "vCalendar 1.0 in Shift_JIS",
        vanish=("KIYOME-HARM-AALARM",),
        stay=("窓口案内の表", "VERSION:2.0"),
        findings=("metadata",),
    )
    yield Sample(
        "iso-2022-jp.ics", calendar().decode().encode("iso2022_jp"), "ISO-2022-JP の予定", "A calendar in ISO-2022-JP"
    )
    asked = calendar(
        "ORGANIZER;CN=差出人:mailto:sender@example.jp",
        "ATTENDEE;RSVP=TRUE:mailto:madoguchi@city.example.lg.jp",
        method="REQUEST",
    )
    yield Sample("invitation.ics", asked, "会議の招待", "An invitation", stay=(WORDS, "METHOD:REQUEST", "RSVP=TRUE"))
    other = calendar().replace(
        b"END:VEVENT", b"BEGIN:VKIYOME\r\nSUMMARY:KIYOME-HARM-COMPONENT\r\nEND:VKIYOME\r\nEND:VEVENT"
    )
    yield Sample(
        "component.ics",
        other,
        "知らない種類の部分",
        "A component of an unknown kind",
        vanish=("KIYOME-HARM-COMPONENT",),
        findings=("unsupported",),
    )
    yield Sample(
        "nesting-bomb.ics",
        b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50,
        "入れ子が深すぎる予定",
        "Components inside components",
        "blocked",
        stay=(),
        findings=("limit_exceeded",),
    )
    yield Sample(
        "image.ics",
        calendar("IMAGE;VALUE=URI;DISPLAY=BADGE:https://evil.example/KIYOME-HARM-IMAGE.png"),
        "外部の画像",
        "A remote picture",
        vanish=("KIYOME-HARM-IMAGE",),
        findings=("external_reference",),
    )


def card(*lines: str, version: str = "3.0") -> bytes:
    names = [f"FN:{WORDS}", f"N:{WORDS};;;;"] if not any(line.startswith("FN") for line in lines) else []
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *names, *lines, "END:VCARD", ""]).encode()


def picture() -> bytes:
    """A red PNG with a text field."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    rows = (b"\0" + b"\xff\0\0" * 16) * 16
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
    text = chunk(b"tEXt", b"Comment\0KIYOME-HARM-PICTURE")
    return b"\x89PNG\r\n\x1a\n" + head + text + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def contacts() -> Iterator[Sample]:
    inside = base64.b64encode(picture()).decode()
    yield Sample(
        "photo.vcf",
        card(f"PHOTO;ENCODING=b;TYPE=PNG:{inside}"),
        "写真の中の管理情報",
        "A picture with a text field",
        vanish=("KIYOME-HARM-PICTURE",),
        stay=(WORDS, "PHOTO;ENCODING=b"),
        findings=("metadata",),
    )
    yield Sample(
        "photo-link.vcf",
        card("PHOTO;VALUE=URI:http://evil.example/KIYOME-HARM-PHOTO.jpg"),
        "外部の写真",
        "A picture kept elsewhere",
        vanish=("KIYOME-HARM-PHOTO",),
        findings=("external_reference",),
    )
    program = base64.b64encode(PROGRAM + b"KIYOME-HARM-INSIDE").decode()
    yield Sample(
        "photo-program.vcf",
        card(f"PHOTO;ENCODING=b;TYPE=JPEG:{program}"),
        "写真と称するプログラム",
        "A program that says it is a picture",
        vanish=("KIYOME-HARM-INSIDE",),
        findings=("embedded_object",),
    )
    yield Sample(
        "sound-key-logo.vcf",
        card(f"SOUND;ENCODING=b:{program}", f"KEY;ENCODING=b:{program}", f"LOGO;ENCODING=b:{program}"),
        "音・鍵・ロゴ",
        "Sound, key and logo",
        vanish=("KIYOME-HARM-INSIDE",),
        findings=("embedded_object",),
    )
    yield Sample(
        "agent.vcf",
        card("AGENT:", "BEGIN:VCARD", "FN:KIYOME-HARM-AGENT", "END:VCARD", "FN:窓口案内"),
        "カードの中のカード",
        "A card inside a card",
        vanish=("KIYOME-HARM-AGENT",),
        findings=("embedded_object",),
    )
    yield Sample(
        "url-script.vcf",
        card("URL:javascript:alert('KIYOME-HARM-URL')"),
        "スクリプトのリンク",
        "A link that runs a script",
        vanish=("KIYOME-HARM-URL",),
        findings=("external_reference",),
    )
    yield Sample(
        "url.vcf",
        card("URL:https://www.city.example.lg.jp/"),
        "ウェブのリンク",
        "A link",
        stay=(WORDS, "URL:https://www.city.example.lg.jp/"),
    )
    yield Sample(
        "deceptive-url.vcf",
        card("URL:https://xn--80ak6aa92e.com/"),
        "紛らわしい文字のリンク",
        "A link in look-alike letters",
        vanish=("https://xn--80ak6aa92e.com",),
        findings=("deception",),
    )
    yield Sample(
        "note-html.vcf",
        card("NOTE:<img src=http://evil.example/KIYOME-HARM-NOTE><p>メモ</p>"),
        "HTML のメモ",
        "A note in HTML",
        vanish=("KIYOME-HARM-NOTE",),
        stay=(WORDS, "メモ"),
        findings=("active_content",),
    )
    yield Sample(
        "chat.vcf",
        card("IMPP:xmpp:KIYOME-HARM-CHAT@evil.example", "X-SKYPE:KIYOME-HARM-CHAT"),
        "チャットのアドレス",
        "Addresses of chats",
        vanish=("KIYOME-HARM-CHAT",),
        findings=("external_reference",),
    )
    yield Sample(
        "bidirectional.vcf",
        card("TITLE:\u202eKIYOME\u202c 係長"),
        "書字方向の制御文字",
        "Direction marks",
        vanish=("\u202e",),
        stay=(WORDS, "係長"),
        findings=("deception",),
    )
    old = (
        f"FN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('窓口案内')}=",
        quoted("の表"),
        f"SOUND;X-IRMC-N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{quoted('マドグチ')};{quoted('アンナイ')};;;",
        "TEL;CELL;VOICE:090-0000-0000",
    )
    yield Sample(
        "telephone-2.1.vcf",
        card(*old, version="2.1"),
        "携帯電話の連絡先 (vCard 2.1、シフト JIS、読み)",
        "A card of a Japanese telephone",
        stay=("窓口案内の表", "マドグチ", "アンナイ", "090-0000-0000"),
    )
    raw = card("N:表示;太郎;;;", "X-PHONETIC-LAST-NAME:ヒョウジ").decode().encode("cp932")
    yield Sample(
        "raw-shift-jis.vcf",
        raw,
        "シフト JIS のままの連絡先",
        "A card in raw Shift_JIS",
        stay=(WORDS, "表示", "ヒョウジ"),
    )
    yield Sample(
        "version-4.0.vcf",
        card('N;SORT-AS="マドグチ":窓口案内;;;;', "TEL;VALUE=uri;TYPE=work:tel:+81-3-0000-0000", version="4.0"),
        "vCard 4.0 の連絡先",
        "A card of version 4.0",
        stay=(WORDS, "マドグチ", "tel:+81-3-0000-0000"),
    )


def mail(subject: str, body: str, parts: str = "") -> bytes:
    head = (
        f"From: sender@example.jp\nTo: madoguchi@city.example.lg.jp\nSubject: {subject}\n"
        f"Date: Sat, 21 Nov 2026 09:00:00 +0900\nMessage-ID: <{subject}@example.jp>\nMIME-Version: 1.0\n"
    )
    if not parts:
        return f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()
    text = f"--b\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    return f'{head}Content-Type: multipart/mixed; boundary="b"\n\n{text}--b\n{parts}\n--b--\n'.encode()


def attached(name: str, data: bytes, kind: str = "application/octet-stream", disposition: str = "attachment") -> str:
    lines = base64.encodebytes(data).decode()
    where = f'Content-Disposition: {disposition}; filename="{name}"\n' if disposition else ""
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n{where}\n{lines}"


def mailboxes() -> Iterator[Sample]:
    mark = b"From sender@example.jp Sat Nov 21 09:00:0%d 2026\n"
    two = mark % 1 + mail("one", "窓口案内の一通目") + b"\n" + mark % 2 + mail("two", ">From 二通目") + b"\n"
    yield Sample("plain.mbox", two, "二通のメール", "Two mails", stay=("窓口案内の一通目", "二通目"))
    program = attached("tool.exe", PROGRAM + b"KIYOME-HARM-MAILBOX")
    three = two + mark % 3 + mail("three", "三通目", program) + b"\n"
    yield Sample(
        "program.mbox",
        three,
        "プログラムの添付があるメール箱",
        "A mail with a program",
        vanish=("KIYOME-HARM-MAILBOX",),
        stay=("二通目", "三通目", "tool.exe"),
        findings=("active_content",),
    )


def mails() -> Iterator[Sample]:
    winmail = tnef(
        PLAIN | {0x1000: "本文です。窓口案内"}, files=[("tool.exe", file("tool.exe", PROGRAM + b"KIYOME-HARM-TNEF"))]
    )
    yield Sample(
        "tnef.eml",
        mail("winmail", "本文です。窓口案内", attached("winmail.dat", winmail, "application/ms-tnef")),
        "winmail.dat が付いたメール",
        "A mail with a winmail.dat",
        "deliver",
        ("KIYOME-HARM-TNEF",),
        (WORDS, "tool.exe"),
        ("active_content",),
    )
    message = msg(PLAIN | {0x0037: "内側の件名"}, [file("tool.exe", PROGRAM + b"KIYOME-HARM-MSG")])
    yield Sample(
        "outlook-message.eml",
        mail("msg", "窓口案内", attached("mail.msg", message)),
        "Outlook のメッセージが付いたメール",
        "A mail with an Outlook message",
        "deliver",
        ("KIYOME-HARM-MSG",),
        (WORDS, "内側の件名", "tool.exe"),
        ("active_content",),
    )
    asked = calendar(
        "ORGANIZER:mailto:sender@example.jp", "ATTACH:http://evil.example/KIYOME-HARM-INVITATION.exe", method="REQUEST"
    )
    part = attached("", asked, "text/calendar; method=REQUEST; charset=utf-8", disposition="")
    yield Sample(
        "invitation.eml",
        mail("invitation", "本文です", part),
        "会議の招待",
        "An invitation",
        "deliver",
        ("KIYOME-HARM-INVITATION",),
        (WORDS, "本文です", "METHOD:REQUEST"),
        ("external_reference",),
    )


FAMILIES = {
    "outlook": outlook,
    "tnef": in_tnef,
    "calendar": calendars,
    "contact": contacts,
    "mailbox": mailboxes,
    "mail": mails,
}
ROWS = {
    "outlook": "outlook",
    "tnef": "outlook",
    "calendar": "calendar",
    "contact": "calendar",
    "mailbox": "outlook",
    "mail": "structure",
}


def told(family: str, sample: Sample) -> str:
    def row(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"

    lines = [row("title_ja", sample.title_ja), row("title_en", sample.title_en), row("row", ROWS[family])]
    lines += [row("expect", sample.expect), row("must_vanish", sample.vanish), row("must_stay", sample.stay)]
    lines += [row("findings", sample.findings)]
    if family == "tnef":
        lines.append(row("claimed_name", "winmail.dat"))
    return "\n".join(lines) + "\n"


def write() -> None:
    for family, samples in FAMILIES.items():
        (FOLDER / family).mkdir(exist_ok=True)
        for sample in samples():
            path = FOLDER / family / sample.name
            # Mails go over SMTP, where every line ends with CRLF.
            path.write_bytes(re.sub(rb"\r\n|\n", b"\r\n", sample.data) if family == "mail" else sample.data)
            path.with_suffix(".toml").write_text(told(family, sample), encoding="utf-8")


if __name__ == "__main__":
    write()

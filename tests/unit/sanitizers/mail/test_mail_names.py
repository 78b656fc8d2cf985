"""File names as Japanese mailers and attackers write them."""

import pytest

from sanitizers.job import Role
from sanitizers.model import Threat

HEAD = "From: a@example.jp\r\nDate: Sat, 21 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.jp>\r\n"
START = HEAD.encode() + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'


def name_of(clean, *lines: bytes) -> str:
    mail = START + b"\r\n".join(lines) + b"\r\n\r\nx\r\n--b--\r\n"
    result = clean(mail)
    (child,) = (child for child in result.job.children if child[3] is Role.ATTACHMENT)
    return child[0]


@pytest.mark.parametrize(
    "parameter",
    [
        "filename*=utf-8''%E8%A1%A8%E7%A4%BA.pdf",
        "filename*=iso-2022-jp'ja'%1B$BI=<(%1B(B.pdf",
        "filename*=shift_jis''%95%5C%8E%A6.pdf",
        "filename*0*=utf-8''%E8%A1%A8;\r\n filename*1*=%E7%A4%BA;\r\n filename*2=\".pdf\"",
        "filename*2=\".pdf\"; filename*0*=utf-8''%E8%A1%A8; filename*1*=%E7%A4%BA",
        "filename*0*=utf-8''%E8%A1%A8%E7%A; filename*1*=4%BA.pd; filename*2*=f",
        'filename="=?utf-8?B?6KGo56S6LnBkZg==?="',
        'filename="=?utf-8?B?6KGo?=\r\n =?utf-8?B?56S6LnBkZg==?="',
        "filename==?ISO-2022-JP?B?GyRCST08KBsoQi5wZGY=?=",
        "filename=\"fallback.pdf\"; filename*=utf-8''%E8%A1%A8%E7%A4%BA.pdf",
        'filename="表示.pdf"',
        "filename=表示.pdf",
    ],
)
def test_every_way_to_write_a_japanese_name(clean, parameter):
    disposition = b"Content-Disposition: attachment; " + parameter.encode()
    assert name_of(clean, b"Content-Type: application/pdf", disposition) == "表示.pdf"


@pytest.mark.parametrize("codec", ["cp932", "iso2022_jp", "euc_jp"])
def test_raw_bytes_in_a_name(clean, codec):
    name = "表示資料の一覧について.pdf"
    line = b'Content-Type: application/pdf; name="' + name.encode(codec) + b'"'
    assert name_of(clean, line) == name


def test_names_that_disagree_are_a_deception(clean):
    part = b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment; filename="a.exe"'
    result = clean(START + part + b"\r\n\r\nx\r\n--b--\r\n")
    assert result.found(Threat.DECEPTION)


def test_an_unknown_disposition_is_an_attachment(clean):
    result = clean(START + b"Content-Type: text/plain\r\nContent-Disposition: hidden\r\n\r\nx\r\n--b--\r\n")
    assert result.text == ""


def test_a_name_cut_in_the_middle_of_a_character(clean):
    line = b'Content-Type: application/pdf; name="' + "長い名前の会議資料".encode()[:-1] + b'"'
    assert name_of(clean, line) == "長い名前の会議資\ufffd"

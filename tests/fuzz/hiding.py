"""Mails with a word in every place that no reader would look at: it must be nowhere in what goes on."""

import base64
import binascii

from hypothesis import strategies as st

CANARY = "Kanarienvogel7Q"  #: no part of any notice, and the same in every charset

# Header lines that no list names, and the corners of those that one does.
FIELDS = (
    *(
        "X-Mailer: {}",
        "User-Agent: {}",
        "Return-Path: <{}@example.jp>",
        "Bcc: {}@example.jp",
        "DKIM-Signature: v=1; d={}.test",
    ),
    *("List-Unsubscribe: <https://{}.test/>", "Comments: {}", "Keywords: {}", "Organization: {}", "X-Spam-Status: {}"),
    *(
        "Disposition-Notification-To: {}@example.jp",
        "Authentication-Results: {}; spf=pass",
        "Resent-From: {}@example.jp",
    ),
    *(
        "Content-Description: {}",
        "Content-ID: <{}@x>",
        "Content-Location: https://{}.test/",
        "Thread-Topic: {}",
        "{}: x",
    ),
    *(
        "Importance: high {}",
        "X-Priority: 1 ({})",
        "Precedence: {}",
        "Date: Sat, 21 Nov 2026 10:00:00 +0900 ({})",
        "Received: {}",
    ),
    *(
        "References: <1@example.jp> {}",
        "Reply-To: A <a@example.jp> ({})",
        "MIME-Version: 1.0 ({})",
        "Auto-Submitted: no; {}",
    ),
    *("Subject : x\nX-{}: y", "X-Long: x\n {}", "List-Id: L <l.example.jp> {}"),
)
# Of an HTML page: what a browser does not show.
UNSEEN = (
    *(
        "<!-- {} -->",
        "<script>var x='{}'</script>",
        "<style>.{} {{color:red}}</style>",
        "<div style='display:none'>{}</div>",
    ),
    *("<span hidden>{}</span>", "<p style='font-size:0'>{}</p>", "<p style='color:#fff;background:#fff'>{}</p>"),
    *(
        "<p style='visibility:hidden'>{}</p>",
        "<input type=hidden value='{}'>",
        "<meta name=x content='{}'>",
        "<template>{}</template>",
    ),
    *("<b onclick='{}'>b</b>", "<b data-x='{}' class='{}' id='{}'>b</b>", "<img src='https://{}.test/x.gif' alt='x'>"),
    *(
        "<a href='javascript:{}'>b</a>",
        "<object data='https://x.test/{}'></object>",
        "<iframe src='https://x.test/{}'></iframe>",
    ),
    *(
        "<!--[if mso]>{}<![endif]-->",
        "<base href='https://{}.test/'>",
        "<div style='position:absolute;left:-9999px'>{}</div>",
    ),
    *(
        "<p style='background:url(https://{}.test/)'>b</p>",
        "<style>@import url(https://{}.test/)</style>",
        "<p opacity=0 style='opacity:0'>{}</p>",
    ),
    *(
        "<video src='https://{}.test/'></video>",
        "<body background='https://{}.test/'>",
        "<svg><script>{}</script></svg>",
    ),
    *("<meta http-equiv=refresh content='0;url=https://{}.test/'>", "<link rel=stylesheet href='https://{}.test/'>"),
    *(
        "<details data-{}=1>b</details>",
        "<font size=1 title='{}'>b</font>",
        "<div style='height:0;overflow:hidden'>{}</div>",
    ),
    *(
        "<p style='text-indent:-9999px'>{}</p>",
        "<noembed>{}</noembed>",
        "<style>.h{{display:none}}</style><i class=h>{}</i>",
    ),
)
# Files that hold the word as their content: (type, disposition).
FILES = (
    *(
        ("application/octet-stream", "attachment"),
        ("text/plain", "attachment"),
        ("text/html", "attachment"),
        ("image/png", "inline"),
    ),
    *(
        ("text/calendar", "inline"),
        ("text/vcard", "attachment"),
        ("application/ms-tnef", "attachment"),
        ("application/pdf", ""),
    ),
    *(
        ("text/csv", "attachment"),
        ("application/pgp-encrypted", ""),
        ("message/partial", ""),
        ("message/external-body", ""),
    ),
    *(
        ("application/pkcs7-signature", "attachment"),
        ("audio/x-wav", ""),
        ("text/x-unknown", ""),
        ("font/ttf", ""),
        ("text/rtf", ""),
    ),
)
ENCODINGS = ("7bit", "base64", "quoted-printable", "binary", "x-uuencode")
MARGINS = ("", "", "{}\n", "\n{} {}\n")
YENC = f"=ybegin name=x\n{CANARY}\n=yend\n"


def _uuencoded(data: bytes) -> str:
    rows = [data[at : at + 45] for at in range(0, len(data), 45)]
    return "begin 644 x.bin\n" + "".join(binascii.b2a_uu(row).decode("ascii") for row in rows) + "`\nend\n"


def _carried(content: str, encoding: str) -> str:
    data = content.encode()
    if encoding == "base64":
        return base64.encodebytes(data).decode("ascii")
    if encoding == "x-uuencode":
        return _uuencoded(data)
    return content


@st.composite
def files(draw: st.DrawFn) -> str:
    """An attachment with the word in its bytes, its parameters and its fields."""
    kind, disposition = draw(st.sampled_from(FILES))
    encoding = draw(st.sampled_from(ENCODINGS))
    lines = [
        f"Content-Type: {kind}"
        + draw(st.sampled_from(("", "; x={}", "; x-mac-type={}", "; charset={}"))).replace("{}", CANARY)
    ]
    lines.append(f"Content-Transfer-Encoding: {encoding}")
    if disposition:
        lines.append(f"Content-Disposition: {disposition}; filename=f.bin; x={CANARY}")
    lines += draw(_fields(2))
    # Of types that nobody here writes anew: what goes on rebuilt is seen, and has searches of its own.
    content = draw(st.sampled_from(("\x7fELF\0{}", "MZ{}\0{}", "Rar!\x1a\7{}", "{\\rtf1 {}}", "%!PS {}")))
    content = content.replace("{}", CANARY)
    return "\n".join(lines) + "\n\n" + _carried(content, encoding) + "\n"


def _fields(most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(FIELDS), max_size=most).map(
        lambda lines: [line.replace("{}", CANARY) for line in lines]
    )


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """A text or a page that shows a word of its own and hides the other."""
    if draw(st.booleans()):
        inside = draw(st.sampled_from(("", _uuencoded(b"MZ\0\0" + CANARY.encode()), YENC, BINHEX, f"{SIGNATURE}")))
        return f"Content-Type: text/plain; charset=utf-8; x={CANARY}\n\n本文\n{inside}\n"
    unseen = (
        "".join(draw(st.lists(st.sampled_from(UNSEEN), max_size=5)))
        .replace("{{", "{")
        .replace("}}", "}")
        .replace("{}", CANARY)
    )
    return f"Content-Type: text/html; charset=utf-8\n\n<html><body bgcolor=white><p>本文</p>{unseen}</body></html>\n"


BINHEX = f"(This file must be converted with BinHex 4.0)\n:{CANARY}:\n"
SIGNATURE = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n"
    f"-----BEGIN PGP SIGNATURE-----\nComment: {CANARY}\n\n{CANARY}\n-----END PGP SIGNATURE-----\n"
)


def _multipart(subtype: str, boundary: str, parts: list[str], margins: tuple[str, str]) -> str:
    joined = "".join(f"--{boundary}\n{part}\n" for part in parts)
    before, after = (margin.replace("{}", CANARY) for margin in margins)
    field = f'Content-Type: multipart/{subtype}; boundary="{boundary}"; x={CANARY}'
    return f"{field}\n\n{before}{joined}--{boundary}--\n{after}"


@st.composite
def hiding_mails(draw: st.DrawFn) -> bytes:
    """A well-formed mail, so that every reader agrees about what is a body; the word is in everything that is not."""
    margins = st.tuples(st.sampled_from(MARGINS), st.sampled_from(MARGINS))
    body = draw(bodies())
    if draw(st.booleans()):
        body = _multipart(draw(st.sampled_from(("alternative", "related", "mixed"))), "inner", [body], draw(margins))
    if draw(st.booleans()):
        nested = "\n".join(["From: c@example.jp", *draw(_fields(2)), body])
        body = f"Content-Type: message/rfc822; x={CANARY}\nContent-Description: {CANARY}\n\n{nested}"
    whole = _multipart("mixed", f"b{CANARY}", [body, *draw(st.lists(files(), max_size=3))], draw(margins))
    head = ["From: A <a@example.jp>", "To: b@example.jp", "Subject: 件名", *draw(_fields(4))]
    return ("\n".join(head) + "\n" + whole).encode().replace(b"\n", b"\r\n")

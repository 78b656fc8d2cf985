"""S/MIME and PGP: signed text goes on with a note, encrypted content never does."""

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from sanitizers.model import CannotSanitize, Threat

HEAD = "From: a@example.jp\nDate: Sat, 21 Nov 2026 10:00:00 +0900\nMessage-ID: <1@example.jp>\n"
ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe signed words.\r\n"


@pytest.fixture(scope="module")
def key_and_certificate():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + dt.timedelta(days=999))
    return key, builder.sign(key, hashes.SHA256())


def signed(key_and_certificate, options) -> bytes:
    key, certificate = key_and_certificate
    builder = pkcs7.PKCS7SignatureBuilder().set_data(ENTITY).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, options)


def enveloped(key_and_certificate) -> bytes:
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(ENTITY).add_recipient(key_and_certificate[1])
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def indefinite(der: bytes) -> bytes:
    """The same object as streaming signers write it: the outer three levels without a length."""
    header = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    body = der[header:]
    oid, rest = body[:11], body[11:]
    rest = rest[2 + (rest[1] & 0x7F if rest[1] & 0x80 else 0) :]
    return b"\x30\x80" + oid + b"\xa0\x80" + rest + b"\0\0" + b"\0\0"


def smime(data: bytes) -> str:
    head = 'Content-Type: application/pkcs7-mime; name="smime.p7m"\nContent-Transfer-Encoding: base64\n\n'
    return head + base64.encodebytes(data).decode()


@pytest.mark.parametrize("kind", ["pkcs7", "pgp"])
def test_multipart_signed_is_unwrapped(clean, kind):
    signature = "application/pkcs7-signature" if kind == "pkcs7" else "application/pgp-signature"
    result = clean(
        f'{HEAD}Content-Type: multipart/signed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nThe signed words.\n'
        f"--b\nContent-Type: {signature}; name=smime.p7s\n\nMIIB\n--b--\n"
    )
    assert result.text == "The signed words."
    assert "A signature ended here." in result.notice
    assert "removed" not in result.notice


def test_opaque_signed_data_is_unwrapped(clean, key_and_certificate):
    result = clean(HEAD + smime(signed(key_and_certificate, [pkcs7.PKCS7Options.Binary])))
    assert result.text == "The signed words."
    assert "A signature ended here." in result.notice


def test_opaque_signed_data_of_indefinite_length(clean, key_and_certificate):
    der = indefinite(signed(key_and_certificate, [pkcs7.PKCS7Options.Binary]))
    assert clean(HEAD + smime(der)).text == "The signed words."


def test_enveloped_data_refuses_the_mail(clean, key_and_certificate):
    with pytest.raises(CannotSanitize) as refusal:
        clean(HEAD + smime(enveloped(key_and_certificate)))
    assert refusal.value.threat is Threat.ENCRYPTED


def test_multipart_encrypted_refuses_the_mail(clean):
    with pytest.raises(CannotSanitize) as refusal:
        clean(
            f'{HEAD}Content-Type: multipart/encrypted; boundary="b"\n\n--b\nContent-Type: application/pgp-encrypted\n\n'
            "Version: 1\n--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n"
        )
    assert refusal.value.threat is Threat.ENCRYPTED


def test_an_encrypted_part_is_blocked_and_the_rest_goes_on(clean, key_and_certificate):
    result = clean(
        f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nIn clear.\n--b\n'
        + smime(enveloped(key_and_certificate))
        + "--b--\n"
    )
    assert result.text == "In clear."
    assert result.found(Threat.ENCRYPTED)
    assert "removed: smime.p7m" in result.notice


@pytest.mark.parametrize(
    "data", [b"", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x01", b"\x24\x80" * 500]
)
def test_damaged_objects_stay_behind(clean, data):
    head = f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nIn clear.\n--b\n'
    result = clean(head + smime(data) + "--b--\n")
    assert result.text == "In clear."
    assert "removed: smime.p7m" in result.notice
    with pytest.raises(CannotSanitize) as refusal:
        clean(HEAD + smime(data))
    assert refusal.value.threat is Threat.UNSUPPORTED


SIGNED = """Before.
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

The signed words.
- -- dashes
-----BEGIN PGP SIGNATURE-----

iQEzBAEBCAAdFiEE
=abcd
-----END PGP SIGNATURE-----
After.
"""


def test_clear_signed_text_loses_its_armour(clean):
    result = clean(f"{HEAD}\n{SIGNED}")
    assert result.text == "Before.\nThe signed words.\n-- dashes\nAfter."
    assert "A signature ended here." in result.notice


MESSAGE = "-----BEGIN PGP MESSAGE-----\nVersion: X\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n"


def test_an_inline_encrypted_block_is_cut_out(clean):
    result = clean(f"{HEAD}\nBefore.\n{MESSAGE}After.\n")
    assert result.text.split() == ["Before.", "After."]
    assert result.found(Threat.ENCRYPTED)


def test_a_mail_that_is_one_encrypted_block_is_refused(clean):
    with pytest.raises(CannotSanitize) as refusal:
        clean(f"{HEAD}\n{MESSAGE}")
    assert refusal.value.threat is Threat.ENCRYPTED

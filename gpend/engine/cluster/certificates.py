"""A private certificate authority and one key pair for each role, as X.509 (RFC 5280)."""

import datetime as dt
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gpend.errors import ConfigurationError

ROLES = ("head", "scheduler", "worker")
AUTHORITY_KEY = "ca-key.pem"
YEARS = 20
_YEAR = dt.timedelta(days=365)
_HOUR = dt.timedelta(hours=1)  # clocks of machines differ


def make(folder: Path, now: dt.datetime) -> list[Path]:
    """Write the authority into `folder` and each role's files into a folder of its own there; the roles' folders.

    Raises ConfigurationError
    where a role's folder is there already: keys in use are never written over.
    """
    folders = [folder / role for role in ROLES]
    there = [place for place in folders if place.exists()]
    if there:
        raise ConfigurationError(f"{there[0]} is there already, and keys are never written over. Name another folder.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, key = _authority(folder, now)
    for place in folders:
        place.mkdir(mode=0o700)
        _write_pair(place, authority, key, now)
    return folders


def days_left(folder: Path, now: dt.datetime) -> int:
    """How long the certificate of a role still holds. Raises OSError, and ValueError where it is none."""
    return (x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes()).not_valid_after_utc - now).days


def _authority(folder: Path, now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("gpend's own authority")
    certificate = (
        _begun(name, name, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.pem", _pem(certificate), 0o644)
    _write(folder / AUTHORITY_KEY, _private(key), 0o600)
    return certificate, key


def _write_pair(
    place: Path, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begun(_name(f"gpend {place.name}"), authority.subject, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    _write(place / "ca.pem", _pem(authority), 0o644)
    _write(place / "cert.pem", _pem(certificate), 0o644)
    _write(place / "key.pem", _private(key), 0o600)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _HOUR)
        .not_valid_after(now + YEARS * _YEAR)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)

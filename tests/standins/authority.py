"""A made-up certificate authority, and a server's TLS by it, as behind a company's proxy."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ISSUER = "Example Corp Proxy CA"


def authority(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on 127.0.0.1 speaks TLS by, and the CA file that proves it."""
    ca_key, ca = _certificate(ISSUER, None, None)
    key, leaf = _certificate("127.0.0.1", ca_key, ca)
    bundle, chain = folder / "ca.pem", folder / "server.pem"
    pem = serialization.Encoding.PEM
    bundle.write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + leaf.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, bundle


def _certificate(
    name: str, by: ec.EllipticCurvePrivateKey | None, issuer: x509.Certificate | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now, authority_too = datetime.now(UTC), issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority_too, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not authority_too:
        here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        local = x509.DNSName("localhost")
        names = x509.SubjectAlternativeName([here, local])
        builder = builder.add_extension(names, critical=False)
    return key, builder.sign(by or key, hashes.SHA256())

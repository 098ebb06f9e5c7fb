"""HTTPS beside HTTP: a certificate made at the start and thrown away with the process.

It is its own authority and names the vendors' hosts, so that a client whose address is fixed can be redirected here and
still checks the certificate. Its private key is never left on disk.
"""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = (
    "localhost",
    "*.salesforce.com",
    "*.my.salesforce.com",
    "*.mailchimp.com",
    "*.api.mailchimp.com",
)
VALID = timedelta(days=1)


def server_context(address: str, certificate: Path) -> ssl.SSLContext:
    """A new key and certificate for this server.

    Args:
        address: IP address that the server listens on.
        certificate: where the certificate is written, PEM, for clients to trust; its folder exists afterwards.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = _certificate(key, address, certificate.stem).public_bytes(serialization.Encoding.PEM)
    certificate.parent.mkdir(parents=True, exist_ok=True)
    certificate.write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as both:  # readable by this user alone
        both.write(private + public)
        both.flush()
        context.load_cert_chain(both.name)
    return context


def _certificate(key: ec.EllipticCurvePrivateKey, address: str, server: str) -> x509.Certificate:
    # A client that trusts both servers finds the authority by this name, so they differ.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sandbox {server}")])
    now = datetime.now(UTC)  # clients compare with the machine's clock, not with the sandbox's
    names = [*map(x509.DNSName, NAMES), x509.IPAddress(ip_address(address))]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )

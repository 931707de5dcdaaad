"""What is to be certified, in the words of openssl's configuration file: pure."""

from dataclasses import dataclass
from typing import Literal

from host.certificates.authority import Authority

AUTHORITY = """\
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
_LEAF = """\
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""
_CONFIGURATION = """\
[req]
prompt = no
distinguished_name = subject
[subject]
CN = {name}
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = any
rand_serial = yes
email_in_dn = no
[any]
commonName = supplied
[extensions]
{extensions}"""


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A certificate of a server or of a client, and the Kubernetes Secret that it is kept in."""

    secret: str
    name: str
    """The subject's common name: of a client, the database user."""
    usage: Literal["serverAuth", "clientAuth"]
    hosts: tuple[str, ...] = ()
    """By which names clients may reach a server."""

    @property
    def extensions(self) -> str:
        """What the certificate says of itself."""
        hosts = ",".join(f"DNS:{host}" for host in self.hosts)
        return _LEAF.format(usage=self.usage) + (f"subjectAltName = {hosts}\n" if hosts else "")


def subject(authority: Authority, system: str) -> str:
    """The authority's common name; two of one system differ, so that a chain tells them apart."""
    return f"{system} authority {authority.id}"


def configuration(*, name: str, extensions: str, folder: str) -> str:
    """The file for `openssl req` and `openssl ca`, which work in `folder`."""
    return _CONFIGURATION.format(name=name, extensions=extensions, folder=folder)

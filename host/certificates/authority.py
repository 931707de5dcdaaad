"""The authority's key, made from a secret, and which of two authorities signs: pure.

What always holds:

* The same secret gives the same key, on both sites, after every loss and every new deployment. So
  the sites trust each other without having talked, and no key is ever handed over or written down.
* Two authorities are trusted together from the moment that the next one is named. The old one signs
  until `signs_from`, so that clients have the time to fetch the new certificate, and stays trusted
  until the last certificate that it signed has expired.
"""

import base64
import hmac
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from host.errors import Failed

LEAF_VALID = timedelta(days=90)
"""What CloudNativePG gives its own (v1.30.0 internal/configuration, CertificateDuration)."""
_LEAST_SEED = 32
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group P-256 (NIST SP 800-186, 3.2.1.3). Not Ed25519: its signatures name no hash, and
without one SCRAM cannot bind a password to the certificate (RFC 5929, section 4.1)."""
_BEFORE_KEY = bytes.fromhex("30310201010420")
_AFTER_KEY = bytes.fromhex("a00a06082a8648ce3d030107")
"""RFC 5915: version 1, the 32 bytes of the key, the curve by name; OpenSSL adds the public key."""
_UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(OverflowError, RecursionError),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of the secret."""

    seed: str = field(repr=False)
    signs_from: datetime

    @classmethod
    def parse(cls, text: str | None, secret: str) -> "Version":
        """Read one.

        Raises:
            Failed: where it is not JSON with a long `seed` and a moment `signs_from`.
        """
        try:
            return cls._of(json.loads(text or ""))
        except _UNREADABLE:
            raise Failed(
                f"the secret {secret} is not JSON with a seed of {_LEAST_SEED} characters or more "
                "and a moment signs_from - restore its version AWSPREVIOUS, then repeat"
            ) from None

    @classmethod
    def _of(cls, document: Any) -> "Version":
        seed, moment = document["seed"], datetime.fromisoformat(document["signs_from"])
        if len(seed.encode()) < _LEAST_SEED or moment.tzinfo is None:
            raise ValueError(document.keys())
        signs_from = moment.astimezone(UTC)
        # A moment at the end of all times has no "until" after it.
        _ = signs_from + LEAF_VALID
        return cls(seed=seed, signs_from=signs_from)

    @classmethod
    def readable(cls, text: str | None, secret: str) -> "Version | None":
        """The same for a version that one can do without: None, and a line in the log."""
        try:
            return cls.parse(text, secret)
        except Failed as failed:
            _log.error("the version before does not count: %s", failed)
            return None


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A key that signs, and the public name that tells it from another."""

    id: str
    key: str = field(repr=False)
    """PEM."""

    @classmethod
    def of(cls, seed: str) -> "Authority":
        """The authority that a secret stands for."""
        secret = seed.encode()
        wide = int.from_bytes(hmac.digest(secret, b"pgtwin authority, key 1", "sha512"))
        number = (wide % (_ORDER - 1) + 1).to_bytes(32)
        name = hmac.digest(secret, b"pgtwin authority, name 1", "sha256").hex()[:16]
        return cls(id=name, key=_pem(_BEFORE_KEY + number + _AFTER_KEY))


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Who signs now, and who is believed."""

    signing: Authority
    trusted: tuple[Authority, ...]
    """Who signs comes first: the operator looks at the first one alone when it asks whether the
    authority expires (cloudnative-pg v1.30.0 internal/controller/cluster_pki.go)."""
    rotating_until: datetime | None
    """Until when two are trusted; None where there is one."""


def trust(current: Version, before: Version | None, now: datetime) -> Trust:
    """What the two newest versions of the secret mean at a moment."""
    new = Authority.of(current.seed)
    until = current.signs_from + LEAF_VALID
    if before is None or now >= until:
        return Trust(signing=new, trusted=(new,), rotating_until=None)
    old = Authority.of(before.seed)
    order = (old, new) if now < current.signs_from else (new, old)
    return Trust(signing=order[0], trusted=order, rotating_until=until)


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----", ""))

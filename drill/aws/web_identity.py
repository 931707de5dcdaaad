"""What STS finds out about a token of a web identity: who vouches for whom, and to whom. Pure.

STS API reference, AssumeRoleWithWebIdentity, and IAM user guide, "Create an OpenID Connect (OIDC)
identity provider in IAM". Keys are fetched each time, as after a rotation at the latest. Not here:
algorithms but RS256, with which Kubernetes signs by an RSA key; thumbprints, which do not count
where the documents are in S3; a token's `azp`, which Kubernetes does not write.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Published = Callable[[str], bytes | None]
"""What anybody gets at a URL; None where nobody gets anything."""
_DISCOVERY = "/.well-known/openid-configuration"
_CLAIMS = ("iss", "aud", "sub", "iat", "exp")


class IdentityRefused(Exception):  # noqa: N818 (what happened)
    """STS says no; `code` is the error that clients see."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Of whom a token is. `issuer` has no scheme, as in names of providers and of conditions."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]

    def context(self) -> dict[str, tuple[str, ...]]:
        """The condition keys of a trust policy."""
        return {f"{self.issuer}:aud": self.audiences, f"{self.issuer}:sub": (self.subject,)}


def identify(
    token: str, *, providers: Mapping[str, tuple[str, ...]], published: Published, now: float
) -> Identity:
    """Of whom this token is; `providers` are the account's: the audiences of each by its URL.

    Raises:
        IdentityRefused: where STS would not take it.
    """
    header, claims, signed, signature = _parts(token)
    missing = [name for name in _CLAIMS if name not in claims]
    if missing:
        raise IdentityRefused("InvalidIdentityToken", f"Missing a required claim: {missing[0]}")
    url = str(claims["iss"])
    issuer = url.removeprefix("https://")
    if issuer == url or issuer not in providers:
        raise IdentityRefused("InvalidIdentityToken", f"No OpenIDConnect provider found for {url}")
    keys = _keys(url, published)
    if not any(_signed_by(key, header, signed, signature) for key in keys):
        unknown = "The token's signature is not by a published key"
        raise IdentityRefused("InvalidIdentityToken", unknown)
    _in_time(claims, now)
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    known = tuple(each for each in audiences if each in providers[issuer])
    if not known:
        raise IdentityRefused("InvalidIdentityToken", "Incorrect token audience")
    return Identity(issuer=issuer, subject=str(claims["sub"]), audiences=known)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        head, body, signature = token.split(".")
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
        parts = dict(header), dict(claims), f"{head}.{body}".encode(), _decoded(signature)
    except (ValueError, TypeError, binascii.Error):
        raise IdentityRefused("InvalidIdentityToken", "The token is not a JWT") from None
    return parts


def _keys(issuer: str, published: Published) -> list[dict[str, Any]]:
    """The keys by which an issuer signs; the documents have to agree on who that is."""
    try:
        discovery = json.loads(published(f"{issuer}{_DISCOVERY}") or b"")
        if discovery["issuer"] != issuer:
            raise ValueError(discovery["issuer"])
        return list(json.loads(published(discovery["jwks_uri"]) or b"")["keys"])
    except (ValueError, TypeError, KeyError):
        why = "Couldn't retrieve verification key from your identity provider"
        raise IdentityRefused("InvalidIdentityToken", why) from None


def _signed_by(
    key: Mapping[str, Any], header: Mapping[str, Any], signed: bytes, signature: bytes
) -> bool:
    if (key.get("kty"), header.get("alg")) != ("RSA", "RS256"):
        return False
    if key.get("kid") != header.get("kid"):
        return False
    try:
        modulus, exponent = (int.from_bytes(_decoded(key[name])) for name in ("n", "e"))
        public = rsa.RSAPublicNumbers(e=exponent, n=modulus).public_key()
        public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    if now >= float(claims["exp"]):
        raise IdentityRefused("ExpiredTokenException", f"Token expired: it is {now:.0f}")
    if now < float(claims.get("nbf", claims["iat"])):
        raise IdentityRefused("InvalidIdentityToken", f"The token counts later: it is {now:.0f}")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

"""The tokens of service accounts, and the two documents by which others verify them.

As kube-apiserver makes them with an RSA key, which is k3s' (kubernetes v1.36 pkg/serviceaccount:
claims.go, jwt.go `keyIDFromPublicKey`, openidmetadata.go). Not here: tokens of Secrets, which name
no audience and never end.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DISCOVERY_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/openid/v1/jwks"
_BITS = 2048


class TokenIssuer:
    """One cluster, as the issuer of its service accounts' tokens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._key_id = _encoded(hashlib.sha256(der).digest())
        self._numbers = public.public_numbers()

    def discovery(self) -> dict[str, Any]:
        """The document at `DISCOVERY_PATH`."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}{KEYS_PATH}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """The document at `KEYS_PATH`."""
        key = {
            "use": "sig",
            "kty": "RSA",
            "kid": self._key_id,
            "alg": "RS256",
            "n": _encoded(self._numbers.n.to_bytes(_BITS // 8)),
            "e": _encoded(self._numbers.e.to_bytes(3)),
        }
        return {"keys": [key]}

    def token(
        self, *, namespace: str, account: str, audiences: Sequence[str], now: float, seconds: int
    ) -> str:
        """A token of a service account, as a projected volume has it."""
        return self.sign(
            {
                "aud": list(audiences),
                "exp": int(now) + seconds,
                "iat": int(now),
                "iss": self.url,
                "jti": str(uuid.uuid4()),
                "kubernetes.io": {
                    "namespace": namespace,
                    "serviceaccount": {"name": account, "uid": str(uuid.uuid4())},
                },
                "nbf": int(now),
                "sub": f"system:serviceaccount:{namespace}:{account}",
            }
        )

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        header = {"alg": "RS256", "kid": self._key_id}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")

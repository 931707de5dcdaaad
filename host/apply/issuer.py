"""The two public documents by which AWS verifies the tokens of this site's pods.

What always holds: a Cluster is applied only after whoever has no credentials could read both as
they have to be. Kubernetes keeps the keys in its datastore, so they are those of every server, of a
replaced and of a restored one.
"""

import json
import logging
from typing import Any

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.site import Site

KEYS = "openid/v1/jwks"
_log = logging.getLogger(__name__)


def publish(site: Site, kubectl: Kubectl) -> None:
    """Write what is not there yet, and read it back as AWS does.

    Raises:
        Failed: where the public does not get what was written.
    """
    issuer = site.document.issuer
    if issuer is None:
        return
    aws, bucket = site.machine.aws, issuer.removeprefix("https://").partition(".")[0]
    public = aws.anybody("s3")
    for key, text in _documents(issuer, kubectl.done("get", "--raw", f"/{KEYS}")).items():
        if _read(public, bucket, key) == text:
            continue
        aws.client("s3").put_object(
            Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json"
        )
        _log.info("published %s/%s", issuer, key)
        if _read(public, bucket, key) != text:
            raise Failed(
                f"the public does not get {issuer}/{key} as it was written; the Cluster was left "
                "as it is - run: pgtwin doctor"
            )


def _documents(issuer: str, keys: str) -> dict[str, str]:
    """By their keys in the bucket: what describes the issuer, and the public keys that it names.

    OpenID Connect Discovery 1.0, section 3, with what kubernetes says of itself
    (pkg/serviceaccount/openidmetadata.go) but where the keys are.
    """
    discovery = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/{KEYS}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return {KEYS: keys, ".well-known/openid-configuration": json.dumps(discovery)}


def _read(public: Any, bucket: str, key: str) -> str | None:
    """What everybody gets; None where S3 gives nothing."""
    from botocore.exceptions import ClientError

    try:
        content: bytes = public.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError:
        return None
    return content.decode(errors="replace")

"""The Kubernetes Secrets with this site's certificates, and when they have to be recreated: pure.

Each says in its annotations what it was made of, so that nothing has to read a certificate.
"""

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta

from host.bundle.site_document import SiteDocument
from host.certificates.authority import Trust
from host.certificates.certificate import Leaf
from host.certificates.issuing import Issued
from host.kubernetes.credentials import RELOAD
from host.kubernetes.kubectl import Object

AUTHORITY = "authority"
SERVER_TLS = "server-tls"
STREAMING_TLS = "streaming-replica-tls"
STREAMING_USER = "streaming_replica"
"""Whom the operator lets replicate, by certificate alone (cloudnative-pg v1.30.0 api/v1)."""
POOLER_END, POOLER_USER = "-pooler", "cnpg_pooler_pgbouncer"
"""The operator would issue this one itself for a Pooler, and do nothing more for the Cluster where
it has no key of the authority to do so; it leaves alone what it finds (cloudnative-pg v1.30.0
internal/controller/cluster_create.go, reconcilePoolerSecrets)."""
ISSUED_BY, ENDS, HOSTS = "pgtwin/issued-by", "pgtwin/ends", "pgtwin/hosts"
RENEW_BEFORE = timedelta(days=30)
"""`apply` runs every hour, so a month of failures passes before one expires; the alarm comes 5 days
before."""
_RENEW_AUTHORITY_BEFORE = timedelta(days=365)
_END = "-----END CERTIFICATE-----\n"


def leaves(document: SiteDocument) -> tuple[Leaf, ...]:
    """What this site's PostgreSQL is certified for."""
    return (
        Leaf(
            secret=SERVER_TLS,
            name=document.server_names[0],
            usage="serverAuth",
            hosts=document.server_names,
        ),
        Leaf(secret=STREAMING_TLS, name=STREAMING_USER, usage="clientAuth"),
        Leaf(secret=f"{document.cluster}{POOLER_END}", name=POOLER_USER, usage="clientAuth"),
    )


def is_authority_due(live: Object | None, trust: Trust, now: datetime) -> bool:
    """Whether the bundle of trusted certificates has to be recreated."""
    wanted = {ISSUED_BY: _ids(trust)}
    return not _says(live, wanted) or not _lasts(live, now + _RENEW_AUTHORITY_BEFORE)


def is_leaf_due(live: Object | None, leaf: Leaf, trust: Trust, now: datetime) -> bool:
    """Whether a leaf has to be reissued."""
    wanted = {ISSUED_BY: trust.signing.id, HOSTS: ",".join(leaf.hosts)}
    return not _says(live, wanted) or not _lasts(live, now + RENEW_BEFORE)


def authority_secret(namespace: str, trust: Trust, issued: Iterable[Issued]) -> Object:
    """The bundle; `issued` is in the order of `trust.trusted`."""
    certificates = tuple(issued)
    return {
        **_secret(AUTHORITY, namespace, {ISSUED_BY: _ids(trust)}, min(_ends(certificates))),
        "type": "Opaque",
        "data": {"ca.crt": _base64("".join(each.certificate for each in certificates))},
    }


def leaf_secret(namespace: str, leaf: Leaf, trust: Trust, issued: Issued) -> Object:
    """A leaf with its key."""
    made_of = {ISSUED_BY: trust.signing.id, HOSTS: ",".join(leaf.hosts)}
    return {
        **_secret(leaf.secret, namespace, made_of, issued.ends),
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": _base64(issued.certificate), "tls.key": _base64(issued.key)},
    }


def bundle(secret: Object) -> str:
    """The certificates that the Secret of the authority holds, as PEM."""
    return base64.b64decode(secret["data"]["ca.crt"]).decode()


def first(bundle: str) -> str:
    """Who signs: the first certificate of a bundle."""
    return bundle.partition(_END)[0] + _END


def _secret(name: str, namespace: str, made_of: dict[str, str], ends: datetime) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {RELOAD: "true"},
            "annotations": {**made_of, ENDS: ends.isoformat()},
        },
    }


def _says(live: Object | None, wanted: dict[str, str]) -> bool:
    annotations = ((live or {}).get("metadata") or {}).get("annotations") or {}
    return bool((live or {}).get("data")) and wanted.items() <= annotations.items()


def _lasts(live: Object | None, moment: datetime) -> bool:
    annotations = ((live or {}).get("metadata") or {}).get("annotations") or {}
    try:
        return datetime.fromisoformat(annotations[ENDS]) > moment
    except (KeyError, ValueError, TypeError):
        return False


def _ids(trust: Trust) -> str:
    return ",".join(each.id for each in trust.trusted)


def _ends(issued: Iterable[Issued]) -> list[datetime]:
    return [each.ends for each in issued]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

"""Keeps this site's certificates as the authority's secret says, and publishes whom to trust.

What always holds:

* The bundle of trusted certificates changes before any leaf does: whoever meets a new leaf can
  check it.
* Nothing here needs the other site or its region. Each site derives the keys from its own region's
  copy of the secret.
* What is published is what this site trusts, so clients of both sites may take either copy.
"""

import logging
from datetime import datetime
from typing import Any

from host.certificates import tls_secrets
from host.certificates.authority import Trust, Version, trust
from host.certificates.issuing import issue_authority, issue_leaf
from host.kubernetes.kubectl import Kubectl, Object
from host.site import Site

_log = logging.getLogger(__name__)


def keep_certificates(site: Site, kubectl: Kubectl, *, renew: bool = False) -> dict[str, Any]:
    """Issue what is due, with `renew` every leaf; what was done, as JSON."""
    now = site.machine.clock.now()
    believed = trust(*_versions(site), now)
    bundle = _keep_authority(site, kubectl, believed, now)
    issued = []
    for leaf in tls_secrets.leaves(site.document):
        if not renew and not tls_secrets.is_leaf_due(
            _live(site, kubectl, leaf.secret), leaf, believed, now
        ):
            continue
        made = issue_leaf(
            site.machine, leaf, by=believed.signing, certificate=tls_secrets.first(bundle)
        )
        kubectl.apply(tls_secrets.leaf_secret(site.document.namespace, leaf, believed, made))
        _log.info("issued %s until %s", leaf.secret, made.ends)
        issued.append(leaf.secret)
    _publish(site, bundle)
    until = believed.rotating_until
    return {
        "authority": believed.signing.id,
        "trusted": [each.id for each in believed.trusted],
        "rotating_until": until.isoformat() if until else None,
        "issued": issued,
    }


def _keep_authority(site: Site, kubectl: Kubectl, believed: Trust, now: datetime) -> str:
    live = _live(site, kubectl, tls_secrets.AUTHORITY)
    if live is not None and not tls_secrets.is_authority_due(live, believed, now):
        return tls_secrets.bundle(live)
    made = [issue_authority(site.machine, each, site.document.system) for each in believed.trusted]
    secret = tls_secrets.authority_secret(site.document.namespace, believed, made)
    kubectl.apply(secret)
    _log.info("trusted from now on: %s", secret["metadata"]["annotations"][tls_secrets.ISSUED_BY])
    return tls_secrets.bundle(secret)


def _live(site: Site, kubectl: Kubectl, name: str) -> Object | None:
    return kubectl.get("secrets", name, "-n", site.document.namespace)


def _versions(site: Site) -> tuple[Version, Version | None]:
    from botocore.exceptions import ClientError

    name = site.document.secrets.authority
    client = site.machine.aws.client("secretsmanager", site.document.region)
    current = client.get_secret_value(SecretId=name).get("SecretString")
    try:
        before = client.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
            raise
        return Version.parse(current, name), None
    return Version.parse(current, name), Version.readable(before.get("SecretString"), name)


def _publish(site: Site, bundle: str) -> None:
    name = site.document.parameters.authority
    ssm = site.machine.aws.client("ssm", site.document.region)
    if _published(ssm, name) != bundle:
        ssm.put_parameter(Name=name, Value=bundle, Type="String", Overwrite=True)


def _published(ssm: Any, name: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterNotFound":
            raise
        return None

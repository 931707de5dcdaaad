"""From a topology to the manifests of a site.

The charts never see a CDK token: the same files are made with and without the CDK, and the bundle's
hash depends on nothing but them. The account id is the one thing not known here.
"""

import re
from pathlib import Path

import cdk8s

from charts.cert_manager import CertManager
from charts.cloudnative_pg import CloudNativePg
from charts.cluster import Cluster
from charts.dump_job import DumpJob
from charts.dump_restore import DumpRestore
from charts.monitoring import Monitoring
from charts.namespaces import Namespaces
from charts.network_policies import NetworkPolicies
from charts.object_stores import ObjectStores
from charts.plugin_barman_cloud import PluginBarmanCloud
from charts.pooler import Pooler
from charts.scheduled_backup import ScheduledBackup
from charts.storage_class import StorageClass
from topology.names import ACCOUNT_PLACEHOLDER
from topology.site import SiteName
from topology.topology import Topology

_FOREIGN = re.compile(r"\$\{Token|__[A-Z][A-Z0-9_]*__")


class Impure(Exception):  # noqa: N818 (an adjective that reads well where it is raised)
    """A manifest holds a CDK token or a placeholder that nobody replaces."""


def synthesize(topology: Topology, site: SiteName, directory: Path) -> tuple[Path, ...]:
    """Write the manifests of `site` into `directory`, the same bytes for the same topology.

    YAML files that an earlier run left there are removed.

    Raises:
        Impure: when a CDK token or an unknown placeholder is left; nothing usable was written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.yaml"):
        stale.unlink()
    app = cdk8s.App(
        outdir=str(directory),
        output_file_extension=".yaml",
        yaml_output_type=cdk8s.YamlOutputType.FILE_PER_CHART,
    )
    _add_charts(app, topology, site)
    app.synth()
    paths = tuple(sorted(directory.glob("*.yaml")))
    for path in paths:
        refuse_foreign(path.name, path.read_text(encoding="utf-8"))
    return paths


def refuse_foreign(name: str, manifest: str) -> None:
    """Refuse a manifest with anything in it that only another program could resolve.

    Raises:
        Impure: naming the file, the line and what was found.
    """
    for number, line in enumerate(manifest.splitlines(), start=1):
        for found in _FOREIGN.findall(line):
            if found != ACCOUNT_PLACEHOLDER:
                raise Impure(
                    f"{name}, line {number}: {found} is left; only {ACCOUNT_PLACEHOLDER} is allowed"
                )


def _add_charts(app: cdk8s.App, topology: Topology, site: SiteName) -> None:
    versions = topology.versions
    CertManager(app, "10-cert-manager", version=versions.chart_cert_manager)
    CloudNativePg(app, "11-cloudnative-pg", version=versions.chart_cloudnative_pg)
    PluginBarmanCloud(
        app,
        "12-plugin-barman-cloud",
        version=versions.chart_plugin_barman_cloud,
        plugin=versions.plugin_barman_cloud,
    )
    Namespaces(app, "20-namespace")
    StorageClass(app, "21-storage-class")
    pooled = topology.database.pooler_instances > 0
    NetworkPolicies(
        app,
        "30-network-policies",
        site=topology.site(site),
        pooler=pooled,
        streams_from=topology.stream_of(site),
    )
    ObjectStores(app, "40-object-stores", topology=topology, site=site)
    Cluster(app, "50-cluster", topology=topology, site=site)
    ScheduledBackup(app, "60-scheduled-backup", topology=topology, site=site)
    DumpJob(app, "61-dump", topology=topology, site=site)
    DumpRestore(app, "62-dump-restore", topology=topology, site=site)
    if pooled:
        Pooler(app, "70-pooler", topology=topology, site=site)
    Monitoring(app, "90-monitoring", topology=topology, site=site)

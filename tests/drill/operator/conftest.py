"""Two sites of the operator: the synthesised manifests, real PostgreSQL, S3 in this process."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import yaml
from moto.server import ThreadedMotoServer

from charts.manifests import synthesize
from charts.server_names import server_names
from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.objects.known_resources import CHART_RESOURCES
from drill.kubernetes.objects.resource_table import crd_of
from drill.operator.operator import Operator
from drill.operator.processes import Processes
from drill.stream.region_path import RegionPath
from drill.waiting import wait_for
from tests import certificates
from topology.load import load
from topology.names import POSTGRES_NAMESPACE
from topology.site import SITES, SiteName
from topology.topology import Topology

ACCOUNT = "123456789012"
HEALTHY = "Cluster in healthy state"


@dataclass(frozen=True, kw_only=True)
class OneEndpoint:
    """Machines that reach the one S3, with credentials that anyone may use."""

    endpoint: str
    database_nodes: tuple[str, ...] = ("agent-1", "agent-2", "agent-3")
    admit_clients: bool = True
    paths: Mapping[str, RegionPath] = field(default_factory=dict)

    def route(self, host: str) -> int | None:
        path = self.paths.get(host)
        return path.port if path else None

    def environment(self, node: str) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": node,
            "AWS_SECRET_ACCESS_KEY": "test",
        }


@dataclass(frozen=True, kw_only=True)
class SiteUnderTest:
    """One site: its API, its operator, and the manifests that it can be given."""

    api: ClusterApi
    operator: Operator
    cluster: str
    manifests: Path

    def apply(self, name: str, change: Callable[[Any], None] | None = None) -> None:
        """Apply the file of this number, every object of it changed first."""
        (path,) = self.manifests.glob(f"{name}-*.yaml")
        text = path.read_text(encoding="utf-8").replace("__ACCOUNT_ID__", ACCOUNT)
        for item in yaml.safe_load_all(text):
            if change:
                change(item)
            self.api.apply(item)

    def status(self) -> dict[str, Any]:
        found = self.api.get("Cluster", self.cluster)
        return dict(found.get("status", {})) if found else {}

    def patch_replica(self, **replica: str | None) -> None:
        self.api.patch("Cluster", self.cluster, {"spec": {"replica": replica}})

    def execute(self, sql: str) -> None:
        """Change something on the primary."""
        controller = self.operator.controller(self.cluster)
        assert controller is not None
        assert controller.primary is not None
        controller.primary.query(sql, "app_db")

    def value(self, sql: str) -> Any:
        """What the primary answers; None while it does not, or has no such table yet."""
        controller = self.operator.controller(self.cluster)
        if controller is None or controller.primary is None:
            return None
        try:
            return controller.primary.value(sql, "app_db")
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return None

    def wait_until_healthy(self, within_seconds: float = 90) -> None:
        wait_for(
            lambda: self.status().get("phase") == HEALTHY,
            within_seconds,
            f"{self.cluster} to be healthy, it says {self.status()}",
        )

    def wait_for_backup(self, within_seconds: float = 60) -> dict[str, Any]:
        def finished() -> list[dict[str, Any]]:
            backups = [each.get("status", {}) for each in self.api.list("Backup")]
            return [each for each in backups if each.get("phase") in ("completed", "failed")]

        wait_for(lambda: bool(finished()), within_seconds, "a backup to end")
        return finished()[-1]


Sites = dict[SiteName, SiteUnderTest]


@pytest.fixture(scope="session")
def quick_topology() -> Topology:
    """The default system with WAL archived every five seconds instead of every minute."""
    topology = load(Path("config/default.yaml"))
    parameters = {**topology.database.parameters, "archive_timeout": "5s"}
    parameters["wal_retrieve_retry_interval"] = "1s"
    database = topology.database.model_copy(
        update={"archive_timeout_seconds": 5, "parameters": parameters}
    )
    return topology.model_copy(update={"database": database})


@pytest.fixture(scope="session")
def manifests(
    quick_topology: Topology, tmp_path_factory: pytest.TempPathFactory
) -> dict[SiteName, Path]:
    folder = tmp_path_factory.mktemp("manifests")
    for site in SITES:
        synthesize(quick_topology, site, folder / site)
    return {site: folder / site for site in SITES}


@pytest.fixture(scope="session")
def s3_endpoint(quick_topology: Topology) -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_endpoint: str, quick_topology: Topology) -> Iterator[Any]:
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    buckets = [
        quick_topology.names.bucket(quick_topology.site(name).bucket, ACCOUNT) for name in SITES
    ]
    for bucket in buckets:
        client.create_bucket(Bucket=bucket)
    yield client
    for bucket in buckets:
        for entry in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            client.delete_object(Bucket=bucket, Key=entry["Key"])
        client.delete_bucket(Bucket=bucket)


@pytest.fixture(scope="session")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """What starts the Python programs of all sites."""
    with Processes(tmp_path_factory.mktemp("warmed")) as running:
        yield running


@pytest.fixture
def processes(tmp_path: Path, warmed: Processes) -> Iterator[Processes]:
    with Processes(tmp_path / "machines", warmed=warmed) as running:
        yield running


@pytest.fixture
def paths() -> Iterator[dict[str, RegionPath]]:
    """The ways between the regions by host name; a test that streams lays them."""
    laid: dict[str, RegionPath] = {}
    yield laid
    for path in laid.values():
        path.close()


@pytest.fixture
def sites(
    s3_endpoint: str,
    s3: Any,
    processes: Processes,
    manifests: dict[SiteName, Path],
    quick_topology: Topology,
    tmp_path: Path,
    paths: dict[str, RegionPath],
) -> Iterator[Sites]:
    """Both sites with their namespaces, secrets and stores, and no database yet."""
    with tempfile.TemporaryDirectory(prefix="pgtwin-") as sockets:
        made: Sites = {}
        for name in SITES:
            api = _api()
            for secret in certificates.secrets(
                tmp_path / "certified", hosts=server_names(quick_topology, name)
            ).values():
                api.apply(secret)
            operator = Operator(
                api=api,
                namespace=POSTGRES_NAMESPACE,
                machines=OneEndpoint(endpoint=s3_endpoint, paths=paths),
                directory=processes.directory / name,
                sockets=Path(sockets),
                processes=processes,
            )
            site = SiteUnderTest(
                api=api,
                operator=operator,
                cluster=quick_topology.site(name).cluster,
                manifests=manifests[name],
            )
            site.apply("40")
            operator.start()
            made[name] = site
        yield made
        for site in made.values():
            site.operator.kill()
            site.api.close()


@pytest.fixture
def twin(sites: Sites) -> Sites:
    """Both sites up: the writer with its first base backup, and the DR site following it."""
    sites["primary"].apply("50")
    sites["primary"].apply("60")
    sites["primary"].wait_until_healthy()
    assert sites["primary"].wait_for_backup()["phase"] == "completed"
    sites["dr"].apply("50")
    sites["dr"].wait_until_healthy()
    return sites


def _api() -> ClusterApi:
    api = ClusterApi()
    for resources in CHART_RESOURCES.values():
        for resource in resources:
            api.create(crd_of(resource))
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": POSTGRES_NAMESPACE}})
    for user in ("app_user", "dump_user"):
        api.create(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": user.replace("_", "-"), "namespace": POSTGRES_NAMESPACE},
                "type": "kubernetes.io/basic-auth",
                "stringData": {"username": user, "password": f"of {user}"},
            }
        )
    return api

"""One site of two, from the stacks' own bundle, in front of the drill's Kubernetes API and moto.

Everything that the host program talks to is here, and a test can end a run at any of its effects.
"""

import hashlib
import json
import zipfile
from argparse import Namespace
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.k3s.deploy_controller import DeployController
from drill.kubernetes.k3s.helm_controller import ChartDelays, HelmController
from drill.kubernetes.k3s.helm_job import CONTROL_PLANE
from drill.operator.scripted.operator import ScriptedDelays, ScriptedOperator
from drill.sites.packet_filter import PacketFilter
from host.certificates.tls_secrets import ENDS
from host.machine.machine import Machine, Result
from host.machine.rooted_files import RootedFiles
from host.site import Site
from host.verbs.apply import run as run_apply
from stacks.build_bundle import build_bundle
from tests.host.site.edges import ACCOUNT, FixedImds, InProcessAws, SkippingClock
from tests.host.site.server_shell import ServerShell
from topology.names import PHYSICAL_PREFIXES
from topology.site import SITES, SiteName
from topology.topology import Topology

ASSETS = "assets"
KINDS = (
    *("Namespace", "StorageClass", "NetworkPolicy", "ConfigMap", "Secret", "ObjectStore"),
    *("Cluster", "ScheduledBackup", "CronJob", "PodMonitor", "PrometheusRule"),
)
WRITES = ("apply", "create", "patch", "delete", "exec")
DELAYS = ScriptedDelays(look_seconds=0.02, backup_seconds=0)
NOTHING = Namespace()


class Killed(BaseException):
    """The machine lost its power at this very call."""


@dataclass
class Power:
    """Counts the effects of a run; ends it before effect number `until` takes place.

    Reads are not counted: a cut before one leaves what a cut before the next effect leaves.
    """

    effects: int = 0
    until: int | None = None

    def before_effect(self) -> None:
        self.effects += 1
        if self.until is not None and self.effects >= self.until:
            raise Killed


class CountedShell:
    """A shell whose every write may be the last one."""

    def __init__(self, shell: ServerShell, power: Power) -> None:
        self._shell = shell
        self._power = power

    def run(self, argv: Any, *, stdin: str | None = None, timeout_seconds: float = 120) -> Result:
        if argv[0] == "kubectl" and argv[1] in WRITES and "--dry-run=server" not in argv:
            self._power.before_effect()
        return self._shell.run(argv, stdin=stdin, timeout_seconds=timeout_seconds)


class World:
    """The site `name`, with or without its operators at work."""

    def __init__(self, topology: Topology, name: SiteName, folder: Path) -> None:
        self.topology = topology
        self.name = name
        self.region = topology.site(name).region
        self.folder = folder
        self.power = Power()
        self.clock: Any = SkippingClock()
        self.api = ClusterApi()
        self.packet_filter = PacketFilter(folder / "root")
        self.shell = ServerShell(self.api, self.packet_filter)
        self.files = RootedFiles(str(folder / "root"))
        self._closing: list[Callable[[], None]] = [self.api.close]

    def close(self) -> None:
        for close in reversed(self._closing):
            close()

    def client(self, service: str, site: SiteName | None = None) -> Any:
        """A client of a test's own, not counted."""
        return InProcessAws(self.topology.site(site or self.name).region).client(service)

    def deploy(self, topology: Topology | None = None, *, without: tuple[str, ...] = ()) -> str:
        """Build the bundle, upload it and point at it; its hash. `without`: kinds left out."""
        content = _bundle(topology or self.topology, self.name, self.folder, without)
        sha256 = hashlib.sha256(content).hexdigest()
        self.client("s3").put_object(Bucket=f"{ASSETS}-{self.name}", Key=sha256, Body=content)
        pointer = {"bucket": f"{ASSETS}-{self.name}", "key": sha256, "sha256": sha256}
        self.put_parameter(
            self.topology.names.bundle_parameter(self.name), json.dumps(pointer), self.name
        )
        return sha256

    def put_parameter(self, name: str, value: str, site: SiteName) -> None:
        self.client("ssm", site).put_parameter(
            Name=name, Value=value, Type="String", Overwrite=True
        )

    def record(self, site: SiteName | None = None, **record: Any) -> None:
        """Write a copy of the record, into both regions where none is named."""
        names = {each: self.topology.site(each).cluster for each in SITES}
        names.update(record.pop("server_names", {}))
        text = json.dumps({"server_names": names, "since": "", "by": "test", **record})
        for each in (site,) if site else SITES:
            self.put_parameter(self.topology.names.record_parameter(), text, each)

    @property
    def machine(self) -> Machine:
        tags = {
            "pgtwin:system": self.topology.name,
            "pgtwin:site": self.name,
            "pgtwin:role": "server",
            "pgtwin:node": "server-1",
        }
        return Machine(
            shell=CountedShell(self.shell, self.power),
            files=self.files,
            clock=self.clock,
            imds=FixedImds(region=self.region, tags=tags),
            web=None,  # type: ignore[arg-type]
            aws=InProcessAws(self.region),
        )

    @property
    def site(self) -> Site:
        return Site.newest(self.machine)

    def apply(self) -> dict[str, Any]:
        return run_apply(self.machine, NOTHING)

    def cluster(self) -> dict[str, Any]:
        found = self.api.get("Cluster", self.topology.site(self.name).cluster)
        assert found is not None
        return found

    def objects(self) -> dict[str, Any]:
        """Every object as far as `apply` makes it: without what the server adds, and keys."""
        found = {}
        for kind in KINDS:
            for item in self.api.list(kind):
                metadata = {
                    key: value
                    for key, value in item["metadata"].items()
                    if key in ("name", "namespace", "labels", "annotations")
                }
                where = f"{kind} {metadata.get('namespace', '')}/{metadata['name']}"
                found[where] = _comparable({**item, "metadata": metadata, "status": None})
        return found

    def versions(self) -> dict[str, str]:
        """The resource version of every object: unequal after any change."""
        return {
            f"{kind} {item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for kind in KINDS
            for item in self.api.list(kind)
        }

    def put_base_backup(
        self,
        site: SiteName,
        server_name: str = "",
        status: str = "DONE",
        version: int = 180006,
        ago: timedelta = timedelta(hours=1),
    ) -> None:
        """A base backup in a site's archive, with what a restore would look at."""
        name = server_name or self.topology.site(site).cluster
        key = f"{PHYSICAL_PREFIXES[site]}/{name}/base/20261122T020000/backup.info"
        ended = datetime.now(UTC) - ago
        text = f"status={status}\nend_time={ended.isoformat()}\ntimeline=1\nversion={version}\n"
        self.client("s3", site).put_object(Bucket=self.bucket(site), Key=key, Body=text.encode())

    def eventually(self, holds: Callable[[], Any], seconds: float = 10_000) -> None:
        """Wait, by the site's own clock, for what its operators do in their own time.

        A fast clock makes 200 s of this: a machine that is busy with other things takes 20.
        """
        deadline = self.clock.monotonic() + seconds
        while not holds():
            assert self.clock.monotonic() < deadline
            self.clock.sleep(1)

    def bucket(self, site: SiteName) -> str:
        return self.topology.names.bucket(self.topology.site(site).bucket, ACCOUNT)

    def join_nodes(self) -> None:
        """Make every machine of the site Ready."""
        for node in self.site.document.nodes:
            labels = {CONTROL_PLANE: "true"} if node.role == "server" else {}
            self.api.create(
                {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "metadata": {"name": node.name, "labels": labels},
                    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
                }
            )

    def start_k3s(self, *, interrupted: Collection[str] = (), **delays: float) -> HelmController:
        """Let k3s' controllers look at the manifests folder; `interrupted`: what fails once."""
        folder = self.files.path("/data/k3s/server/manifests")
        deploy = DeployController(api=self.api, folder=folder, every_seconds=0.02)
        helm = HelmController(api=self.api, delays=ChartDelays(**delays))
        helm.interrupted.update(interrupted)
        for controller in (deploy, helm):
            controller.start()
            self._closing.append(controller.stop)
        return helm

    def start_operator(self, delays: ScriptedDelays = DELAYS) -> ScriptedOperator:
        operator = ScriptedOperator(api=self.api, s3=self.client("s3"), delays=delays)
        operator.start()
        self._closing.append(operator.stop)
        return operator

    def lose_leading_pod(self) -> None:
        """It goes, and only the operator makes another."""
        cluster = self.cluster()
        name, namespace = cluster["status"]["currentPrimary"], cluster["metadata"]["namespace"]
        self.api.delete("pods", name, namespace)


def _comparable(item: dict[str, Any]) -> dict[str, Any]:
    """Of two sites no two certificates are the same: of those only what they are made of."""
    metadata = item["metadata"]
    annotations = dict(metadata.get("annotations", {}))
    if annotations.pop(ENDS, None) is None:
        return item
    return {**item, "metadata": {**metadata, "annotations": annotations}, "data": [*item["data"]]}


_bundles: dict[Any, bytes] = {}


def _bundle(topology: Topology, name: SiteName, folder: Path, without: tuple[str, ...]) -> bytes:
    """The stacks' bundle, built once for all tests."""
    key = (topology.model_dump_json(), name, without)
    if key not in _bundles:
        _bundles[key] = _without(build_bundle(topology, name, folder).path, without).read_bytes()
    return _bundles[key]


def _without(bundle: Path, kinds: tuple[str, ...]) -> Path:
    if not kinds:
        return bundle
    smaller = bundle.with_suffix(".smaller.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(smaller, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("manifests/"):
                kept = [item for item in json.loads(content) if item["kind"] not in kinds]
                content = json.dumps(kept).encode()
            if content != b"[]":
                new.writestr(zipfile.ZipInfo(name), content)
    return smaller

"""Both sites on clusters that a user brings: two kubeconfigs, and an address that both reach.

What always holds: a cluster that holds anything of ours is refused before anything is touched. The
clusters are left as they are at the end, so that they can be looked at; the next drill wants empty
ones. Nobody here has power over the machines, so no scenario that takes it away is played.
"""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.emulation import EMULATED_AWS
from drill.aws.endpoints.endpoints import Endpoints
from drill.failure_modes import FailureMode
from drill.ground import About, GroundName, Need
from drill.grounds.cluster_site import ClusterSite
from drill.grounds.host_seat import HostSeat, instance_of
from drill.grounds.real_versions import real_versions
from drill.grounds.unused_cluster import kubectl_of, unfit
from drill.replication_mode import Mode
from drill.rig import aws_endpoints
from topology.load import load
from topology.names import POSTGRES_NAMESPACE
from topology.site import SITES, SiteName

AWS_PORT = 443
"""The only one that the project's network policies let pods reach outside."""
_NO_POWER = "needs power over the machines: a user's clusters have it from somebody else"
LACKS: Mapping[Need, str] = {
    "another major version": "nobody has tried it on clusters of a user's",
    "power of a machine": _NO_POWER,
    "replacement of a machine": _NO_POWER,
    "loss of a region": _NO_POWER,
    "path between the regions": "the network between the clusters is the user's",
}
EMULATED = (
    *EMULATED_AWS,
    "Machines: the user's own; the host program runs on the drill's computer and reaches them by "
    "kubectl. Its boot (disks, k3s, systemd) is not played.",
    "k3s' deploy controller: the manifests folder is on the drill's computer, and a stand-in "
    "applies it.",
    "The load balancer and DNS: applications look the alias up in the embedded Route 53 and go to "
    "the node port of the first database node that answers.",
    "The gate in front of the node port: always open; the host program's rules are for machines of "
    "ours, and nothing of this computer's is changed.",
    "Instance metadata: pods have the credentials of their site's database machines in "
    "their environment.",
)


class ClustersGround:
    """`address` is of this computer; the embedded AWS listens there for the pods of both sites."""

    name: GroundName = "clusters"
    lacks = LACKS

    def __init__(
        self,
        kubeconfigs: Sequence[Path],
        address: str,
        config: Path,
        work: Path,
        tell: Callable[[str], None],
    ) -> None:
        self.topology = load(config)
        self.config = work / "config.yaml"
        """A copy: `pgtwin` writes down in it who is the writer, and runs in another folder."""
        self._asked = config
        self.sites: dict[SiteName, ClusterSite] = {}
        self._kubeconfigs = dict(zip(SITES, kubeconfigs, strict=True))
        self._aws_url = f"http://{address}:{AWS_PORT}"
        self._address = address
        self._work = work
        self._tell = tell
        self._ready_seconds: dict[SiteName, float] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "ClustersGround":
        if reasons := unfit(list(self._kubeconfigs.values()), self._address, self.topology):
            raise RuntimeError(reasons[0])
        with ExitStack() as stack:
            self._deploy(stack)
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def cut(self, site: SiteName, mode: FailureMode) -> None:
        """Not here."""
        raise NotImplementedError(_NO_POWER)

    def heal(self, site: SiteName) -> None:
        """Not here."""
        raise NotImplementedError(_NO_POWER)

    def cut_path(self) -> None:
        """Not here; see `lacks`."""
        raise NotImplementedError(LACKS["path between the regions"])

    def heal_path(self) -> None:
        """Not here; see `lacks`."""
        raise NotImplementedError(LACKS["path between the regions"])

    def redeploy(self) -> None:
        """Not here; see `lacks`."""
        raise NotImplementedError(LACKS["replacement of a machine"])

    def python(self, program: Sequence[str]) -> list[str]:
        """As a person starts it."""
        return [sys.executable, *program]

    def in_vpc(self, site: SiteName, program: Sequence[str]) -> None:
        """Nowhere: there is no name server."""

    def throughput(self) -> Mapping[str, float]:
        """Not measured here."""
        return {}

    def about(self) -> About:
        """Its versions, and what stands in for the real thing."""
        return About(
            versions=self._versions,
            emulated=EMULATED,
            overrides=(),
            ready_seconds=self._ready_seconds,
            embedded_aws=self._accounting.document(),
            mode=Mode(replication=self.topology.replication, distance_seconds=None),
        )

    def _deploy(self, stack: ExitStack) -> None:
        shutil.copyfile(self._asked, self.config)
        regions = [self.topology.site(name).region for name in SITES]
        # One address serves both regions: a request belongs to the region that it was signed for.
        listens = {self.topology.dr.region: f"{self._address}:{AWS_PORT}"}
        began = time.monotonic()
        self.cloud = stack.enter_context(
            EmbeddedAws(regions, log=self._work / "aws.log", addresses=listens)
        )
        self.endpoints = stack.enter_context(Endpoints(self.cloud, self._work / "endpoints"))
        deployment = Deployment(
            embedded=self.cloud,
            config=self.config,
            work=self._work / "cdk",
            on_step=lambda step: self._tell(f"cdk: {step}"),
        )
        deployment.prepare()
        deployment.deploy_assembly()
        self.cloud.enforce_iam()
        seconds = time.monotonic() - began
        self._accounting = replace(deployment.account(), seconds=seconds)

    def _start(self, stack: ExitStack) -> None:
        began = time.monotonic()
        for name in SITES:
            self.sites[name] = ClusterSite(
                name=name,
                topology=self.topology,
                seat=self._seat(name),
                kubectl=kubectl_of(self._kubeconfigs[name]),
            )
            stack.callback(self.sites[name].close)
        # Daemons, and not a pool that is waited for: an interruption ends the drill at once.
        for name in SITES:
            self._tell(f"{name}: apply")
            threading.Thread(target=self.sites[name].start, daemon=True).start()
        for name in SITES:
            self.sites[name].await_ready()
            self._ready_seconds[name] = round(time.monotonic() - began, 1)
            self._tell(f"{name} is ready")
        self._versions = real_versions(self.sites["primary"])

    def _seat(self, name: SiteName) -> HostSeat:
        seat = HostSeat(
            aws=self.cloud,
            site=name,
            region=self.topology.site(name).region,
            program=self._work / "cdk/host.pyz",
            root=self._work / "machines" / name,
            kubectl=kubectl_of(self._kubeconfigs[name]),
        )
        seat.put("drill-aws.yaml", self._aws_of_pods(name))
        return seat

    def _aws_of_pods(self, name: SiteName) -> Sequence[dict[str, Any]]:
        names, account = self.topology.names, self.cloud.account
        buckets = [names.bucket(self.topology.site(each).bucket, account) for each in SITES]
        region = self.topology.site(name).region
        # The last node runs the database on every topology, and its role has the archive's rights.
        instance = instance_of(self.cloud, name, region, self.topology.nodes(name)[-1])
        keys = self.cloud.instance_credentials(region, instance)
        return aws_endpoints.policies(
            namespace=POSTGRES_NAMESPACE,
            environment={
                "AWS_ENDPOINT_URL": self._aws_url,
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["Token"],
            },
            by_bucket=dict.fromkeys(buckets, self._aws_url),
        )

"""One Cluster, reconciled: what its operator sees, shows and orders.

What it does next is decided by `behaviour/`, from the object and from what the instances are. It
remembers nothing that could not be seen again, so that an operator that was killed together with
its machines continues from what they left on disk.
"""

import logging
import shutil
from pathlib import Path
from typing import Any

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator import bootstrap, database_roles, published_objects, recovery_job, superuser
from drill.operator.behaviour.next_step import steps
from drill.operator.behaviour.phases import UNRECOVERABLE, creation_failed
from drill.operator.behaviour.seen import Asked
from drill.operator.behaviour.step import Do, Fence, Show
from drill.operator.behaviour.write import fence_patch, status_patch
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.conditions import archiving
from drill.operator.configuration import requires_tls
from drill.operator.free_port import free_port
from drill.operator.given_certificates import UnfitCertificates
from drill.operator.instance import Instance
from drill.operator.instance_managers import InstanceManagers
from drill.operator.machines import Machines
from drill.operator.obstacles import obstacles
from drill.operator.processes import Processes
from drill.operator.recovery_job import RecoveryFailed
from drill.operator.secret_value import secret_value
from drill.operator.server_certificates import ServerCertificates
from drill.operator.upstream import Upstream
from drill.operator.writer_service import WriterService

_log = logging.getLogger(__name__)


class ClusterController:
    """Brings one Cluster to what its object says, a step at a time, from a single thread."""

    def __init__(
        self,
        *,
        api: ClusterApi,
        namespace: str,
        name: str,
        directory: Path,
        sockets: Path,
        machines: Machines,
        processes: Processes,
    ) -> None:
        self.name = name
        self.directory = directory
        self.spec: ClusterSpec | None = None
        self.service: WriterService | None = None
        self.busy = False
        """Whether the last step did something, so that the next one follows soon."""
        self._api = api
        self._namespace = namespace
        self._sockets = sockets
        self._machines = machines
        self._processes = processes
        self._status: dict[str, Any] = {}
        self._certificates = ServerCertificates(api, directory, cluster=name, namespace=namespace)
        self._stream = Upstream(api, namespace, directory / "stream", route=machines.route)
        self._managers = InstanceManagers(self._instance, sockets=sockets, upstream=self._stream)

    @property
    def instances(self) -> list[Instance]:
        """The instances that exist, the primary first."""
        return [each.instance for each in self._managers.existing(self._status)]

    @property
    def primary(self) -> Instance | None:
        """The primary or designated primary, once it exists."""
        return next(iter(self.instances), None)

    @property
    def ca(self) -> Path:
        """The authority that the operator makes for a Cluster that names none."""
        return self._certificates.ca

    def step(self) -> bool:
        """Do what is due; False when the Cluster is gone and so are its instances."""
        cluster = self._api.get("Cluster", self.name, self._namespace)
        if cluster is None:
            self._remove()
            return False
        if self._is_another(cluster["metadata"]["uid"]):
            self._remove()
            return True
        spec = self.spec = ClusterSpec.read(cluster, self._stores())
        self._status = cluster.get("status") or {}
        try:
            self._serve(spec, cluster)
        except UnfitCertificates as unfit:
            _log.info("%s waits: %s", self.name, unfit)
            self.busy = False
            return True
        self._stream.lead(spec.stream)
        self._managers.obstacles = obstacles(self._api, cluster)
        self._managers.keep(spec, self._status)
        self._do_what_is_due(spec, cluster)
        self._publish(cluster)
        if not spec.is_replica:
            self._prepare_database(spec, cluster)
        return True

    def close(self) -> None:
        """Lead no more clients to the writer, and no follower to the other region's."""
        self._stream.close()
        if self.service:
            self.service.close()
            self.service = None

    def _do_what_is_due(self, spec: ClusterSpec, cluster: Object) -> None:
        due = steps(self._managers.seen(Asked.of(cluster), self._status))
        self.busy = bool(due)
        for step in due:
            if isinstance(step, Do):
                self._obey(step, spec, cluster)
            else:
                self._write(step)

    def _write(self, step: Show | Fence) -> None:
        if isinstance(step, Fence):
            self._api.patch("Cluster", self.name, fence_patch(step), self._namespace)
            return
        self._set(status_patch(step, self._status))
        self._managers.shown(step)

    def _obey(self, do: Do, spec: ClusterSpec, cluster: Object) -> None:
        if do.order != "bootstrap":
            self._managers.obey(do, spec, self._status)
            return
        try:
            self._bootstrap(spec, cluster)
        except RecoveryFailed as failed:
            self.busy = False
            self._set({"phase": UNRECOVERABLE, "phaseReason": creation_failed(failed.job)})

    def _bootstrap(self, spec: ClusterSpec, cluster: Object) -> None:
        managed = self._managers.named(spec.names[0])
        assert managed is not None  # noqa: S101 (they were made from the same names)
        part = self._managers.part(spec, self._status, managed)
        password = self._password(spec.owner_secret)
        recovery, primary = spec.recovery, managed.instance
        if recovery is None:
            bootstrap.initdb(spec, primary, part, password)
            return
        recovery_job.run(
            self._api, cluster, lambda: bootstrap.recover(spec, recovery, primary, part)
        )
        if not spec.is_replica:
            bootstrap.set_password(primary, spec.owner, password)

    def _prepare_database(self, spec: ClusterSpec, cluster: Object) -> None:
        """What the operator keeps in the database of a writer."""
        managed = self._managers.primary(self._status)
        if managed is None or managed.report is None or managed.report.in_recovery:
            return
        database_roles.manage(spec, managed.instance, self._password)
        superuser.enable(self._api, cluster, managed.instance)

    def _publish(self, cluster: Object) -> None:
        primary = self._managers.primary(self._status)
        if primary and primary.report and self.spec and self.spec.own:
            shown = archiving(self._status.get("conditions"), primary.report.archives)
            self._set({"conditions": shown})
        existing = self._managers.existing(self._status)
        given = self._certificates.status
        self._set(
            {
                "instanceNames": sorted(each.name for each in existing),
                "writeService": f"{self.name}-rw",
                "readService": f"{self.name}-r",
                **({"certificates": given} if given else {}),
            }
        )
        nodes = self._machines.database_nodes
        own = None if given else self.ca
        published_objects.publish(self._api, cluster, existing, nodes=nodes, ca=own)

    def _set(self, status: dict[str, Any]) -> None:
        if any(self._status.get(key) != value for key, value in status.items()):
            changed = self._api.patch_status("Cluster", self.name, status, self._namespace)
            self._status = changed.get("status") or {}

    def _stores(self) -> dict[str, Object]:
        found = self._api.list("ObjectStore", self._namespace)
        return {store["metadata"]["name"]: store for store in found}

    def _serve(self, spec: ClusterSpec, cluster: Object) -> None:
        tls = self._certificates.context(cluster)
        if self.service is None:
            self.service = WriterService(
                port=free_port(self.directory / "writer-port"),
                writer=self._writer_port,
                tls=tls or self._certificates.own_context(),
                requires_tls=requires_tls(spec),
                admits=lambda: self._machines.admit_clients,
            )
        elif tls:
            self.service.reload(tls)

    def _writer_port(self) -> int | None:
        primary = self.primary
        # As CloudNativePG's rw service: it leads to the designated primary of a replica too, which
        # then refuses to write.
        return primary.port if primary and primary.running else None

    def _password(self, secret: str | None) -> str | None:
        if secret is None:
            return None
        return secret_value(self._api, self._namespace, secret, "password").decode()

    def _instance(self, name: str) -> Instance:
        nodes = self._machines.database_nodes
        node = nodes[(int(name.rpartition("-")[2]) - 1) % len(nodes)]
        sidecar = self.spec.sidecar_environment if self.spec else {}
        return Instance(
            name=name,
            directory=self.directory / name,
            sockets=self._sockets,
            environment={**self._machines.environment(node), **sidecar},
            processes=self._processes,
        )

    def _is_another(self, uid: str) -> bool:
        """Whether what is on disk belongs to a Cluster of this name that was deleted."""
        file = self.directory / "uid"
        if file.exists():
            return file.read_text(encoding="utf-8") != uid
        self.directory.mkdir(parents=True, exist_ok=True)
        file.write_text(uid, encoding="utf-8")
        return False

    def _remove(self) -> None:
        self.close()
        self._processes.kill(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        self._managers.forget()
        self._status = {}

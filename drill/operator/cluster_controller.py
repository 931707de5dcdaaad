"""One Cluster, reconciled: what it asks for against what its instances are.

Each step looks at the object and at the files and processes, does what is due, and writes the
status. Nothing is remembered in between, so that an operator that was killed together with its
machines continues from what they left on disk.
"""

import base64
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator import (
    bootstrap,
    cluster_status,
    published_objects,
    recovery_job,
    role_change,
    superuser,
)
from drill.operator.certificates import Certificates
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part, requires_tls
from drill.operator.free_port import free_port
from drill.operator.instance import Instance
from drill.operator.machines import Machines
from drill.operator.processes import Processes
from drill.operator.promotion_token import TokenRefused
from drill.operator.recovery_job import RecoveryFailed
from drill.operator.writer_service import WriterService

UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"
_ROLE_OPTIONS = ("login", "superuser", "createdb", "createrole", "replication", "bypassrls")


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
        self._api = api
        self._namespace = namespace
        self._sockets = sockets
        self._machines = machines
        self._processes = processes
        self._instances: dict[str, Instance] = {}

    @property
    def instances(self) -> list[Instance]:
        """The instances that exist, the primary first."""
        return [instance for instance in self._instances.values() if instance.initialised]

    @property
    def primary(self) -> Instance | None:
        """The primary or designated primary, once it exists."""
        return next(iter(self.instances), None)

    @property
    def ca(self) -> Path:
        """The certificate that clients of this cluster trust."""
        return self._certificates().ca

    def step(self) -> bool:
        """Do what is due; False when the Cluster is gone and so are its instances."""
        cluster = self._api.get("Cluster", self.name, self._namespace)
        if cluster is None:
            self._remove()
            return False
        if self._is_another(cluster["metadata"]["uid"]):
            self._remove()
            return True
        stores = {
            store["metadata"]["name"]: store
            for store in self._api.list("ObjectStore", self._namespace)
        }
        spec = self.spec = ClusterSpec.read(cluster, stores)
        for index, name in enumerate(spec.names):
            if name not in self._instances:
                self._instances[name] = self._instance(spec, name, index)
        self._serve(spec)
        if spec.fenced or spec.hibernated:
            self._stop_all()
        else:
            try:
                self._bring_up(spec, cluster)
            except RecoveryFailed as failed:
                self._set(phase=UNRECOVERABLE, phaseReason=str(failed))
                return True
        self._publish(spec, cluster)
        return True

    def close(self) -> None:
        """Lead no more clients to the writer."""
        if self.service:
            self.service.close()
            self.service = None

    def _bring_up(self, spec: ClusterSpec, cluster: Object) -> None:
        primary = self._instances[spec.names[0]]
        if not primary.initialised:
            self._set(phase="Setting up primary", targetPrimary=primary.name)
            self._bootstrap(spec, primary, cluster)
            self._set(currentPrimary=primary.name, phaseReason=None)
        if spec.is_replica and not primary.is_standby:
            self._demote(spec, primary)
        self._run(spec, primary)
        if not spec.is_replica and primary.in_recovery():
            self._promote(spec, primary, cluster.get("status", {}))
        for name in spec.names[1:]:
            standby = self._instances[name]
            if standby.initialised:
                self._run(spec, standby)
            else:
                bootstrap.clone(self._as_it_is(spec), standby, self._part(spec, standby))
        if not spec.is_replica and not primary.in_recovery():
            self._manage_roles(spec, primary)
            superuser.enable(self._api, cluster, primary)

    def _bootstrap(self, spec: ClusterSpec, primary: Instance, cluster: Object) -> None:
        part, recovery = self._part(spec, primary), spec.recovery
        password = self._password(spec.owner_secret)
        if recovery is None:
            bootstrap.initdb(spec, primary, part, password)
            return
        recovery_job.run(
            self._api, cluster, lambda: bootstrap.recover(spec, recovery, primary, part)
        )
        if not spec.is_replica:
            bootstrap.set_password(primary, spec.owner, password)

    def _run(self, spec: ClusterSpec, instance: Instance) -> None:
        changed = instance.configure(self._as_it_is(spec), self._part(spec, instance))
        if not instance.running:
            instance.start()
        elif changed:
            instance.reload()
            if instance.needs_restart():
                instance.stop()
                instance.start()

    def _as_it_is(self, spec: ClusterSpec) -> ClusterSpec:
        # Settings follow what the cluster is, not what it is told to become: a site that waits for
        # its promotion is configured as a replica until then.
        return replace(spec, is_replica=self._instances[spec.names[0]].is_standby)

    def _demote(self, spec: ClusterSpec, primary: Instance) -> None:
        self._set(switchReplicaClusterStatus={"inProgress": True})
        token = role_change.demote(spec, primary, self.instances[1:])
        self._set(demotionToken=token, switchReplicaClusterStatus={"inProgress": False})

    def _promote(self, spec: ClusterSpec, primary: Instance, status: dict[str, Any]) -> None:
        token = spec.promotion_token
        # CloudNativePG does not judge a token that it has used before.
        if token and token != status.get("lastPromotionToken"):
            try:
                if not role_change.token_allows(token, primary):
                    return
            except TokenRefused as refused:
                self._set(
                    phase=UNRECOVERABLE,
                    phaseReason=f"Promotion token content is not correct: {refused}",
                )
                return
        self._set(phase="Promoting to primary cluster")
        role_change.promote(primary)
        bootstrap.set_password(primary, spec.owner, self._password(spec.owner_secret))
        self._run(spec, primary)
        self._set(
            demotionToken=None, phaseReason=None, **({"lastPromotionToken": token} if token else {})
        )

    def _manage_roles(self, spec: ClusterSpec, primary: Instance) -> None:
        existing = {row[0] for row in primary.query("SELECT rolname FROM pg_roles")}
        for role in spec.managed_roles:
            if role["name"] in existing:
                continue
            options = [option.upper() for option in _ROLE_OPTIONS if role.get(option)]
            primary.query(f'CREATE ROLE "{role["name"]}" {" ".join(options)}')
            for group in role.get("inRoles", []):
                primary.query(f'GRANT "{group}" TO "{role["name"]}"')
            secret = role.get("passwordSecret", {}).get("name")
            bootstrap.set_password(primary, role["name"], self._password(secret))

    def _publish(self, spec: ClusterSpec, cluster: Object) -> None:
        current = self._api.get("Cluster", self.name, self._namespace) or cluster
        before = current.get("status", {})
        status = cluster_status.of(spec, self.instances, before)
        waits = not spec.is_replica and self.primary is not None and self.primary.is_standby
        if waits:
            status.pop("phase")
        self._set(**status)
        published_objects.publish(
            self._api, current, self.instances, nodes=self._machines.database_nodes, ca=self.ca
        )

    def _serve(self, spec: ClusterSpec) -> None:
        if self.service is None:
            self.service = WriterService(
                port=free_port(self.directory / "writer-port"),
                writer=self._writer_port,
                tls=self._certificates().server_context(),
                requires_tls=requires_tls(spec),
                admits=lambda: self._machines.admit_clients,
            )

    def _writer_port(self) -> int | None:
        primary = self.primary
        # As CloudNativePG's rw service: it leads to the designated primary of a replica too, which
        # then refuses to write.
        return primary.port if primary and primary.running else None

    def _certificates(self) -> Certificates:
        service = f"{self.name}-rw"
        space = f"{service}.{self._namespace}"
        return Certificates(
            self.directory / "certificates",
            cluster=self.name,
            names=(service, space, f"{space}.svc", f"{space}.svc.cluster.local"),
        )

    def _set(self, **status: Any) -> None:
        found = self._api.get("Cluster", self.name, self._namespace) or {}
        before = found.get("status", {})
        if any(before.get(key) != value for key, value in status.items()):
            self._api.patch_status("Cluster", self.name, status, self._namespace)

    def _password(self, secret: str | None) -> str | None:
        if secret is None:
            return None
        found = self._api.get("Secret", secret, self._namespace)
        if found is None:
            raise LookupError(f"Secret {secret} does not exist")
        return base64.b64decode(found["data"]["password"]).decode()

    def _instance(self, spec: ClusterSpec, name: str, index: int) -> Instance:
        nodes = self._machines.database_nodes
        node = nodes[index % len(nodes)]
        return Instance(
            name=name,
            directory=self.directory / name,
            sockets=self._sockets,
            environment={**self._machines.environment(node), **spec.sidecar_environment},
            processes=self._processes,
        )

    def _part(self, spec: ClusterSpec, instance: Instance) -> Part:
        primary = self._instances[spec.names[0]]
        leads = instance is primary
        return Part(
            name=instance.name,
            port=instance.port,
            sockets=self._sockets,
            archive_script=instance.directory / "archive.sh",
            restore_script=instance.directory / "restore.sh",
            archives=leads,
            follows_port=None if leads else primary.port,
            standbys=tuple(other.name for other in self.instances if other is not instance),
        )

    def _is_another(self, uid: str) -> bool:
        """Whether what is on disk belongs to a Cluster of this name that was deleted."""
        file = self.directory / "uid"
        if file.exists():
            return file.read_text(encoding="utf-8") != uid
        self.directory.mkdir(parents=True, exist_ok=True)
        file.write_text(uid, encoding="utf-8")
        return False

    def _stop_all(self) -> None:
        for instance in self.instances:
            instance.stop()

    def _remove(self) -> None:
        self.close()
        self._processes.kill(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        self._instances.clear()

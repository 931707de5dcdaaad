"""One Cluster, reconciled: what it asks for against what its instances are.

Each step looks at the object and at the files and processes, does the one thing that is due, and
writes the status. Nothing is remembered in between, so that an operator that was killed together
with its machines continues from what they left on disk.
"""

import base64
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from drill.operator import bootstrap, cluster_status, role_change
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part
from drill.operator.instance import Instance
from drill.operator.machines import Machines
from drill.operator.objects import Objects
from drill.operator.processes import Processes
from drill.operator.promotion_token import TokenRefused

HEALTHY = "Cluster in healthy state"
_ROLE_OPTIONS = ("login", "superuser", "createdb", "createrole", "replication", "bypassrls")
UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"


class ClusterController:
    """Brings one Cluster to what its object says, a step at a time, from a single thread."""

    def __init__(
        self,
        *,
        objects: Objects,
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
        self._objects = objects
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

    def step(self) -> bool:
        """Do what is due; False when the Cluster is gone and so are its instances."""
        cluster = self._objects.get("Cluster", self.name, self._namespace)
        if cluster is None:
            self._remove()
            return False
        stores = {
            store["metadata"]["name"]: store
            for store in self._objects.list("ObjectStore", self._namespace)
        }
        spec = self.spec = ClusterSpec.read(cluster, stores)
        for index, name in enumerate(spec.names):
            if name not in self._instances:
                self._instances[name] = self._instance(spec, name, index)
        if spec.fenced or spec.hibernated:
            self._stop_all()
        else:
            self._bring_up(spec, cluster.get("status", {}))
        self._publish(spec)
        return True

    def _bring_up(self, spec: ClusterSpec, status: dict[str, Any]) -> None:
        primary = self._instances[spec.names[0]]
        if not primary.initialised:
            self._set(phase="Setting up primary", targetPrimary=primary.name)
            self._bootstrap(spec, primary)
            self._set(currentPrimary=primary.name)
        if spec.is_replica and not primary.is_standby:
            self._demote(spec, primary)
        self._run(spec, primary)
        if not spec.is_replica and primary.in_recovery():
            self._promote(spec, primary, status)
        for name in spec.names[1:]:
            standby = self._instances[name]
            if standby.initialised:
                self._run(spec, standby)
            else:
                bootstrap.clone(spec, standby, self._part(spec, standby))
        if not spec.is_replica and not primary.in_recovery():
            self._manage_roles(spec, primary)

    def _bootstrap(self, spec: ClusterSpec, primary: Instance) -> None:
        part = self._part(spec, primary)
        if spec.recovery:
            bootstrap.recover(spec, spec.recovery, primary, part)
        else:
            bootstrap.initdb(spec, primary, part, self._password(spec.owner_secret))
        if not spec.is_replica:
            bootstrap.set_password(primary, spec.owner, self._password(spec.owner_secret))

    def _run(self, spec: ClusterSpec, instance: Instance) -> None:
        # Settings follow what the cluster is, not what it is told to become: a site that waits for
        # its promotion is configured as a replica until then.
        spec = replace(spec, is_replica=self._instances[spec.names[0]].is_standby)
        changed = instance.configure(spec, self._part(spec, instance))
        if not instance.running:
            instance.start()
        elif changed:
            instance.reload()
            if instance.needs_restart():
                instance.stop()
                instance.start()

    def _demote(self, spec: ClusterSpec, primary: Instance) -> None:
        self._set(
            phase="Demoting to replica cluster",
            switchReplicaClusterStatus={"inProgress": True},
        )
        token = role_change.demote(spec, primary, self.instances[1:])
        self._set(demotionToken=token, switchReplicaClusterStatus=None)

    def _promote(self, spec: ClusterSpec, primary: Instance, status: dict[str, Any]) -> None:
        token = spec.promotion_token
        # CloudNativePG does not judge a token that it has used before.
        if token and token != status.get("lastPromotionToken"):
            try:
                if not role_change.token_allows(token, primary):
                    self._set(phase="Waiting for promotion token LSN to be reached")
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
        self._set(lastPromotionToken=token, demotionToken=None, phaseReason=None)

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

    def _publish(self, spec: ClusterSpec) -> None:
        current = self._objects.get("Cluster", self.name, self._namespace) or {}
        before = current.get("status", {})
        status = cluster_status.of(spec, self.instances, before)
        if before.get("phase") == UNRECOVERABLE and not spec.is_replica:
            primary = self.primary
            if primary and primary.running and primary.in_recovery():
                status.pop("phase", None)
        self._set(**status)

    def _set(self, **status: Any) -> None:
        self._objects.patch_status("Cluster", self.name, status, self._namespace)

    def _password(self, secret: str | None) -> str | None:
        if secret is None:
            return None
        found = self._objects.get("Secret", secret, self._namespace)
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

    def _stop_all(self) -> None:
        for instance in self.instances:
            instance.stop()

    def _remove(self) -> None:
        self._processes.kill(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        self._instances.clear()

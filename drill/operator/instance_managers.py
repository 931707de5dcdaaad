"""The instances of one Cluster, and what their managers do without the operator.

They stop PostgreSQL behind a fence and start it where it should run, turn the primary of a cluster
that is to follow another into a standby, and bring settings to where they are read. What always
holds:

* An instance that was a primary, and that the status names neither as the primary nor as the next
  one, is cloned again before it is started: two primaries never run.
* A primary whose pod is gone is not started again while another instance can take over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from drill.operator import bootstrap, role_change, token_facts
from drill.operator.behaviour.phases import APPLYING, RESTARTED
from drill.operator.behaviour.seen import CLEAR, Asked, Seen
from drill.operator.behaviour.step import Do, Show
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import ArchiveMode, Part
from drill.operator.delays import DELAYS
from drill.operator.instance import Instance
from drill.operator.managed_instance import ManagedInstance
from drill.operator.upstream import Upstream

Status = Mapping[str, Any]


class InstanceManagers:
    """All instances that a Cluster asks for; those that exist have a PGDATA."""

    def __init__(
        self,
        make: Callable[[str], Instance],
        *,
        sockets: Path,
        upstream: Upstream,
    ) -> None:
        """`upstream` leads to the other cluster's writer."""
        self._make = make
        self._upstream = upstream
        self._sockets = sockets
        self._all: dict[str, ManagedInstance] = {}
        self._signalled = False
        self._restarted = False
        self.obstacles = CLEAR

    def existing(self, status: Status) -> list[ManagedInstance]:
        """Those that exist, the primary first."""
        leading = self.leading_name(status)
        found = [each for each in self._all.values() if each.instance.initialised]
        return sorted(found, key=lambda each: each.name != leading)

    def primary(self, status: Status) -> ManagedInstance | None:
        """The primary or designated primary, once it exists."""
        found = next(iter(self.existing(status)), None)
        return found if found and found.name == self.leading_name(status) else None

    def leading_name(self, status: Status) -> str:
        """The instance that leads, or will."""
        return str(status.get("currentPrimary") or next(iter(self._all), ""))

    def keep(self, spec: ClusterSpec, status: Status) -> None:
        """Bring every instance to where it should be by itself, then ask it."""
        for name in spec.names:
            if name not in self._all:
                self._all[name] = ManagedInstance(self._make(name))
        if spec.fenced:
            self._stop(spec, status)
        else:
            for each in self.existing(status):
                self._run(spec, status, each)
        for each in self.existing(status):
            each.look()
            self._notice(spec, status, each)

    def seen(self, asked: Asked, status: Status) -> Seen:
        """What the operator finds."""
        primary = self.primary(status)
        report = primary.report if primary else None
        named = bool(status.get("currentPrimary"))
        return Seen(
            asked=asked,
            status=status,
            instances=tuple(each.seen() for each in self._by_number()),
            timeline=report.timeline if report else None,
            verdict=token_facts.verdict(asked, status, primary) if named else "not yet",
            stopped_at=token_facts.stopped_at(asked, status, primary),
            signalled=self._signalled,
            restarted=self._restarted,
            obstacles=self.obstacles,
        )

    def shown(self, show: Show) -> None:
        """What the status now tells is told once."""
        self._signalled = self._signalled and show.status.get("phase") != APPLYING
        self._restarted = self._restarted and show.status.get("phaseReason") != RESTARTED

    def obey(self, do: Do, spec: ClusterSpec, status: Status) -> None:
        """An order of the operator, but for the bootstrap of the first instance."""
        managed = self._all[do.instance]
        if do.order == "join":
            bootstrap.clone(spec, managed.instance, self.part(spec, status, managed))
            managed.start_after(DELAYS.pod_looks)
        elif do.order == "recreate":
            managed.lose_pod()
        elif do.order == "restart":
            managed.instance.stop(smart_seconds=DELAYS.smart_seconds)
            managed.start()
            self._restarted = True
        elif do.order == "promote":
            self._promote(spec, status, managed)

    def named(self, name: str) -> ManagedInstance | None:
        """The instance of that name."""
        return self._all.get(name)

    def forget(self) -> None:
        """The Cluster is gone, and so are they."""
        self._all.clear()

    def part(self, spec: ClusterSpec, status: Status, managed: ManagedInstance) -> Part:
        """What an instance is in its cluster now."""
        leading = self.leading_name(status)
        leads = managed.name == leading
        instance = managed.instance
        follows_other = spec.is_replica and instance.is_standby
        follows = None if leads or not managed.may_attach else self._all[leading].instance.port
        return Part(
            name=managed.name,
            port=instance.port,
            sockets=self._sockets,
            archive_script=instance.directory / "archive.sh",
            restore_script=instance.directory / "restore.sh",
            archives=leads,
            archive_mode="always" if spec.is_replica or (leads and instance.is_standby) else "on",
            follows_port=follows,
            streams_from=self._upstream.conninfo if leads and follows_other else None,
            listed=self._listed(status, leading),
        )

    def _listed(self, status: Status, leading: str) -> tuple[str, ...]:
        """cloudnative-pg v1.30.0 pkg/postgres/replication/explicit.go, getSortedInstanceNames."""
        found = sorted(
            self.existing(status),
            key=lambda each: (each.name == leading, not each.ready, each.name),
        )
        return tuple(each.name for each in found)

    def _by_number(self) -> Iterator[ManagedInstance]:
        return (each for each in self._all.values() if each.instance.initialised)

    def _stop(self, spec: ClusterSpec, status: Status) -> None:
        existing = self.existing(status)
        if not existing:
            return
        primary, *standbys = existing
        if spec.is_replica and spec.fenced and not primary.instance.is_standby:
            role_change.demote(spec, primary.instance, [each.instance for each in standbys])
            for each in standbys:
                each.start_after(DELAYS.standby_looks)
        for each in existing:
            each.instance.stop()

    def _run(self, spec: ClusterSpec, status: Status, managed: ManagedInstance) -> None:
        leads = managed.name == self.leading_name(status)
        if not managed.may_start or (self.obstacles and managed.pod == "gone"):
            return
        if self._is_replaced(managed, leads=leads):
            return
        instance, part = managed.instance, self.part(spec, status, managed)
        succeeds = managed.name == status.get("targetPrimary")
        if not leads and not succeeds and not instance.is_standby:
            instance.stop()
            if part.follows_port is None:
                return
            bootstrap.clone(spec, instance, part)
        changed = instance.configure(spec, part)
        if not instance.running:
            managed.start()
        elif changed:
            instance.reload()

    def _is_replaced(self, managed: ManagedInstance, *, leads: bool) -> bool:
        others = (each for each in self._all.values() if each is not managed)
        return leads and managed.pod == "gone" and any(each.ready for each in others)

    def _notice(self, spec: ClusterSpec, status: Status, managed: ManagedInstance) -> None:
        if managed.noticed or not (managed.report and managed.report.needs_restart):
            return
        managed.noticed = True
        # A primary with standbys leaves it to them (cloudnative-pg v1.30.0
        # internal/management/controller/instance_controller.go:1154).
        leads = managed.name == self.leading_name(status)
        self._signalled = self._signalled or not leads or spec.instances == 1

    def _promote(self, spec: ClusterSpec, status: Status, managed: ManagedInstance) -> None:
        # Nothing may be acknowledged that no standby has: the primary knows whom to wait for before
        # it writes, and they follow it only after a while.
        leads = {**status, "currentPrimary": managed.name}
        mode: ArchiveMode = "always" if managed.name == self.leading_name(status) else "on"
        part = replace(self.part(spec, leads, managed), archive_mode=mode)
        if managed.instance.configure(spec, part):
            managed.instance.reload()
        for each in self.existing(leads)[1:]:
            each.attach_after(DELAYS.attach_looks)
            # Its new configuration makes it ask again for the restart that it needs (the same file,
            # processConfigReloadAndManageRestart); the promotion's phase hides the first time.
            each.noticed = False
            if each.instance.is_standby:
                self._run(spec, leads, each)
        role_change.promote(managed.instance)

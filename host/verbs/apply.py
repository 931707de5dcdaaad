"""`apply`: brings the site's objects to what its bundle says.

What always holds, whenever it is interrupted and however often it runs:

* The writer is never moved: see `host/writer/overlay.py`. Where configuration and record disagree,
  everything else is applied, and the result says `disagreement` with the command that settles it.
  That is no failure: a stack whose update and whose rollback both fail can be deployed no more, and
  after a failover the old configuration contradicts the record too. The alarm on the metric
  `ConfiguredWriterDiffers` stands until it is settled.
* It waits its turn: the hourly timer's run is no reason for a deployment to fail. Which bundle is
  applied is read after that wait, so that on one machine no older bundle follows a newer one.
* A former writer that came back is kept from clients, then fenced, before anything else happens:
  the gate (`host/gate/`) needs nothing of Kubernetes, the fence needs the operator's webhook.
* No second Cluster is made beside one that was applied under another name: a renamed one would be
  an empty database, in an archive that is empty too, and the clients would be led to it.
* Everything is tried by dry run before the first object is changed, apart from Namespaces and the
  Secrets of users and certificates, without which nothing can be tried.
* Nothing that could lose data is deleted: see `host/apply/plan.py`.
"""

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from host.apply.chart_installation import ChartInstallation
from host.apply.charts_folder import ChartsFolder
from host.apply.inventory import Inventory
from host.apply.issuer import publish
from host.apply.manifest import read_all
from host.apply.objects import PATIENCE_SECONDS, Objects
from host.apply.plan import MONITORING, ApplyPlan
from host.certificates.upkeep import keep_certificates
from host.deadlines import APPLY_SECONDS, OPERATORS_SECONDS
from host.errors import Refused
from host.gate import gate
from host.kubernetes import cluster_dns, operators, provisioner, site_cluster
from host.kubernetes.credentials import secrets
from host.kubernetes.kubectl import Kubectl
from host.machine.lock import lock_in_time
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.site import Site
from host.writer import overlay
from host.writer.record_store import RecordStore
from host.writer.region_keeper import release
from host.writer.writer_guard import guard

LOCK = "apply"
"""Held by everything that makes or deletes the site's objects."""
_log = logging.getLogger(__name__)


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """Apply the bundle that the pointer names; `disagreement` is None where all is settled."""
    with its_turn(machine) as site:
        result = apply(site)
    settle = _disagreement(site)
    if settle:
        _log.error("%s", settle)
    return {**result, "disagreement": settle}


@contextmanager
def its_turn(machine: Machine) -> Iterator[Site]:
    """Hold the lock; the site as its newest bundle describes it once the lock is held.

    Raises:
        Locked: when another run still holds it after as long as any may take.
    """
    with lock_in_time(machine.files, LOCK, clock=machine.clock, seconds=APPLY_SECONDS):
        yield Site.newest(machine)


def apply(site: Site) -> dict[str, Any]:
    """Apply the site's bundle, for a caller whose turn it is; what was done, as JSON."""
    gate.try_to_keep(site)
    kubectl = site.kubectl.patient(PATIENCE_SECONDS)
    guard(site, kubectl)
    cluster_dns.spread(kubectl, len(site.document.nodes))
    provisioner.keep_on_servers(kubectl)
    plan = _plan(site, kubectl)
    _refuse_another_name(site, kubectl, plan)
    machine, objects = site.machine, Objects(site)
    for namespace in plan.namespaces:
        kubectl.apply(namespace)
    folder = ChartsFolder(machine.files, kubectl, machine.clock)
    ChartInstallation(kubectl, folder, machine.clock).install(plan.charts)
    _await_operators(site, kubectl, plan)
    for secret in secrets(machine.aws, site.document):
        kubectl.apply(secret)
    keep_certificates(site, kubectl)
    publish(site, kubectl)
    objects.try_all(plan.objects)
    inventory = Inventory(kubectl, site.document.namespace)
    inventory.write(inventory.read() | plan.ids)
    objects.apply_all(plan.objects)
    release(site)
    _delete(kubectl, plan)
    inventory.write(plan.ids | frozenset(plan.orphans))
    _log.info("applied %d objects of bundle %s", len(plan.ids), site.bundle.sha256[:12])
    return {
        "bundle": site.bundle.sha256,
        "charts": [chart.name for chart in plan.charts],
        "applied": len(plan.ids),
        "deleted": [str(gone) for gone in plan.deletions],
        "left_in_place": [str(orphan) for orphan in plan.orphans],
    }


def _plan(site: Site, kubectl: Kubectl) -> ApplyPlan:
    manifests = read_all(site.bundle, site.machine.files)
    before = Inventory(kubectl, site.document.namespace).read()
    monitoring = kubectl.get(operators.CRDS, f"podmonitors.{MONITORING}") is not None
    return ApplyPlan.make(manifests, before, monitoring=monitoring)


def _refuse_another_name(site: Site, kubectl: Kubectl, plan: ApplyPlan) -> None:
    document = site.document
    for known in plan.orphans:
        if known.kind != "Cluster" or site_cluster.find(kubectl, document) is not None:
            continue
        if kubectl.get(known.resource, known.name, "-n", known.namespace) is not None:
            raise Refused(
                f"the configuration calls the cluster of {document.site} {document.cluster}, and "
                f"{known.name} is there; nothing was changed - set `{document.site}.cluster: "
                f"{known.name}` in the configuration and deploy again"
            )


def _await_operators(site: Site, kubectl: Kubectl, plan: ApplyPlan) -> None:
    def kinds_there() -> bool:
        crds = (kubectl.get(operators.CRDS) or {}).get("items", [])
        return not operators.missing_kinds(plan.objects, crds)

    def available() -> bool:
        return all(
            (found := kubectl.list(operators.DEPLOYMENTS, namespace))
            and not operators.unavailable(found)
            for namespace in plan.operator_namespaces
        )

    clock = site.machine.clock
    wait_for(clock, "the operators' kinds", kinds_there, deadline_seconds=OPERATORS_SECONDS)
    wait_for(clock, "the operators", available, deadline_seconds=OPERATORS_SECONDS)


def _delete(kubectl: Kubectl, plan: ApplyPlan) -> None:
    for orphan in plan.orphans:
        _log.warning("%s is no longer in the bundle; kept: deleting it could lose data", orphan)
    for gone in plan.deletions:
        _log.info("%s is no longer in the bundle; deleted", gone)
        kubectl.delete(gone.resource, gone.namespace, gone.name)


def _disagreement(site: Site) -> str | None:
    live = site_cluster.find(site.kubectl, site.document)
    record = RecordStore(site.machine, site.document).newest(live)
    return overlay.disagreement(live, record, site.document)

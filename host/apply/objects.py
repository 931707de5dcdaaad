"""Applies the objects of a bundle, in its order, each laid over by the record."""

import logging
from itertools import groupby

from host.deadlines import OBJECTS_SECONDS
from host.errors import Refused
from host.kubernetes import site_cluster
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl import Object
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.kubernetes.postgres_image import of_major
from host.kubernetes.recovery_job import heal_recovery
from host.site import Site
from host.writer.clone_gate import (
    await_base_backup,
    refuse_a_second_writer,
    refuse_a_used_archive,
)
from host.writer.overlay import is_the_cluster, overlay, runs_on_writer
from host.writer.record_store import RecordStore

PATIENCE_SECONDS = OBJECTS_SECONDS
"""How long the API server or a webhook may be away: longer than an upgrade of the operator."""
_TRIES = 10
"""The operator writes the status of a changing Cluster every few seconds."""
_log = logging.getLogger(__name__)


class Objects:
    """Server-side dry run and server-side apply."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._document = site.document
        self._kubectl = site.kubectl.patient(PATIENCE_SECONDS)
        self._records = RecordStore(site.machine, site.document)
        self._clone_major: int | None = None
        """Of the base backup that a clone begins with: its image has to be of the same."""

    def try_all(self, items: tuple[Object, ...]) -> None:
        """Let the API server and its webhooks judge every object; changes nothing."""
        self._apply_in_order(items, dry_run=True)

    def apply_all(self, items: tuple[Object, ...]) -> None:
        """Apply every object; a clone waits for the base backup that it begins with."""
        self._apply_in_order(items, dry_run=False)

    def _apply_in_order(self, items: tuple[Object, ...], *, dry_run: bool) -> None:
        """What needs no look at the site goes in one call: each start of kubectl takes its time."""
        for as_it_is, group in groupby(items, self._is_applied_as_it_is):
            if as_it_is:
                self._kubectl.apply(*group, dry_run=dry_run)
                continue
            for item in group:
                if is_the_cluster(item, self._document) and not dry_run:
                    self._prepare(item)
                self._apply(item, dry_run=dry_run)

    def _is_applied_as_it_is(self, item: Object) -> bool:
        return not is_the_cluster(item, self._document) and not runs_on_writer(item)

    def _apply(self, item: Object, *, dry_run: bool) -> None:
        """Apply what the record makes of an object; read again where it changed meanwhile.

        Raises:
            Refused: where the Cluster was there and is gone: `follow` is about to recreate it, and
                a second one must not be made beside it.
        """
        before: Cluster | None = None
        for tries_left in reversed(range(_TRIES)):
            live = site_cluster.find(self._kubectl, self._document)
            if before is not None and live is None:
                raise Refused(
                    f"{before.name} was deleted meanwhile, by another run that recreates it; "
                    "nothing was made in its place - when that has ended, repeat: pgtwin-host apply"
                )
            before = live
            try:
                self._kubectl.apply(self._overlaid(item, live), dry_run=dry_run)
                return
            except KubectlFailed as failed:
                if failed.failure is not Failure.CONFLICT or not tries_left:
                    raise
                _log.info("%s changed meanwhile; read again", item["metadata"]["name"])

    def _overlaid(self, item: Object, live: Cluster | None) -> Object:
        wanted = overlay(item, live, self._records.newest(live), self._document)
        if live is None and self._clone_major and is_the_cluster(item, self._document):
            spec = of_major(wanted["spec"], self._document, self._clone_major)
            return {**wanted, "spec": spec}
        return wanted

    def _prepare(self, item: Object) -> None:
        live = site_cluster.find(self._kubectl, self._document)
        if live is not None and live.primary_pod is not None:
            heal_recovery(self._kubectl, self._document.namespace, live.name)
            return
        record, wanted = self._records.newest(live), self._overlaid(item, live)
        if live is None:
            refuse_a_used_archive(self._site, wanted)
        if "recovery" in wanted["spec"]["bootstrap"]:
            self._clone_major = await_base_backup(self._site, record).major
            heal_recovery(self._kubectl, self._document.namespace, self._document.cluster)
        elif live is None:
            refuse_a_second_writer(self._site, record)

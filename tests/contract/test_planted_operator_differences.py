"""A scripted operator that differs from the real one turns the contract red, planted."""

from collections.abc import Iterator

import pytest

from drill.kubernetes.cluster_api import namespace_object
from drill.kubernetes.resource import Object
from drill.operator.scheduled_backup import first_backup
from tests.contract import test_backups_without_pods, test_operator_without_pods
from tests.contract.cluster_without_pods import claims, clone, make, store, until
from tests.contract.operated_api import operated_api
from tests.contract.shell_side import shell_on
from tests.contract.side import Side


@pytest.fixture
def planted_site() -> Iterator[Side]:
    """The scripted operator at work, asked in this process, so that a difference can be planted."""
    with operated_api() as api:
        side = Side(run=shell_on(api), namespace="planted")
        api.create(namespace_object(side.namespace))
        make(side, store(side))
        yield side


def test_a_reason_whose_text_changed(planted_site: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drill.operator.scripted.operator.creation_failed", lambda _: "gave up")
    behaviour = test_operator_without_pods.test_a_job_that_gave_up_is_told_and_made_anew

    with pytest.raises(AssertionError):
        behaviour(planted_site)


def test_a_backup_that_does_not_name_its_schedule(
    planted_site: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = clone(planted_site)
    item["spec"]["bootstrap"] = {"initdb": {"database": "app", "owner": "app"}}
    item["spec"]["replica"]["primary"] = "there"
    make(planted_site, item)
    until("its claims", lambda: claims(planted_site))

    def other(schedule: Object, now: object) -> Object:
        made = first_backup(schedule, now)  # type: ignore[arg-type]
        made["metadata"]["labels"].pop("cnpg.io/scheduled-backup")
        return made

    monkeypatch.setattr("drill.operator.scripted.backups.first_backup", other)
    with pytest.raises(KeyError):
        test_backups_without_pods.test_a_schedule_takes_its_first_backup_at_once(planted_site)

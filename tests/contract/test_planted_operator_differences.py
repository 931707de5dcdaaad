"""A scripted operator that differs from the real one turns the contract red, planted.

Each behaviour is run on the operator as it is first, so that it is what was planted that fails it.
"""

from collections.abc import Callable, Iterator

import pytest

from drill.kubernetes.cluster_api import namespace_object
from drill.kubernetes.resource import Object
from drill.operator.scheduled_backup import first_backup
from tests.contract import test_backups_without_pods, test_operator_without_pods
from tests.contract.cluster_without_pods import begin, make, store
from tests.contract.operated_api import operated_api
from tests.contract.shell_side import shell_on
from tests.contract.side import Side

SiteCalled = Callable[[str], Side]


@pytest.fixture
def site_called() -> Iterator[SiteCalled]:
    """The scripted operator at work, asked in this process, so that a difference can be planted."""
    with operated_api() as api:

        def site(namespace: str) -> Side:
            side = Side(run=shell_on(api), namespace=namespace)
            api.create(namespace_object(namespace))
            make(side, store(side))
            return side

        yield site


def test_a_reason_whose_text_changed(
    site_called: SiteCalled, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_operator_without_pods.test_a_job_that_gave_up_is_told_and_made_anew
    behaviour(site_called("as-it-is"))

    monkeypatch.setattr("drill.operator.scripted.operator.creation_failed", lambda _: "who knows")
    with pytest.raises(AssertionError, match="who knows"):
        behaviour(site_called("planted"))


def test_a_backup_that_does_not_name_its_schedule(
    site_called: SiteCalled, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_backups_without_pods.test_a_schedule_takes_its_first_backup_at_once
    behaviour(begin(site_called("as-it-is")))

    def other(schedule: Object, now: object) -> Object:
        made = first_backup(schedule, now)  # type: ignore[arg-type]
        made["metadata"]["labels"].pop("cnpg.io/scheduled-backup")
        return made

    monkeypatch.setattr("drill.operator.scripted.backups.first_backup", other)
    with pytest.raises(KeyError, match=r"cnpg\.io/scheduled-backup"):
        behaviour(begin(site_called("planted")))

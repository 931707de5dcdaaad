"""A double that differs from the real part turns the contract red: differences, planted.

Each runs the behaviour that is there to see it on the double's API as it is, plants it, and runs it
again: that fails, and for what was planted. Those of the
operator (a phase renamed, a field not cleared, a fence that does not appear) are planted in
`test_recordings.py` and `test_planted_operator_differences.py`.
"""

import pytest

from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from drill.kubernetes.objects.deletion import DeleteOptions
from drill.kubernetes.schemas.strict_schemas import StrictSchemas
from drill.kubernetes.status_error import StatusError
from tests.contract import (
    test_cluster_admission,
    test_kubectl_errors,
    test_manifest_admission,
    test_server_side_apply,
)
from tests.contract.side import Run, Side
from tests.contract.wrong_neighbours import UNTYPED


def _side(shell: Run, api: ClusterApi, name: str) -> Side:
    api.apply(namespace_object(name))
    return Side(run=shell, namespace=name)


def test_an_error_whose_text_changed(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_server_side_apply.test_an_apply_with_an_older_resource_version_is_refused
    behaviour(_side(shell, api, "as-it-is"))

    def other(*_: object) -> StatusError:
        return StatusError(409, "Conflict", "somebody else was faster")

    monkeypatch.setattr(StatusError, "modified", other)
    with pytest.raises(AssertionError, match="somebody else was faster"):
        behaviour(_side(shell, api, "planted"))


def test_a_field_that_is_not_cleared(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_server_side_apply.test_a_field_that_its_only_manager_leaves_out_is_removed
    behaviour(_side(shell, api, "cleared"))

    monkeypatch.setattr("drill.kubernetes.objects.field_owners.without", lambda live, *_: live)
    with pytest.raises(AssertionError, match="dropped"):
        behaviour(_side(shell, api, "not-cleared"))


def test_a_refusal_that_does_not_come(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_cluster_admission.test_two_archivers_are_refused
    side = _side(shell, api, "refuses")
    side.apply(test_cluster_admission.cluster(side))
    behaviour(side)

    monkeypatch.setattr("drill.kubernetes.admission.cluster._archiver", lambda _: [])
    with pytest.raises(AssertionError, match="exit_code: 0 != 1"):
        behaviour(side)


def test_a_dry_run_that_deletes(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_kubectl_errors.test_a_dry_run_deletes_nothing
    behaviour(_side(shell, api, "keeps"))

    monkeypatch.setattr(DeleteOptions, "of", lambda *_, **__: DeleteOptions())
    with pytest.raises(AssertionError, match="not found"):
        behaviour(_side(shell, api, "deletes"))


def test_an_object_that_is_being_deleted_and_takes_finalizers(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = (
        test_kubectl_errors.test_an_object_that_is_being_deleted_takes_no_finalizer_and_no_successor
    )
    behaviour(_side(shell, api, "takes-none"))

    monkeypatch.setattr("drill.kubernetes.objects.writing.refuse_new_finalizers", lambda *_: None)
    with pytest.raises(AssertionError, match="exit_code: 0 != 1"):
        behaviour(_side(shell, api, "takes"))


def test_a_setting_of_the_operator_that_is_admitted(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_manifest_admission.test_a_setting_that_is_the_operator_s_alone_is_refused
    side = _side(shell, api, "postgres")
    behaviour(side, "port")

    monkeypatch.setattr("drill.kubernetes.admission.cluster.refused_parameters", lambda _: [])
    with pytest.raises(AssertionError, match="exit_code: 0 != 1"):
        behaviour(side, "port")


def test_a_schema_that_is_not_looked_at(
    shell: Run, api: ClusterApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = test_manifest_admission.test_a_body_that_does_not_fit_the_kind_is_refused
    side = _side(shell, api, "postgres")
    behaviour(side, *UNTYPED[-1])

    monkeypatch.setattr(StrictSchemas, "problems", lambda *_: [])
    with pytest.raises(AssertionError, match="assert 0 == 1"):
        behaviour(side, *UNTYPED[-1])

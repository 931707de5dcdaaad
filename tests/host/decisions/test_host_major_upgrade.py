"""A major version of PostgreSQL is changed by `pg_upgrade` alone, and never where data could go."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.kubernetes.objects.merge_patch import merge_patch
from host.errors import Failed, Refused
from host.kubernetes.cluster import DEGRADED_SINCE, Cluster
from host.kubernetes.postgres_image import data_major, major_of, of_major
from host.major.conversion import STARTING, Conversion, Reversal, UpgradeJob, stopping
from host.major.job import last_words, shares_files
from host.major.statistics import analyze
from host.major.stopped import stopped_at
from host.writer.overlay import disagreement, overlay
from host.writer.role_step import Done, Patch, Refuse, Wait
from tests.host.decisions.conftest import PodShell, psql_of
from tests.host.decisions.examples import IMAGES, document, live, record, template
from tests.host.decisions.test_host_session import ANY_BYTES
from tests.host.decisions.test_host_standby_list import LOCAL, ONE, THREE
from topology.versions import POSTGRES_IMAGES

NEW = "postgres-cluster-g2"
NOW = "2026-11-27T06:40:00+00:00"
NEW_SETTINGS = {"IO_method": "worker", "work_mem": "8MB"}
CONVERSION = Conversion(site=document(), server_name=NEW)
REVERSAL = Reversal(site=document(), server_name="postgres-cluster")
STOPPED = """000000010000000000000004.done
Database cluster state:               shut down
Latest checkpoint location:           0/5000028
Latest checkpoint's REDO WAL file:    000000010000000000000005
"""


def old() -> Cluster:
    """A writer of PostgreSQL 17, where 18 is configured."""
    found = live(imageName=IMAGES["17"])
    found.item["status"]["pgDataImageInfo"] = {"image": IMAGES["17"], "majorVersion": 17}
    return found


def changed(live: Cluster, *merges: dict[str, object]) -> Cluster:
    item = live.item
    for merge in merges:
        item = merge_patch(item, merge)
    return Cluster(item=item)


def stopped() -> Cluster:
    return changed(old(), stopping(old(), 18, NOW))


def converting() -> Cluster:
    step = CONVERSION.next_step(stopped(), None)
    assert isinstance(step, Patch)
    return changed(stopped(), step.merge)


def converted() -> Cluster:
    return changed(converting(), {"status": {"pgDataImageInfo": {"majorVersion": 18}}})


@pytest.mark.parametrize("major", POSTGRES_IMAGES)
def test_the_major_version_of_each_pinned_image_is_known(major: int) -> None:
    assert major_of(POSTGRES_IMAGES[major]) == major


@pytest.mark.parametrize("image", ["", "registry:5000/postgresql", "postgresql:latest"])
def test_an_image_whose_tag_names_no_version_is_of_none(image: str) -> None:
    assert major_of(image) is None


@given(site=st.sampled_from(("primary", "dr")), writer=st.booleans())
def test_no_apply_changes_the_major_version_of_a_cluster_that_exists(
    site: str, *, writer: bool
) -> None:
    now = live(site, writer=writer, imageName=IMAGES["17"])

    applied = overlay(template(site), now, record(), document(site))

    assert major_of(applied["spec"]["imageName"]) == 17


def test_an_apply_brings_the_pinned_minor_of_the_version_that_runs() -> None:
    now = live(imageName="registry/postgresql:17.1-trixie")

    applied = overlay(template(), now, record(), document())

    assert applied["spec"]["imageName"] == IMAGES["17"]


def test_an_apply_while_the_data_is_converted_leaves_the_new_image() -> None:
    applied = overlay(template(), converting(), record(), document())

    assert applied["spec"]["imageName"] == IMAGES["18"]
    assert Cluster(item=applied).server_name == NEW


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (live(imageName=IMAGES["17"]), {"work_mem": "8MB"}),
        (converting(), {"work_mem": "8MB"}),
        (live(imageName=IMAGES["18"]), NEW_SETTINGS),
    ],
    ids=["17", "17, being converted", "18"],
)
def test_a_setting_that_the_version_of_the_data_does_not_know_waits_for_the_conversion(
    now: Cluster, told: dict[str, str]
) -> None:
    item = template()
    item["spec"]["postgresql"] = {"parameters": NEW_SETTINGS, "pg_hba": []}

    applied = overlay(item, now, record(), document())

    assert applied["spec"]["postgresql"] == {"parameters": told, "pg_hba": []}


def test_data_of_the_old_version_is_restored_with_its_image_and_settings_that_it_knows() -> None:
    spec = {"imageName": IMAGES["18"], "postgresql": {"parameters": NEW_SETTINGS}}

    restored = of_major(spec, document(), 17)

    assert restored["imageName"] == IMAGES["17"]
    assert restored["postgresql"] == {"parameters": {"work_mem": "8MB"}}


def test_another_configured_version_is_said_with_the_command_that_settles_it() -> None:
    said = disagreement(old(), record(), document())

    assert said is not None
    assert said.endswith("17 was kept - run: pgtwin upgrade --postgres")


def test_an_older_configured_version_is_said_to_be_impossible() -> None:
    newer = live(imageName="registry/postgresql:19.1-trixie")

    said = disagreement(newer, record(), document())

    assert said is not None
    assert "configure postgres: 19" in said


def test_image_and_archive_change_in_one_patch() -> None:
    live = converting()

    assert live.item["spec"]["imageName"] == IMAGES["18"]
    assert live.server_name == live.server_name_of(live.name) == NEW
    assert live.server_name_of("postgres-cluster-dr") == "postgres-cluster-dr"
    assert live.plugins[0]["isWALArchiver"]
    assert live.stopped, "PostgreSQL of the new version does not start by itself"


@pytest.mark.parametrize(
    "running",
    [
        old(),
        changed(old(), {"metadata": {"annotations": {"cnpg.io/fencedInstances": '["*"]'}}}),
        changed(stopped(), {"metadata": {"annotations": {"pgtwin/upgrading-to": "19"}}}),
        changed(stopped(), {"spec": {"replica": {"primary": "postgres-cluster-dr"}}}),
    ],
    ids=["runs", "fenced by somebody", "stopped for another version", "a replica"],
)
def test_what_was_not_stopped_for_this_upgrade_is_not_converted(running: Cluster) -> None:
    assert isinstance(CONVERSION.next_step(running, None), Refuse)
    assert data_major(running) == 17


def test_the_data_is_converted_when_the_operator_says_so_and_its_job_is_gone() -> None:
    assert isinstance(CONVERSION.next_step(converting(), None), Wait)
    assert isinstance(CONVERSION.next_step(converting(), UpgradeJob()), Wait)
    assert isinstance(CONVERSION.next_step(converted(), UpgradeJob()), Wait)
    assert CONVERSION.next_step(converted(), None) == Done()


def test_the_reason_of_pg_upgrade_is_passed_on() -> None:
    refused = CONVERSION.next_step(converting(), UpgradeJob(failed="regproc"))

    assert isinstance(refused, Refuse)
    assert refused.why == "pg_upgrade refused postgres-cluster: regproc"


def test_a_job_that_works_or_has_succeeded_is_waited_for_by_the_way_back() -> None:
    """Of one that has succeeded the operator would call the data old (`tests/contract`)."""
    assert isinstance(REVERSAL.next_step(converting(), UpgradeJob()), Wait)


def test_a_version_whose_files_were_linked_already_is_not_started_again() -> None:
    refused = REVERSAL.next_step(converting(), UpgradeJob(failed="no space", shares_files=True))

    assert isinstance(refused, Refuse)
    assert refused.why.endswith("run: pgtwin failover --to dr")


def test_the_way_back_takes_image_and_archive_back_in_one_patch() -> None:
    failed = UpgradeJob(failed="regproc")

    step = REVERSAL.next_step(converting(), failed)

    assert isinstance(step, Patch)
    back = changed(converting(), step.merge)
    assert back.item["spec"]["imageName"] == IMAGES["17"]
    assert back.server_name == "postgres-cluster"
    assert isinstance(REVERSAL.next_step(back, failed), Wait)
    assert REVERSAL.next_step(back, None) == Done()
    assert not changed(back, STARTING).stopped


@pytest.mark.parametrize("note", [None, "then"])
@pytest.mark.parametrize(("whole", "left"), [(THREE, LOCAL), (ONE, None)])
def test_the_patch_that_stops_takes_the_other_region_off_and_writes_that_down(
    whole: dict[str, Any], left: dict[str, Any] | None, note: str | None
) -> None:
    annotations = {DEGRADED_SINCE: note}
    live = changed(
        old(),
        {"spec": {"postgresql": {"synchronous": whole}}},
        {"metadata": {"annotations": annotations}},
    )

    stops = changed(live, stopping(live, 18, NOW))

    assert stops.stopped
    assert stops.synchronous == left
    assert stops.annotation(DEGRADED_SINCE) == (note or NOW)
    started = changed(stops, STARTING)
    assert started.synchronous == left, "no write of the new version waits for the other region"
    assert started.annotation(DEGRADED_SINCE) == (note or NOW)


def test_where_no_other_region_is_waited_for_an_upgrade_notes_nothing() -> None:
    assert stopped().annotation(DEGRADED_SINCE) is None
    assert stopped().synchronous == old().synchronous


def test_converted_data_has_no_way_back_in_place() -> None:
    assert isinstance(REVERSAL.next_step(converted(), None), Refuse)


def test_a_clean_shutdown_with_everything_archived_says_where_it_ended() -> None:
    assert stopped_at(STOPPED) == "0/5000028"


@pytest.mark.parametrize(
    ("changed", "instead", "why"),
    [
        ("shut down", "in production", "not shut down cleanly: in production"),
        ("shut down", "shut down in recovery", "not shut down cleanly"),
        ("4.done", "4.ready", "the archive does not have 000000010000000000000004"),
        ("0/5000028", "0/5000150", "ends at 0/5000150, beyond what was archived"),
        ("Latest checkpoint location:           0/5000028\n", "", "ends at unknown"),
        (STOPPED, "", "not shut down cleanly: unknown"),
    ],
)
def test_anything_else_is_no_end(changed: str, instead: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        stopped_at(STOPPED.replace(changed, instead))


def test_what_pg_upgrade_said_last_is_found_in_the_log_of_its_job() -> None:
    log = """
{"level":"info","logger":"pg_upgrade","msg":"Checking for reg* data types in user tables    ok"}
{"level":"info","logger":"pg_upgrade","msg":"Restoring database schemas in the new cluster  "}
{"level":"info","logger":"pg_upgrade","msg":"*failure*"}
{"level":"info","logger":"pg_upgrade","msg":""}
{"level":"info","msg":"another"}
Error: error while running pg_upgrade
"""

    assert last_words(log).endswith("Restoring database schemas in the new cluster | *failure*")


def test_the_log_tells_whether_the_old_version_s_files_were_linked() -> None:
    checking = '{"level":"info","logger":"pg_upgrade","msg":"Restoring database schemas    ok"}'
    linking = r"""
{"level":"info","logger":"pg_upgrade","msg":"Adding \".old\" suffix to old \"global/pg_control\""}
{"level":"info","logger":"pg_upgrade","msg":"Linking user relation files"}
"""

    assert not shares_files(checking)
    assert shares_files(checking + linking)


def test_a_log_without_a_word_of_pg_upgrade_is_named() -> None:
    assert last_words("Error: no such image") == "its log does not say"


HASTY = """
create table stocked as select n % 7 as a, n % 7 as b from generate_series(1, 200000) n;
create statistics together on a, b from stocked;
"""
RAISES = """
create function of(n int) returns int immutable language plpgsql as 'begin return n; end';
create table stocked as select n from generate_series(1, 100) n;
create index indexed on stocked (of(n));
create or replace function of(n int) returns int immutable language plpgsql
  as $$ begin raise 'not while looking'; end $$;
"""


def test_statistics_are_made_whatever_a_database_sets_or_is_named_or_another_one_raises(
    shell: PodShell,
) -> None:
    server = psql_of(shell, "postgres")
    for name, sql in {"a_raises": RAISES, "b_hasty": HASTY}.items():
        server.query(f"create database {name};")
        psql_of(shell, name).query(f"set search_path = public; {sql}")
    server.query("alter database b_hasty set statement_timeout = '1ms';")
    server.query("create database c_raw template template0 encoding 'SQL_ASCII' locale 'C';")
    psql_of(shell, "c_raw").query(ANY_BYTES)

    with pytest.raises(Failed, match=r"a_raises: .*not while looking") as failed:
        analyze(psql_of(shell, "postgres")._kubectl, namespace="postgres", pod="p-1")

    made = "select to_json(count(*)) from pg_stats_ext;"
    assert psql_of(shell, "b_hasty").query(made) == 1
    of_raw = "select to_json(count(*)) from pg_stats where schemaname = 'public';"
    assert psql_of(shell, "c_raw").query(of_raw) == 1
    assert not {"b_hasty", "c_raw"} & set(re.findall(r"[a-c]_\w+", str(failed.value)))

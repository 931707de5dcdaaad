"""`pgtwin` in a process of its own, against the embedded AWS; only the host program is a double."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from drill.failures.deployed import Deployed
from pgtwin.verdict import DIFFER
from tests.pgtwin.conftest import REPOSITORY, Pgtwin, result, run_pgtwin
from tests.waiting import HANGS_SECONDS
from topology.site import SITES, SiteName

pytestmark = pytest.mark.slow
STATUS_SECONDS = 3.0


def test_status_says_that_a_failover_is_possible_and_what_it_would_cost(
    environment: dict[str, str], config: Path
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    shown = run_pgtwin("status", "--config", str(config), environment=environment)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "failover ready; RPO now: at most 12 s (archive)" in shown.stdout
    # Processor time, because a machine that is busy with other tests says nothing about status.
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < STATUS_SECONDS
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_a_region_that_does_not_answer_is_shown_as_that(pgtwin: Pgtwin, deployed: Deployed) -> None:
    deployed.lose("primary")

    shown = result(pgtwin("status", "--json"))

    assert "unreachable" in shown["sites"]["primary"]
    assert shown["sites"]["dr"]["state"]["role"] == "replica"
    assert "a failover would lose at most 12 s" in shown["verdict"]


def test_status_says_that_records_of_one_epoch_name_different_writers(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    for site in SITES:
        deployed.put_record(site, epoch=4, writer=site)

    shown = result(pgtwin("status", "--json"))

    assert not shown["good"]
    assert not shown["records_agree"]
    assert "name different writers" in shown["verdict"]


def test_records_that_differ_are_not_good_and_one_command_settles_them(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    """As after a release without the other region, which is back by now."""
    deployed.put_record("primary", epoch=1002, writer="primary")
    deployed.put_record("dr", epoch=1, writer="dr")

    before = result(pgtwin("status", "--json"))
    settled = pgtwin("record", "--writer", "primary")
    after = result(pgtwin("status", "--json"))

    assert not before["good"]
    assert not before["records_agree"]
    assert f"{DIFFER} - run: pgtwin record --writer primary" in before["verdict"]
    assert settled.returncode == 0, settled.stderr
    assert after["good"]
    assert after["records_agree"]


def test_a_region_without_a_record_does_not_agree_with_one_that_has_it(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.put_record("primary", epoch=2, writer="primary")

    shown = result(pgtwin("status", "--json"))

    assert not shown["records_agree"]
    assert f"{DIFFER} - run: pgtwin record --writer primary" in shown["verdict"]


def test_status_says_that_clients_are_led_to_the_site_that_does_not_write(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    assert pgtwin("switchover", "--to", "dr").returncode == 0
    deployed.set_state("dr", role="replica", accepts_writes=False, following=True)
    deployed.set_state("primary", role="writer", accepts_writes=True, following=False)
    for site in SITES:
        deployed.put_record(site, epoch=9, writer="primary")

    shown = result(pgtwin("status", "--json"))

    assert not shown["good"]
    assert "in the region of primary and dr leads to dr" in shown["verdict"]


def test_a_switchover_moves_record_alias_and_configuration(
    pgtwin: Pgtwin, deployed: Deployed, config: Path
) -> None:
    done = pgtwin("switchover", "--to", "dr", "--json")

    assert done.returncode == 0, done.stderr
    assert result(done)["outcome"] == "done"
    for site in SITES:
        record = deployed.parameter(site, deployed.topology.names.record_parameter())
        assert (record["epoch"], record["writer"], record["token"]) == (2, "dr", "t")
    assert deployed.alias("primary") == deployed.alias("dr")
    assert "writer: dr      # the site that holds the writer" in config.read_text()
    assert _journals(deployed, "dr") or _journals(deployed, "primary")


def test_a_failover_fences_what_it_can_and_promotes_while_the_region_is_lost(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.lose("primary")

    done = pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s")

    assert done.returncode == 0, done.stderr
    assert "fence primary: instances stopped: did not work" in done.stderr
    assert "close the archive: done" in done.stderr
    assert deployed.state("dr")["accepts_writes"]
    policy = deployed.client("iam", "dr").get_role_policy(
        RoleName=deployed.topology.names.agent_role("primary"), PolicyName="pgtwin-fence"
    )["PolicyDocument"]
    (statement,) = policy["Statement"]
    assert statement["Effect"] == "Deny"
    assert (
        f"arn:aws:s3:::{deployed.bucket('primary')}/physical/postgres-cluster/*"
        in (statement["Resource"])
    )


def test_a_failover_stops_the_machines_where_the_region_answers(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    done = pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s")

    assert done.returncode == 0, done.stderr
    assert deployed.machine_states("primary") == {"stopped"}


def test_a_failover_that_stopped_before_its_promotion_is_given_up(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.set_state("dr", promote_fails="it broke")
    stopped = pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s")
    assert stopped.returncode == 3, stopped.stderr
    assert deployed.machine_states("primary") == {"stopped"}

    released = pgtwin("failback", "--site", "primary", "--release")

    assert released.returncode == 0, released.stderr
    assert deployed.machine_states("primary") == {"running"}
    assert deployed.state("primary")["fenced"] is False
    for site in SITES:
        record = deployed.parameter(site, deployed.topology.names.record_parameter())
        assert (record["writer"], record["token"]) == ("primary", "")


def test_a_failover_that_would_lose_more_than_allowed_is_refused(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.set_state("dr", heartbeat_age_seconds=300.0)

    refused = pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s")

    assert refused.returncode == 2
    assert "at most 300 s of primary's writes" in refused.stderr
    assert deployed.state("dr")["role"] == "replica"


def test_a_failover_without_a_terminal_or_an_option_is_refused(pgtwin: Pgtwin) -> None:
    refused = pgtwin("failover", "--to", "dr")

    assert refused.returncode == 2
    assert "nothing was changed" in refused.stderr.lower()


def test_a_failback_deletes_only_the_cluster_that_was_named(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    assert pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s").returncode == 0

    wrong = pgtwin("failback", "--site", "primary", "--stay", "--yes-delete", "other")
    assert wrong.returncode == 2
    assert deployed.state("primary")["server_name"] == "postgres-cluster"
    done = pgtwin("failback", "--site", "primary", "--stay", "--yes-delete", "postgres-cluster")

    assert done.returncode == 0, done.stderr
    assert deployed.state("primary")["server_name"] == "postgres-cluster-g2"
    with pytest.raises(deployed.client("iam", "dr").exceptions.NoSuchEntityException):
        deployed.client("iam", "dr").get_role_policy(
            RoleName=deployed.topology.names.agent_role("primary"), PolicyName="pgtwin-fence"
        )


def test_the_second_operator_is_told_who_holds_the_lock(pgtwin: Pgtwin, deployed: Deployed) -> None:
    _lock(deployed, lasts_seconds=300)

    locked = pgtwin("switchover", "--to", "dr")

    assert locked.returncode == 5
    assert "ann@laptop since 2026-11-22T10:00:00Z (switchover --to dr)" in locked.stderr
    assert deployed.state("primary")["role"] == "writer"


def test_an_expired_lock_may_be_taken(pgtwin: Pgtwin, deployed: Deployed) -> None:
    _lock(deployed, lasts_seconds=-60)

    assert pgtwin("switchover", "--to", "dr").returncode == 0


def test_a_switchover_to_an_unhealthy_site_is_refused_and_the_writer_stays(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.set_state("dr", healthy=False)

    refused = pgtwin("switchover", "--to", "dr")

    assert refused.returncode == 2
    assert deployed.state("primary")["accepts_writes"]


def test_without_a_terminal_the_option_that_answers_instead_is_named(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.lose("primary")

    refused = pgtwin("failover", "--to", "dr")

    assert refused.returncode == 2
    assert "nothing was changed - repeat in a terminal, or repeat with --yes-lose-up-to" in (
        refused.stderr
    )
    assert "--yes-lose-up-to" in pgtwin("failover", "--help").stdout


@pytest.mark.parametrize("copy", ["backup", "dump"])
def test_a_copy_is_taken_where_the_writer_is_by_the_record(
    pgtwin: Pgtwin, deployed: Deployed, copy: str
) -> None:
    for site in SITES:
        deployed.put_record(site, epoch=4, writer="dr")

    done = pgtwin(copy, "now", "--json")

    assert done.returncode == 0, done.stderr
    assert result(done)["repeat"] == f"pgtwin {copy} now --site dr"
    assert f"{copy}_at" in deployed.state("dr")
    assert f"{copy}_at" not in deployed.state("primary")


def test_a_verification_tells_what_each_site_found(pgtwin: Pgtwin) -> None:
    done = pgtwin("verify", "--json")

    assert done.returncode == 0, done.stderr
    sites = result(done)["sites"]
    assert sites.keys() == set(SITES)
    assert sites["dr"]["evidence"] == "evidence/x-passed.json"
    assert "primary  rows: 3 rows of 2 tables are equal" in pgtwin("verify").stdout


def test_a_verification_that_fails_on_one_site_fails_and_still_shows_the_other(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.set_state("dr", verify_fails="rows: archive and dump differ in: public.account")

    failed = pgtwin("verify", "--json")

    assert failed.returncode == 3
    found = result(failed)
    assert found["passed"] is False
    assert found["sites"]["primary"]["passed"] is True
    assert "differ in: public.account" in found["sites"]["dr"]["problem"]
    assert pgtwin("verify", "--site", "primary").returncode == 0


def test_a_lost_region_does_not_keep_the_other_from_being_verified(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.lose("primary")

    found = result(pgtwin("verify", "--json"))

    assert found["sites"]["dr"]["passed"] is True
    assert found["sites"]["primary"]["passed"] is False


def _lock(deployed: Deployed, lasts_seconds: float) -> None:
    lock = {
        "owner": "ann@laptop",
        "run": "another",
        "what": "switchover --to dr",
        "since": "2026-11-22T10:00:00Z",
        "lasts_seconds": lasts_seconds,
    }
    deployed.client("ssm", "primary").put_parameter(
        Name=deployed.topology.names.lock_parameter(),
        Type="String",
        Value=json.dumps(lock),
        Overwrite=True,
    )


def _journals(deployed: Deployed, site: SiteName) -> list[str]:
    found = deployed.client("s3", site).list_objects_v2(
        Bucket=deployed.bucket(site), Prefix="journal/"
    )
    return [each["Key"] for each in found.get("Contents", [])]


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_a_reader_that_goes_away_does_not_stop_a_run_or_make_it_look_failed(
    gone: str, deployed: Deployed, config: Path, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {
        **os.environ,
        **deployed.aws.environment("eu-west-2"),
        "PGTWIN_HOST_COMMAND": deployed.host_command,
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }

    done = subprocess.run(
        [sys.executable, "-m", "pgtwin", "switchover", "--to", "dr", "--config", str(config)],
        stderr=writer if gone == "stderr" else subprocess.DEVNULL,
        stdout=writer if gone == "stdout" else subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=environment,
        cwd=REPOSITORY,
        check=False,
        timeout=HANGS_SECONDS,
    )
    os.close(writer)

    assert done.returncode == 0
    assert deployed.state("dr")["accepts_writes"]
    assert "writer: dr" in config.read_text()


def test_doctor_names_an_archive_that_a_failover_closed_and_nobody_opened(pgtwin: Pgtwin) -> None:
    assert pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s").returncode == 0

    found = result(pgtwin("doctor", "--json"))

    (archive,) = [each for each in found if each["what"].startswith("archive of")]
    assert archive["what"] == "archive of primary"
    assert archive["verdict"] == "missing"
    assert archive["remedy"] == "run: pgtwin failback --site primary --stay"

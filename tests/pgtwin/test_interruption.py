"""A command that is interrupted gives up its lock, or says where it stays and what to run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from drill.failures.deployed import Deployed
from drill.failures.standing import stand
from pgtwin.lock import Lock
from tests.pgtwin.conftest import REPOSITORY, Pgtwin
from tests.waiting import HANGS_SECONDS, eventually
from topology.site import SITES, SiteName

ENDLESS_SECONDS = 10 * HANGS_SECONDS


def _ignore_nothing() -> None:
    """What runs in the background, or under nohup, hands down that it ignores signals."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def demoting(
    deployed: Deployed,
    config: Path,
    state: Path,
    *,
    old: SiteName = "primary",
    words: Sequence[str] = ("switchover", "--to", "dr"),
) -> Iterator[subprocess.Popen[str]]:
    """A command whose old writer takes longer over its demotion than anybody waits."""
    deployed.set_state(old, demote_takes_seconds=ENDLESS_SECONDS)
    environment = {
        **os.environ,
        **deployed.aws.environment("eu-west-2"),
        "PGTWIN_HOST_COMMAND": deployed.host_command,
        "XDG_STATE_HOME": str(state),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "pgtwin", *words, "--config", str(config)],
        env=environment,
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_ignore_nothing,  # noqa: PLW1509 (no lock is held here)
    ) as process:
        try:
            eventually((deployed.states / f"{old}.demote").exists)
            yield process
        finally:
            process.kill()
            deployed.set_state(old, demote_takes_seconds=0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_plan_gives_up_its_lock_and_says_what_to_run(
    how: signal.Signals, deployed: Deployed, config: Path, tmp_path: Path
) -> None:
    with demoting(deployed, config, tmp_path / "state") as process:
        assert _locked(deployed) == list(SITES)
        process.send_signal(how)
        _, said = process.communicate(timeout=HANGS_SECONDS)

    assert process.returncode == 3
    assert "interrupted; requests already sent" in said
    assert "then: pgtwin switchover --to dr" in said
    assert "The lock stays" not in said
    assert _locked(deployed) == []


def test_a_lock_that_stays_is_named_and_lets_this_machine_in(
    deployed: Deployed, config: Path, tmp_path: Path, pgtwin: Pgtwin
) -> None:
    region = deployed.topology.primary.region
    with demoting(deployed, config, tmp_path / "state") as process:
        deployed.aws.cut(region)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=HANGS_SECONDS)
    deployed.aws.heal(region)

    assert "The lock stays at primary, for 15 min at most" in said, said
    assert _locked(deployed) == ["primary"]
    same = pgtwin("switchover", "--to", "dr")
    assert same.returncode == 0, same.stderr
    assert _locked(deployed) == []


def test_a_failback_that_is_killed_in_its_switchover_goes_on_there_at_once(
    deployed: Deployed, config: Path, tmp_path: Path, pgtwin: Pgtwin
) -> None:
    stand(deployed, "primary was lost")
    words = ("failback", "--site", "primary", "--yes-delete", "postgres-cluster")
    with demoting(deployed, config, tmp_path / "state", old="dr", words=words) as process:
        second = pgtwin(*words)
        assert second.returncode == 5, second.stderr
        assert "under way on this machine" in second.stderr
        process.kill()
        process.communicate(timeout=HANGS_SECONDS)
    assert _locked(deployed) == list(SITES)

    again = pgtwin(*words)

    assert again.returncode == 0, again.stderr
    assert "clone: " not in again.stderr
    assert deployed.state("primary")["accepts_writes"]
    assert not deployed.state("dr")["accepts_writes"]
    assert _locked(deployed) == []


def test_a_lock_of_a_killed_run_keeps_every_other_machine_out(
    deployed: Deployed, config: Path, tmp_path: Path, pgtwin: Pgtwin
) -> None:
    with demoting(deployed, config, tmp_path / "another laptop") as process:
        process.kill()
        process.communicate(timeout=HANGS_SECONDS)

    locked = pgtwin("switchover", "--to", "dr")

    assert locked.returncode == 5
    assert "for 15 more min at most" in locked.stderr
    assert deployed.state("primary")["role"] == "writer"


def _locked(deployed: Deployed) -> list[SiteName]:
    """Where a lock is held: what was given up stays, and holds for no time."""
    name = deployed.topology.names.lock_parameter()
    found = {
        site: deployed.client("ssm", site).get_parameters(Names=[name])["Parameters"]
        for site in SITES
    }
    return [
        site
        for site, values in found.items()
        if values and Lock.parse(values[0]["Value"]).holds_after(0)
    ]

"""A first use in a real terminal of 80 columns, as somebody would type it at 3 a.m."""

import os
import sys
from pathlib import Path

import pexpect
import pytest

from drill.failures.deployed import Deployed
from tests.pgtwin.conftest import REPOSITORY
from tests.waiting import HANGS_SECONDS

pytestmark = pytest.mark.slow


@pytest.fixture
def environment(deployed: Deployed, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "PGTWIN_HOST_COMMAND": deployed.host_command,
        **deployed.aws.environment("eu-west-2"),
    }


def test_a_lost_region_is_seen_failed_over_and_brought_back(
    deployed: Deployed, config: Path, environment: dict[str, str]
) -> None:
    screen: list[str] = []

    def type_(*words: str, **answers: str) -> int:
        terminal = pexpect.spawn(
            sys.executable,
            ["-m", "pgtwin", *words, "--config", str(config)],
            cwd=str(REPOSITORY),
            env=environment,
            dimensions=(24, 80),
            timeout=HANGS_SECONDS,
            encoding="utf-8",
        )
        for question, answer in answers.items():
            terminal.expect(f"Type {question.replace('_', '-')} to continue")
            screen.append(terminal.before or "")
            terminal.sendline(answer)
        terminal.expect(pexpect.EOF)
        screen.append(terminal.before or "")
        terminal.close()
        return int(terminal.exitstatus or 0)

    type_("doctor")
    assert "configuration" in screen[-1]
    deployed.lose("primary")
    assert type_("status") == 0
    assert "a failover would lose at most 12 s" in " ".join(screen[-1].split())
    assert type_("failover", "--to", "dr", postgres_cluster_dr="no") == 2
    assert "nothing was changed" in screen[-1]
    assert deployed.state("dr")["role"] == "replica"
    assert type_("failover", "--to", "dr", postgres_cluster_dr="postgres-cluster-dr") == 0
    assert "failover to dr: done" in screen[-1]
    deployed.bring_back("primary")
    assert type_("status") == 0
    assert "pgtwin failback --site primary" in screen[-1]
    done = type_("failback", "--site", "primary", "--stay", postgres_cluster="postgres-cluster")
    assert done == 0, screen[-1]
    assert type_("status") == 0
    assert "failover ready" in screen[-1]
    assert not any("Traceback" in each for each in screen)

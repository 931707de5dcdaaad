"""What applications are given so that they need nothing of AWS to find the writer."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from drill.failures.deployed import Deployed
from pgtwin.connection_strings import writer_uri
from tests.pgtwin.conftest import Pgtwin, result


def test_libpq_reads_two_hosts_of_which_it_wants_the_one_that_accepts_writes() -> None:
    uri = writer_uri(
        ["a.aws", "b.aws"], user="app", database="app_db", trusted=Path("/home/a b/trusted.crt")
    )
    read = conninfo_to_dict(uri)

    assert (read["host"], read["port"]) == ("a.aws,b.aws", "5432,5432")
    assert read["target_session_attrs"] == "read-write"
    assert read["sslmode"] == "verify-full"
    assert read["sslrootcert"] == "/home/a b/trusted.crt"


@pytest.mark.slow
def test_connect_prints_both_load_balancers_and_says_which_region_is_silent(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    printed = result(pgtwin("connect", "--print", "--json"))
    hosts = conninfo_to_dict(printed["both_sites_uri"])["host"]
    assert hosts == f"{deployed.alias('primary')},{_balancer(deployed)}"

    deployed.lose("primary")
    printed = result(pgtwin("connect", "--print", "--json"))
    assert printed["both_sites_uri"] is None
    assert printed["unknown"].keys() == {"primary"}
    assert printed["uri"].startswith("postgresql://")


def _balancer(deployed: Deployed) -> str:
    name = f"{deployed.topology.name}-dr"
    found = deployed.client("elbv2", "dr").describe_load_balancers(Names=[name])
    return str(found["LoadBalancers"][0]["DNSName"]).lower()

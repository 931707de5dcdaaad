"""Who is cut off by a change of the writer is said before it."""

from pathlib import Path

import pytest

from pgtwin.client_networks import warnings
from tests.pgtwin.conftest import REPOSITORY
from topology.load import load
from topology.topology import Topology

DEFAULT = REPOSITORY / "config" / "default.yaml"


def topology(folder: Path, cidrs: str) -> Topology:
    """The default, with what DR admits."""
    text, marker = DEFAULT.read_text(), "\ndr:\n"
    assert marker in text
    path = folder / "config.yaml"
    path.write_text(text.replace(marker, f"{marker}  client_cidrs: [{cidrs}]\n"))
    return load(path)


def test_clients_of_the_old_site_that_the_new_one_keeps_out_are_named() -> None:
    found = load(DEFAULT)

    (said,) = warnings(found, "dr")

    assert f"clients in {found.primary.cidr}" in said
    assert "dr.client_cidrs" in said
    assert f"a route to {found.dr.cidr}" in said


@pytest.mark.parametrize("wide", [False, True], ids=["their own network", "one around it"])
def test_clients_that_the_new_site_admits_are_not_warned_of(tmp_path: Path, wide: bool) -> None:
    cidr = "10.0.0.0/8" if wide else str(load(DEFAULT).primary.cidr)

    assert warnings(topology(tmp_path, cidr), "dr") == ()

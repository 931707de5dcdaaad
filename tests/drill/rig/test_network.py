from ipaddress import IPv4Address, IPv4Network

from drill.rig.cuts import rules
from drill.rig.name import RigName
from drill.rig.network import Place, gateway, router_batch, wiring

PRIMARY, DR = IPv4Network("10.0.0.0/16"), IPv4Network("10.1.0.0/16")


def test_the_router_has_no_way_out() -> None:
    lines = router_batch([PRIMARY, DR], [IPv4Address("10.9.0.2")])

    assert [line for line in lines if "default" in line] == ["route add unreachable default"]
    made = [line for line in lines if line.startswith("link add")]
    assert all(line.endswith("type bridge") for line in made)


def test_the_router_is_the_first_address_of_each_vpc_and_answers_for_metadata() -> None:
    lines = router_batch([PRIMARY, DR], [])

    assert "addr add 10.0.0.1/16 dev vpc0" in lines
    assert "addr add 10.1.0.1/16 dev vpc1" in lines
    assert "addr add 169.254.169.254/32 dev lo" in lines


def test_a_machine_reaches_everything_through_its_router() -> None:
    place = Place(machine="dr-server-1", index=4, vpc=DR, address=IPv4Address("10.1.64.5"))

    wired = wiring(RigName(), [PRIMARY, DR], place)

    assert "addr add 10.1.64.5/16 dev eth0" in wired.connect
    assert f"route add default via {gateway(DR)}" in wired.connect
    assert "link set m4 master vpc1 up" in wired.plug


def test_a_cut_holds_in_both_directions_and_before_the_local_table() -> None:
    one, other = rules(PRIMARY, DR, "drop")

    assert one == "pref 100 from 10.0.0.0/16 to 10.1.0.0/16 blackhole"
    assert other == "pref 100 from 10.1.0.0/16 to 10.0.0.0/16 blackhole"
    local = next(line for line in router_batch([], []) if "lookup local" in line)
    assert int(local.split()[3]) > int(one.split()[1])

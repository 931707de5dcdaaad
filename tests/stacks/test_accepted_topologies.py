"""Whatever the model accepts can be built: no mistake is left for synth to find."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.stacks.synthesised import ROOT, synthesise
from topology.load import parse
from topology.refused import Refused
from topology.site import SITES

COPIES_KEY = "arn:aws:kms:eu-west-3:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab"
TYPES = {"amd64": ("m7i.large", "t3.medium", "r7a.xlarge"), "arm64": ("m7g.large", "t4g.medium")}


@st.composite
def sites(draw: st.DrawFn, *, region: str, network: int, bucket: str) -> dict[str, Any]:
    zones = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))
    servers = draw(st.sampled_from((1, 3)))
    agents = draw(st.integers(0, 3))
    architecture = draw(st.sampled_from(sorted(TYPES)))
    return {
        "region": region,
        "zones": [f"{region}{zone}" for zone in zones],
        "cidr": f"10.{network}.0.0/{draw(st.integers(16, 22))}",
        "cluster": f"cluster-{network}",
        "instances": draw(st.integers(1, agents or servers)),
        "servers": servers,
        "agents": agents,
        "instance_type": draw(st.sampled_from(TYPES[architecture])),
        "architecture": architecture,
        "data_volume_gib": draw(st.integers(100, 65536)),
        "bucket": bucket,
        "nat_gateways": draw(st.integers(1, len(zones))),
        "ami": draw(st.sampled_from((None, "ami-0123456789abcdef0"))),
        "termination_protection": draw(st.booleans()),
        "issuer_bucket": draw(st.sampled_from((None, f"{bucket}-issuer"))),
        "third_copy": draw(
            st.sampled_from((None, {"bucket": f"{bucket}-copy", "key": COPIES_KEY}))
        ),
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOT / "config/default.yaml")
    document["name"] = draw(st.from_regex(r"[a-z][-a-z0-9]{0,10}[a-z0-9]", fullmatch=True))
    document["writer"] = draw(st.sampled_from(SITES))
    document["backups"]["object_lock_days"] = draw(st.sampled_from((0, 7)))
    document["database"]["owner"] = draw(st.sampled_from(("app_user", "owner")))
    document["database"]["pooler_instances"] = draw(st.integers(0, 2))
    document["alarm_email"] = draw(st.sampled_from((None, "dba@example.com")))
    document["primary"] = draw(sites(region="eu-central-1", network=0, bucket="first"))
    document["dr"] = draw(sites(region="us-east-1", network=64, bucket="second"))
    return document


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(documents())
def test_synthesises_every_accepted_topology(document: dict[str, Any]) -> None:
    try:
        topology = parse(document)
    except Refused:
        reject()
    with tempfile.TemporaryDirectory() as folder:
        synthesised = synthesise(topology, Path(folder))

        for site in SITES:
            here = topology.site(site)
            instances = synthesised.resources(site, "AWS::EC2::Instance")
            assert len(instances) == here.servers + here.agents

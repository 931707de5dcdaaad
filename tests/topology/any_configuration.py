"""Whole configurations that the loader takes, as far from the shipped ones as it lets them be."""

from collections.abc import Sequence
from typing import Any, get_args

from hypothesis import reject
from hypothesis import strategies as st

from topology.load import KNOWN_GOOD, load, parse
from topology.postgres_settings import settings, why_not
from topology.refused import Refused
from topology.rules.parameters import OF_CLOUDNATIVE_PG, OF_PGTWIN
from topology.site import SITES
from topology.topology import Replication, Topology

MODES: tuple[Replication, ...] = get_args(Replication)
_TYPES = {
    "amd64": ("t3.medium", "t3a.2xlarge", "m6i.large", "m7i.8xlarge", "r7i.xlarge", "c7i.4xlarge"),
    "arm64": ("t4g.medium", "m7g.medium", "r7g.8xlarge", "c7g.2xlarge"),
}
_OWNED = {*OF_CLOUDNATIVE_PG, *OF_PGTWIN}
_REGIONS = {"primary": "eu-central-1", "dr": "us-east-2"}
_MACHINES = st.fixed_dictionaries({"generation": st.integers(2, 999)})
_EXTENSIONS = {
    "pg_stat_statements.max": "1000",
    "auto_explain.log_min_duration": "1s",
    "my_app.tenant": "O'Brien's, \"of\" 100 % = ä",
}


def _text(regex: str) -> st.SearchStrategy[str]:
    return st.from_regex(regex, fullmatch=True)


def _names(most: int, joint: str) -> st.SearchStrategy[str]:
    """Also the longest ones, which shrink to nothing by themselves."""
    return st.one_of(
        _text(rf"[a-z]([{joint}a-z0-9]{{0,{most - 2}}}[a-z0-9])?"),
        st.just("n" * most),
        st.just("n" + joint * (most - 2) + "0"),
    )


@st.composite
def _parameters(draw: st.DrawFn, major: int) -> dict[str, str]:
    """Some settings at an end of their range, or with one of their words; and of extensions."""
    known = settings(major)
    extensions = draw(st.sets(st.sampled_from(sorted(_EXTENSIONS))))
    found = {name: _EXTENSIONS[name] for name in sorted(extensions)}
    for name in draw(st.lists(st.sampled_from(sorted(known)), max_size=12, unique=True)):
        each = known[name]
        texts = (*each.values, "on", "off", f"{each.min:.12g}", f"{each.max:.12g}", "")
        value = draw(st.sampled_from(texts), label=name)
        if name.lower() not in _OWNED and why_not(major, name, value) is None:
            found[name] = value
    return found


@st.composite
def _site(draw: st.DrawFn, name: str, network: int) -> dict[str, Any]:
    region, zones = _REGIONS[name], draw(st.sets(st.sampled_from("abc"), min_size=1))
    architecture = draw(st.sampled_from(sorted(_TYPES)))
    servers, agents = draw(st.sampled_from((1, 3, 5, 7))), draw(st.integers(0, 20))
    return {
        "region": region,
        "zones": sorted(f"{region}{zone}" for zone in zones),
        "cidr": f"10.{network}.0.0/{draw(st.integers(16, 20))}",
        "cluster": draw(_names(40, "-")),
        "instances": draw(st.integers(1, min(9, agents or servers))),
        "servers": servers,
        "agents": agents,
        "instance_type": draw(st.sampled_from(_TYPES[architecture])),
        "architecture": architecture,
        "data_volume_gib": draw(st.integers(2000, 65536)),
        "bucket": f"{draw(_names(40, '-'))}{network}",
        "client_cidrs": draw(st.sampled_from(([], ["192.168.0.0/16", "81.2.69.142/32"]))),
        "machines": draw(st.dictionaries(st.just("server-1"), _MACHINES)),
    }


@st.composite
def configurations(draw: st.DrawFn, modes: Sequence[Replication] = MODES) -> Topology:
    """One that the loader took; without its settings where they do not fit together."""
    document = load(KNOWN_GOOD).model_dump(mode="python")
    major = draw(st.sampled_from((17, 18)))
    replication = draw(st.sampled_from(modes))
    document |= {
        "name": draw(_names(24, "-")),
        "writer": draw(st.sampled_from(SITES)),
        "replication": replication,
        "rpo": draw(st.sampled_from(("0", "10s"))) if replication == "synchronous" else None,
        "primary": draw(_site("primary", 0)),
        "dr": draw(_site("dr", 128)),
        "alarm_email": "on.call+db@example.org",
    }
    document["database"] = {
        "name": draw(_names(63, "_")),
        "owner": draw(_names(63, "_")),
        "postgres": major,
        "archive_timeout_seconds": draw(st.integers(5, 3600)),
        "storage_gib": draw(st.integers(1, 900)),
        "wal_gib": draw(st.integers(2, 900)),
        "pooler_instances": draw(st.integers(0, 10)) if replication == "archive" else 0,
        "parameters": draw(_parameters(major)),
    }
    document["backups"] |= {
        "retention_days": draw(st.integers(1, 3650)),
        "dump_utc": draw(_text("([01][0-9]|2[0-3]):[0-5][0-9]")),
        "dump_jobs": draw(st.integers(1, 16)),
        "dump_scratch_gib": draw(st.integers(1, 100)),
    }
    return _taken(document)


def _taken(document: dict[str, Any]) -> Topology:
    try:
        return parse(document)
    except Refused:
        document["database"]["parameters"] = {}
    try:
        return parse(document)
    except Refused:
        reject()

"""The estimate is a pure function of the topology: more of a thing costs more, by that thing."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from host.evidence import metrics
from pgtwin.cost.estimate import (
    METRICS_WITHOUT_ALARM,
    MONTH_DAYS,
    SEGMENT_GIB,
    estimate,
    segments_a_day,
    stored_gib,
)
from pgtwin.cost.prices import Prices
from pgtwin.errors import SiteRefused
from topology.alarms import raised_by_cloudwatch
from topology.instance_types import InstanceType
from topology.load import KNOWN_GOOD, parse
from topology.rules.verification import COPIES, KEPT_FREE, WAL_GIB
from topology.rules.when_built import refuse_to_build
from topology.topology import Topology

PRICES = Prices.load()
CONFIGS = sorted(KNOWN_GOOD.parent.glob("*.yaml"))


def topology(**primary: Any) -> Topology:
    document = yaml.safe_load(KNOWN_GOOD.read_text())
    document["primary"].update(primary)
    return parse(document)


def total(of: Topology) -> float:
    return sum(item.dollars for item in estimate(of, PRICES))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_of_the_project_has_a_price(path: Path) -> None:
    items = estimate(parse(yaml.safe_load(path.read_text())), PRICES)

    assert all(item.dollars > 0 for item in items)
    assert {item.site for item in items} == {"primary", "dr"}


@given(agents=st.integers(3, 20), more=st.integers(1, 5))
def test_each_machine_adds_the_same(agents: int, more: int) -> None:
    one, some = topology(agents=agents), topology(agents=min(agents + more, 20))
    added = some.primary.agents - one.primary.agents
    single = total(topology(agents=4)) - total(topology(agents=3))

    assert total(some) - total(one) == pytest.approx(added * single)


@given(gib=st.integers(210, 16000))
def test_a_larger_volume_costs_its_gibibytes(gib: int) -> None:
    price = PRICES.of("eu-west-1", "gp3_gib_month")

    difference = total(topology(data_volume_gib=gib)) - total(topology(data_volume_gib=210))

    assert difference == pytest.approx(4 * (gib - 210) * price)


def test_longer_retention_stores_more() -> None:
    document = yaml.safe_load(KNOWN_GOOD.read_text())
    document["backups"]["retention_days"] = 60

    assert stored_gib(parse(document), "primary") > stored_gib(topology(), "primary")


def test_a_price_that_is_not_in_the_table_is_refused_by_name() -> None:
    with pytest.raises(SiteRefused, match=r"no m8g\.large in eu-west-1"):
        estimate(topology(instance_type="m8g.large", architecture="arm64"), PRICES)


def test_the_table_says_when_and_whence() -> None:
    assert PRICES.as_of
    assert "https://" in PRICES.source
    for prices in PRICES.regions.values():
        kinds = {"machine" if InstanceType.named(each) else each for each in prices}
        assert kinds == PRICES.pages.keys()


def test_every_metric_that_a_site_publishes_is_counted() -> None:
    """What is published is written out in one module of the host program."""
    published = set(re.findall(r'yield "(\w+)"', Path(metrics.__file__).read_text()))
    published.add(metrics.NOT_WAITED_FOR)
    of_alarms = {rule.metric for _, _, rule in raised_by_cloudwatch("synchronous")}

    assert published - of_alarms == set(METRICS_WITHOUT_ALARM)
    (counted,) = [
        item.what
        for item in estimate(topology(), PRICES)
        if item.site == "primary" and "metrics of the site" in item.what
    ]
    of_another_mode = {metrics.NOT_WAITED_FOR, "StreamMissing"}
    assert counted.startswith(f"{len(published - of_another_mode)} ")


def test_the_example_of_a_large_database_is_what_the_estimate_says() -> None:
    page = (KNOWN_GOOD.parent.parent / "docs/cost.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    document = yaml.safe_load(KNOWN_GOOD.read_text())
    for section, changes in yaml.safe_load(block).items():
        document[section] |= changes
    large = parse(document)
    refuse_to_build(large)
    items = estimate(large, PRICES)

    def cells(word: str) -> str:
        of_sites = (
            sum(item.dollars for item in items if item.site == site and word in item.what)
            for site in ("primary", "dr")
        )
        return " | ".join(f"{each:,.2f}" for each in of_sites)

    for row, word in (
        ("machines", "x r7i.2xlarge"),
        ("data volumes", "data volume"),
        ("backup bucket, half full", "backup bucket"),
    ):
        assert f"| {row} | {cells(word)} |" in page
    assert f"{total(large):,.2f} US dollars per month" in page


def test_what_a_scratch_volume_would_cost_is_what_the_decision_says() -> None:
    page = (KNOWN_GOOD.parent.parent / "docs/architecture.md").read_text()
    prices = [PRICES.of(region, "gp3_gib_month") for region in ("eu-west-1", "eu-west-2")]
    here = topology().primary
    machines = here.servers + here.agents
    usable = 1 - KEPT_FREE
    saved, always = (
        [
            (copies * planned + WAL_GIB) / usable * (prices[0] * of_primary + prices[1])
            for planned in (40, 1024)
        ]
        for copies, of_primary in ((1, machines), (COPIES, 1))
    )

    assert f"| - {saved[0]:.2f} | - {saved[1]:.2f} |" in page
    assert f"| + {always[0]:.2f} | + {always[1]:.2f} |" in page
    assert f"| + {always[0] / 7:.2f} | + {always[1] / 7:.2f} |" in page


@pytest.mark.parametrize("replication", ["streaming", "synchronous"])
def test_a_stream_costs_what_it_sends_to_the_other_region(replication: str) -> None:
    document = yaml.safe_load(KNOWN_GOOD.read_text())
    by_archive = parse(document)
    waits = {"rpo": "0"} if replication == "synchronous" else {}
    by_stream = parse(document | {"replication": replication} | waits)

    sent = [item for item in estimate(by_stream, PRICES) if "streamed" in item.what]

    gib = segments_a_day(by_archive) * SEGMENT_GIB * MONTH_DAYS
    assert [item.site for item in sent] == ["primary"]
    assert sent[0].dollars == pytest.approx(gib * PRICES.of("eu-west-1", "peering_gib"))
    assert not [item for item in estimate(by_archive, PRICES) if "streamed" in item.what]

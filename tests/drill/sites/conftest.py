"""Both sites deployed once with a small file in the place of k3s, machines booted per test."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.ground_site import Ran
from drill.operator.processes import Processes
from drill.operator.scripted.operator import ScriptedOperator
from drill.sites.site import EmbeddedSite

REGIONS = {"primary": "eu-west-1", "dr": "eu-west-2"}
MIRROR = "pgtwin-k3s-mirror"
K3S = b"#!/bin/sh\n# stands for k3s v1.36.4+k3s1\n"
Start = Callable[[list[str]], list[str]]
DEFAULT = Path(__file__).parents[3] / "config" / "default.yaml"


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sites are deployed from."""
    return tmp_path_factory.mktemp("sites")


@pytest.fixture(scope="session")
def deployed(work: Path) -> Iterator[EmbeddedAws]:
    """The default configuration, but for where k3s comes from and what its hash is."""
    config = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    pin = {"sha256_amd64": hashlib.sha256(K3S).hexdigest(), "mirror": f"s3://{MIRROR}/k3s"}
    config["versions"] = {"k3s": pin}
    (work / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with EmbeddedAws(tuple(REGIONS.values()), log=work / "aws.log") as aws:
        Deployment(embedded=aws, config=work / "config.yaml", work=work).deploy()
        s3 = aws.client("s3", REGIONS["primary"])
        where = {"LocationConstraint": REGIONS["primary"]}
        s3.create_bucket(Bucket=MIRROR, CreateBucketConfiguration=where)
        s3.put_object(Bucket=MIRROR, Key="k3s/k3s", Body=K3S)
        aws.enforce_iam()
        yield aws


@pytest.fixture(scope="session")
def start(
    deployed: EmbeddedAws, work: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Starts the machines' Python programs."""
    del deployed  # it has packed the host program
    with Processes(tmp_path_factory.mktemp("warmed"), archives=[work / "host.pyz"]) as processes:
        yield processes.warm


@pytest.fixture(scope="module")
def booted(
    deployed: EmbeddedAws, start: Start, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[EmbeddedSite, dict[str, Ran]]]]:
    """Both sites after all five machines booted at the same time.

    They end with the file: left alone, they took half of the processor time of their worker.
    """
    work = tmp_path_factory.mktemp("machines")
    with ExitStack() as open_sites:
        sites = {}
        for name, region in REGIONS.items():
            site = EmbeddedSite(aws=deployed, name=name, region=region, work=work, start=start)
            sites[name] = open_sites.enter_context(site)
            operator = ScriptedOperator(api=site.api, s3=site.pod_client("s3"))
            operator.start()
            open_sites.callback(operator.stop)
        with ThreadPoolExecutor(len(sites)) as pool:
            ran = dict(zip(sites, pool.map(EmbeddedSite.boot_all, sites.values()), strict=True))
        yield {name: (site, ran[name]) for name, site in sites.items()}


@pytest.fixture
def fresh_dr(
    deployed: EmbeddedAws, start: Start, tmp_path: Path
) -> Iterator[Callable[[], EmbeddedSite]]:
    """The DR site with empty machines and a wait condition that has heard nothing yet."""
    ssm = deployed.client("ssm", REGIONS["dr"])
    name = "/pgtwin/pgtwin/dr/signal"
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    fresh = f"{before.partition('?')[0]}/{tmp_path.name}"
    ssm.put_parameter(Name=name, Value=fresh, Type="String", Overwrite=True)
    with ExitStack() as open_sites:
        yield lambda: open_sites.enter_context(
            EmbeddedSite(aws=deployed, name="dr", region=REGIONS["dr"], work=tmp_path, start=start)
        )
    ssm.put_parameter(Name=name, Value=before, Type="String", Overwrite=True)

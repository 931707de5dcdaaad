"""The checks of `pgtwin doctor`: each says what it found, and what to do when that is not right."""

import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from pgtwin.commands.deployment_findings import findings as deployment_findings
from pgtwin.commands.desk import Desk
from pgtwin.commands.finding import Finding, right
from pgtwin.commands.issuers import issuers
from pgtwin.commands.quotas import QUOTAS
from pgtwin.commands.standing_checks import closed_archives, leftovers, writer_and_alarms
from pgtwin.commands.third_copies import third_copies
from pgtwin.commands.tool_version import VERSION_SECONDS, tool_version
from pgtwin.commands.tunnel import PLUGIN, require_recent_plugin
from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable
from topology.site import SITES, SiteName

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = 21
"""The least that this CDK's default synthesizer is used to; `cdk bootstrap` brings the newest."""
CDK_VERSION = "2.1148.1"
_RIGHTS = "look with a reader's policy, build/policies/reader.json; to write that, run: make synth"


def examine(desk: Desk) -> list[Finding]:
    """All checks, the cheap ones first; a configuration that is refused ends it at once."""
    topology = desk.topology
    findings = [right("configuration", f"{desk.config} is valid, system {topology.name}")]
    findings += [_tool(*tool) for tool in TOOLS]
    findings.append(_cdk())
    findings.append(_images(desk))
    findings.append(_account(desk))
    if findings[-1].verdict != "right":
        return findings
    findings += writer_and_alarms(desk)
    findings += closed_archives(desk)
    findings += third_copies(desk)
    findings += issuers(desk)
    findings += deployment_findings(desk, SITES)
    findings += leftovers(desk)
    for site in SITES:
        region = topology.site(site).region
        findings.append(
            _check(
                f"bootstrap in {region}",
                partial(_bootstrap, desk, site),
                f"run: cdk bootstrap aws://ACCOUNT/{region}",
            )
        )
        findings.append(
            _check(
                f"instance type in {region}",
                partial(_instance_type, desk, site),
                f"another {site}.instance_type, or other {site}.zones",
            )
        )
        findings += [
            _check(f"{quota.what} in {region}", partial(quota.look, desk, site), quota.remedy)
            for quota in QUOTAS
        ]
    return findings


TOOLS = (
    (PLUGIN, "pgtwin connect needs it: AWS' Session Manager plugin"),
    ("psql", "pgtwin connect needs it: the PostgreSQL client"),
)


def _tool(name: str, remedy: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        # A deployment works without it, so it is no failure.
        return Finding(what=name, verdict="unknown", found="not on PATH", remedy=remedy)
    if name == PLUGIN:
        try:
            return right(name, f"{path}, {require_recent_plugin()}")
        except (OSError, SiteRefused) as error:
            return Finding(what=name, verdict="unknown", found=str(error), remedy=remedy)
    return right(name, path)


def _cdk() -> Finding:
    remedy = f"put node_modules/.bin on PATH; to install {CDK_VERSION} there, run: make synth"
    path = shutil.which("cdk") or shutil.which("node_modules/.bin/cdk")
    if path is None:
        return Finding(what="cdk", verdict="missing", found="not on PATH", remedy=remedy)
    try:
        said = tool_version(path, VERSION_SECONDS).split()
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(what="cdk", verdict="missing", found=str(error), remedy=remedy)
    version = said[0] if said else "nothing"
    verdict: Literal["right", "missing"] = "right" if version == CDK_VERSION else "missing"
    return Finding(what="cdk", verdict=verdict, found=version, remedy=remedy)


def _check(what: str, look: Callable[[], str], remedy: str) -> Finding:
    try:
        return right(what, look())
    except SiteFailed as error:
        return Finding(what=what, verdict="missing", found=str(error), remedy=remedy)
    except SiteRefused as error:
        return Finding(what=what, verdict="unknown", found=str(error), remedy=_RIGHTS)
    except SiteUnreachable as error:
        return Finding(what=what, verdict="unknown", found=str(error), remedy="try again")


def _account(desk: Desk) -> Finding:
    what = "credentials"
    try:
        return right(what, ", ".join(desk.buckets.names().values()))
    except (SiteRefused, SiteFailed) as error:
        remedy = "run: aws sso login, or set AWS_PROFILE"
        return Finding(what=what, verdict="missing", found=str(error), remedy=remedy)
    except SiteUnreachable as error:
        return Finding(what=what, verdict="unknown", found=str(error), remedy="try again")


def _bootstrap(desk: Desk, site: SiteName) -> str:
    def read(ssm: Any) -> int:
        try:
            return int(ssm.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"])
        except ssm.exceptions.ParameterNotFound:
            return 0

    version = desk.clients[site].ask("ssm", "read the bootstrap version", read)
    if not version:
        raise SiteFailed("the region is not bootstrapped")
    if version < BOOTSTRAP_VERSION:
        raise SiteFailed(f"version {version}, older than {BOOTSTRAP_VERSION}")
    return f"version {version}"


def _images(desk: Desk) -> Finding:
    open_ = [f"{name}.ami" for name, site in desk.topology.sites() if site.ami is None]
    if not open_:
        return right("machine images", "pinned")
    return Finding(
        what="machine images",
        verdict="missing",
        found=f"not pinned: {' and '.join(open_)}; no deployment without them",
        remedy=f"run: pgtwin pin-ami --config {desk.config}",
    )


def _instance_type(desk: Desk, site: SiteName) -> str:
    here = desk.topology.site(site)

    def look(ec2: Any) -> set[str]:
        wanted = [{"Name": "instance-type", "Values": [here.instance_type]}]
        pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
            LocationType="availability-zone", Filters=wanted
        )
        return {str(each["Location"]) for page in pages for each in page["InstanceTypeOfferings"]}

    offered = desk.clients[site].ask("ec2", "read where the instance type is offered", look)
    without = [zone for zone in here.zones if zone not in offered]
    if without:
        raise SiteFailed(f"{here.instance_type} is not offered in {', '.join(without)}")
    return f"{here.instance_type} is offered in {', '.join(here.zones)}"

"""What keeps a site from writing without asking that site.

Machines are stopped by the site's own region. IAM closes the archive, whose control plane is in
us-east-1: it can be closed while the site's region is lost, and not while us-east-1 is.
"""

import json
import time
from contextlib import suppress
from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteFailed, SiteTimedOut
from pgtwin.site_state import Power

POLICY = "pgtwin-fence"
SEEN_SECONDS = 8.0
"""How long a fence waits to see the machines stopped, within what a failover gives it. EC2 takes
longer for most; who needs to know asks for their power again."""
STOPPING_SECONDS = 300.0
_POLL_SECONDS = 1.0
_ON = ("pending", "running")


class OutsideFence:
    """The machines of one site, and what its roles may write."""

    def __init__(
        self, *, regional: Clients, worldwide: Clients, system: str, site: str, roles: list[str]
    ) -> None:
        self._regional = regional
        self._worldwide = worldwide
        self._filters = [
            {"Name": "tag:pgtwin:system", "Values": [system]},
            {"Name": "tag:pgtwin:site", "Values": [site]},
        ]
        self._roles = roles

    def stop_instances(self) -> str:
        """Stop every machine and see them stopped; says which.

        Each is asked for by itself: one that is only just starting refuses, and must not keep the
        others running. It is asked again until it obeys.

        Raises:
            SiteTimedOut: where they were asked, and are not seen stopped yet.
            SiteFailed: where the site has no machines.
        """
        deadline = time.monotonic() + SEEN_SECONDS
        while (states := self._states()) and set(states.values()) != {"stopped"}:
            for instance, state in states.items():
                if state in _ON:
                    self._stop(instance)
            if time.monotonic() >= deadline:
                told = ", ".join(f"{instance} {state}" for instance, state in states.items())
                raise SiteTimedOut(f"stop requested, not confirmed yet: {told}")
            time.sleep(_POLL_SECONDS)
        return ", ".join(states)

    def power(self) -> Power:
        """How far the machines are from being stopped; one that runs makes the site running."""
        states = set(self._states().values())
        if states & set(_ON):
            return "running"
        return "stopped" if states == {"stopped"} else "stopping"

    def start_instances(self) -> None:
        """Start every machine that is stopped; one that is being stopped is waited for.

        Raises:
            SiteTimedOut: where it does not stop.
        """
        deadline = time.monotonic() + STOPPING_SECONDS
        while "stopping" in (states := self._states()).values():
            if time.monotonic() >= deadline:
                raise SiteTimedOut("start instances: some are still being stopped")
            time.sleep(_POLL_SECONDS)
        stopped = [instance for instance, state in states.items() if state == "stopped"]
        if stopped:
            self._regional.ask(
                "ec2",
                f"start instances in {self._regional.region}",
                lambda ec2: ec2.start_instances(InstanceIds=stopped),
            )

    def close_archive(self, resources: list[str]) -> str:
        """Deny the site's roles every write to `resources`; says which roles."""
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "FencedByPgtwin",
                    "Effect": "Deny",
                    "Action": ["s3:PutObject", "s3:DeleteObject"],
                    "Resource": resources,
                }
            ],
        }
        for role in self._roles:
            self._worldwide.ask("iam", f"deny {role}", partial(_deny, role, json.dumps(policy)))
        return ", ".join(self._roles)

    def open_archive(self) -> None:
        """Take the denial away."""
        for role in self._roles:
            self._worldwide.ask("iam", f"allow {role}", partial(_allow, role))

    def archive_is_closed(self) -> bool:
        """Whether any of the site's roles is denied."""
        return any(
            self._worldwide.ask("iam", f"look for the fence of {role}", partial(_is_denied, role))
            for role in self._roles
        )

    def _stop(self, instance: str) -> None:
        with suppress(SiteFailed):
            self._regional.ask(
                "ec2",
                f"stop {instance}",
                lambda ec2: ec2.stop_instances(InstanceIds=[instance], Force=True),
            )

    def _states(self) -> dict[str, str]:
        """The state of each machine that is not gone for good.

        Raises:
            SiteFailed: where there is none.
        """
        states = list({*_ON, "stopping", "stopped"})
        filters = [*self._filters, {"Name": "instance-state-name", "Values": states}]

        def look(ec2: Any) -> dict[str, str]:
            return {
                instance["InstanceId"]: str(instance["State"]["Name"])
                for page in ec2.get_paginator("describe_instances").paginate(Filters=filters)
                for reservation in page["Reservations"]
                for instance in reservation["Instances"]
            }

        found = self._regional.ask("ec2", f"look for instances in {self._regional.region}", look)
        if not found:
            raise SiteFailed("no instance of the site was found")
        return dict(sorted(found.items()))


def _deny(role: str, policy: str, iam: Any) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=policy)


def _allow(role: str, iam: Any) -> None:
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=role, PolicyName=POLICY)


def _is_denied(role: str, iam: Any) -> bool:
    try:
        iam.get_role_policy(RoleName=role, PolicyName=POLICY)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True

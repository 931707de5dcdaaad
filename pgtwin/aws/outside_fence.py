"""What keeps a site from writing without asking that site.

IAM is worldwide, so the archive can be closed while the site's region is lost.
"""

import json

from pgtwin.aws.answers import answers
from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteFailed

POLICY = "pgtwin-fence"


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
        """Stop every machine; says which."""
        running = self._instances("pending", "running")
        if running:
            with answers("stop instances"):
                self._regional.client("ec2").stop_instances(InstanceIds=running, Force=True)
        stopped = self._instances("stopping", "stopped")
        if not stopped:
            raise SiteFailed("no instance of the site was found")
        return ", ".join(stopped)

    def start_instances(self) -> None:
        """Start every machine that is stopped."""
        stopped = self._instances("stopping", "stopped")
        if stopped:
            with answers("start instances"):
                self._regional.client("ec2").start_instances(InstanceIds=stopped)

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
        iam = self._worldwide.client("iam")
        for role in self._roles:
            with answers(f"deny {role}"):
                iam.put_role_policy(
                    RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps(policy)
                )
        return ", ".join(self._roles)

    def open_archive(self) -> None:
        """Take the denial away."""
        iam = self._worldwide.client("iam")
        for role in self._roles:
            with answers(f"allow {role}"):
                try:
                    iam.delete_role_policy(RoleName=role, PolicyName=POLICY)
                except iam.exceptions.NoSuchEntityException:
                    continue

    def archive_is_closed(self) -> bool:
        """Whether any of the site's roles is denied."""
        iam = self._worldwide.client("iam")
        with answers("look for the fence"):
            for role in self._roles:
                try:
                    iam.get_role_policy(RoleName=role, PolicyName=POLICY)
                except iam.exceptions.NoSuchEntityException:
                    continue
                return True
        return False

    def _instances(self, *states: str) -> list[str]:
        with answers("look for instances"):
            pages = self._regional.client("ec2").get_paginator("describe_instances")
            found = [
                instance["InstanceId"]
                for page in pages.paginate(
                    Filters=[
                        *self._filters,
                        {"Name": "instance-state-name", "Values": list(states)},
                    ]
                )
                for reservation in page["Reservations"]
                for instance in reservation["Instances"]
            ]
        return sorted(found)

"""What an earlier system left under the names that a deployment is about to use.

What always holds: nothing is changed here, and no command that is named deletes a backup or a data
volume. CloudFormation makes nothing whose name is taken, and adopts nothing: buckets are left alone
by another name, volumes by losing the tags that they are found by, keys by losing their alias.
What the other site uses as it is, is not deleted while that one stands: it is adopted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from pgtwin.aws.clients import Clients
from topology.names import DUMP_USER
from topology.site import SiteName, other_site
from topology.topology import Topology

NONE = ("", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
"""No stack, or one that holds nothing."""
CREATION_FAILED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "ROLLBACK_IN_PROGRESS", "CREATE_FAILED")
"""The CDK CLI deletes such a stack before it recreates it."""
_STUCK = {
    "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
    "DELETE_FAILED": "delete-stack",
}
_MISSING = (
    "404",
    "NoSuchBucket",
    "NotFoundException",
    "ResourceNotFoundException",
    "ParameterNotFound",
    "NoSuchEntity",
    "ValidationError",
)


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """Something in the way of a deployment, and what takes it out of it."""

    what: str
    remedy: str


class EarlierLife:
    """What one site's region holds under the system's names."""

    def __init__(
        self, *, topology: Topology, site: SiteName, clients: Clients, account: str
    ) -> None:
        self._topology = topology
        self._site = site
        self._clients = clients
        self._account = account
        self._region = topology.site(site).region

    def stack_status(self) -> str:
        """CloudFormation's word for the site's stack, nothing where there is none."""
        return str(self._stack.get("StackStatus", ""))

    def leftovers(self, *, alone: bool) -> Iterator[Leftover]:
        """Everything in the way; `alone` where the other site has no stack either."""
        stack = self._stack
        status = str(stack.get("StackStatus", ""))
        name = self._topology.names.stack(self._site)
        if status in _STUCK:
            yield self._left(f"stack {name}, {status}", f"cloudformation {_STUCK[status]}", name)
        if status in CREATION_FAILED and stack.get("EnableTerminationProtection"):
            lift = "cloudformation update-termination-protection --no-enable-termination-protection"
            yield self._left(f"stack {name}, {status} and protected", lift, name)
        if status in (*NONE, *CREATION_FAILED):
            yield from self._buckets()
            yield from self._key()
            yield from self._tokens()
            if self._site == "primary":
                yield from self._shared_secrets(alone=alone)
            yield from self._volumes()
            if alone:
                yield from self._parameters()

    def _left(self, what: str, command: str, stack: str) -> Leftover:
        where = f"--region {self._region} --stack-name {stack}"
        return Leftover(what=what, remedy=f"run: aws {command} {where}")

    def _buckets(self) -> Iterator[Leftover]:
        here, names = self._topology.site(self._site), self._topology.names
        for bucket in (names.bucket, names.log_bucket):
            name = bucket(here.bucket, self._account)
            if self._find("s3", f"look for {name}", partial(_bucket, name)):
                yield Leftover(
                    what=f"bucket {name}",
                    remedy=f"choose another {self._site}.bucket in the configuration; it keeps "
                    "what it holds",
                )
        issuer = here.issuer_bucket
        if issuer and self._find("s3", f"look for {issuer}", partial(_bucket, issuer)):
            yield Leftover(
                what=f"bucket {issuer}",
                remedy=f"choose another {self._site}.issuer_bucket in the configuration",
            )

    def _key(self) -> Iterator[Leftover]:
        alias = self._topology.names.key_alias(self._site)
        if self._find("kms", f"look for {alias}", lambda kms: kms.describe_key(KeyId=alias)):
            yield Leftover(
                what=f"{alias}; its key stays, and opens what it encrypted",
                remedy=f"run: aws kms delete-alias --region {self._region} --alias-name {alias}",
            )

    def _tokens(self) -> Iterator[Leftover]:
        names = self._topology.names
        for secret in (names.server_token(self._site), names.agent_token(self._site)):
            yield from self._deleted(secret, self._secret(secret))

    def _shared_secrets(self, *, alone: bool) -> Iterator[Leftover]:
        adopts, names = self._topology.adopt_secrets, self._topology.names
        users = (self._topology.database.owner, DUMP_USER)
        for secret in (*map(names.database_secret, users), names.authority_secret()):
            found = self._secret(secret)
            if adopts and found is None:
                yield Leftover(
                    what=f"no secret {secret}, which `adopt_secrets: true` takes as it is",
                    remedy="set `adopt_secrets: false`, and delete the others by their names",
                )
            elif not adopts and alone:
                yield from self._deleted(secret, found)
            elif not adopts and found is not None:
                yield Leftover(
                    what=f"secret {secret}, whose copy {other_site(self._site)} uses: deleted, its "
                    "clients could connect no more",
                    remedy="set `adopt_secrets: true` in the configuration; the secret stays",
                )

    def _secret(self, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._find(
            "secretsmanager", f"look for {name}", partial(_secret, name)
        )
        return found

    def _deleted(self, secret: str, found: dict[str, Any] | None) -> Iterator[Leftover]:
        if found is not None:
            yield Leftover(
                what=f"secret {secret}; keep its value if its backups are to be restored",
                remedy=f"run: {self._forget(secret, found)}",
            )

    def _forget(self, secret: str, found: dict[str, Any]) -> str:
        command = f"aws secretsmanager {{}} --region {self._region} --secret-id {secret}"
        delete = command.format("delete-secret") + " --force-delete-without-recovery"
        replicas = " ".join(one["Region"] for one in found.get("ReplicationStatus", ()))
        if not replicas:
            return delete
        # A secret with replicas refuses to be deleted.
        remove = command.format("remove-regions-from-replication")
        return f"{remove} --remove-replica-regions {replicas} && {delete}"

    def _volumes(self) -> Iterator[Leftover]:
        wanted = {
            "tag:pgtwin:system": [self._topology.name],
            "tag:pgtwin:site": [self._site],
            "tag-key": ["pgtwin:node"],
        }
        filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
        found = self._clients.ask(
            "ec2",
            f"look for {self._site}'s volumes",
            lambda ec2: ec2.describe_volumes(Filters=filters)["Volumes"],
        )
        for volume in found:
            tags = {tag["Key"]: tag["Value"] for tag in volume["Tags"]}
            yield Leftover(
                what=f"volume {volume['VolumeId']} of {tags['pgtwin:node']}; it keeps its data",
                remedy=f"run: aws ec2 delete-tags --region {self._region} --resources "
                f"{volume['VolumeId']} --tags Key=pgtwin:node",
            )

    def _parameters(self) -> Iterator[Leftover]:
        names = self._topology.names
        told = {
            names.record_parameter(): "who was the writer of the earlier system",
            names.lock_parameter(): "who operated it last",
        }
        for name, what in told.items():
            if self._find("ssm", f"look for {name}", partial(_parameter, name)):
                yield Leftover(
                    what=f"parameter {name}: {what}",
                    remedy=f"run: aws ssm delete-parameter --region {self._region} --name {name}",
                )

    @cached_property
    def _stack(self) -> dict[str, Any]:
        """The site's stack; empty where there is none."""
        name = self._topology.names.stack(self._site)
        found = self._find(
            "cloudformation",
            f"look for the stack {name}",
            lambda cloudformation: cloudformation.describe_stacks(StackName=name)["Stacks"],
        )
        return found[0] if found else {}

    def _find(self, service: str, what: str, look: Callable[[Any], Any]) -> Any:
        """What `look` finds, None where there is nothing of the name."""
        return self._clients.ask(service, what, partial(_found, look))


def _bucket(name: str, s3: Any) -> Any:
    return s3.head_bucket(Bucket=name)


def _secret(name: str, secretsmanager: Any) -> Any:
    return secretsmanager.describe_secret(SecretId=name)


def _parameter(name: str, ssm: Any) -> Any:
    return ssm.get_parameter(Name=name)


def _found(look: Callable[[Any], Any], client: Any) -> Any:
    from botocore.exceptions import ClientError

    try:
        return look(client)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise

"""A site's stack, as CloudFormation knows it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from pgtwin.aws.clients import Clients
from topology.names import Names
from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One that exists, in whatever state."""

    name: str
    status: str
    is_protected: bool
    """Whether it refuses deletion."""


def site_stack(clients: Clients, names: Names, site: SiteName) -> Stack | None:
    """The site's stack, where there is one."""
    name = names.stack(site)
    return clients.ask("cloudformation", f"look at {name}", partial(_find, name))


def _find(name: str, cloudformation: Any) -> Stack | None:
    # By name the API answers with an error where there is none, as for much else.
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    found = (each for page in pages for each in page["Stacks"] if each["StackName"] == name)
    return next((_stack(each) for each in found), None)


def _stack(found: dict[str, Any]) -> Stack:
    return Stack(
        name=str(found["StackName"]),
        status=str(found["StackStatus"]),
        is_protected=bool(found.get("EnableTerminationProtection", False)),
    )

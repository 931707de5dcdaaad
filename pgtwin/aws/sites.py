"""Both sites of a topology, as they are deployed."""

import os
import shlex
from collections.abc import Callable

from pgtwin.aws.aws_site import AwsSite
from pgtwin.aws.buckets import Buckets
from pgtwin.aws.clients import WORLDWIDE_REGION, Clients
from pgtwin.aws.command_host import VARIABLE, CommandHost
from pgtwin.aws.host_runner import HostRunner
from pgtwin.aws.load_balancer import LoadBalancer
from pgtwin.aws.outside_fence import OutsideFence
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.aws.writer_alias import WriterAlias
from topology.site import SITES, SiteName
from topology.topology import Topology

HostFactory = Callable[[SiteName, Clients], HostRunner]


def sites(
    topology: Topology,
    host: HostFactory | None = None,
    *,
    is_over: Callable[[str], bool] = lambda _: False,
) -> dict[SiteName, AwsSite]:
    """Both sites; `host` says how verbs are run, by `default_host` if it is left out.

    `is_over` says whether a run, by its id, is known to do nothing more: its lock is nobody's.

    Nothing is asked of AWS yet.
    """
    names = topology.names
    clients = {name: Clients(topology.site(name).region) for name in SITES}
    parameters = {name: SiteParameters(clients[name], names, is_over=is_over) for name in SITES}
    balancers = {name: LoadBalancer(clients[name], parameters[name], name) for name in SITES}
    buckets = Buckets(topology, clients)
    worldwide = Clients(WORLDWIDE_REGION)
    host = host or default_host(topology)

    def site(name: SiteName) -> AwsSite:
        here = topology.site(name)
        roles = [names.server_role(name)] + ([names.agent_role(name)] if here.agents else [])
        roles += names.pod_roles(name) if here.issuer else ()
        return AwsSite(
            name=name,
            host=host(name, clients[name]),
            parameters=parameters[name],
            outside=OutsideFence(
                regional=clients[name],
                worldwide=worldwide,
                system=topology.name,
                site=name,
                roles=roles,
            ),
            alias=WriterAlias(
                worldwide, zone=names.zone(), host=names.writer_alias(), region=here.region
            ),
            load_balancers=balancers,
            buckets=buckets.names,
        )

    return {name: site(name) for name in SITES}


def default_host(topology: Topology) -> HostFactory:
    """Session Manager, or the command that `PGTWIN_HOST_COMMAND` names."""
    command = shlex.split(os.environ.get(VARIABLE, ""))

    def factory(name: SiteName, clients: Clients) -> HostRunner:
        if command:
            return CommandHost(command, name)
        return SsmHost(clients, names=topology.names, site=name)

    return factory

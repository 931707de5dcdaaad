"""A site's machines, and what they and their clients find each other by."""

from aws_cdk import NestedStack, Tags
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.bundle import Bundle
from stacks.bundle_upload import BundleUpload
from stacks.host import Host
from stacks.host_roles import HostRoles
from stacks.k3s_tokens import K3sTokens
from stacks.machine import machines
from stacks.machine_image import machine_image, own_image
from stacks.network import Network
from stacks.readiness import Readiness
from stacks.tunnel_document import TunnelDocument
from stacks.writer_endpoint import WriterEndpoint
from topology.site import Site, SiteName
from topology.topology import Topology


class DatabaseHosts(NestedStack):
    """k3s servers and agents with their volumes and roles, the writer's endpoint, readiness."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topology: Topology,
        site: SiteName,
        network: Network,
        key: kms.IKey,
        bundle: Bundle,
    ) -> None:
        super().__init__(scope, id)
        names = topology.names
        Tags.of(self).add("pgtwin:system", topology.name)
        Tags.of(self).add("pgtwin:site", site)
        tokens = K3sTokens(self, "K3sTokens", names=names, site=site)
        roles = HostRoles(self, "Roles", topology=topology, site=site, key=key)
        image = machine_image(self, topology.site(site))
        fleet = {
            machine: Host(
                self,
                machine.node,
                name=f"{topology.name}-{site}-{machine.node}",
                machine=machine,
                site=topology.site(site),
                image=own_image(machine, topology.site(site)) or image,
                network=network,
                role=roles.by_role[machine.role],
                key=key,
            )
            for machine in machines(topology, site)
        }
        # Last of what the machines need: it may have to wait for the bundle.
        upload = BundleUpload(self, "Bundle", names=names, site=site, bundle=bundle)
        readiness = Readiness(self, "Readiness", topology=topology, site=site, bundle=bundle)
        for host in fleet.values():
            host.node.add_dependency(tokens, upload, readiness.signal)
        self.instances = {machine.node: host.instance for machine, host in fleet.items()}
        endpoint = WriterEndpoint(
            self,
            "WriterEndpoint",
            names=names,
            vpc=network.vpc,
            security_group=network.security_groups.writer,
            fleet={machine: host.instance for machine, host in fleet.items()},
        )
        TunnelDocument(self, "Tunnel", names=names, site=site)
        readiness.ready.node.add_dependency(tokens, upload, roles, endpoint, *fleet.values())
        self._outputs(names.outputs_parameter(site), endpoint, topology.site(site))

    def _outputs(self, parameter: str, endpoint: WriterEndpoint, site: Site) -> None:
        ssm.StringParameter(
            self,
            "Outputs",
            parameter_name=parameter,
            description="What others have to know about this site and no name tells",
            string_value=self.to_json_string(
                {
                    "load_balancer": endpoint.load_balancer.load_balancer_dns_name,
                    "hosted_zone": endpoint.zone.hosted_zone_id,
                    **site.built_once,
                }
            ),
        )

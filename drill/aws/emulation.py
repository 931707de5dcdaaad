"""What the embedded AWS emulates and how far, as data for the drill's report."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Emulation:
    """One part of AWS: what stands in for it, and where it differs."""

    part: str
    by: str
    differs: str


EMULATIONS: tuple[Emulation, ...] = (
    Emulation(
        part="Service APIs",
        by="moto in one process, one loopback endpoint a region, one state in memory",
        differs="HTTP on loopback stands in for TLS; no quotas, no eventual consistency, no delays",
    ),
    Emulation(
        part="CloudFormation",
        by="moto's API in front; every resource is made, changed and deleted by calls of its own "
        "service's API",
        differs="a failed stack is not rolled back; a change that AWS answers with a replacement "
        "is refused; wait conditions complete at once and keep the signals that arrive; SSM "
        "associations are recorded, not run",
    ),
    Emulation(
        part="Loss of a region",
        by="the region's port refuses connections and drops open ones; requests for its buckets "
        "and services are dropped on the other region's port too",
        differs="IAM, whose control plane is elsewhere in AWS too, stays reachable",
    ),
    Emulation(
        part="Throttling",
        by="503 SlowDown to writes below a chosen prefix",
        differs="switched on by the drill, not by a request rate",
    ),
    Emulation(
        part="IAM",
        by="signatures checked by moto; verdicts over identity and bucket policies with actions, "
        "resources and the conditions on transport, principal, region, prefix and tags",
        differs="other condition keys refuse nothing; KMS permissions of S3 and EBS are not "
        "checked; resources are known for S3, SSM, Secrets Manager and volume attachments",
    ),
    Emulation(
        part="Instance metadata",
        by="IMDSv2 on loopback, one endpoint a machine: session tokens, identity document, tags, "
        "credentials of the deployed role",
        differs="no hop limit, since every client is on loopback; no signature on the document",
    ),
    Emulation(
        part="Machines and volumes",
        by="EC2's records of them: state, tags, attachments, metadata options",
        differs="no machine boots and no block device appears; any image id is accepted",
    ),
    Emulation(
        part="KMS",
        by="moto's keys and aliases; objects carry the key that would have encrypted them",
        differs="objects and volumes are not encrypted",
    ),
    Emulation(
        part="Secrets Manager",
        by="generated passwords, and replicas that the other region serves",
        differs="a replica follows its primary without delay",
    ),
    Emulation(
        part="Load balancer, DNS and alarms",
        by="their records: listeners, targets, zones, aliases, thresholds",
        differs="no packet is forwarded, no name resolves, no alarm fires by itself",
    ),
)

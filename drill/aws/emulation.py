"""What the embedded AWS emulates and how far; every ground's report says it, since all use it."""

NOT_EMULATED = (
    "the attributes CreationPolicy and UpdatePolicy: signals of instances, rolling updates",
    "the deletion policy Snapshot",
    "the sections Transform and Hooks, and every rule but CheckBootstrapVersion, which holds",
    "waiting for the signals of a wait condition where no machine boots meanwhile: it is complete "
    "at once, or doomed by the drill",
    "running an association: it has succeeded at once, or is doomed by the drill",
    "a stack policy, a time limit, a rollback that is switched off, imports, refactoring",
    "parallel creation: resources are made one after the other",
    "properties of what does not happen: delivery of access logs, health checks of targets, when "
    "and where an association runs (`without_effect` of each resource type)",
)
"""What is left out of CloudFormation. A template that needs a rule of these is refused, and so is
one with a property that no resource type knows."""
EMULATED_AWS = (
    "Service APIs of AWS: moto in one process, one loopback endpoint per region, one state in "
    "memory. Differs: HTTP on loopback stands in for TLS; no quota is enforced, no eventual "
    "consistency, no delays.",
    "CloudFormation: moto's API in front; every resource is made, changed, replaced and deleted "
    "by calls of its own service's API, and a stack that fails is rolled back. Not emulated: "
    f"{'; '.join(NOT_EMULATED)}.",
    "Loss of a region: `pgtwin` meets each service of it by AWS' own name, over TLS, at an address "
    "that fails in a mode of its own, from a name that does not resolve to an answer that comes "
    "too late. Machines of the other region, which reach S3 by one address, meet what is nearest: "
    "refused, closed, or swallowed. Differs: names are resolved in `pgtwin`'s own process.",
    "Throttling: 503 SlowDown to writes below a chosen prefix. Differs: switched on by the "
    "drill, not by a request rate.",
    "IAM: signatures checked by moto; verdicts over identity and bucket policies with "
    "actions, resources and the conditions on transport, principal, region, prefix and tags. "
    "Differs: other condition keys refuse nothing; KMS permissions of S3 and EBS are not "
    "checked; resources are known for S3, SSM, Secrets Manager, roles, machines that are started "
    "or stopped, and volume attachments.",
    "Requests to S3 without a signature: what a bucket's policy lets everybody read, and nothing "
    "else. Differs: ACLs are not looked at.",
    "Roles by web identity: STS verifies a token against its issuer's public documents in S3, and "
    "asks the role's trust policy. Differs: RS256 alone; keys are fetched each time.",
    "Instance metadata: IMDSv2 on loopback, one endpoint per machine: session tokens, "
    "identity document, tags, credentials of the deployed role. Differs: no hop limit, since "
    "every client is on loopback; no signature on the document.",
    "Machines and volumes: EC2's records of them: state, tags, attachments, metadata options. "
    "Differs: no machine boots and no block device appears; any image id is accepted.",
    "KMS: moto's keys and aliases; objects carry the key that would have encrypted them. "
    "Differs: objects and volumes are not encrypted.",
    "Secrets Manager: generated passwords, and replicas that the other region serves. "
    "Differs: a replica follows its primary without delay.",
    "Load balancer, DNS and alarms: their records: listeners, targets, zones, aliases, "
    "thresholds. Differs: no packet is forwarded, no name resolves, no alarm fires by itself.",
)
RUN_COMMAND = (
    "Session Manager's Run Command: the embedded AWS answers its calls, and the host program is "
    "run directly on the site's first server. Differs: a command is taken at once."
)

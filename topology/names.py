"""The name of everything that two sides have to agree on without talking to each other.

Stacks call these with CloudFormation's account token, charts with a placeholder, the host program
gets them as plain values in its bundle, and the `pgtwin` command with the real account id.
"""

from dataclasses import dataclass

from topology.site import SITES, SiteName

ACCOUNT_PLACEHOLDER = "__ACCOUNT_ID__"
"""Stands for the account id in every manifest; the host program replaces it on the machine."""

POSTGRES_NAMESPACE = "postgres"
OPERATOR_NAMESPACE = "cnpg-system"
WRITER_NODE_PORT = 30432
"""Where each database machine answers for the writer; inside Kubernetes' default NodePort range."""
DUMP_USER = "dump_user"
"""The database user that takes the dumps: may read everything and change nothing."""
GENERATION_TAG = "pgtwin:generation"
"""On every machine: how many there were of its name, itself included."""
REPLICATION_USER = "streaming_replica"
"""CloudNativePG's database user of replication, and the name in its client certificate."""
AUTHORITY_CERTIFICATES = "authority"
"""The Kubernetes Secret whose `ca.crt` is every authority that is trusted now; it holds no key."""
SERVER_CERTIFICATE = "server-tls"
"""What the site's PostgreSQL proves itself with: `tls.crt`, `tls.key`."""
STREAMING_CERTIFICATE = "streaming-replica-tls"
"""What a standby of either site proves itself with, as the user `streaming_replica`."""
POOLER = "pooler-rw"
"""The Pooler in front of the writer, and its Service."""
POOLER_CERTIFICATE_END = "-pooler"
"""What the Secret of PgBouncer's certificate adds to the cluster's name."""
VERIFIED_DATABASE = "verified_dump"
"""What a verification restores a dump into."""
STACK_IDS: dict[SiteName, str] = {"primary": "PrimaryStack", "dr": "DrStack"}
"""What the CDK CLI calls each site's stack, and `make` in STACKS=."""
STORES: dict[SiteName, str] = {"primary": "store-primary", "dr": "store-dr"}
"""The ObjectStore of each site's archive; both exist on both sites."""
PHYSICAL_PREFIXES: dict[SiteName, str] = {"primary": "physical", "dr": "physical-dr"}
"""Where in its own bucket a site keeps base backups and WAL."""
DUMPS_PREFIX = "dumps"
ETCD_PREFIX = "etcd"
EVIDENCE_PREFIX = "evidence"
JOURNAL_PREFIX = "journal"


def sites_of(stacks: str) -> tuple[SiteName, ...]:
    """The sites whose stacks a list names; both where it names none, as `--all` does."""
    named = stacks.split()
    return tuple(site for site in SITES if STACK_IDS[site] in named) or SITES


@dataclass(frozen=True)
class Names:
    """Every shared name of the system called `system`."""

    system: str

    def stack(self, site: SiteName) -> str:
        """The CloudFormation stack of a site; two systems in one account never meet."""
        return f"{self.system}-{site}"

    def bucket(self, bucket: str, account: str) -> str:
        """The globally unique name of a site's backup bucket."""
        return f"{bucket}-{account}"

    def log_bucket(self, bucket: str, account: str) -> str:
        """Where the access log of a site's backup bucket goes."""
        return f"{bucket}-logs-{account}"

    def key_alias(self, site: SiteName) -> str:
        """The alias of the KMS key that encrypts a site's bucket and volumes."""
        return f"alias/{self.system}-{site}"

    def server_role(self, site: SiteName) -> str:
        """The IAM role of a site's k3s servers; on DR also of its database pods."""
        return f"{self.system}-{site}-server"

    def agent_role(self, site: SiteName) -> str:
        """The IAM role of the machines that only run the database."""
        return f"{self.system}-{site}-agent"

    def database_role(self, site: SiteName) -> str:
        """The IAM role of a site's database pods, those of restores and verifications included."""
        return f"{self.system}-{site}-database"

    def dump_role(self, site: SiteName) -> str:
        """The IAM role of the pods that take, fetch and verify dumps."""
        return f"{self.system}-{site}-dump"

    def pod_roles(self, site: SiteName) -> tuple[str, str]:
        """Both; where the site is no issuer there are none."""
        return self.database_role(site), self.dump_role(site)

    def copy_role(self, site: SiteName) -> str:
        """The IAM role by which S3 copies a site's backups to another account."""
        return f"{self.system}-{site}-copies"

    def server_node(self, index: int) -> str:
        """The Kubernetes node name of server number `index`, counted from 1."""
        return f"server-{index}"

    def agent_node(self, index: int) -> str:
        """The Kubernetes node name of agent number `index`, counted from 1."""
        return f"agent-{index}"

    def host_document(self, site: SiteName) -> str:
        """The SSM document that runs the host program on a site's machines."""
        return f"{self.system}-{site}-host"

    def tunnel_document(self, site: SiteName) -> str:
        """The SSM document that forwards an operator's port to the writer."""
        return f"{self.system}-{site}-tunnel"

    def alarm_topic(self, site: SiteName) -> str:
        """The SNS topic of a site's alarms."""
        return f"{self.system}-{site}-alarms"

    def alarm(self, site: SiteName, alarm: str) -> str:
        """What CloudWatch calls an alarm of a site; every one begins like `alarm=""`."""
        return f"{self.system}-{site}-{alarm}"

    def dashboard(self, site: SiteName) -> str:
        """CloudWatch's page of a site; dashboards are of no region."""
        return f"{self.system}-{site}"

    def metrics(self) -> str:
        """CloudWatch's namespace of what the host program publishes once per minute.

        It is all by which IAM tells whose metrics somebody writes, and a dimension names no system.
        """
        return f"pgtwin/{self.system}"

    def server_token(self, site: SiteName) -> str:
        """The secret with the k3s server token, which also protects etcd snapshots."""
        return f"{self.system}/{site}/k3s-server-token"

    def agent_token(self, site: SiteName) -> str:
        """The secret that lets a machine join as an agent, and no more."""
        return f"{self.system}/{site}/k3s-agent-token"

    def database_secret(self, user: str) -> str:
        """The credentials of a database user as JSON: username, password; in both regions."""
        return f"{self.system}/database/{user}"

    def authority_secret(self) -> str:
        """What the authority is made from, as JSON: seed, signs_from; in both regions."""
        return f"{self.system}/authority"

    def parameters(self, site: SiteName) -> str:
        """The SSM parameter prefix of one site, in that site's region."""
        return f"/pgtwin/{self.system}/{site}"

    def bundle_parameter(self, site: SiteName) -> str:
        """Where the machines learn which bundle to run: bucket, key and sha256 as JSON."""
        return f"{self.parameters(site)}/bundle"

    def signal_parameter(self, site: SiteName) -> str:
        """The URL that tells CloudFormation that the site is ready, or why it is not."""
        return f"{self.parameters(site)}/signal"

    def outputs_parameter(self, site: SiteName) -> str:
        """What the `pgtwin` command has to know about a deployed site, as JSON."""
        return f"{self.parameters(site)}/outputs"

    def record_parameter(self) -> str:
        """Who is the writer, written by `pgtwin` alone, one copy in each region."""
        return f"/pgtwin/{self.system}/record"

    def lock_parameter(self) -> str:
        """Who is operating on the two sites at this moment."""
        return f"/pgtwin/{self.system}/lock"

    def authority_parameter(self) -> str:
        """The certificates that clients of the writer trust, as PEM, in both regions."""
        return f"/pgtwin/{self.system}/authority"

    def zone(self) -> str:
        """The private DNS zone, one of the same name in each VPC."""
        return f"{self.system}.internal"

    def writer_alias(self) -> str:
        """The host name that applications connect to."""
        return f"writer.{self.zone()}"

    def site_host(self, site: SiteName) -> str:
        """What one site's writer is called in certificates, wherever the alias leads."""
        return f"{site}.{self.zone()}"

    def standby(self, site: SiteName) -> str:
        """What a site that follows streams under; no instance of a Cluster is called so."""
        return f"site-{site}"

    def api_host(self) -> str:
        """The host name of a site's Kubernetes API servers."""
        return f"k3s.{self.zone()}"

    def node_host(self, node: str) -> str:
        """The host name of one machine, stable when the machine is replaced."""
        return f"{node}.{self.zone()}"

"""A pod that runs the dump's scripts on a database machine: one container, then the other."""

from cdk8s_plus_28 import k8s

from charts.cluster import DATABASE_NODES
from charts.storage_class import SCRATCH_STORAGE_CLASS
from topology.machine_share import DUMP_LIMIT_MIB
from topology.site import SiteName
from topology.topology import Topology

SCRATCH, SCRIPTS, AUTHORITY = "/scratch", "/scripts", "/ca"
PYTHON = "/venv/bin/python3"


def scripted_pod(
    topology: Topology,
    site: SiteName,
    *,
    scripts: str,
    authority: str,
    first: k8s.Container,
    then: k8s.Container,
) -> k8s.PodSpec:
    """The pod, with the ConfigMap `scripts`; it trusts the `ca.crt` of the Secret `authority`."""
    place = topology.site(site)
    return k8s.PodSpec(
        restart_policy="OnFailure",
        automount_service_account_token=False,
        node_selector=DATABASE_NODES if place.agents else None,
        tolerations=[
            k8s.Toleration(key=key, operator="Equal", value=value, effect="NoSchedule")
            for key, value in DATABASE_NODES.items()
        ],
        affinity=_away_from_the_writer(place.cluster),
        security_context=k8s.PodSecurityContext(
            run_as_non_root=True,
            run_as_user=26,
            run_as_group=26,
            fs_group=26,
            seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
        ),
        init_containers=[first],
        containers=[then],
        volumes=[
            k8s.Volume(name="scripts", config_map=k8s.ConfigMapVolumeSource(name=scripts)),
            _authority(authority),
            _scratch(topology.backups.dump_scratch_gib),
        ],
    )


def scripted_container(
    name: str,
    *,
    image: str,
    command: list[str],
    environment: dict[str, str],
    password: k8s.SecretKeySelector | None = None,
) -> k8s.Container:
    """A container; one with the database's `password` trusts the mounted authority."""
    variables = [k8s.EnvVar(name=key, value=value) for key, value in environment.items()]
    mounts = [
        k8s.VolumeMount(name="scripts", mount_path=SCRIPTS, read_only=True),
        k8s.VolumeMount(name="scratch", mount_path=SCRATCH),
    ]
    if password:
        source = k8s.EnvVarSource(secret_key_ref=password)
        variables.append(k8s.EnvVar(name="PGPASSWORD", value_from=source))
        mounts.append(k8s.VolumeMount(name="ca", mount_path=AUTHORITY, read_only=True))
    return k8s.Container(
        name=name,
        image=image,
        command=command,
        env=variables,
        volume_mounts=mounts,
        # The reason of a failure outlives the container's log: kept in the pod's status.
        termination_message_policy="FallbackToLogsOnError",
        resources=k8s.ResourceRequirements(
            requests=_quantities(cpu="100m", memory="128Mi"),
            limits=_quantities(memory=f"{DUMP_LIMIT_MIB}Mi"),
        ),
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            capabilities=k8s.Capabilities(drop=["ALL"]),
        ),
    )


def verified_tls() -> dict[str, str]:
    """libpq's settings that send a password only to who proves to be the cluster."""
    return {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": f"{AUTHORITY}/ca.crt"}


def aws_environment(region: str) -> dict[str, str]:
    """botocore's settings for a pod that is two hops away from the instance metadata."""
    return {
        "AWS_DEFAULT_REGION": region,
        "AWS_METADATA_SERVICE_TIMEOUT": "5",
        "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "5",
    }


def _authority(secret: str) -> k8s.Volume:
    """The authority's certificate; a private key in the same Secret stays there."""
    return k8s.Volume(
        name="ca",
        secret=k8s.SecretVolumeSource(
            secret_name=secret, items=[k8s.KeyToPath(key="ca.crt", path="ca.crt")]
        ),
    )


def _away_from_the_writer(cluster: str) -> k8s.Affinity:
    """Work on a standby's machine spares the writer's, where there is a choice."""
    writer = {"cnpg.io/cluster": cluster, "cnpg.io/instanceRole": "primary"}
    return k8s.Affinity(
        pod_anti_affinity=k8s.PodAntiAffinity(
            preferred_during_scheduling_ignored_during_execution=[
                k8s.WeightedPodAffinityTerm(
                    weight=100,
                    pod_affinity_term=k8s.PodAffinityTerm(
                        topology_key="kubernetes.io/hostname",
                        label_selector=k8s.LabelSelector(match_labels=writer),
                    ),
                )
            ]
        )
    )


def _scratch(size_gib: int) -> k8s.Volume:
    return k8s.Volume(
        name="scratch",
        ephemeral=k8s.EphemeralVolumeSource(
            volume_claim_template=k8s.PersistentVolumeClaimTemplate(
                spec=k8s.PersistentVolumeClaimSpec(
                    access_modes=["ReadWriteOnce"],
                    storage_class_name=SCRATCH_STORAGE_CLASS,
                    resources=k8s.ResourceRequirements(
                        requests={"storage": k8s.Quantity.from_string(f"{size_gib}Gi")}
                    ),
                )
            )
        ),
    )


def _quantities(**amounts: str) -> dict[str, k8s.Quantity]:
    return {name: k8s.Quantity.from_string(amount) for name, amount in amounts.items()}

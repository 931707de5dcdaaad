"""What the dump job runs: one container dumps and checks, the next uploads."""

from cdk8s_plus_28 import k8s

from charts.bootstrap import user_secret
from charts.cluster import DATABASE_NODES, DUMP_USER
from charts.machine_share import DUMP_MIB
from charts.storage_class import SCRATCH_STORAGE_CLASS
from topology.names import ACCOUNT_PLACEHOLDER, DUMPS_PREFIX
from topology.site import SiteName
from topology.topology import Topology

SIDECAR_IMAGE = "ghcr.io/cloudnative-pg/plugin-barman-cloud-sidecar"
"""Already on every database machine, with boto3 in /venv. It has no shell."""
_SCRATCH, _SCRIPTS, _CA = "/scratch", "/scripts", "/ca"


def dump_pod(topology: Topology, site: SiteName, *, scripts: str) -> k8s.PodSpec:
    """The pod, with the scripts from the ConfigMap called `scripts`."""
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
        init_containers=[_dump(topology, site)],
        containers=[_upload(topology, site)],
        volumes=[
            k8s.Volume(name="scripts", config_map=k8s.ConfigMapVolumeSource(name=scripts)),
            _authority(place.cluster),
            _scratch(topology.backups.dump_scratch_gib),
        ],
    )


def _authority(cluster: str) -> k8s.Volume:
    """The certificate of the cluster's authority; its private key, in the same Secret, stays."""
    return k8s.Volume(
        name="ca",
        secret=k8s.SecretVolumeSource(
            secret_name=f"{cluster}-ca", items=[k8s.KeyToPath(key="ca.crt", path="ca.crt")]
        ),
    )


def _away_from_the_writer(cluster: str) -> k8s.Affinity:
    """Compressing on a standby's machine spares the writer's, where there is a choice."""
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


def _dump(topology: Topology, site: SiteName) -> k8s.Container:
    backups = topology.backups
    return _container(
        "dump",
        image=topology.postgres_image,
        command=["bash", f"{_SCRIPTS}/dump.sh"],
        environment={
            "PGHOST": f"{topology.site(site).cluster}-rw",
            "PGPORT": "5432",
            "PGDATABASE": topology.database.name,
            "PGUSER": DUMP_USER,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": f"{_CA}/ca.crt",
            "DUMP_DIRECTORY": _SCRATCH,
            "DUMP_LIMIT_MIB": str(backups.dump_scratch_gib * 1024),
            "DUMP_JOBS": str(backups.dump_jobs),
            "DUMP_COMPRESSION": "zstd",
        },
        secrets=[_password()],
        mounts=[k8s.VolumeMount(name="ca", mount_path=_CA, read_only=True)],
    )


def _upload(topology: Topology, site: SiteName) -> k8s.Container:
    place, other = topology.site(site), topology.site(topology.other(site))
    buckets = [
        f"{topology.names.bucket(target.bucket, ACCOUNT_PLACEHOLDER)}={target.region}"
        for target in (place, other)
    ]
    return _container(
        "upload",
        image=f"{SIDECAR_IMAGE}:{topology.versions.plugin_barman_cloud}",
        command=["/venv/bin/python3", f"{_SCRIPTS}/upload.py"],
        environment={
            "DUMP_DIRECTORY": _SCRATCH,
            "DUMP_PREFIX": f"{DUMPS_PREFIX}/{topology.database.name}",
            "DUMP_BUCKETS": " ".join(buckets),
            "AWS_DEFAULT_REGION": place.region,
            "AWS_METADATA_SERVICE_TIMEOUT": "5",
            "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "5",
        },
    )


def _password() -> k8s.EnvVar:
    return k8s.EnvVar(
        name="PGPASSWORD",
        value_from=k8s.EnvVarSource(
            secret_key_ref=k8s.SecretKeySelector(name=user_secret(DUMP_USER), key="password")
        ),
    )


def _container(
    name: str,
    *,
    image: str,
    command: list[str],
    environment: dict[str, str],
    secrets: list[k8s.EnvVar] | None = None,
    mounts: list[k8s.VolumeMount] | None = None,
) -> k8s.Container:
    variables = [k8s.EnvVar(name=key, value=value) for key, value in environment.items()]
    return k8s.Container(
        name=name,
        image=image,
        command=command,
        env=[*variables, *(secrets or [])],
        volume_mounts=[
            k8s.VolumeMount(name="scripts", mount_path=_SCRIPTS, read_only=True),
            k8s.VolumeMount(name="scratch", mount_path=_SCRATCH),
            *(mounts or []),
        ],
        resources=k8s.ResourceRequirements(
            requests=_quantities(cpu="100m", memory="128Mi"),
            limits=_quantities(memory=f"{DUMP_MIB}Mi"),
        ),
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            capabilities=k8s.Capabilities(drop=["ALL"]),
        ),
    )


def _quantities(**amounts: str) -> dict[str, k8s.Quantity]:
    return {name: k8s.Quantity.from_string(amount) for name, amount in amounts.items()}

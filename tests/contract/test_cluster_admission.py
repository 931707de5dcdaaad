"""What the operator's webhook says to a Cluster, as kubectl prints it."""

import base64
import json
from typing import Any

import pytest

from drill.operator.promotion_token import OPERATOR_VERSION
from tests.contract.side import Object, Said, Side, failed

CLUSTERS = "clusters.postgresql.cnpg.io"
_PLUGIN = "barman-cloud.cloudnative-pg.io"
_TOKEN = {
    "latestCheckpointTimelineID": "1",
    "redoWalFile": "000000010000000000000004",
    "databaseSystemIdentifier": "7000000000000000001",
    "latestCheckpointREDOLocation": "0/4000028",
    "timeOfLatestCheckpoint": "Wed Nov 25 17:00:00 2026",
    "operatorVersion": OPERATOR_VERSION,
}


def _external(name: str) -> Object:
    return {
        "name": name,
        "plugin": {
            "name": _PLUGIN,
            "parameters": {"barmanObjectName": "store", "serverName": name},
        },
    }


def cluster(side: Side, **spec: Any) -> Object:
    """A writer of two sites, as small as it may be."""
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": "here", "namespace": side.namespace},
        "spec": {
            "instances": 3,
            "storage": {"size": "1Gi"},
            "walStorage": {"size": "1Gi"},
            "bootstrap": {"initdb": {"database": "app", "owner": "app"}},
            "externalClusters": [_external("here"), _external("there")],
            "replica": {"self": "here", "primary": "here", "source": "there"},
            **spec,
        },
    }


def token(**changed: str) -> str:
    """A promotion token."""
    return base64.b64encode(json.dumps({**_TOKEN, **changed}).encode()).decode()


@pytest.fixture
def there(side: Side) -> Side:
    """A side on which that Cluster is."""
    said = side.apply(cluster(side))
    assert said.exit_code == 0, said.stderr
    return side


def change(side: Side, **spec: Any) -> Said:
    return side.patch(CLUSTERS, "here", {"spec": spec})


def refused(problem: str) -> Said:
    return failed(f'The Cluster "here" is invalid: {problem}')


def test_a_token_of_the_operator_is_admitted_on_a_writer(there: Side) -> None:
    assert change(there, replica={"promotionToken": token()}).exit_code == 0


@pytest.mark.parametrize(
    ("field", "called"),
    [
        ("operatorVersion", "OperatorVersion"),
        ("databaseSystemIdentifier", "DatabaseSystemIdentifier"),
        ("redoWalFile", "REDOWALFile"),
    ],
)
def test_a_token_with_an_empty_field_is_refused(there: Side, field: str, called: str) -> None:
    empty = token(**{field: ""})

    assert change(there, replica={"promotionToken": empty}) == refused(
        f'spec.replicaCluster.token: Invalid value: "{empty}": Invalid promotionToken content: '
        f"invalid promotion token ({called} is empty)"
    )


def test_what_is_no_token_is_refused(there: Side) -> None:
    said = change(there, replica={"promotionToken": "eA=="})

    assert said.exit_code == 1
    assert said.stderr.startswith(
        'The Cluster "here" is invalid: spec.replicaCluster.token: Invalid value: "eA==": '
        "Invalid promotionToken format: invalid promotion token"
    )


def test_a_token_on_a_replica_is_refused(there: Side) -> None:
    given = token()

    assert change(there, replica={"primary": "there", "promotionToken": given}) == refused(
        f'spec.replicaCluster.token: Invalid value: "{given}": promotionToken is only allowed for '
        "primary clusters"
    )


@pytest.mark.parametrize(
    ("field", "called"),
    [("source", "primaryServerName"), ("self", "self"), ("primary", "primary")],
)
def test_a_site_that_is_no_external_cluster_is_refused(
    there: Side, field: str, called: str
) -> None:
    assert change(there, replica={field: "nobody"}) == refused(
        f'spec.replicaCluster.{called}: Invalid value: "nobody": External cluster nobody not found'
    )


def test_a_source_may_be_streamed_from_and_followed_by_its_archive(there: Side) -> None:
    secret = {"name": "streaming-replica-tls", "key": "tls.crt"}
    hybrid = {
        **_external("there"),
        "connectionParameters": {"host": "there", "user": "streaming_replica"},
        "sslCert": secret,
        "sslKey": {**secret, "key": "tls.key"},
        "sslRootCert": {"name": "authority", "key": "ca.crt"},
    }

    assert change(there, externalClusters=[_external("here"), hybrid]).exit_code == 0


def test_a_new_replica_that_does_not_begin_as_a_clone_is_refused(side: Side) -> None:
    item = cluster(side, replica={"self": "here", "primary": "there", "source": "there"})

    assert side.apply(item) == refused(
        'spec.replicaCluster: Invalid value: "there": replica mode bootstrap is compatible only '
        "with pg_basebackup or recovery"
    )


def test_a_site_with_a_source_and_no_primary_is_a_replica(side: Side) -> None:
    said = side.apply(cluster(side, replica={"self": "here", "source": "there"}))

    assert said == refused(
        'spec.replicaCluster: Invalid value: "": replica mode bootstrap is compatible only with '
        "pg_basebackup or recovery"
    )


def test_a_writer_that_began_without_a_clone_may_become_a_replica(there: Side) -> None:
    assert change(there, replica={"primary": "there"}).exit_code == 0


def test_a_change_of_role_while_one_is_under_way_is_refused(there: Side) -> None:
    status = {"status": {"switchReplicaClusterStatus": {"inProgress": True}}}
    there.patch(CLUSTERS, "here", status, "--subresource=status")

    assert change(there, replica={"primary": "there"}) == refused(
        "spec.replica.enabled: Forbidden: cannot modify the field while there is an ongoing "
        "operation to enable the replica cluster"
    )


def test_two_ways_to_begin_are_refused(there: Side) -> None:
    assert change(there, bootstrap={"recovery": {"source": "there"}}) == refused(
        "spec.bootstrap: Forbidden: Only one bootstrap method can be specified at a time"
    )


def test_enabled_beside_a_primary_is_refused(there: Side) -> None:
    assert change(there, replica={"enabled": False}) == refused(
        "spec.replicaCluster.enabled: Forbidden: replica mode enabled is not compatible with the "
        "primary field"
    )


def test_two_archivers_are_refused(there: Side) -> None:
    archivers = [{"name": name, "isWALArchiver": True} for name in ("a", "b")]

    assert change(there, plugins=archivers) == refused(
        'spec.plugins: Invalid value: ["a","b"]: Cannot enable more than one WAL archiver plugin'
    )


def test_a_volume_of_wal_cannot_be_taken_away(there: Side) -> None:
    assert change(there, walStorage=None) == refused(
        "spec.walStorage: Invalid value: null: walStorage cannot be disabled once configured"
    )


def test_as_many_synchronous_standbys_as_instances_are_refused(there: Side) -> None:
    said = change(there, postgresql={"synchronous": {"method": "any", "number": 3}})

    assert said.exit_code == 1
    assert said.stderr.startswith('The Cluster "here" is invalid: spec.postgresql.synchronous: ')
    assert said.stderr.endswith(
        "Invalid synchronous configuration: the number of synchronous replicas must be less than "
        "the total number of instances and the provided standby names.\n"
    )


@pytest.mark.parametrize(
    ("certificates", "problem"),
    [
        (
            {"serverTLSSecret": "leaf"},
            'servercasecret: Invalid value: "": Server CA secret can\'t be empty when server TLS '
            "secret is provided",
        ),
        (
            {"serverTLSSecret": "leaf", "serverCASecret": "ca", "serverAltDNSNames": ["a", "b"]},
            'serveraltdnsnames: Invalid value: "[a b]": Server alternative DNS names can\'t be '
            "defined when server TLS secret is provided",
        ),
        (
            {"replicationTLSSecret": "leaf"},
            'clientcasecret: Invalid value: "": Client CA secret can\'t be empty when client '
            "replication secret is provided",
        ),
    ],
)
def test_a_leaf_without_its_authority_and_names_beside_one_are_refused(
    there: Side, certificates: Object, problem: str
) -> None:
    assert change(there, certificates=certificates) == refused(f"spec.certificates.{problem}")


def test_the_four_certificates_may_be_given_and_changed_later(there: Side) -> None:
    four = ("serverCASecret", "serverTLSSecret", "clientCASecret", "replicationTLSSecret")
    given = {field: field.lower() for field in four}

    assert change(there, certificates=given).exit_code == 0
    assert change(there, certificates={**given, "serverTLSSecret": "another"}).exit_code == 0


def test_a_name_of_more_than_50_characters_is_refused(side: Side) -> None:
    item = cluster(side)
    item["metadata"]["name"] = name = "n" * 51

    assert side.apply(item) == failed(
        f'The Cluster "{name}" is invalid: metadata.name: Invalid value: "{name}": the maximum '
        "length of a cluster name is 50 characters"
    )


def test_two_broken_rules_are_told_as_a_list(there: Side) -> None:
    said = change(there, walStorage=None, replica={"primary": "nobody"})

    assert said == failed(
        'The Cluster "here" is invalid: \n'
        '* spec.replicaCluster.primary: Invalid value: "nobody": External cluster nobody not '
        "found\n"
        "* spec.walStorage: Invalid value: null: walStorage cannot be disabled once configured"
    )

"""What kubectl v0.36.4 prints, told apart: conflict, gone, refused, passing, unknown."""

import pytest

from host.kubernetes.kubectl_failed import Failure, KubectlFailed

CLUSTER = 'clusters.postgresql.cnpg.io "postgres-cluster"'
WEBHOOK = (
    "Internal error occurred: failed calling webhook "
    '"vcluster.cnpg.io": failed to call webhook: Post '
    '"https://cnpg-webhook-service.cnpg-system.svc:443/validate?timeout=10s": '
)
PRINTED = {
    Failure.CONFLICT: (
        f"error: Operation cannot be fulfilled on {CLUSTER}: the object has been modified; please "
        "apply your changes to the latest version and try again\nPlease review the fields above",
        f"error: Operation cannot be fulfilled on {CLUSTER}: uid mismatch: the provided object "
        "specified uid 1, and no existing object was found",
        f"Error from server (Conflict): Operation cannot be fulfilled on {CLUSTER}: the object has "
        "been modified",
    ),
    Failure.GONE: (
        f"Error from server (NotFound): {CLUSTER} not found",
        'Error from server (NotFound): error when creating "STDIN": namespaces "x" not found',
    ),
    Failure.REFUSED: (
        'The Cluster "postgres-cluster" is invalid: spec.replica.promotionToken: Invalid value: '
        '"x": promotionToken is only allowed for primary clusters',
        "The request is invalid: patch: Invalid value: ...",
        'Error from server (Forbidden): admission webhook "v.cnpg.io" denied the request: no',
        'Error from server (BadRequest): Cluster in version "v1" cannot be handled as a Cluster: '
        'strict decoding error: unknown field "spec.instancs"',
        'Error from server (AlreadyExists): backups.postgresql.cnpg.io "a" already exists',
        'error: Apply failed with 1 conflict: conflict with "kubectl": .data.a',
        'error: error validating "STDIN": error validating data: kind not set',
        "error: unknown flag: --nothing",
    ),
    Failure.PASSING: (
        "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host "
        "or port?",
        "Unable to connect to the server: net/http: TLS handshake timeout",
        "Unable to connect to the server: dial tcp 10.0.0.11:6443: connect: no route to host",
        'error: error validating "STDIN": error validating data: failed to download openapi: Get '
        '"https://127.0.0.1:6443/openapi/v2": dial tcp 127.0.0.1:6443: connect: connection '
        "refused; if you choose to ignore these errors, turn validation off with --validate=false",
        'error: unable to recognize "STDIN": Get "https://127.0.0.1:6443/api": EOF',
        f"Error from server (InternalError): {WEBHOOK}dial tcp 10.43.0.7:443: connect: no route to "
        "host",
        f"Error from server (InternalError): {WEBHOOK}x509: certificate signed by unknown "
        "authority",
        "Error from server (ServiceUnavailable): the server is currently unable to handle the "
        "request",
        "Error from server (TooManyRequests): the server has received too many requests",
        "Error from server (Timeout): the server was unable to return a response in the time "
        "allotted, but may still be processing the request",
        "Error from server: etcdserver: leader changed",
        'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches '
        'for kind "Cluster" in version "postgresql.cnpg.io/v1"\nensure CRDs are installed first',
        'error: the server doesn\'t have a resource type "clusters"',
        "Error from server (NotFound): the server could not find the requested resource",
    ),
    Failure.UNKNOWN: (
        "error: You must be logged in to the server (Unauthorized)",
        "Unable to connect to the server: tls: failed to verify certificate: x509: certificate has "
        "expired or is not yet valid",
        'ERROR:  relation "a" does not exist\ncommand terminated with exit code 1',
        "Error from server (Expired): The provided continue parameter is too old",
        "",
    ),
}
CASES = [(failure, text) for failure, texts in PRINTED.items() for text in texts]
NOISE = (
    'E1125 17:05:01.000001   12345 memcache.go:265] "Unhandled Error" err="couldn\'t get current '
    'server API group list: Get \\"https://127.0.0.1:6443/api\\": EOF"\n'
    "Warning: resource clusters/a is missing the annotation of kubectl apply\n"
)


@pytest.mark.parametrize(("failure", "text"), CASES)
def test_what_kubectl_prints_is_told_apart(failure: Failure, text: str) -> None:
    assert KubectlFailed("apply -f -", text).failure is failure


@pytest.mark.parametrize(("failure", "text"), [case for case in CASES if case[1]])
def test_warnings_and_log_lines_before_it_change_nothing(failure: Failure, text: str) -> None:
    assert KubectlFailed("apply -f -", NOISE + text).failure is failure


def test_only_what_says_so_may_pass() -> None:
    assert not KubectlFailed("get", "error: something that nobody has seen yet").passing

"""The public documents of a site that is an issuer, before its Cluster is there."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from host.apply.issuer import KEYS
from host.errors import Failed
from tests.host.site.edges import InProcessAws
from tests.host.site.world import World
from topology.topology import Topology

BUCKET = "issuer-of-primary"
DISCOVERY = ".well-known/openid-configuration"
ISSUER = f"https://{BUCKET}.s3.eu-west-1.amazonaws.com"


def issuing(topology: Topology) -> Topology:
    document = topology.model_dump()
    document["primary"]["issuer_bucket"] = BUCKET
    return Topology.model_validate(document)


@pytest.fixture
def issuer(world: World) -> World:
    """A site that is one, with its bucket."""
    where = {"LocationConstraint": "eu-west-1"}
    world.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    world.deploy(issuing(world.topology), without=("HelmChart",))
    return world


def published(world: World, key: str) -> Any:
    return json.loads(world.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_both_documents_are_published_and_agree_with_kubernetes(issuer: World) -> None:
    issuer.apply()

    keys = json.loads(issuer.site.kubectl.done("get", "--raw", f"/{KEYS}"))
    assert published(issuer, KEYS) == keys
    discovery = published(issuer, DISCOVERY)
    assert (discovery["issuer"], discovery["jwks_uri"]) == (ISSUER, f"{ISSUER}/{KEYS}")
    assert issuer.cluster()


def test_what_is_published_is_not_written_again(issuer: World) -> None:
    issuer.apply()
    before = issuer.client("s3").head_object(Bucket=BUCKET, Key=KEYS)["LastModified"]
    issuer.client("s3").put_object(Bucket=BUCKET, Key=DISCOVERY, Body=b"{}")

    issuer.apply()

    assert published(issuer, DISCOVERY)["issuer"] == ISSUER
    assert issuer.client("s3").head_object(Bucket=BUCKET, Key=KEYS)["LastModified"] == before


class Unread:
    """S3 for somebody without credentials, who gets this."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    def get_object(self, **_named: str) -> dict[str, Any]:
        if self._content is None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return {"Body": io.BytesIO(self._content)}


@pytest.mark.parametrize("content", [None, b"\xff another"])
def test_a_cluster_is_left_alone_while_the_public_does_not_get_the_documents(
    issuer: World, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InProcessAws, "anybody", lambda *_: Unread(content))

    with pytest.raises(Failed, match="the public does not get"):
        issuer.apply()

    assert issuer.api.get("Cluster", "postgres-cluster") is None


def test_a_site_that_is_no_issuer_publishes_nothing(world: World) -> None:
    world.apply()

    names = [each["Name"] for each in world.client("s3").list_buckets()["Buckets"]]
    assert BUCKET not in names

"""The metadata service of deployed machines.

Either one loopback endpoint per machine, or one address that tells its callers apart.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from drill.aws.embedded_aws import EmbeddedAws
from drill.http_service import HttpHandler, HttpService

CREDENTIALS = timedelta(hours=1)
"""How long a set of credentials is good for; AWS gives about six hours."""
REFRESH = timedelta(minutes=10)
"""New credentials are served this long before the old ones end, as in AWS at least five minutes."""
MAX_TOKEN_SECONDS = 21600
_TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105


class Imds:
    """IMDSv2 of one EC2 instance that was deployed into the embedded AWS.

    Emulated: session tokens, without which nothing is answered; instance identity document,
    instance id, type, placement, private address, tags, and the credentials of the role behind the
    deployed instance profile, renewed before they end. Not emulated: the hop limit (every client is
    on loopback), IMDSv1, the signature of the identity document, user-data and network trees.
    """

    def __init__(self, embedded: EmbeddedAws, *, region: str, instance: str) -> None:
        machine = Metadata(embedded, region=region, instance=instance)

        class Handler(MetadataHandler):
            def machine(self) -> Metadata:
                return machine

        self._http = HttpService(Handler)
        self.endpoint = self._http.url
        """For AWS_EC2_METADATA_SERVICE_ENDPOINT."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Answer from now on, in a thread."""
        self._http.start()

    def stop(self) -> None:
        """Answer no more: what a machine's own death looks like from inside."""
        self._http.close()


class Metadata:
    """What the service knows: looked up once, except tags and credentials."""

    def __init__(self, embedded: EmbeddedAws, *, region: str, instance: str) -> None:
        self._embedded, self._region, self._id = embedded, region, instance
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}
        self._credentials: dict[str, str] = {}
        self._expiry = datetime.min.replace(tzinfo=UTC)
        about = self._describe()
        zone = about["Placement"]["AvailabilityZone"]
        self._document = {
            "accountId": embedded.account,
            "architecture": about.get("Architecture", "x86_64"),
            "availabilityZone": zone,
            "imageId": about["ImageId"],
            "instanceId": instance,
            "instanceType": about["InstanceType"],
            "privateIp": about["PrivateIpAddress"],
            "region": region,
            "version": "2017-09-30",
        }
        self._paths: dict[str, Callable[[], str]] = {
            "dynamic/instance-identity/document": lambda: json.dumps(self._document),
            "meta-data/ami-id": lambda: self._document["imageId"],
            "meta-data/instance-id": lambda: instance,
            "meta-data/instance-type": lambda: self._document["instanceType"],
            "meta-data/local-ipv4": lambda: self._document["privateIp"],
            "meta-data/placement/availability-zone": lambda: zone,
            "meta-data/placement/region": lambda: region,
            "meta-data/tags/instance": lambda: "\n".join(self._tags()),
            "meta-data/iam/security-credentials": lambda: self._current()["Role"],
        }

    def new_token(self, seconds: int) -> str:
        """A session token that is good for so long."""
        token = secrets.token_urlsafe(40)
        with self._lock:
            self._tokens[token] = time.monotonic() + seconds
        return token

    def accepts(self, token: str | None) -> bool:
        """Whether this is a session token that has not ended."""
        with self._lock:
            return time.monotonic() < self._tokens.get(token or "", 0.0)

    def read(self, path: str) -> str | None:
        """What is at a path below /latest/, None when nothing is."""
        known = self._paths.get(path)
        if known:
            return known()
        parent, _, name = path.rpartition("/")
        if parent == "meta-data/tags/instance":
            return self._tags().get(name)
        if parent == "meta-data/iam/security-credentials":
            current = self._current()
            return json.dumps(_served(current, self._expiry)) if name == current["Role"] else None
        return None

    def _describe(self) -> dict[str, Any]:
        ec2 = self._embedded.client("ec2", self._region)
        found = ec2.describe_instances(InstanceIds=[self._id])["Reservations"]
        return dict(found[0]["Instances"][0])

    def _tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self._describe().get("Tags", [])}

    def _current(self) -> dict[str, str]:
        with self._lock:
            now = datetime.now(UTC)
            if now + REFRESH >= self._expiry:
                self._credentials = self._embedded.instance_credentials(self._region, self._id)
                self._expiry = now + CREDENTIALS
            return self._credentials


def _served(credentials: dict[str, str], expiry: datetime) -> dict[str, str]:
    moment = "%Y-%m-%dT%H:%M:%SZ"
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "LastUpdated": (expiry - CREDENTIALS).strftime(moment),
        "Expiration": expiry.strftime(moment),
        "AccessKeyId": credentials["AccessKeyId"],
        "SecretAccessKey": credentials["SecretAccessKey"],
        "Token": credentials["Token"],
    }


class MetadataHandler(HttpHandler):
    """Answers for the machine that asks."""

    def machine(self) -> Metadata:
        """The machine that asks."""
        raise NotImplementedError

    def do_PUT(self) -> None:  # noqa: N802 (http.server's name)
        lifetime = self.headers.get(f"{_TOKEN_HEADER}-ttl-seconds", "")
        if self.path != "/latest/api/token":
            self._answer(404, "")
        elif not lifetime.isdigit() or not 1 <= int(lifetime) <= MAX_TOKEN_SECONDS:
            self._answer(400, "")
        else:
            self._answer(200, self.machine().new_token(int(lifetime)))

    def do_GET(self) -> None:  # noqa: N802 (http.server's name)
        if not self.machine().accepts(self.headers.get(_TOKEN_HEADER)):
            self._answer(401, "")
            return
        found = self.machine().read(self.path.removeprefix("/latest/").rstrip("/"))
        self._answer(404 if found is None else 200, found or "")

    def _answer(self, status: int, text: str) -> None:
        self.send(status, text.encode(), kind="text/plain")

"""The metadata service of one instance, version 2 only, on a loopback port.

Serves what the host program, user-data and botocore ask for; the credentials are those of the
deployed instance profile, new at each request.
"""

import json
import secrets
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from drill.aws.embedded_aws import EmbeddedAws

_CREDENTIALS = "/latest/meta-data/iam/security-credentials/"


class InstanceMetadata:
    """Answers until closed."""

    def __init__(self, *, aws: EmbeddedAws, region: str, instance: dict[str, Any]) -> None:
        self._aws = aws
        self._region = region
        self._instance = instance
        self._token = secrets.token_hex(16)
        self._http = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"service": self})
        )
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        """For AWS_EC2_METADATA_SERVICE_ENDPOINT."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        """Answer no more."""
        self._http.shutdown()
        self._http.server_close()

    def token(self) -> str:
        """The session token."""
        return self._token

    def answer(self, path: str, token: str | None) -> tuple[int, str]:
        """The status and body of a GET."""
        if token != self._token:
            return 401, ""
        if path.startswith(_CREDENTIALS):
            return self._credentials(path.removeprefix(_CREDENTIALS))
        found = self._facts().get(path.removeprefix("/latest/"))
        return (200, found) if found is not None else (404, "")

    def _facts(self) -> dict[str, str]:
        zone = self._instance["Placement"]["AvailabilityZone"]
        document = {
            "accountId": self._aws.account,
            "region": self._region,
            "availabilityZone": zone,
            "instanceId": self._instance["InstanceId"],
            "architecture": self._instance.get("Architecture", "x86_64"),
            "privateIp": self._instance["PrivateIpAddress"],
        }
        return {
            "dynamic/instance-identity/document": json.dumps(document),
            "meta-data/instance-id": self._instance["InstanceId"],
            "meta-data/placement/region": self._region,
            "meta-data/placement/availability-zone": zone,
            **{
                f"meta-data/tags/instance/{tag['Key']}": tag["Value"]
                for tag in self._instance["Tags"]
            },
        }

    def _credentials(self, role: str) -> tuple[int, str]:
        found = self._aws.instance_credentials(self._region, self._instance["InstanceId"])
        if not role:
            return 200, found["Role"]
        expires = datetime.now(UTC) + timedelta(hours=1)
        keys = {key: found[key] for key in ("AccessKeyId", "SecretAccessKey", "Token")}
        answer = {"Code": "Success", "Type": "AWS-HMAC", **keys}
        return 200, json.dumps({**answer, "Expiration": f"{expires:%Y-%m-%dT%H:%M:%SZ}"})


class _Handler(BaseHTTPRequestHandler):
    service: InstanceMetadata

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_PUT(self) -> None:
        known = self.path == "/latest/api/token"
        self._send(*((200, self.service.token()) if known else (404, "")))

    def do_GET(self) -> None:
        token = self.headers.get("X-aws-ec2-metadata-token")
        self._send(*self.service.answer(self.path, token))

    def _send(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

"""What a request asks permission for: actions on resources, with the condition keys that it shows.

Derived for what the machines and the operator call: S3, SSM, Secrets Manager, KMS, roles, zones,
machines, attaching volumes, metrics.
For every other request the action is checked and the resource is unknown.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.ec2.models import ec2_backends
from moto.secretsmanager.models import secretsmanager_backends

from drill.aws.bucket_address import bucket_and_key
from drill.aws.policy import Question
from drill.aws.s3_actions import bucket_action, object_action

Context = dict[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A signed request, as moto has read it."""

    account: str
    region: str
    service: str
    operation: str
    method: str
    host: str
    path: str
    body: bytes
    form: Mapping[str, Any]
    principal: str
    user: str | None
    """`aws:userid`; None where it is not known."""

    @property
    def document(self) -> dict[str, Any]:
        """The JSON of services that speak it."""
        return dict(json.loads(self.body or b"{}"))

    def parameter(self, name: str) -> str:
        """A parameter of services that speak forms."""
        value = self.form.get(name, "")
        return str(value[0] if isinstance(value, list) else value)

    def arn(self, resource: str) -> str:
        """The ARN of something in the request's account, region and service."""
        return f"arn:aws:{self.service}:{self.region}:{self.account}:{resource}"


def questions(request: Request) -> Iterator[Question]:
    """Every question that IAM asks about a request."""
    context: Context = {
        "aws:SecureTransport": ("true",),  # loopback stands in for TLS
        "s3:TlsVersion": ("1.3",),
        "aws:PrincipalArn": (request.principal,),
        "aws:PrincipalAccount": (request.account,),
        "aws:RequestedRegion": (request.region,),
    }
    if request.user:
        context["aws:userid"] = (request.user,)
    action = f"{_PREFIX.get(request.service, request.service)}:{request.operation}"
    if request.service == "s3":
        context["aws:ResourceAccount"] = (request.account,)  # there is no other
    ask = _S3 if request.service == "s3" else _ASK.get(action)
    if ask is None:
        yield Question(action=action, resource=None, context=context)
        return
    for action, resource, more in ask(request):
        yield Question(action=action, resource=resource, context={**context, **more})


_PREFIX = {"monitoring": "cloudwatch"}
"""Where IAM's name of a service is not the one that requests are signed for."""

Asked = Iterator[tuple[str, str | None, Context]]


def _s3(request: Request) -> Asked:
    url = urlsplit(request.path)
    bucket, key = bucket_and_key(request.host, unquote(url.path))
    query = parse_qs(url.query, keep_blank_values=True)
    if not bucket:
        yield "s3:ListAllMyBuckets", None, {}
    elif "delete" in query:
        for name in re.findall(r"<Key>(.*?)</Key>", request.body.decode(), re.DOTALL):
            yield "s3:DeleteObject", f"arn:aws:s3:::{bucket}/{name}", {}
    elif key:
        yield object_action(request.method, query), f"arn:aws:s3:::{bucket}/{key}", {}
    else:
        prefix = tuple(query.get("prefix", ()))
        action = bucket_action(request.method, request.operation, query)
        yield action, f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix}


def _parameters(request: Request) -> Asked:
    names = request.document.get("Names") or [request.document.get("Name", "")]
    shown: Context = {"ssm:Policies": ("true",) if request.document.get("Policies") else ()}
    for name in names:
        path = name if name.startswith("/") else f"/{name}"
        yield f"ssm:{request.operation}", request.arn(f"parameter{path}"), shown


def _command(request: Request) -> Asked:
    document = request.document
    yield "ssm:SendCommand", _document(request, document["DocumentName"]), {}
    for instance in document.get("InstanceIds", []):
        tags = _tags(request, instance, "ssm:resourceTag")
        arn = f"arn:aws:ec2:{request.region}:{request.account}:instance/{instance}"
        yield "ssm:SendCommand", arn, tags


def _session(request: Request) -> Asked:
    """A session without a document is a shell, for which no document is looked at.

    Unless a policy asks for that: Systems Manager user guide, "Start a default shell session".
    """
    target, name = request.document["Target"], request.document.get("DocumentName")
    named = ("true",) if name else ("false",)
    check: Context = {"ssm:SessionDocumentAccessCheck": named}
    tags = _tags(request, target, "ssm:resourceTag")
    arn = f"arn:aws:ec2:{request.region}:{request.account}:instance/{target}"
    yield "ssm:StartSession", arn, {**tags, **check}
    if name:
        yield "ssm:StartSession", _document(request, name), check


def _document(request: Request, name: str) -> str:
    """AWS' own documents belong to no account."""
    if name.startswith("AWS-"):
        return f"arn:aws:ssm:{request.region}::document/{name}"
    return request.arn(f"document/{name}")


def _metrics(request: Request) -> Asked:
    """CloudWatch takes JSON and forms."""
    written = request.parameter("Namespace") or str(request.document.get("Namespace", ""))
    yield "cloudwatch:PutMetricData", None, {"cloudwatch:namespace": (written,)}


def _secret(request: Request) -> Asked:
    """A secret that is not there is asked for by its name, without the end of an ARN."""
    asked = request.document["SecretId"]
    backend = secretsmanager_backends[request.account][request.region]
    arns = [secret.arn for secret in backend.secrets.values() if asked in (secret.arn, secret.name)]
    resource = arns[0] if arns else request.arn(f"secret:{asked}")
    yield f"secretsmanager:{request.operation}", resource, {}


def _attachment(request: Request) -> Asked:
    for kind, parameter in (("volume", "VolumeId"), ("instance", "InstanceId")):
        id = request.parameter(parameter)
        tags = _tags(request, id, "aws:ResourceTag")
        yield f"ec2:{request.operation}", request.arn(f"{kind}/{id}"), tags


def _machines(request: Request) -> Asked:
    for name, value in request.form.items():
        if name.startswith("InstanceId"):
            id = str(value[0] if isinstance(value, list) else value)
            tags = _tags(request, id, "aws:ResourceTag")
            yield f"ec2:{request.operation}", request.arn(f"instance/{id}"), tags


def _role(request: Request) -> Asked:
    role = request.parameter("RoleName")
    yield f"iam:{request.operation}", f"arn:aws:iam::{request.account}:role/{role}", {}


def _key(request: Request) -> Asked:
    """A call of the caller's own: no service stands between, which a condition may ask for."""
    yield f"kms:{request.operation}", None, {"kms:ViaService": ()}


def _zone(request: Request) -> Asked:
    body = request.body.decode(errors="replace")
    names = re.findall(r"<Name>(.*?)</Name>", body)
    context = {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": tuple(
            name.lower().rstrip(".") for name in names
        ),
        "route53:ChangeResourceRecordSetsActions": tuple(re.findall(r"<Action>(.*?)<", body)),
    }
    yield f"route53:{request.operation}", None, context


_TAGS = ("pgtwin:system", "pgtwin:site", "pgtwin:role")


def _tags(request: Request, resource: str, key: str) -> Context:
    found = ec2_backends[request.account][request.region].describe_tags(
        filters={"resource-id": [resource]}
    )
    wanted: Context = {f"{key}/{name}": () for name in _TAGS}
    return wanted | {f"{key}/{tag['key']}": (str(tag["value"]),) for tag in found}


_S3: Callable[[Request], Asked] = _s3
_ASK: dict[str, Callable[[Request], Asked]] = {
    "cloudwatch:PutMetricData": _metrics,
    "ec2:AttachVolume": _attachment,
    "ec2:DetachVolume": _attachment,
    "ec2:StartInstances": _machines,
    "ec2:StopInstances": _machines,
    "ec2:TerminateInstances": _machines,
    "iam:DeleteRolePolicy": _role,
    "iam:GetRolePolicy": _role,
    "iam:PutRolePolicy": _role,
    "kms:Decrypt": _key,
    "kms:GenerateDataKey": _key,
    "route53:ChangeResourceRecordSets": _zone,
    "secretsmanager:DescribeSecret": _secret,
    "secretsmanager:GetSecretValue": _secret,
    "secretsmanager:PutSecretValue": _secret,
    "ssm:DeleteParameter": _parameters,
    "ssm:GetParameter": _parameters,
    "ssm:GetParameters": _parameters,
    "ssm:PutParameter": _parameters,
    "ssm:SendCommand": _command,
    "ssm:StartSession": _session,
}

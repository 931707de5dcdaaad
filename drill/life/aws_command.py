"""A command of the AWS CLI, as pgtwin names them, carried out through the API of the same words."""

import shlex
from typing import Any

from drill.aws.embedded_aws import EmbeddedAws


def run_aws(embedded: EmbeddedAws, line: str) -> None:
    """Do what a person would do with a line such as `aws kms delete-alias ... && aws ...`.

    Raises:
        ValueError: for words that are no command of the AWS CLI.
        botocore.exceptions.ClientError: as the service says.
    """
    for command in line.split(" && "):
        aws, service, operation, *options = shlex.split(command)
        if aws != "aws":
            raise ValueError(f"no command of the AWS CLI: {command}")
        values = _options(options)
        region = values.pop("region")[0]
        client = embedded.client(service, region)
        shapes = _shapes(client, operation)
        arguments = dict(_argument(flag, given, shapes) for flag, given in values.items())
        getattr(client, operation.replace("-", "_"))(**arguments)


def _options(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word.removeprefix("--")] = current = []
        else:
            current.append(word)
    return found


def _shapes(client: Any, operation: str) -> dict[str, Any]:
    api = "".join(part.capitalize() for part in operation.split("-"))
    return dict(client.meta.service_model.operation_model(api).input_shape.members)


def _argument(flag: str, given: list[str], shapes: dict[str, Any]) -> tuple[str, Any]:
    """`--lock-name` is LockName, `--no-protected` switches Protected off."""
    wanted = flag.removeprefix("no-").replace("-", "").lower()
    name = next(name for name in shapes if name.lower() == wanted)
    if shapes[name].type_name == "boolean":
        return name, not flag.startswith("no-")
    return name, _value(shapes[name], given)


def _value(shape: Any, given: list[str]) -> Any:
    if shape.type_name != "list":
        return given[0]
    if shape.member.type_name != "structure":
        return given
    return [dict(pair.split("=", 1) for pair in item.split(",")) for item in given]

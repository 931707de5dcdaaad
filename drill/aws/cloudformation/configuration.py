"""SSM parameters and documents; associations are recorded only."""

import json
from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


def _tags(properties: Properties) -> list[Properties]:
    """Parameters take their tags as a mapping, everything else in SSM as a list."""
    tags = properties.get("Tags", [])
    if isinstance(tags, dict):
        return [{"Key": key, "Value": value} for key, value in tags.items()]
    return list(tags)


def _parameter(ssm: Any, properties: Properties, name: str) -> Made:
    ssm.put_parameter(
        Name=name, Tags=_tags(properties), **chosen(properties, "Description", "Type", "Value")
    )
    return Made(id=name, attributes=chosen(properties, "Type", "Value"))


def _put_parameter(ssm: Any, id: str, properties: Properties) -> None:
    ssm.put_parameter(Name=id, Overwrite=True, **chosen(properties, "Description", "Type", "Value"))


def _document(ssm: Any, properties: Properties, name: str) -> Made:
    ssm.create_document(
        Name=name,
        Content=json.dumps(properties["Content"]),
        Tags=_tags(properties),
        **chosen(properties, "DocumentFormat", "DocumentType", "TargetType"),
    )
    return Made(id=name)


def _new_version(ssm: Any, id: str, properties: Properties) -> None:
    made = ssm.update_document(
        Name=id,
        Content=json.dumps(properties["Content"]),
        DocumentVersion="$LATEST",
        **chosen(properties, "DocumentFormat"),
    )
    version = made["DocumentDescription"]["DocumentVersion"]
    ssm.update_document_default_version(Name=id, DocumentVersion=version)


def _association(ssm: Any, properties: Properties, name: str) -> Made:
    # moto has no associations. Recorded only, so that a template with one can be deployed; running
    # the host program's verb on the machines, and waiting for it, is left to whoever drills.
    return Made(id=name, attributes={"AssociationId": name})


KINDS = {
    "AWS::SSM::Parameter": Kind(
        service="ssm",
        exists=lambda ssm, id, _: ssm.get_parameter(Name=id),
        create=_parameter,
        update=_put_parameter,
        delete=lambda ssm, id, _: ssm.delete_parameter(Name=id),
        name="Name",
    ),
    "AWS::SSM::Document": Kind(
        service="ssm",
        exists=lambda ssm, id, _: ssm.describe_document(Name=id),
        create=_document,
        update=_new_version,
        delete=lambda ssm, id, _: ssm.delete_document(Name=id),
        name="Name",
        without_effect=frozenset({"UpdateMethod"}),
    ),
    "AWS::SSM::Association": Kind(
        service="ssm",
        create=_association,
        update=lambda ssm, id, properties: None,
        without_effect=frozenset(
            {
                "AssociationName",
                "ComplianceSeverity",
                "MaxConcurrency",
                "MaxErrors",
                "Name",
                "Parameters",
                "Tags",
                "Targets",
                "WaitForSuccessTimeoutSeconds",
            }
        ),
    ),
}

"""Stand-in charts carry the released manifest and take the values that the project sets."""

import yaml

from drill.rig.parts.stand_in_chart import StandInChart, chart_files

MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: cnpg-system}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.postgresql.cnpg.io}
spec: {description: "such as {{ .Cluster }}"}
---
apiVersion: v1
kind: Secret
metadata: {name: images}
data: {SIDECAR_IMAGE: b2xk}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: cnpg-system}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: manager, image: "old:main", imagePullPolicy: Always, args: [controller],
         env: [{name: OPERATOR_IMAGE_NAME, value: "old:main"}, {name: OTHER, value: "1"}]}
"""
CHART = StandInChart(
    name="some-operator",
    version="0.1.0",
    app_version="1.2.3",
    repository="https://example.org/charts",
    image="new:@@.Values.image.tag@@",
    sidecar_image="side:@@.Values.image.tag@@",
    values={"image": {"tag": "v1"}},
)
FILES = chart_files(CHART, MANIFEST)


def test_the_chart_has_the_name_and_version_that_the_helm_chart_object_asks_for() -> None:
    head = yaml.safe_load(FILES["Chart.yaml"])
    assert (head["name"], head["version"]) == ("some-operator", "0.1.0")


def test_the_values_that_the_project_sets_reach_the_pod() -> None:
    manifest = FILES["templates/manifest.yaml"]
    for line in (
        "replicas: {{ .Values.replicaCount }}",
        "nodeSelector: {{ .Values.nodeSelector | toJson }}",
        "tolerations: {{ .Values.tolerations | toJson }}",
        "resources: {{ .Values.resources | toJson }}",
        "image: new:{{ .Values.image.tag }}",
        "SIDECAR_IMAGE: side:{{ .Values.image.tag }}",
    ):
        assert line in manifest


def test_an_operator_is_told_the_image_that_it_runs_by_and_nothing_else_changes() -> None:
    manifest = FILES["templates/manifest.yaml"]
    assert "value: new:{{ .Values.image.tag }}" in manifest
    assert "value: '1'" in manifest
    assert "old:main" not in manifest


def test_the_deployment_is_called_as_the_chart_and_pulls_nothing_that_is_there() -> None:
    manifest = FILES["templates/manifest.yaml"]
    assert "name: some-operator" in manifest
    assert "imagePullPolicy: IfNotPresent" in manifest
    assert "Always" not in manifest


def test_helm_makes_the_namespace_and_keeps_the_definitions_of_a_removed_release() -> None:
    assert "kind: Namespace" not in FILES["templates/manifest.yaml"]
    (definition,) = yaml.safe_load_all(FILES["templates/crds.yaml"].replace("{{", "").strip())
    assert definition["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_braces_in_a_description_are_no_template() -> None:
    assert 'such as {{ "{{" }} .Cluster }}' in FILES["templates/crds.yaml"]

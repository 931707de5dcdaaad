from drill.rig import addresses, aws_endpoints


def test_each_policy_is_bound_and_holds_only_in_the_databases_namespace() -> None:
    objects = aws_endpoints.policies(
        namespace="postgres", environment={"AWS_ENDPOINT_URL": "http://own"}, by_bucket={}
    )

    policies = [each for each in objects if each["kind"] == "MutatingAdmissionPolicy"]
    bindings = [each for each in objects if each["kind"].endswith("Binding")]
    bound = {each["spec"]["policyName"] for each in bindings}
    assert bound == {each["metadata"]["name"] for each in policies}
    for each in policies:
        selector = each["spec"]["matchConstraints"]["namespaceSelector"]["matchLabels"]
        assert selector == {"kubernetes.io/metadata.name": "postgres"}


def test_a_store_is_led_to_the_region_of_its_bucket() -> None:
    by_bucket = {"bucket-one": addresses.endpoint(0), "bucket-two": addresses.endpoint(1)}

    objects = aws_endpoints.policies(
        namespace="postgres",
        environment={"AWS_ENDPOINT_URL": addresses.endpoint(1)},
        by_bucket=by_bucket,
    )

    store = next(each for each in objects if each["metadata"]["name"].endswith("object-stores"))
    expression = store["spec"]["mutations"][0]["applyConfiguration"]["expression"]
    for bucket, url in by_bucket.items():
        assert f'startsWith("s3://{bucket}/") ? "{url}"' in expression

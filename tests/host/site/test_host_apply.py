"""`apply` against an API server: what it leaves, and what it never does."""

from tests.host.site.world import World


def test_everything_of_the_bundle_is_there_after_an_apply(world: World) -> None:
    result = world.apply()

    assert world.cluster()["spec"]["replica"]["primary"] == "postgres-cluster"
    assert world.api.get("secret", "app-user") is not None
    assert world.api.get("cronjob", "dump")["spec"]["suspend"] is False
    assert result["deleted"] == []

import pytest

from drill.rig.name import RigName


@pytest.mark.parametrize("run", ["", "Main", "a-b", "a/b", "../x", "a" * 13])
def test_a_run_that_could_reach_beyond_its_own_names_is_refused(run: str) -> None:
    with pytest.raises(ValueError, match="run is"):
        RigName(run=run)


def test_a_rig_does_not_own_what_belongs_to_a_run_with_a_longer_name() -> None:
    other = RigName(run="main2").namespace("router")

    assert not RigName(run="main").owns(other)
    assert RigName(run="main2").owns(other)

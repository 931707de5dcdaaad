from drill.rig.target_health import TargetHealth, Thresholds, in_use

THRESHOLDS = Thresholds(healthy=5, unhealthy=2, interval_seconds=30, timeout_seconds=10)


def _after(checks: list[bool]) -> bool | None:
    health = TargetHealth()
    for answered in checks:
        health = health.after(answered=answered, thresholds=THRESHOLDS)
    return health.healthy


def test_the_first_check_decides_over_a_new_target() -> None:
    assert _after([]) is None
    assert _after([True]) is True
    assert _after([False]) is False


def test_a_target_changes_only_after_as_many_checks_in_a_row_as_its_group_asks_for() -> None:
    assert _after([True, False]) is True
    assert _after([True, False, True, False]) is True
    assert _after([True, False, False]) is False
    assert _after([False, *[True] * 4]) is False
    assert _after([False, *[True] * 5]) is True


def test_without_a_healthy_target_all_are_used() -> None:
    well, ill = TargetHealth(healthy=True), TargetHealth(healthy=False)

    assert in_use({"a": well, "b": ill}) == ["a"]
    assert in_use({"a": ill, "b": TargetHealth()}) == ["a", "b"]

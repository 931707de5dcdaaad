import pytest

from drill.rig.inside.unit import failed_assertion, is_wanted, parse
from host.setup.data_volume import mount_unit
from host.setup.installation import installed_files
from host.setup.k3s_unit import NAMES, k3s_unit


def test_every_unit_file_of_the_project_is_understood() -> None:
    texts = {
        path: text for path, (text, _) in installed_files(30432).items() if "/systemd/" in path
    }
    texts |= {NAMES["server"]: k3s_unit("server"), NAMES["agent"]: k3s_unit("agent")}
    texts["data.mount"] = mount_unit("some-uuid")

    for name, text in texts.items():
        unit = parse(name.rpartition("/")[2], text)
        assert unit.kind in ("service", "mount", "timer"), name
        assert unit.kind != "service" or unit.command, name
        assert unit.seconds("RestartSec", 0) >= 0


def test_repeated_settings_are_kept_in_order_and_the_last_one_counts() -> None:
    unit = parse("a.service", "[Service]\nExecStartPre=-/one\nExecStartPre=/two\n# not me\n")

    assert unit.values("ExecStartPre") == ["-/one", "/two"]
    assert unit.value("ExecStartPre") == "/two"


def test_a_line_that_is_no_setting_is_refused_with_its_file() -> None:
    with pytest.raises(ValueError, match=r"a\.service: 'nonsense' is no setting"):
        parse("a.service", "[Unit]\nnonsense\n")


@pytest.mark.parametrize(
    ("there", "mounted", "failed"),
    [
        (set[str](), {"/data"}, "AssertPathExists=/one or /two"),
        ({"/two"}, {"/data"}, None),
        ({"/one"}, set[str](), "AssertPathIsMountPoint=/data"),
        ({"/one", "/half"}, {"/data"}, "AssertPathExists=!/half"),
    ],
)
def test_of_assertions_with_a_bar_one_is_enough(
    there: set[str], mounted: set[str], failed: str | None
) -> None:
    one_of = "AssertPathExists=|/one\nAssertPathExists=|/two\n"
    text = f"[Unit]\nAssertPathIsMountPoint=/data\n{one_of}AssertPathExists=!/half\n"

    found = failed_assertion(
        parse("a.service", text), exists=there.__contains__, is_mount_point=mounted.__contains__
    )

    assert found == failed


@pytest.mark.parametrize(
    ("there", "wanted"), [({"/one"}, True), ({"/one", "/two"}, False), (set(), False)]
)
def test_a_unit_whose_condition_does_not_hold_is_left_alone(there: set[str], wanted: bool) -> None:
    text = "[Unit]\nConditionPathExists=/one\nConditionPathExists=!/two\n"

    assert is_wanted(parse("a.service", text), exists=there.__contains__) == wanted

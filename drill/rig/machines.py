"""The machines of a rig as its state folder has them, for whoever did not make them."""

from collections.abc import Sequence

from drill.rig.inside.machine_spec import MachineSpec
from drill.rig.machine import RigMachine
from drill.rig.name import RigName

_SPEC = "spec.json"


def machines_of(name: RigName) -> Sequence[RigMachine]:
    """Every machine that was written down."""
    files = sorted((name.state / "machines").glob(f"*/{_SPEC}"))
    return [RigMachine(MachineSpec.of_json(file.read_text(encoding="utf-8"))) for file in files]


def write_down(machine: RigMachine) -> None:
    """Let others find it."""
    file = machine.folder / _SPEC
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(machine.spec.to_json(), encoding="utf-8")

"""`python -m drill.rig.inside.launch SPEC`: switches a machine on and returns.

Always true: this process is in the machine's cgroup before it makes anything, so whatever a kill
interrupts is found there. Process 1 is the only thing that holds the machine's namespaces; SIGKILL
to it is a power cut, because the kernel ends every process of a pid namespace with its first.
"""

import os
import sys

from drill.rig import cgroups
from drill.rig.inside import kernel, root
from drill.rig.inside.machine_spec import MachineSpec
from drill.rig.process_id import ProcessId

_NAMESPACES = kernel.NEWUTS | kernel.NEWIPC | kernel.NEWPID | kernel.NEWCGROUP


def main(spec: MachineSpec) -> int:
    """Start process 1; 0 once its program runs."""
    os.setsid()
    cgroups.join(spec.cgroup)
    kernel.enter_network(spec.namespace)
    kernel.unshare(_NAMESPACES)
    cgroups.delegate(spec.cgroup)
    reading, writing = os.pipe()  # closed by exec: nothing to read means that it worked
    child = os.fork()
    if child == 0:
        os.close(reading)
        _become_process_1(spec, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        error = told.read().decode()
    if error:
        os.waitpid(child, 0)
        print(f"{spec.hostname} did not start: {error}", file=sys.stderr)  # noqa: T201
        return 1
    spec.pid_file.write_text(ProcessId.of(child).text, encoding="utf-8")
    return 0


def _become_process_1(spec: MachineSpec, errors: int) -> None:
    try:
        log = os.open(spec.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        root.enter(spec)
        os.execve(spec.program[0], list(spec.program), dict(spec.environment))  # noqa: S606
    except BaseException as error:
        os.write(errors, repr(error).encode())
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(MachineSpec.of_json(sys.argv[1])))

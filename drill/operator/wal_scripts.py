"""What an instance's archive_command and restore_command run."""

from collections.abc import Callable, Sequence

from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part

CHECK_EMPTY = ".check-empty-wal-archive"
"""In PGDATA until the first segment is archived: no other history may be in the archive."""
Line = Callable[[Sequence[str]], str]
"""How a command is written into a script."""


def archive(spec: ClusterSpec, line: Line) -> str:
    """Archive the segment `$1`."""
    if spec.own is None:
        return "exit 0"
    command = line(spec.own.archive_wal())
    return (
        f"if [ -e {CHECK_EMPTY} ]; then\n"
        f"  {line(spec.own.check_is_empty())} || exit 1\n"
        f'  {command} "$1" || exit 1\n'
        f"  exec rm -f {CHECK_EMPTY}\n"
        f"fi\n"
        f'exec {command} "$1"'
    )


def restore(spec: ClusterSpec, part: Part, line: Line) -> str:
    """Fetch the segment `$1` to the path `$2`; a fetch that is killed is a file that is not there.

    The plugin's choice since v0.14.0: the current primary of a topology reads its source, also
    while it waits for its promotion; everyone else reads the own archive, and a recovery before
    there is any primary the archive that it recovers from.
    """
    source = spec.own
    if part.archives and spec.source:
        source = spec.source
    elif spec.own is None and spec.recovery:
        source = spec.recovery.source
    if source is None:
        return "exit 1"
    return f'{line(source.restore_wal())} "$1" "$2" || exit 1'

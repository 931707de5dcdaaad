"""Which segments of the timelines before its own a writer's archive should hold: pure.

What always holds: only whole segments are named, which end before their timeline was left. Up to
there the instance that led and the one that leads have the same WAL, so it is the same whoever
uploads it. The segment in which a timeline was left differs, and is not named.
"""

from collections.abc import Collection, Iterator, Mapping

from host.archive.archive import segment_of

SEGMENTS = 64
"""Of each timeline, the last ones: 1 GiB. CloudNativePG keeps half of that in pg_wal
(`wal_keep_size`, v1.30.0 pkg/postgres/configuration.go)."""
TIMELINES = 3
"""The newest ones; older ones were looked at when they were new."""
_PER_LOG = 0x100


def whole_segments(history: Mapping[str, str]) -> tuple[str, ...]:
    """The last whole segments of the timelines in a writer's history, in the order of their WAL."""
    return tuple(_segments(history))


def behind_the_first(lacking: Collection[str], archived: Collection[str]) -> list[str]:
    """Those that a replay misses: an archive that begins later never had what is before."""
    first = min(name[8:] for name in archived)
    return [name for name in lacking if name[8:] > first]


def _segments(history: Mapping[str, str]) -> Iterator[str]:
    timelines = sorted(map(int, history))
    left = {each: _number(history[str(each)]) for each in timelines}
    began = dict(zip(timelines, (1, *left.values()), strict=False))
    for each in timelines[-TIMELINES:]:
        for number in range(max(began[each], left[each] - SEGMENTS), left[each]):
            log, rest = divmod(number, _PER_LOG)
            yield f"{each:08X}{log:08X}{rest:08X}"


def _number(lsn: str) -> int:
    log, rest = segment_of(lsn)
    return log * _PER_LOG + rest

"""The comparison divided into the parts of an array job."""

from pnetlib.workflow import shards


def test_parts_of_an_array_share_all_tasks_between_them():
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Part:
        tasks: list

    work = [Part([("a", n) for n in range(7)]), Part([("b", n) for n in range(5)])]
    shares = [shards.part_of(work, k, 5) for k in range(1, 6)]
    taken = [task for share in shares for part in share for task in part.tasks]
    assert sorted(taken) == [task for part in work for task in part.tasks]
    sizes = [sum(len(part.tasks) for part in share) for share in shares]
    assert max(sizes) - min(sizes) <= 1

"""Memory that a process may use: limits of control groups."""

from pnetlib.execution import memory


def test_limits_of_control_groups_count(tmp_path):
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    inner = groups / "job" / "step"
    inner.mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 8000 kB\n")
    (proc / "self" / "cgroup").write_text("0::/job/step\n")
    assert memory.available_memory(proc, groups) == 8000 * 1024
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("5000000\n")
    assert memory.available_memory(proc, groups) == 5000000
    (inner.parent / "memory.stat").write_text("anon 1000000\nfile 7\n")
    assert memory.available_memory(proc, groups) == 4000000
    (proc / "self" / "cgroup").write_text("7:cpu,memory:/old\n")
    (groups / "memory" / "old").mkdir(parents=True)
    (groups / "memory" / "old" / "memory.limit_in_bytes").write_text("300000\n")
    assert memory.available_memory(proc, groups) == 300000
    assert memory.peak_memory() > 10**7

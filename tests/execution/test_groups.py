"""Processors that control groups grant a process."""

import pytest

from pnetlib.execution.groups import granted_cpus


@pytest.fixture
def system(tmp_path):
    """Return folders like /proc and /sys/fs/cgroup, of a process in the group /job/step."""
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text("0::/job/step\n")
    (groups / "job" / "step").mkdir(parents=True)
    return proc, groups


def test_the_smallest_quota_of_the_groups_around_a_process_counts(system):
    _, groups = system
    assert granted_cpus(*system) is None
    (groups / "job" / "step" / "cpu.max").write_text("max 100000\n")
    assert granted_cpus(*system) is None
    (groups / "job" / "cpu.max").write_text("150000 100000\n")
    assert granted_cpus(*system) == 1.5
    (groups / "cpu.max").write_text("50000 100000\n")
    assert granted_cpus(*system) == 0.5


def test_quotas_of_version_1_count_also_in_a_container(system):
    proc, groups = system
    (proc / "self" / "cgroup").write_text("4:memory:/a\n3:cpu,cpuacct:/docker/1f\n0::/\n")
    (groups / "cpu").mkdir()  # a container sees its own group at the top
    (groups / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    (groups / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    assert granted_cpus(*system) is None
    (groups / "cpu" / "cpu.cfs_quota_us").write_text("200000\n")
    assert granted_cpus(*system) == 2.0


@pytest.mark.parametrize("text", ["", "max", "1 0", "many 100000", "-5 100000"])
def test_a_quota_that_cannot_be_read_is_none(system, text):
    _, groups = system
    (groups / "cpu.max").write_text(text)
    assert granted_cpus(*system) is None


def test_a_system_without_control_groups_has_no_quota(tmp_path):
    assert granted_cpus(tmp_path, tmp_path) is None

"""A report is read as it was written; one under earlier names is refused."""

import pandas as pd
import pytest

from benchmarks import report
from pnetlib.errors import DataError


def test_a_report_is_read_as_it_was_written(tmp_path):
    made = {
        "size": "full",
        "comparison": [{"solver": "pnetlib", "seconds": 0.1}, {"solver": "other", "seconds": 1.3}],
    }
    report.write(made, tmp_path)
    assert report.read(tmp_path) == made
    assert list(pd.read_csv(tmp_path / "bench.csv")["solver"]) == ["pnetlib", "other"]
    assert report.read(tmp_path / "none") is None
    assert report.read_or_run(tmp_path, "standard", 1) == made


def test_a_report_of_an_earlier_version_is_refused(tmp_path):
    (tmp_path / "bench.json").write_text('{"size": "full"}')
    with pytest.raises(DataError, match="earlier version"):
        report.read(tmp_path)

"""The public functions: sources by name, runnable examples, no pandas until it is needed."""

import doctest
import subprocess
import sys

import official_files as make
import pytest

import pnetlib.datasets
from pnetlib.datasets import Cohort, cohort, load_cohort
from pnetlib.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    return make.official_folder(tmp_path / "gdsc")


@pytest.mark.parametrize("source", ["", "gdcs", "no/such/folder"])
def test_unknown_source_is_refused(source):
    make.refused(UsageError, "neither a folder, nor a file in one, nor one of", load_cohort, source)


def test_no_drugs_are_refused(folder):
    make.refused(UsageError, "No drug", load_cohort, folder, drugs={})


def test_simulated_cohort_refuses_other_drugs():
    make.refused(UsageError, "only the four drugs", load_cohort, "simulated", drugs={"X": 1})


@pytest.mark.parametrize("module", [pnetlib.datasets, cohort])
def test_examples_run(module):
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


def test_exports_are_there_and_import_no_pandas():
    assert pnetlib.datasets.Cohort is Cohort is cohort.Cohort
    assert all(hasattr(pnetlib.datasets, name) for name in pnetlib.datasets.__all__)
    with pytest.raises(AttributeError, match="MARKERS"):
        pnetlib.datasets.MARKERS  # noqa: B018
    code = "import sys, pnetlib.datasets; print(sorted({'numpy', 'pandas'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

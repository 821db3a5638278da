"""Plugin of pytest that replaces another package's estimators and records how each test ended.

The variable ``PNETLIB_SUITE`` has, as JSON, the name of the package (``""`` to replace nothing),
whether data are standardised, and the file to write.
"""

import importlib
import json
import os
from pathlib import Path

import pytest

from benchmarks.suites.stand_ins import NOT_OURS, fits, replace, standardised

SUITE = json.loads(os.environ["PNETLIB_SUITE"])
BUILDERS = [  # of data, where other packages define them
    ("sklearn.datasets", "make_regression"),
    ("sklearn.datasets", "load_diabetes"),
    ("celer.utils.testing", "build_dataset"),
    ("skglm.utils.data", "make_correlated_data"),
]
records = {}


def pytest_configure(config):
    if SUITE["package"]:
        replace(SUITE["package"])
    if SUITE["standardised"]:
        for place, name in BUILDERS:
            try:
                module = importlib.import_module(place)
            except ImportError:
                continue
            setattr(module, name, standardised(getattr(module, name)))


def pytest_collection_modifyitems(items):
    for module in {item.module for item in items if SUITE["standardised"]}:
        builder = getattr(module, "build_dataset", None)
        if builder is not None and builder.__module__ == module.__name__:
            module.build_dataset = standardised(builder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    before = dict(fits)
    try:
        return (yield)
    finally:
        item.fits = {kind: fits[kind] - before[kind] for kind in fits}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    record = records.setdefault(_name(item), {"outcome": "passed", "why": ""})
    record["fits"] = getattr(item, "fits", dict.fromkeys(fits, 0))
    if report.failed:
        record.update(outcome="failed", why=_one_line(call.excinfo))
    elif report.skipped and record["outcome"] == "passed":
        record.update(outcome="skipped", why=_skipped(report, call))
    return report


def pytest_collectreport(report):
    if report.failed:
        records[Path(report.nodeid).name] = {
            "outcome": "failed",
            "why": str(report.longrepr)[-300:],
        }


def pytest_sessionfinish():
    Path(SUITE["report"]).write_text(json.dumps(records, indent=1), "utf-8")


def _name(item):
    return f"{item.path.name}::{item.nodeid.partition('::')[2]}"


def _skipped(report, call):
    if hasattr(report, "wasxfail"):
        return f"expected to fail by its authors: {report.wasxfail}"
    why = str(call.excinfo.value)
    return (
        why.removeprefix(NOT_OURS).strip()
        if why.startswith(NOT_OURS)
        else f"skipped by its authors: {why}"
    )


def _one_line(raised):
    return f"{raised.typename}: {' '.join(str(raised.value).split())}"[:300]

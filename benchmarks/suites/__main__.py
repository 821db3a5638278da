"""``python -m benchmarks.suites``: run tests of other packages against this one, and count."""

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from importlib import resources
from pathlib import Path

from benchmarks.suites.notebooks import try_notebooks
from pnetlib.cli.parser import print_error
from pnetlib.errors import PnetError, SetupError
from pnetlib.workflow.project import project_root

USAGE = """Run tests written by others against this package and print how they ended.

An environment of its own gets this package as a user would install it, and the other packages by
name; their tests come from them or from their source distributions. Exit code 1 if a test fails
without a reason in benchmarks/suites/reasons.tsv.
"""
PACKAGES = ("celer", "skglm", "papermill", "nbval", "pytest", "setuptools")
UNREPLACED = "uses nothing that is replaced"
TESTS = {  # of which package, and which of its files
    "celer": ("celer/tests/test_lasso.py", "celer/tests/test_enet.py"),
    "skglm": (
        "skglm/tests/test_estimators.py",
        "skglm/tests/test_gram_solver.py",
        "skglm/tests/test_cv.py",
        "skglm/tests/test_fista.py",
    ),
    "papermill": ("papermill/tests/notebooks/*.ipynb",),
    "nbval": ("*.ipynb",),
}
DESCENT = "sklearn.linear_model.tests.test_coordinate_descent"
CHECKS = Path(__file__).with_name("estimator_checks.py")


class Suites:
    """The suites in one environment, and a folder for what they need and write."""

    def __init__(self, python, folder, installed=True):
        self.python, self.folder = Path(python), Path(folder)
        place = self.folder / "path"
        place.mkdir(parents=True, exist_ok=True)
        if installed:  # only the stand-ins come from the project, this package does not
            if not (place / "benchmarks").exists():
                (place / "benchmarks").symlink_to(Path(__file__).resolve().parents[1])
        else:
            place = project_root()
        self.environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}
        self.environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

    def run(self, name):
        """Run one suite; return how each of its tests ended, by name."""
        kind, _, data = name.partition(", ")
        if kind in ("papermill", "nbval"):
            found = {path.name: path for path in self._files(kind)}
            checkout = {"PYTHONPATH": str(project_root())}  # without one there is no driver
            environment = self.environment | checkout
            return try_notebooks(self.python, found, self.folder / kind, environment)
        given = {
            "estimator checks": ([CHECKS], ""),
            "scikit-learn": (["--pyargs", DESCENT], "sklearn"),
        }
        tests, package = given.get(kind) or (self._files(kind), kind)
        records = self.pytest(tests, package, bool(data))
        return self.compared(records, tests, bool(data), kind) if package else records

    def compared(self, records, tests, standardised, kind):
        """Return the records of tests; those that fail without this package, too, are skipped."""
        failed = [name for name, record in records.items() if record["outcome"] == "failed"]
        originals = self.pytest(tests, "", standardised, failed) if failed else {}
        for name in failed:
            if originals.get(name, {}).get("outcome") == "failed":
                why = f"fails with {kind} itself, too: {originals[name]['why'][:120]}"
                records[name].update(outcome="skipped", why=why)
        return records

    def pytest(self, tests, package, standardised, only=(), more=()):
        """Run pytest with the plugin; return its records of the tests, or of those in `only`."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        suite = {"package": package, "standardised": standardised, "report": str(report)}
        functions = {name.partition("::")[2].partition("[")[0] for name in only}
        words = [self.python, "-m", "pytest", "-q", "--tb=no", "-p", "benchmarks.suites.plugin"]
        words += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", self.folder]
        words += ["--import-mode", "importlib", *tests, *more]
        words += ["-k", " or ".join(sorted(functions))] if functions else []
        with open(self.folder / "pytest.log", "a", encoding="utf-8") as log:
            subprocess.run(
                list(map(str, words)),
                env={**self.environment, "PNETLIB_SUITE": json.dumps(suite)},
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if not report.exists():
            raise SetupError(f"pytest wrote no report; see {self.folder / 'pytest.log'}.")
        return json.loads(report.read_text("utf-8"))

    def _files(self, package):
        """Return the tests or notebooks of a package: those installed, or of its source distribution."""
        place = self.folder / "sources" / package
        if place.exists():
            return sorted(place.iterdir())
        purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
        site = Path(_run(self.python, "-c", purelib).strip())
        if installed := [path for name in TESTS[package] for path in site.glob(name)]:
            # Without the package around them, so that the installed one is imported.
            place.mkdir(parents=True)
            for path in installed:
                shutil.copy(path, place)
        else:
            version, archives = self._version(package), self.folder / "archives"
            source = archives / f"{package}-{version}.tar.gz"
            if not source.exists():
                words = "pip download -q --no-deps --no-binary :all: -d".split()
                _run(self.python, "-m", *words, archives, f"{package}=={version}")
            with tarfile.open(source) as archive:
                for member in archive.getmembers():
                    inner = member.name.partition("/")[2]
                    if member.isfile() and any(
                        fnmatch.fnmatch(inner, pattern) for pattern in TESTS[package]
                    ):
                        member.name = Path(inner).name
                        archive.extract(member, place, filter="data")
        return sorted(place.iterdir())

    def _version(self, package):
        code = f"from importlib.metadata import version; print(version({package!r}))"
        return _run(self.python, "-c", code).strip()


def _run(*words):
    """Run a program; return what it prints. `SetupError` has the last line of one that fails."""
    result = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        last = (lines or result.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise SetupError(f"{' '.join(map(str, words[1:4]))} failed: {last}")
    return result.stdout


SUITES = (
    "estimator checks",
    "scikit-learn",
    "scikit-learn, standardised",
    "celer",
    "celer, standardised",
    "skglm",
    "skglm, standardised",
    "papermill",
    "nbval",
)


def reasons():
    """Return rows of suite, pattern and reason."""
    text = resources.files("benchmarks.suites").joinpath("reasons.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def judged(suite, records, rows=None):
    """Return each test of a suite with "passed", "failed" or the reason why it is not applicable.

    A skipped test has the word of a row of `reasons.tsv` or the words of its authors. One that
    passes without a fit of this package says nothing about it.
    """
    rows = reasons() if rows is None else rows
    own = [(match, why) for pattern, match, why in rows if fnmatch.fnmatch(suite, pattern)]
    found = {}
    for name, record in records.items():
        word, outcome = record["why"], record["outcome"]
        if outcome == "skipped":
            found[name] = next((why for match, why in own if match == word), word)
        elif outcome == "failed":
            found[name] = next(
                (why for match, why in own if fnmatch.fnmatch(name, match)), "failed"
            )
        else:
            found[name] = "passed" if any(record["fits"].values()) else UNREPLACED
    return found


def table(verdicts):
    """Return the lines of the table, and below it the reasons with the number of their tests."""
    lines = [f"{'suite':28}{'tests':>7}{'run':>7}{'passed':>8}{'failed':>8}{'not applicable':>16}"]
    why = {}
    for suite, found in verdicts.items():
        passed, failed = (list(found.values()).count(word) for word in ("passed", "failed"))
        rest = len(found) - passed - failed
        lines.append(f"{suite:28}{len(found):7}{passed + failed:7}{passed:8}{failed:8}{rest:16}")
        for verdict in found.values():
            if verdict not in ("passed", "failed"):
                why.setdefault(suite, {}).setdefault(verdict, 0)
                why[suite][verdict] += 1
    for suite, counts in why.items():
        lines.append(f"\nNot applicable in {suite}:")
        lines += [
            f"  {n:4}  {reason}" for reason, n in sorted(counts.items(), key=lambda at: -at[1])
        ]
    return lines


def make_environment(folder):
    """Return the interpreter of an environment with this package and the others."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        _run(python, "-m", "pip", "install", "-q", project_root(), *PACKAGES)
    return python


def main(arguments):
    """Run the suites, print the table, and return the exit code."""
    parser = argparse.ArgumentParser("python -m benchmarks.suites", description=USAGE)
    parser.add_argument("--out", type=Path, default=project_root() / "results" / "suites")
    parser.add_argument("--environment", type=Path, help="folder; made if there is none")
    parser.add_argument("--only", action="append", choices=SUITES, help="may be repeated")
    given = parser.parse_args(arguments)
    try:
        return run_all(given)
    except PnetError as error:
        return print_error(error)


def run_all(given):
    """Run the suites that the options name; return the exit code."""
    folder = given.out.expanduser().resolve()
    python = make_environment((given.environment or folder / "environment").expanduser().absolute())
    suites, verdicts = Suites(python, folder), {}
    for suite in given.only or SUITES:
        print(f"{suite} ...", file=sys.stderr, flush=True)
        records = suites.run(suite)
        verdicts[suite] = judged(suite, records)
        for name, verdict in verdicts[suite].items():
            if verdict == "failed":
                print(f"FAILED {suite}: {name}: {records[name]['why']}", flush=True)
    (folder / "suites.json").write_text(json.dumps(verdicts, indent=1), "utf-8")
    print("\n".join(table(verdicts)))
    return int(any("failed" in found.values() for found in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

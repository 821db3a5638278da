"""A cohort of one's own from `init` to its pages, as a user runs it."""

import json
import re
import subprocess
import sys

import pytest
from builders import command_environment, own_cohort

from pnetlib.config import read_config
from pnetlib.workflow.site import PACKAGES

FOREIGN = re.compile(
    r"GDSC|gdsc|COSMIC|IC50|gastric|seven|[Tt]he paper('s| names| says| shows| finds| reports)|"
    r"Published|published|ANXA10|AKR1|ZNF165|notebook (06|07|1\d)"
)
pytestmark = pytest.mark.long
STEPS = ["01", "02", "03", "04", "05", "08", "09"]


def pnetlib(*words):
    return subprocess.run(
        [sys.executable, "-m", "pnetlib", *map(str, words)],
        env=command_environment(),
        capture_output=True,
        text=True,
        timeout=500,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return own_cohort(tmp_path_factory.mktemp("own") / "screen")


@pytest.fixture(scope="module")
def out(folder):
    """Return the results of a run of a cohort with a config, with a marker and a rule of its own."""
    made = pnetlib("init", folder)
    assert (made.returncode, made.stderr) == (0, "")
    path = folder / "config.yml"
    text = path.read_text().replace("rule: extreme", "rule: mean").replace("size: ", "size: 14 #")
    path.write_text(text.replace("markers: []", "markers: {G03: resistance}"))
    out = folder.parent / "results"
    ran = pnetlib("run", "--data", folder, "--profile", "smoke", "--out", out)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    assert ran.stdout.count("Left out on this cohort:") == 9
    assert "A larger response is taken to mean a more resistant line, as the config" in ran.stdout
    return out


def texts_of(path):
    """Return the Markdown and the text outputs of a notebook, without what names the profiles."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        parts = ["".join(cell["source"])] if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", []):
            parts += [output.get("text", "")]
            parts += [text for kind, text in output.get("data", {}).items() if "text/" in kind]
        for part in parts:
            yield part if isinstance(part, str) else "".join(part)


def test_every_step_that_makes_sense_is_run_and_says_nothing_of_the_paper(out):
    notebooks = sorted((out / "notebooks").glob("*.ipynb"))
    assert [path.name[:2] for path in notebooks] == STEPS
    for path in notebooks:
        for text in texts_of(path):
            assert not FOREIGN.search(text), (path.name, text)
    names = {path.name for path in out.glob("0[38]_*.csv")}
    assert {"03_named.csv", "08_named.csv"} <= names
    assert not names & {"03_published.csv", "08_published.csv"}


def test_files_have_no_words_of_the_paper(out):
    assert "named" in json.loads((out / "08_stability.json").read_text())
    for path in [*out.glob("*.json"), *out.glob("*.csv")]:
        assert not re.search(r"\bpublished\b|\btcga\b", path.read_text()), path.name


def test_the_config_decides(out):
    numbers = json.loads((out / "04_networks.json").read_text())
    assert (numbers["groups"], numbers["group_size"], numbers["markers"][0]) == ("mean", 14, "G03")
    lines = (out / "04_lines.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 14
    config = read_config(out / "config.yml")
    assert config.markers == {"G03": "resistance"} and config.groups.rule == "mean"
    assert config.profile == "smoke"


def test_only_what_a_change_touches_is_run_again(folder, out):
    def stale():
        said = pnetlib("run", "--data", folder, "--profile", "smoke", "--out", out, "--status")
        return [line[:2] for line in said.stdout.splitlines() if "stale" in line]

    assert stale() == []
    path = folder / "config.yml"
    text = path.read_text()
    path.write_text(text + "\n# a remark\n")
    assert stale() == []
    path.write_text(text.replace("rule: mean", "rule: quantile"))
    assert stale() == ["04"]
    path.write_text(text.replace("markers: {G03: resistance}", "markers: []"))
    assert stale() == ["01"]
    path.write_text(text.replace("measure: response", "measure: AUC"))
    assert stale() == STEPS
    path.write_text(text)


def test_the_pages_are_of_this_cohort(folder, out):
    for name in PACKAGES:
        pytest.importorskip(name, reason="the extra docs is not installed")
    built = pnetlib("docs", out)
    assert (built.returncode, built.stderr) == (0, "")
    index = re.sub(r"<(?!h1)[^>]*>", "", (out / "site/index.html").read_text("utf-8"))
    assert (
        re.search(r"<h1[^>]*>screen", index) and "expression.csv" in index and "rule: mean" in index
    )
    assert str(folder.parent) not in index and not FOREIGN.search(index)
    assert "<title>screen</title>" in (out / "site/index.html").read_text()
    for page in ("index.html", "notebooks/04_networks.html"):
        assert "This run was a <b>trial</b> (profile smoke)" in (out / "site" / page).read_text()
    assert (out / "site/networks.html").is_file()
    for page in ("figures/index.html", "notebooks/index.html", "notebooks/04_networks.html"):
        text = re.sub(r"0[38]_published", "", (out / "site" / page).read_text("utf-8"))
        assert not FOREIGN.search(text), (page, FOREIGN.search(text))
        assert "CC BY 4.0" not in text and "the owners of screen" in text
    crate = (out / "ro-crate-metadata.json").read_text("utf-8")
    assert "creativecommons" not in crate and "Rights belong to the owners" in crate
    assert str(folder.parent) not in crate


def test_another_folder_of_the_same_name_needs_results_of_its_own(folder, out, tmp_path):
    other = own_cohort(tmp_path / "screen", seed=4)
    from pnetlib.cli.run import _refuse_results_of_another
    from pnetlib.errors import UsageError
    from pnetlib.workflow.run import Run

    with pytest.raises(UsageError, match="another folder of the same name; name a folder"):
        _refuse_results_of_another(Run(str(other), "smoke", out=str(out)))
    _refuse_results_of_another(Run(str(folder), "smoke", out=str(out)))


def test_a_mistake_ends_in_one_sentence_and_keeps_what_there_is(folder, out):
    before = (out / "04_networks.json").read_bytes()
    path = folder / "config.yml"
    text = path.read_text()
    path.write_text(text.replace("size: 14", "size: 40"))
    ran = pnetlib("run", "--data", folder, "--profile", "smoke", "--out", out, "--only", "04")
    path.write_text(text)
    assert ran.returncode == 4
    assert ran.stderr.splitlines() == [
        "error: group_size 40 needs 80 cell lines measured with all drugs, but there are 58; choose a "
        "smaller group_size (set by groups.size in config.yml, which is 40)."
    ]
    assert (out / "04_networks.json").read_bytes() == before

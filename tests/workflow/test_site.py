"""The sources of the site: every link leads somewhere, and nothing of the machine is in them."""

import functools
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builders import ROOT, assert_one_sentence, command_environment, finished_from_copies

from pnetlib.errors import PnetError, SetupError, UsageError
from pnetlib.workflow import edition, site
from pnetlib.workflow.overview import index_of
from pnetlib.workflow.site import LINK, assemble, build_site

PARTS = ("docs", "notebooks", "figures", "edition")
FILES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE", "codecheck.yml")
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
def one_picture_of_each():
    """Make the small picture of each figure once, since all trees are of the same figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edition, "_small_picture", functools.cache(edition._small_picture))
        yield


def copy_of_pages(root):
    """Copy the repository's pages and notebooks into a folder, and return it."""
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)
    for name in FILES:  # what pages link to
        shutil.copyfile(ROOT / name, root / name)
    return root


@pytest.fixture
def copied(tmp_path):
    """Return a copy of the repository's pages and notebooks, to be changed."""
    return copy_of_pages(tmp_path / "project")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Return the tree of a run from the repository as it is, with a stub of MathJax."""
    folder = tmp_path_factory.mktemp("site")
    copied = copy_of_pages(folder / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "formulas", lambda: ROOT / "LICENSE")
        assemble(finished_from_copies(folder / "run", copied), copied, folder / "tree")
    return folder / "tree"


@pytest.fixture
def assembled(copied, tmp_path, monkeypatch):
    """Return a function that assembles the tree of a run, with MathJax replaced by a stub."""
    monkeypatch.setattr(site, "formulas", lambda: ROOT / "LICENSE")

    def make():
        run, tree = finished_from_copies(tmp_path / "run", copied), tmp_path / "tree"
        assemble(run, copied, tree)
        return tree

    return make


def texts_of(tree):
    """Return the Markdown of every page of a tree, of notebooks that of their cells and outputs."""
    for path in sorted(tree.rglob("*")):
        if path.suffix == ".md":
            yield path, path.read_text("utf-8")
        elif path.suffix == ".ipynb":
            for cell in json.loads(path.read_text("utf-8"))["cells"]:
                if cell["cell_type"] == "markdown":
                    yield path, cell["source"]
                for output in cell.get("outputs", []):
                    yield path, "".join(output.get("data", {}).get("text/markdown", ""))


def test_every_link_leads_to_a_file_of_the_tree(tree):
    targets = [
        (path, target.partition("#")[0])
        for path, text in texts_of(tree)
        for _, target, _ in LINK.findall(re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S))
        if not re.match(r"[a-z]+:", target)
    ]
    assert len(targets) > 100
    missing = [
        f"{p.relative_to(tree)}: {t}" for p, t in targets if t and not (p.parent / t).exists()
    ]
    assert missing == []


def test_contents_name_every_page_once(tree):
    listed = []
    for _, text in texts_of(tree):
        for entries in re.findall(r"```{toctree}\n:hidden:\n\n(.*?)\n```", text, re.S):
            listed += [re.sub(r".* <(.*)>", r"\1", entry) for entry in entries.split("\n")]
    names = {
        path.relative_to(tree).with_suffix("").as_posix()
        for path in tree.rglob("*")
        if path.suffix in (".md", ".ipynb")
        and path.parts[len(tree.parts)] not in ("files", "extra")
    }
    steps = {f"notebooks/{name}" for name in listed if re.match(r"\d\d_", name)}
    listed = [name for name in listed if not re.match(r"\d\d_", name)]
    assert len(listed) == len(set(listed))
    assert {*listed, *steps, "index"} == names


@pytest.mark.long
def test_notebooks_and_pages_added_later_are_found(copied, assembled):
    first = json.loads((copied / "notebooks/01_data.ipynb").read_text("utf-8"))
    (copied / "notebooks/13_later.ipynb").write_text(json.dumps(first))
    (copied / "docs/later.md").write_text(
        "# Later\n\nSee [the last](../notebooks/13_later.ipynb).\n"
    )
    tree = assembled()
    assert "\n13_later\n" in (tree / "notebooks/index.md").read_text("utf-8")
    assert "\nlater\n" in (tree / "guide.md").read_text("utf-8")
    assert "(notebooks/13_later.ipynb)" in (tree / "later.md").read_text("utf-8")


@pytest.mark.long
def test_notebooks_of_an_earlier_version_are_left_out(copied, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "formulas", lambda: ROOT / "LICENSE")
    run = finished_from_copies(tmp_path / "run", copied)
    last = sorted((run / "notebooks").glob("*.ipynb"))[-1]
    shutil.copyfile(last, run / "notebooks" / "12_claims.ipynb")
    assemble(run, copied, tmp_path / "tree")
    assert "12_claims" not in (tmp_path / "tree/notebooks/index.md").read_text("utf-8")
    assert not (tmp_path / "tree/notebooks/12_claims.ipynb").exists()


@pytest.mark.long
def test_code_is_folded_and_the_default_parameters_are_left_out(copied, assembled):
    path = copied / "notebooks/01_data.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    at = [c["metadata"].get("tags") for c in notebook["cells"]].index(["parameters"])
    given = dict(notebook["cells"][at], id="given", metadata={"tags": ["injected-parameters"]})
    notebook["cells"].insert(at + 1, given | {"source": f'seed = 7\nout = "{Path.home()}/run"\n'})
    path.write_text(json.dumps(notebook))
    cells = json.loads((assembled() / "notebooks/01_data.ipynb").read_text("utf-8"))["cells"]
    tags = [c["metadata"]["tags"] for c in cells if c["cell_type"] == "code"]
    assert tags[:2] == [["parameters", "remove-cell"], ["injected-parameters", "hide-input"]]
    assert all("hide-input" in more for more in tags[1:])
    (shown,) = ("".join(c["source"]) for c in cells if "injected-parameters" in site.tags_of(c))
    assert shown.strip() == "seed = 7"


def test_anchors_of_notebooks_are_those_of_the_site(tree):
    text = "".join(text for path, text in texts_of(tree) if path.stem == "05_effects")
    assert "(02_comparison.ipynb#the-model)" in text


def test_interactive_pages_are_offered_and_their_titles_are_harmless(copied, tmp_path):
    run, tree = tmp_path / "run", tmp_path / "tree"
    run.mkdir()
    tree.mkdir()
    site.offer(run, tree)
    assert not (tree / "networks.md").exists()
    (run / "04_page.html").write_text("<title>Networks &lt;img src=x&gt; of\n ST</title>")
    (run / "04_networks_ST.graphml").write_text("<graphml/>")
    shutil.rmtree(tree / "extra")
    site.offer(run, tree)
    text = (tree / "networks.md").read_text("utf-8")
    assert 'src="04_page.html" title="Networks &lt;img src=x&gt; of ST"' in text
    assert '<a href="04_networks_ST.graphml">' in text
    assert {path.name for path in (tree / "extra").iterdir()} == {
        "04_networks_ST.graphml",
        "04_page.html",
    }


def test_names_of_the_data_in_outputs_are_harmless(copied, assembled):
    path = copied / "notebooks/01_data.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cell = next(
        c for c in notebook["cells"] if c["cell_type"] == "code" and not c["metadata"].get("tags")
    )
    names = [
        EVIL,
        "<script>alert(1)</script>",
        "<!-- x",
        "{download}`/etc/passwd`",
        "<javascript:x>",
    ]
    output = {"output_type": "display_data", "metadata": {}}
    cell["outputs"] = [output | {"data": {"text/markdown": [name]}} for name in names]
    path.write_text(json.dumps(notebook))
    texts = "".join(text for page, text in texts_of(assembled()) if page.name == path.name)
    assert EVIL.replace("<", "&lt;") in texts and "\\{download}`" in texts
    assert not re.search(r"<[A-Za-z/!?]|(?<!\\)\{download\}`", texts)


def test_a_simulated_run_and_a_trial_are_called_so(tree):
    settings = json.loads((tree / "site.json").read_text("utf-8"))
    assert settings["simulated"] is True and settings["trial"] is True


@pytest.mark.parametrize(
    ("simulated", "trial", "notice"),
    [
        (
            True,
            True,
            "made from <b>simulated data</b>. This run was a <b>trial</b> (profile smoke),",
        ),
        (False, True, "This run was a <b>trial</b> (profile smoke), whose sizes are too small"),
        (True, False, "This edition was made from <b>simulated data</b>."),
        (False, False, None),
    ],
)
def test_every_page_has_the_notices_of_its_run(tmp_path, simulated, trial, notice):
    options = conf_of(tmp_path, simulated=simulated, trial=trial)["html_theme_options"]
    assert (notice in options["announcement"]) if notice else "announcement" not in options


@pytest.mark.parametrize("others", [True, False])
def test_the_overview_of_another_cohort_has_its_name_once_in_the_title(tmp_path, others):
    conf = conf_of(tmp_path, others=others)
    for page, whole in (("index", others), ("notebooks/01_data", False)):
        context = {"title": "Panel", "docstitle": "Panel"}
        conf["with_one_title"](None, page, "page.html", context, None)
        assert context["docstitle"] == ("" if whole else "Panel")


def conf_of(folder, **settings):
    """Return what the settings of Sphinx are with some settings of a site."""
    shutil.copyfile(ROOT / "docs/conf.py", folder / "conf.py")
    usual = {"version": "1", "title": "Panel", "others": False, "alone": []}
    usual |= {"simulated": False, "trial": False}
    (folder / "site.json").write_text(json.dumps(usual | settings))
    return runpy.run_path(folder / "conf.py")


@pytest.mark.parametrize("own", [True, False])
def test_the_overview_defines_its_terms(tmp_path, own):
    made_from = {"source": "x", "profile": "smoke", "seed": 1} | ({"settings": {}} if own else {})
    (tmp_path / ".made/steps").mkdir(parents=True)
    record = {"execution": "01_data 0", "made_from": made_from, "versions": {"numpy": "2"}}
    (tmp_path / ".made/steps/01_data.json").write_text(json.dumps(record))
    data = {"source": "Panel", "files": {}, "handled": []}
    (tmp_path / "01_data.json").write_text(json.dumps(data))
    (tmp_path / "config.yml").write_text("seed: 1\n")
    text = index_of(tmp_path, [])
    terms = text.partition("\n## ")[0]
    for term in ("Pro", "NW.P", "ELA", "LA", "ST", "RS"):
        assert terms.count(f"- **{term}** ") == 1
    assert ("one sample of the tables given" in terms) is own


def test_an_unfinished_run_and_absent_packages_are_refused(copied, tmp_path, monkeypatch):
    run = finished_from_copies(tmp_path / "run", copied)
    monkeypatch.setattr(site, "PACKAGES", ("json",))
    (run / "notebooks/07_lambdas.ipynb").unlink()
    with pytest.raises(UsageError, match="lacks step 07_lambdas"):
        build_site(run, copied)
    monkeypatch.setattr(site, "PACKAGES", ("json", "no_such_package"))
    with pytest.raises(
        SetupError, match=r"no_such_package is not installed; run \./reproduce\.sh docs"
    ):
        build_site(run, copied)


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path, monkeypatch):
    pytest.importorskip("myst_nb", reason="the extra docs is not installed")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as some continuous integration sets it
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "conf.py").write_text('extensions = ["myst_nb"]\n')
    (tree / "index.md").write_text("# Title\n\n[nowhere](absent.md)\n")
    with pytest.raises(
        PnetError, match=r"the site could not be built: index\.md:3: WARNING"
    ) as error:
        site.call_sphinx(tree, tmp_path / "site", tmp_path / "doctrees")
    assert str(tmp_path) not in str(error.value) and "\n" not in str(error.value)


def test_an_interrupted_build_is_no_failed_one(tmp_path, monkeypatch):
    from sphinx.application import Sphinx

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Sphinx, "build", interrupted)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "conf.py").write_text("")
    with pytest.raises(KeyboardInterrupt):
        site.call_sphinx(tree, tmp_path / "site", tmp_path / "doctrees")


@pytest.mark.parametrize("arguments", [["nowhere"], ["--check", "nowhere"]])
def test_the_command_refuses_a_folder_without_a_run(arguments, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "pnetlib", "docs", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=command_environment() | {"PWD": os.fspath(tmp_path)},
    )
    assert_one_sentence(result, 2, "is not the folder of a run")

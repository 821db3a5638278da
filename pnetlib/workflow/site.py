"""The published edition: a folder of pages made from one finished run, read without a server.

Pages in ``docs/``, the executed notebooks and the figures of the run are put into one tree, where
their links lead to each other, and Sphinx makes it into a site. Every notebook and every page is
found by its name, so that one added later needs no entry here.
"""

import contextlib
import io
import json
import os
import re
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pnetlib
from pnetlib.errors import PnetError, SetupError
from pnetlib.execution.imports import without_unneeded
from pnetlib.execution.storage import replace_folder
from pnetlib.words import harmless, table_text
from pnetlib.workflow.artefacts import FIGURES, OF_OTHERS
from pnetlib.workflow.edition import check_finished, cleaned, machine_of, of_others, steps_of
from pnetlib.workflow.findings import fill, findings
from pnetlib.workflow.freshness import step_records
from pnetlib.workflow.isolation import scratch_folder
from pnetlib.workflow.notebooks import Step, find_steps
from pnetlib.workflow.overview import index_of, name_of

TITLE = "PredictiveNetwork, reproduced"
TRIAL = "smoke"  # the profile that is too small for conclusions
MATHJAX = "sphinx-mathjax-offline"  # of which one file is used
PACKAGES = ("sphinx", "myst_nb", "pydata_sphinx_theme", "numpydoc", MATHJAX)
# The pages of the head line, in this order, where there is such a page; all others are in the guide.
HEAD = ("method", "notebooks/index", "networks", "results", "discussion")
BELOW = {"method": "example", "results": "provenance"}  # a page that belongs to one of these
LANGUAGES = {"ja/index": "日本語"}  # overviews in other languages, by their names in these
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
INTERACTIVE = ("*.html", "*.graphml", "*.cyjs")  # files of a run that the site offers as they are
OF_CLASSES = """
   :members:
   :inherited-members: BaseEstimator
   :exclude-members: get_metadata_routing, set_fit_request, set_score_request, set_output, score"""
MODULES = {"load_screens": "pnetlib.datasets", "load_responses": "pnetlib.datasets"}
MODULES |= {"Cohort": "pnetlib.datasets.cohort", "Screens": "pnetlib.datasets.screens"}
MODULES |= {"Run": "pnetlib.workflow.run"}  # beside `__all__`


def build_site(run: Path, project: Path) -> Path:
    """Build the site of a finished run; return its folder, ``site`` in that of the run.

    Parameters
    ----------
    run : Path
        Folder of the run.
    project : Path
        Folder of the repository.

    Raises
    ------
    SetupError
        If a package of the extra ``docs`` is not installed.
    UsageError
        If a step of the run is missing, or its files are not of one run.
    PnetError
        If Sphinx warns of something, such as a link that leads nowhere.
    """
    if absent := [name for name in PACKAGES if find_spec(name) is None]:
        raise SetupError(
            f"{absent[0]} is not installed; run ./reproduce.sh docs, which makes an environment, or "
            "`pip install -e '.[docs]'` in yours."
        )
    check_finished(run, project / "notebooks")
    with scratch_folder() as scratch:
        tree, site = scratch / "tree", scratch / "site"
        assemble(run, project, tree)
        call_sphinx(tree, site, scratch / "doctrees")
        replace_folder(site, run / "site")
    return run / "site"


def assemble(run: Path, project: Path, tree: Path) -> None:
    """Write the sources of the site: pages, executed notebooks, figures and their tables of contents.

    Parameters
    ----------
    run : Path
        Folder of the run.
    project : Path
        Folder of the repository.
    tree : Path
        Folder to write into, which does not exist yet.
    """
    others = of_others(run)
    found = {} if others else findings(run)
    # A run that an earlier version began may have notebooks of steps that are no more.
    own = {step.name for step in steps_of(run, project / "notebooks")}
    steps = [step for step in find_steps(run / "notebooks") if step.name in own]
    links = Links(run, project, tree)
    for page in () if others else links.pages:
        text = page.read_text("utf-8")
        if page.suffix == ".ipynb":
            links.write(page, json.dumps(_shown(json.loads(text), links, page, folded=False)))
        else:
            links.write(page, links.rewritten(fill(text, found, page.name), page))
    for step in steps:
        executed = json.loads(step.notebook.read_text("utf-8"))
        notebook = cleaned(executed, machine_of(run, project), run / "figures", scripts=True)
        page = project / "notebooks" / step.notebook.name
        links.write(page, json.dumps(_shown(notebook, links, page)))
    for name in ("conf.py", "_static"):
        copy = shutil.copytree if (project / "docs" / name).is_dir() else shutil.copyfile
        copy(project / "docs" / name, tree / name)
    _copy(formulas(), tree / "_static/tex-svg.js")
    _write(tree / "notebooks/index.md", _notebooks_page(steps))
    _write(tree / "figures/index.md", _figures_page(tree / "figures", steps, others))
    title = TITLE
    if others:
        title = name_of(run)
        _write(tree / "index.md", index_of(run, steps))
    else:
        _write(tree / "api.md", _api_page())
    offer(run, tree)
    (made_from, *_) = (record["made_from"] for record in step_records(run).values())
    settings = {
        "version": pnetlib.__version__,
        "title": title,
        "others": others,
        "simulated": made_from["source"] == "simulated",
        "trial": made_from["profile"] == TRIAL,
        "alone": _write_contents(tree),
    }
    _write(tree / "site.json", json.dumps(settings))


def formulas() -> Path:
    """Return the script that draws formulas: one file of MathJax, which loads no other."""
    return Path(find_spec(MATHJAX).origin).parent / "static/mathjax/tex-svg.js"


class Links:
    """Where each file of the repository is in the tree, and what links between them become there.

    Parameters
    ----------
    run, project, tree : Path
        Folders of the run, of the repository, and of the tree.

    Attributes
    ----------
    pages : list of Path
        The pages of the repository that the tree has, notebooks of steps excepted.
    """

    def __init__(self, run: Path, project: Path, tree: Path) -> None:
        self._project, self._tree = project, tree
        docs = project / "docs"
        found = [*docs.rglob("*.md"), *docs.rglob("*.ipynb")]
        self.pages = sorted(page for page in found if "_" not in page.parent.name)
        self._places = {page: page.relative_to(docs).as_posix() for page in self.pages}
        for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
            self.pages.append(project / name)
            self._places[project / name] = name.lower()
        # Pages of the repository alone lead to those that tell the same here.
        self._places[docs / "README.md"] = "guide.md"
        self._places[project / "README.md"] = "index.md"
        self._places[project / "edition/README.md"] = "notebooks/index.md"
        self._places[project / "figures/README.md"] = "figures/index.md"
        for notebook in (run / "notebooks").glob("[0-9][0-9]_*.ipynb"):
            for folder in ("notebooks", "edition"):
                self._places[project / folder / notebook.name] = f"notebooks/{notebook.name}"
        for figure in sorted((run / "figures").glob("*.png")):
            self._places[project / "figures" / figure.name] = f"figures/{figure.name}"
            _copy(figure, tree / "figures" / figure.name)

    def write(self, page: Path, text: str) -> None:
        """Write the text of a page of the repository into the tree."""
        _write(self._tree / self._places[page], text)

    def rewritten(self, text: str, page: Path) -> str:
        """Return the Markdown of a page with its links as the tree needs them."""

        def one(match: re.Match) -> str:
            start, target, end = match.groups()
            return f"{start}{self._target(target, page)}{end}"

        return LINK.sub(one, text)

    def _target(self, target: str, page: Path) -> str:
        if re.match(r"[a-z]+:", target):
            return target
        path, mark, anchor = target.partition("#")
        goal = Path(os.path.normpath(page.parent / path)) if path else page
        if goal.suffix == ".ipynb":
            anchor = re.sub(r"[^\w-]", "", anchor.lower())  # Jupyter's anchors keep capitals
        if not path:
            return f"{mark}{anchor}"
        place = self._places.get(goal)
        if place is None and goal.is_file() and goal.is_relative_to(self._project):
            place = f"files/{goal.relative_to(self._project).as_posix()}"
            _copy(goal, self._tree / place)
        if place is None:
            return target  # Sphinx names the page in its warning
        here = Path(self._places[page]).parent
        return f"{os.path.relpath(place, here)}{mark}{anchor}".replace(os.sep, "/")


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """Return the tags of a cell of a notebook."""
    return cell["metadata"].get("tags", [])


def _shown(
    notebook: Mapping[str, Any], links: Links, page: Path, folded: bool = True
) -> dict[str, Any]:
    """Return a notebook as the site shows it: links rewritten, code `folded` or open."""
    injected = any("injected-parameters" in tags_of(cell) for cell in notebook["cells"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = links.rewritten("".join(cell["source"]), page)
            continue
        tags = tags_of(cell)
        replaced = injected and "parameters" in tags  # by the values of the run
        look = ["remove-cell"] if replaced else ["hide-input"] if folded else []
        cell["metadata"]["tags"] = [*tags, *look]
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/markdown" in data:
                text = harmless("".join(data["text/markdown"]))
                data["text/markdown"] = links.rewritten(text, page)
    return dict(notebook)


def _notebooks_page(steps: list[Step]) -> str:
    rows = (
        [f"[{step.number} {step.title}]({step.notebook.name})", step.question] for step in steps
    )
    return "\n".join(
        [
            "# Notebooks",
            "",
            "Each notebook asks one question of the data. Its code is folded; the outputs are those of "
            "this run.",
            "",
            table_text(["notebook", "question"], rows),
            "",
            *_contents(step.name for step in steps),
        ]
    )


def _figures_page(folder: Path, steps: list[Step], others: bool = False) -> str:
    notebooks = {step.number: step for step in steps}
    parts = [
        "# Figures",
        "",
        "Every figure of this run, with the notebook that draws and explains it.",
    ]
    for name, shows in FIGURES.items():
        if (folder / f"{name}.png").is_file():
            step = notebooks[name[:2]]
            link = f"[{step.number} {step.title}](../notebooks/{step.notebook.name})"
            shows = OF_OTHERS.get(name, shows) if others else shows
            text = f"{shows[0].upper()}{shows[1:]}"
            parts += ["", f"## {name}", "", f"{text}: {link}.", "", f"![{text}]({name}.png)"]
    return "\n".join([*parts, ""])


def _api_page() -> str:
    """Return the page of all that the package exports, from its docstrings."""
    names = [name for name in pnetlib.__all__ if not name.startswith("_")]
    lines = ["# API", "", "All that `pnetlib` exports, and what holds data and results."]
    for name in [*names, *MODULES]:
        kind = "autofunction" if name[0].islower() else "autoclass"
        options = "" if kind == "autofunction" else OF_CLASSES
        module = MODULES.get(name, "pnetlib")
        directive = f".. currentmodule:: {module}\n.. {kind}:: {name}{options}"
        lines += ["", f"## {name}", "", "```{eval-rst}", directive, "```"]
    return "\n".join([*lines, ""])


def offer(run: Path, tree: Path) -> None:
    """Copy the interactive pages of a run and its networks in other formats, and link them."""
    extra = tree / "extra"
    extra.mkdir()
    files = [file for pattern in INTERACTIVE for file in sorted(run.glob(pattern))]
    for file in files:
        shutil.copyfile(file, extra / file.name)
    pages = [file for file in files if file.suffix == ".html"]
    if not pages:
        return
    parts = ["# Networks", ""]
    for page in pages:
        title = re.search(r"<title>(.*?)</title>", page.read_text("utf-8"), re.S)
        title = " ".join(title[1].split()) if title else page.stem
        frame = (
            f'<iframe class="networks" src="{page.name}" title="{title}" loading="lazy"></iframe>'
        )
        link = f'<p><a href="{page.name}">Open {title} on a page of its own</a></p>'
        parts += ["```{raw} html", link, frame, "```", ""]
    others = [file.name for file in files if file.suffix != ".html"]
    if others:
        links = " ".join(f'<a href="{name}">{name}</a>' for name in others)
        parts += ["The same networks for other programs:", ""]
        parts += ["```{raw} html", f"<p>{links}</p>", "```", ""]
    _write(tree / "networks.md", "\n".join(parts))


def _write_contents(tree: Path) -> list[str]:
    """Add the tables of contents, which are not shown, to the overview and the guide.

    Return the pages of the head line that have no pages below them.
    """
    found = [path for path in sorted(tree.rglob("*")) if path.suffix in (".md", ".ipynb")]
    names = [path.relative_to(tree).with_suffix("").as_posix() for path in found]
    names = [name for name in names if not name.startswith(("files/", "extra/", "_"))]
    head = [name for name in HEAD if name in names] + ["guide"] * ("guide" in names)
    head += ["figures/index"] * ("guide" not in names)
    head += [name for name in names if name in LANGUAGES]
    steps = [name for name in names if name.startswith("notebooks/")]
    below = {page: [entry] for page, entry in BELOW.items() if {page, entry} <= set(names)}
    taken = ("index", *head, *steps, *(entry for entries in below.values() for entry in entries))
    below |= {"index": head}
    if "guide" in names:
        below["guide"] = [name for name in names if name not in taken]
    for page, entries in below.items():
        path = tree / f"{page}.md"
        entries = [f"{LANGUAGES[n]} <{n}>" if n in LANGUAGES else n for n in entries]
        _write(path, "\n".join([path.read_text("utf-8"), *_contents(entries)]))
    return ["index", *(name for name in head if name not in {*below, "notebooks/index"})]


def _contents(names) -> list[str]:
    return ["", "```{toctree}", ":hidden:", "", *names, "```", ""]


def call_sphinx(tree: Path, site: Path, doctrees: Path) -> None:
    """Make a site from a tree; raise `PnetError` with the first warnings if there are any."""
    from sphinx.cmd.build import build_main

    options = ["-q", "-N", "-W", "--keep-going", "-b", "html", "-d", str(doctrees)]
    printed = io.StringIO()
    with (
        without_unneeded(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        code = build_main([*options, str(tree), str(site)])
    if code:
        said = printed.getvalue().replace(f"{tree}{os.sep}", "").strip().splitlines()
        if said[-1:] == ["Interrupted!"]:  # Sphinx catches Ctrl-C
            raise KeyboardInterrupt
        wrong = [line for line in said if "WARNING" in line or "ERROR" in line] or said[-1:]
        raise PnetError(f"the site could not be built: {' | '.join(wrong[:5])}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)

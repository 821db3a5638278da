"""The notebooks read as a paper, are thin and executed, and name no place on a computer."""

import ast
import itertools
import json
import re
import string

import pytest

from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import read_parameters

NAMES = (
    "01_data",
    "02_comparison",
    "03_markers",
    "04_networks",
    "05_effects",
    "06_simulation",
    "07_lambdas",
    "08_stability",
    "09_differences",
    "10_drugs",
    "11_speed",
    "12_screens",
    "13_laboratory",
    "14_regulons",
    "15_multiverse",
    "16_claims",
)
SHARED = {"source": "simulated", "profile": "smoke", "out": "", "seed": 20220823, "threads": 0}
MOST_LINES, MOST_CODE_LINES = 14, 10  # of imports and parameters, of other cells
MOST_COLUMNS = 8
MOST_BYTES = {"15_multiverse": 1_100_000}  # a curve per claim; of the others 400,000

# nbval takes a notebook without stored outputs, and one with a broken magic, for a good one.
pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def path(project, name):
    return project / "notebooks" / f"{name}.ipynb"


@pytest.fixture
def cells(path):
    return json.loads(path.read_text("utf-8"))["cells"]


@pytest.fixture
def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def printed(cell):
    """Text that a cell has stored, without pictures."""
    for output in cell["outputs"]:
        yield "".join(output.get("text", ""))
        yield "".join(output.get("data", {}).get("text/plain", ""))


def test_parameters_begin_with_the_shared_ones(path, name):
    parameters = read_parameters(path)
    assert list(parameters.items())[: len(SHARED)] == list(SHARED.items())


def test_kernel_is_the_plain_one(path, name):
    content = json.loads(path.read_text("utf-8"))
    spec = content["metadata"]["kernelspec"]
    assert (spec["name"], spec.get("language", "python")) == ("python3", "python")
    assert "papermill" not in content["metadata"]


def test_opens_with_its_title(path, cells, name):
    assert cells[0]["cell_type"] == "markdown"
    assert Step(path).title not in ("", name)


def test_cells_are_thin_and_plain_python(code, name):
    for cell in code:
        tree = ast.parse(source(cell))  # a magic would not parse
        named = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        assert named == [], source(cell)
        lines = source(cell).strip().splitlines()
        long = lines[0].startswith(("from ", "import ")) or "parameters" in tags(cell)
        most = MOST_LINES if long else MOST_CODE_LINES
        assert len(lines) <= most, source(cell)


def test_has_a_stored_headline_that_nbval_checks(code, name):
    checked = [cell for cell in code if "nbval-check-output" in tags(cell)]
    assert checked
    for cell in checked:
        assert re.search(r"\d", "".join(printed(cell))), source(cell)


def test_was_executed_once_from_top_to_bottom(code, name):
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not [cell for cell in code if "injected-parameters" in tags(cell)]


def test_stored_outputs_are_clean_and_small(path, code, name):
    for cell in code:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", "".join(output["text"])
    assert path.stat().st_size <= MOST_BYTES.get(path.stem, 400_000)


def test_names_no_place_of_a_machine(cells, code, name):
    text = "\n".join([*map(source, cells), *(line for cell in code for line in printed(cell))])
    assert not re.search(r"(^|[\s'\"(=])(/(home|root|tmp|work|Users|mnt|var)/|[A-Z]:\\)", text)
    assert ".." not in re.findall(r"[\"'](\.\.)[/\"']", text)


# A notebook read as a paper -----------------------------------------------------------------


@pytest.fixture
def prose(cells):
    """Text of the markdown cells."""
    return "\n\n".join(source(cell) for cell in cells if cell["cell_type"] == "markdown")


def without_formulas(text):
    return re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text, flags=re.DOTALL)


def headings(cells):
    """Yield the headings of a notebook with their level."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            for marks, title in re.findall(r"^(#+)\s+(.+?)\s*$", source(cell), re.MULTILINE):
                yield len(marks), title


def captions(cells):
    """Yield number and text of each stored caption, in reading order."""
    for cell in cells:
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            if label := re.match(r"\*\*Figure (\d+)([a-z]?)[^*]*\*\*\s*(.+)", text, re.DOTALL):
                yield label.groups()


def test_a_sentence_precedes_each_code_cell(cells, name):
    for before, cell in itertools.pairwise(cells):
        if cell["cell_type"] == "code":
            assert before["cell_type"] == "markdown", source(cell)
            said = re.sub(r"^#.*$", "", without_formulas(source(before)), flags=re.MULTILINE)
            assert re.search(r"\w[\w)`*]*[.:?]", said), source(cell)
    assert cells[-1]["cell_type"] == "markdown"


def test_headings_are_of_one_kind(cells, name):
    found = list(headings(cells))
    assert [level for level, _ in found] == [1] + [2] * (len(found) - 1)
    assert found[-1][1] == "What it shows"
    assert len({title for _, title in found}) == len(found)


def test_opens_with_its_question_and_what_it_reads_writes_and_takes(cells, name):
    text = source(cells[0])
    assert re.search(r"^\*\*Question\.\*\* .+\?$", text, re.MULTILINE)
    for word in ("Reads", "Writes", "Takes"):
        assert re.search(rf"^- \*\*{word}\*\* \S.+$", text, re.MULTILINE), word


def test_links_to_the_notebooks_before_and_after(prose, name):
    links = re.findall(r"\]\(([^)\s]+)\)", prose)  # tests/project/test_docs.py follows them
    number = NAMES.index(name)
    neighbours = {NAMES[at] for at in (number - 1, number + 1) if 0 <= at < len(NAMES)}
    assert {f"{neighbour}.ipynb" for neighbour in neighbours} <= set(links)


def test_states_a_formula(prose, name):
    assert re.search(r"\$[^$]+\$", prose)


def test_figures_are_numbered_in_reading_order(cells, name):
    found = list(captions(cells))
    assert found
    assert {int(number) for number, _, _ in found} == {int(name[:2])}
    letters = "".join(letter for _, letter, _ in found)
    assert letters == string.ascii_lowercase[: len(found)] or (letters == "" and len(found) == 1)
    texts = [text for *_, text in found]
    assert len(set(texts)) == len(texts)
    pictures = [
        output
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == len(found)


def test_stored_tables_have_few_columns(code, name):
    for cell in code:
        for output in cell["outputs"]:
            html = "".join(output.get("data", {}).get("text/html", ""))
            for row in html.split("<tr")[1:]:
                assert row.count("<td") <= MOST_COLUMNS, source(cell)
            for line in "".join(output.get("text", "")).splitlines():
                assert not line.endswith("\\"), source(cell)  # a frame printed in pieces

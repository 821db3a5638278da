"""Executed notebooks without anything of a machine, and runs that cannot be published."""

import base64
import io
import json

import numpy as np
import pytest
from builders import executed

from pnetlib.errors import DataError, UsageError
from pnetlib.workflow.edition import (
    LARGEST,
    MOST_LINES,
    WIDEST,
    cell_lines,
    check_finished,
    check_publishable,
    cleaned,
    machine_of,
    write_edition,
)

Image = pytest.importorskip("PIL.Image")
FOUND = {"provenance": "From a run.", "run": "A run."}


def picture(width):
    """Return a PNG of noise, which has many colours, as a notebook holds it."""
    pixels = np.random.default_rng(1).integers(0, 255, (60, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def code(source="1", outputs=(), tags=()):
    return {
        "cell_type": "code",
        "id": "a1",
        "execution_count": 1,
        "metadata": {"tags": list(tags), "papermill": {"start_time": "noon"}},
        "source": source,
        "outputs": list(outputs),
    }


def shown(**data):
    kinds = {kind.replace("_", "/"): value for kind, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {"papermill": 1}}


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def notebook(*cells):
    metadata = {"papermill": {"end_time": "noon"}, "language_info": {"version": "3.11.7"}}
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def outputs_of(*outputs, folders=()):
    return cleaned(notebook(code(outputs=outputs)), folders)["cells"][0]["outputs"]


def test_parameters_of_the_machine_times_and_messages_are_removed():
    source = '# Parameters\nsource = "gdsc"\nout = "/data/run"\nseed = 7\nthreads = 2\n'
    given = code(source, [printed("warning", "stderr")], ["injected-parameters"])
    given["id"] = "drawn-at-random"
    made = cleaned(notebook(given))
    cell = made["cells"][0]
    assert "".join(cell["source"]) == '# Parameters\nsource = "gdsc"\nseed = 7'
    assert cell["outputs"] == [] and cell["metadata"] == {"tags": ["injected-parameters"]}
    text = json.dumps(made)
    assert not [word for word in ("papermill", "noon", "3.11.7", "random") if word in text]


def test_a_folder_as_source_is_not_published():
    cell = code('source = "/data/gdsc"\nseed = 7', tags=["injected-parameters"])
    assert cleaned(notebook(cell))["cells"][0]["source"] == ["seed = 7"]


def test_paths_of_the_run_become_relative():
    kept = outputs_of(printed("in /data/run/02_a.csv\n"), folders=["/data/", "/data/run/"])
    assert kept[0]["text"] == ["in 02_a.csv\n"]


def test_pictures_become_small_and_the_same_each_time():
    first, second = (outputs_of(shown(image_png=picture(3 * WIDEST)))[0] for _ in range(2))
    assert first == second and first["metadata"] == {}
    small = base64.b64decode(first["data"]["image/png"])
    assert Image.open(io.BytesIO(small)).width == WIDEST
    assert len(small) < len(base64.b64decode(picture(3 * WIDEST))) / 3


def test_figures_of_the_run_replace_the_pictures_of_the_screen(tmp_path):
    for name, width in (("02_errors", 400), ("02_control", 500)):
        (tmp_path / f"{name}.png").write_bytes(base64.b64decode(picture(width)))
    source = 'save("02_errors")\nsave("02_control")'
    pictures = [shown(image_png=picture(100)), printed("between"), shown(image_png=picture(100))]
    cells = [code(source, pictures), code(source, pictures[:1]), code('"03_markers"', pictures[:1])]
    widths = [
        [
            Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"]))).width
            for output in cell["outputs"]
            if "data" in output
        ]
        for cell in cleaned(notebook(*cells), (), tmp_path)["cells"]
    ]
    assert widths == [[400, 500], [100], [100]]  # other numbers of pictures, no such file


def test_scripts_are_dropped_and_tables_kept():
    script = shown(text_html="<div><script>1</script></div>", text_plain="<Object>")
    table = shown(text_html="<table></table>", text_plain="a  b")
    assert outputs_of(script, table, shown(**{"application_x": "1", "text_plain": "<O>"})) == [
        {"output_type": "display_data", "metadata": {}, "data": {
            "text/html": ["<table></table>"], "text/plain": ["a  b"]}}
    ]  # fmt: skip
    kept = cleaned(notebook(code(outputs=[script])), scripts=True)["cells"][0]["outputs"][0]
    assert kept["data"] == {
        "text/html": ["<div><script>1</script></div>"],
        "text/plain": ["<Object>"],
    }


def test_what_is_said_of_the_stored_copies_is_not_said_of_the_edition():
    text = "Four models. Its stored outputs are from a small simulated cohort and say nothing; "
    text += "`docs/results.md` has those of the real cell lines.\n"
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": [text]}
    assert cleaned(notebook(cell))["cells"][0]["source"] == ["Four models.\n"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("saved to /home/me/x.csv", "shows the path '/home/me/x.csv'"),
        ("saved to (/data/me/x.csv)", "shows the path '/data/me/x.csv'"),
        ("computed on node17.", "names the machine 'node17'"),
        (" ".join(f"L{n}" for n in range(MOST_LINES + 1)), "names 21 cell lines"),
    ],
)
def test_paths_machines_and_tables_of_cell_lines_are_refused(text, says):
    lines = {f"L{number}" for number in range(100)}
    good = cleaned(notebook(code(outputs=[printed("L1 and 3/4 of 02_a.csv, see ../docs/a.md")])))
    check_publishable(good, "01_data", lines, ["node17"])
    with pytest.raises(DataError, match=f"cell 1 of 01_data {says}"):
        check_publishable(
            cleaned(notebook(code(outputs=[shown(text_html=text)]))), "01_data", lines, ["node17"]
        )


def test_a_parameter_that_names_a_folder_is_refused():
    given = code('bench = "/data/me/bench"', tags=["injected-parameters"])
    with pytest.raises(DataError, match="cell 1 of 11_speed shows the path '/data/me/bench'"):
        check_publishable(cleaned(notebook(given)), "11_speed", set())


def test_names_of_cell_lines_are_ids_and_names_but_no_tissues(tmp_path):
    assert cell_lines(tmp_path) == set()
    about = np.array([["A-1", "lung"], ["B-2", "lung"], ["C-3", "lung"]])
    np.savez(tmp_path / "01_cohort.npz", lines=np.array(["1", "2", "3"]), annotation=about)
    assert cell_lines(tmp_path) == {"1", "2", "3", "A-1", "B-2", "C-3"}


def test_an_edition_has_every_notebook_and_no_trace_of_the_run(finished, notebooks):
    folder = finished.parent / "edition"
    folder.mkdir()
    (folder / "09_old.ipynb").write_text("{}")
    names = write_edition(finished, folder, FOUND, notebooks)
    assert names == ["01_first", "02_second", "03_third"]
    texts = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert set(texts) == {*(f"{name}.ipynb" for name in names), "findings.json", "README.md"}
    assert json.loads(texts["findings.json"]) == FOUND
    assert "| [01 first](01_first.ipynb) |" in texts["README.md"].replace("Title", "first") or (
        "(01_first.ipynb)" in texts["README.md"]
    )
    for text in texts.values():
        assert str(finished.parent) not in text and "papermill" not in text
    write_edition(finished, folder, FOUND, notebooks)
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == texts


def test_an_edition_that_is_too_large_is_refused_before_anything_is_written(
    finished, notebooks, monkeypatch
):
    assert LARGEST == 6_000_000
    monkeypatch.setattr("pnetlib.workflow.edition.LARGEST", 100)
    with pytest.raises(DataError, match="more than 0 MB"):
        write_edition(finished, finished.parent / "edition", FOUND, notebooks)
    assert not (finished.parent / "edition").exists()


def test_the_folders_of_the_machine_are_those_of_the_run(finished, notebooks):
    folders = machine_of(finished, notebooks.parent)
    assert {f"{finished.as_posix()}/", f"{finished.parent.as_posix()}/"} <= folders


def test_a_finished_run_passes(finished, notebooks):
    check_finished(finished, notebooks)


def test_what_is_not_a_finished_run_is_refused(finished, notebooks, tmp_path):
    with pytest.raises(UsageError, match="is not the folder of a finished run"):
        check_finished(tmp_path / "none", notebooks)
    with pytest.raises(UsageError, match="lacks step 01_first"):
        check_finished(tmp_path, notebooks)
    record = finished / ".made" / "steps" / "02_second.json"
    made = json.loads(record.read_text())
    record.write_text(json.dumps(made | {"library": "other"}))
    with pytest.raises(UsageError, match="02_second in .* was made from other data or code"):
        check_finished(finished, notebooks)
    record.write_text(json.dumps({"begun": "now"}))
    with pytest.raises(
        UsageError, match="lacks step 02_second; .* --from 02 in place of any --only"
    ):
        check_finished(finished, notebooks)


def test_a_file_changed_after_its_step_is_refused(finished, notebooks):
    (finished / "03_third.json").write_text("{}")
    with pytest.raises(UsageError, match=r"03_third\.json is not as 03_third left it"):
        check_finished(finished, notebooks)


def test_steps_made_with_other_choices_than_the_rest_are_refused(finished, notebooks):
    assert executed(finished, notebooks, "--only", "03", "-p", "n_genes=9") == ["03"]
    says = "03_third in .* was made with another n_genes than the other steps; repeat"
    with pytest.raises(UsageError, match=says):
        check_finished(finished, notebooks)


def test_a_step_that_read_an_earlier_result_is_refused(finished, notebooks):
    assert executed(finished, notebooks, "--only", "01", "-p", "drug=other") == ["01"]
    says = r"02_second in .* was made with another 01_first\.json than the other steps"
    with pytest.raises(UsageError, match=says):
        check_finished(finished, notebooks)
    assert executed(finished, notebooks) == ["01"]
    check_finished(finished, notebooks)

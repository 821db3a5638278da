"""The folds of a step divided into the parts of an array job."""

import pandas as pd
import pytest
from builders import SMOKE, assert_one_sentence, command

from pnetlib.errors import SetupError
from pnetlib.execution.fingerprint import identity
from pnetlib.steps.comparison.compute import Comparison, compare, concatenated
from pnetlib.steps.sizes import drugs_sizes
from pnetlib.workflow import shards
from pnetlib.workflow.events import add_event
from pnetlib.workflow.notebooks import find_steps
from pnetlib.workflow.run import Run


def test_parts_of_an_array_share_all_tasks_between_them():
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Part:
        tasks: list

    work = [Part([("a", n) for n in range(7)]), Part([("b", n) for n in range(5)])]
    shares = [shards.part_of(work, k, 5) for k in range(1, 6)]
    taken = [task for share in shares for part in share for task in part.tasks]
    assert sorted(taken) == [task for part in work for task in part.tasks]
    sizes = [sum(len(part.tasks) for part in share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_steps_in_parts_are_notebooks(project):
    assert set(shards.WORK) <= {step.name for step in find_steps(project / "notebooks")}


def test_missing_folds_name_a_part_that_another_version_computed(tmp_path):
    run = Run("simulated", "smoke", out=str(tmp_path), threads=1)
    parameters = {"n_genes": 30, "gene_fraction": 0.0, "further": "all", "search": ""}
    run.write_cohort(run.cohort().with_drugs(["Docetaxel"]))
    here = identity()
    other = here | {"pnetlib": "0.1.0+aa"}
    events = [
        ("1-of-2", "done", "n1", here | {"numpy": "1.0"}),
        ("1-of-8", "done", "n1", other),  # of an array between those of two parts
        ("2-of-2", "done", "n2", other),
        ("1-of-2", "done", "n1", here),
    ]
    for part, status, node, made_with in events:
        name = f"10_drugs.part-{part}"
        event = {"step": name, "status": status, "node": node, "made_with": made_with}
        add_event(run.folder, event)
    named = r"missing: part 2 of 2 was computed on n2, which has another pnetlib than this run \(0.1.0\+aa, not"
    with pytest.raises(SetupError, match=named):
        shards.check(run, "10_drugs", parameters)
    failed = {"step": "10_drugs.part-2-of-2", "status": "failed", "node": "n1", "made_with": here}
    add_event(run.folder, failed)  # whose cause is another
    with pytest.raises(SetupError, match=r"missing: repeat the parts of the array that failed"):
        shards.check(run, "10_drugs", parameters)


@pytest.mark.long
def test_parts_of_further_drugs_are_forecast_and_equal_the_whole(tmp_path, capsys):
    run = Run("simulated", "smoke", out=str(tmp_path), threads=2)
    parameters = {
        "n_genes": 30,
        "gene_fraction": 0.0,
        "further": "all",
        "cores": "2,200",
        "search": "",
    }
    cohort = run.cohort()
    run.write_cohort(cohort.with_drugs(["Docetaxel"]))
    for k in (1, 2, 3):
        with pytest.raises(SetupError, match="of the 12 folds of 10_drugs are missing"):
            shards.check(run, "10_drugs", parameters)
        shards.compute(run, "10_drugs", parameters, k, 3)
        said = capsys.readouterr().out.splitlines()
        # Each part has a fold of every drug, all of which the trial takes.
        assert said[0].startswith("The 4 folds of 4 drugs computed first are all there are")
        if k < 3:
            assert said[1].startswith(
                "Forecast of all parts from 4 folds of 4 drugs: the remaining"
            )
            assert said[2].startswith("On 2 free cores") and said[3].startswith("On 200 free")
        assert said[-1].startswith("Nothing was forecast")
    shards.check(run, "10_drugs", parameters)
    (work,) = shards.drugs_work(run, parameters)
    found = Comparison(*concatenated(map(work.stored.get, work.tasks)))
    order = ["Docetaxel", "5-Fluorouracil", "Doxorubicin", "Mitomycin-C"]
    whole = compare(cohort.with_drugs(order), drugs_sizes("smoke", 30).profile, run.seed)
    pd.testing.assert_frame_equal(found.predictions, whole.predictions, check_exact=True)
    # A smaller request finds the folds of the larger one.
    shards.check(run, "10_drugs", parameters | {"further": "sample:2"})


@pytest.mark.long
def test_an_unknown_drug_ends_a_part_with_its_exit_code(tmp_path):
    arguments = (*SMOKE, "--out", tmp_path, "--only", "10", "--array", "1/2")
    result = command(*arguments, "-p", "further=Docetaxol")
    assert_one_sentence(result, 43, "similar ones are Docetaxel")

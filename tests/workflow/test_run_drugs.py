"""A run uses the drugs that step 01 stored."""

from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.workflow.run import Run


def test_run_uses_the_drugs_of_step_01(tmp_path):
    run = Run("simulated", "smoke", str(tmp_path))
    assert list(run.cohort().response.columns) == list(PAPER_DRUGS)
    run.write_cohort(run.cohort(fresh=True, drugs="Docetaxel,136"))
    assert list(run.cohort().response.columns) == ["Docetaxel", "Mitomycin-C"]

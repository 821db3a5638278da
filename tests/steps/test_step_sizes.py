"""The number of genes of a profile, given as a number or as a fraction."""

import pytest

from pnetlib.datasets import load_cohort
from pnetlib.errors import UsageError
from pnetlib.steps.sizes import PROFILES, with_genes


def test_genes_by_number_or_by_fraction():
    cohort, profile = load_cohort("simulated", size="smoke"), PROFILES["smoke"]
    stored = cohort.expression.shape[1]
    assert with_genes(profile, 0) is profile
    assert with_genes(profile, 17).n_genes == 17
    assert with_genes(profile, 0, 0.1, cohort).n_genes == round(stored / 10)
    assert with_genes(profile, 0, 1.0, cohort).n_genes == stored
    with pytest.raises(UsageError, match="both given"):
        with_genes(profile, 17, 0.1, cohort)
    with pytest.raises(UsageError, match="gene_fraction is 1.5"):
        with_genes(profile, 0, 1.5, cohort)

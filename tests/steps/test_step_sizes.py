"""The number of genes of a profile, the search of its lambdas, and how both are shown."""

from dataclasses import fields

import pytest

from pnetlib.datasets import load_cohort
from pnetlib.errors import UsageError
from pnetlib.solvers.search import SearchRule
from pnetlib.steps.sizes import (
    PROFILES,
    compared_profile,
    drugs_sizes,
    lambdas_sizes,
    simulation_sizes,
    with_genes,
    with_search,
)


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


def test_sizes_show_the_grids_or_the_numbers_of_the_search():
    searching = PROFILES["standard"]
    shown = searching._repr_markdown_()
    assert all(f"`search: {field.name}`" in shown for field in fields(SearchRule))
    assert "`lam1`" not in shown and "`ratios`" not in shown
    assert "group_size" not in shown and "n_neighbours" not in shown  # of notebook 04
    shown = with_search(searching, "grid")._repr_markdown_()
    assert "| `lam1` | 0.08, 0.04 |" in shown and "| `search` | grid |" in shown
    assert "budget" not in shown
    assert "`lam1 (components)`" in simulation_sizes("smoke")._repr_markdown_()


def test_another_search_reaches_every_number():
    assert with_search(PROFILES["paper"], "") is PROFILES["paper"]
    rule = "budget=200, race=inf, lam4_steps=16/4"
    expected = SearchRule(budget=200, race=float("inf"), lam4_steps=(16.0, 4.0))
    assert compared_profile("paper", search=rule, repeats=1).search == expected
    assert drugs_sizes("smoke", search=rule).profile.search == expected
    assert simulation_sizes("smoke", search=rule).tuning.search == expected
    assert lambdas_sizes("paper").search == "grid"
    with pytest.raises(UsageError, match="search must be grid, zoom"):
        with_search(PROFILES["smoke"], "finer")

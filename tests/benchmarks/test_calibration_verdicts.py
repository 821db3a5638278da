"""The rules of notebook 16 on exchanged labels: any verdict but "undecided" is rare."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from benchmarks.calibration.p_values import null_set
from benchmarks.calibration.verdicts import CLAIMS, rates, shares_as_large
from pnetlib.paper.markers import MARKERS
from pnetlib.steps.claims.verdicts import CONTRADICTED, PARTLY, REPRODUCED

EXCHANGES = 300


@pytest.fixture(scope="module")
def found():
    """Rates on one set of cell lines whose genes bear the markers' names."""
    pair, _ = null_set(np.random.default_rng(3))
    markers = list(MARKERS)
    genes = pd.Index([*markers, "other"])
    return rates(replace(pair, genes=genes, markers=markers), EXCHANGES, seed=4)


def test_chance_seldom_decides_a_claim(found):
    assert list(found.index) == list(CLAIMS)
    for verdict, level in ((REPRODUCED, 0.05), (PARTLY, 0.1), (CONTRADICTED, 0.05)):
        if verdict in found:
            most = binom.ppf(0.9995, EXCHANGES, level) / EXCHANGES
            assert (found[verdict] <= most).all(), found
    assert found["undecided"].between(0.88, 0.999).any()  # the rules do decide now and then


def test_p_values_of_exchanges_count_those_as_large():
    p = shares_as_large(np.array([[0.0, 1.0], [3.0, 1.0], [2.0, 1.0], [1.0, 0.5]]))
    assert p[:, 0].tolist() == [1.0, 0.25, 0.5, 0.75]
    assert p[:, 1].tolist() == [0.75, 0.75, 0.75, 1.0]

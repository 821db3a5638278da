"""Steps with many tasks give the same bits in a thread, on two dask workers, and when stored."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import mostly_long

from pnetlib.datasets.simulated import simulate_cohort
from pnetlib.execution.engine import Engine
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.stats.bootstrap import draw
from pnetlib.stats.permutation import permutation_test
from pnetlib.steps.comparison.compute import compare as compare_methods
from pnetlib.steps.differences.compute import Pair, compare
from pnetlib.steps.differences.presence import presence
from pnetlib.steps.differences.sensitivity import sensitivity
from pnetlib.steps.drugs.compute import compare_on_unseen_tissues, weigh
from pnetlib.steps.lambdas.compute import compare_rules
from pnetlib.steps.networks.compute import split_groups
from pnetlib.steps.simulation.ablation import ablate
from pnetlib.steps.simulation.compute import run_replicates
from pnetlib.steps.simulation.designs import Design
from pnetlib.steps.simulation.recovery import recover
from pnetlib.steps.sizes import PROFILES, SIMULATION, DifferencesSizes
from pnetlib.steps.stability.compute import edge_frequencies, marker_frequencies
from pnetlib.workflow.folds import Folds

SEED = 5
PROFILE = replace(
    PROFILES["smoke"], n_genes=20, outer_folds=2, lam1=(0.3,), lam3=(0.3, 0.1), search="grid"
)
SIMULATED = replace(
    SIMULATION["smoke"], modules=4, n_train=40, n_test=20, tuning=replace(PROFILE, n_genes=44)
)
SIZES = DifferencesSizes(60, 22, (20, 30), 3, 15)
POINT = {"lam1": 0.4, "lam3": 0.05, "lam4": 0.1}
GENES = pd.Index([*MARKERS])


class Cases:
    """Calls of every function that takes an engine, by name."""

    def __init__(self):
        self.cohort = simulate_cohort(SEED).with_drugs(["Docetaxel", "Mitomycin-C"])
        self.groups = split_groups(self.cohort, 30)
        self.pair = Pair.of(self.cohort, self.groups, GENES, list(MARKERS), 0.4)
        self.compared = compare_methods(self.cohort, PROFILE, SEED)
        self._stored = None

    def permutation_test(self, engine, advance):
        pair = self.pair
        found = permutation_test(
            pair.differences, pair.labels, pair.tissue, pair.families, 120, SEED, engine, advance
        )
        return found.p, found.p_family

    def draw(self, engine, advance):
        return draw(self.pair.resampled, self.pair.sizes, 25, SEED, engine, advance)

    def differences(self, engine, advance):
        return compare(self.pair, SIZES, SEED, engine, advance)

    def presence(self, engine, advance):
        return presence(self.pair, 60, SEED, engine, advance)

    def sensitivity(self, engine, advance):
        markers = self.pair.markers
        return sensitivity(self.cohort, GENES, markers, SIZES, SEED, NAMED_EDGE, engine, advance)

    def markers(self, engine, advance):
        chosen = dict.fromkeys(self.cohort.response, POINT)
        genes, stored = self.cohort.top_genes(20), self._stored
        return marker_frequencies(
            self.cohort, genes, chosen, 2, SEED, engine, advance, stored
        ).table

    def edges(self, engine, advance):
        frequencies, *rest = edge_frequencies(
            self.cohort, self.groups, GENES, 0.5, 15, SEED, engine, advance
        )
        return [*(part.table for part in frequencies.values()), *rest]

    def replicates(self, engine, advance):
        designs = [Design(n_tfs=2, modules=4)]
        return run_replicates(
            designs, 2, SIMULATED, SEED, engine=engine, stored=self._stored, advance=advance
        )

    def ablation(self, engine, advance):
        designs = [Design(n_tfs=2, modules=4)]
        options = {"engine": engine, "stored": self._stored, "advance": advance}
        return run_replicates(designs, 1, SIMULATED, SEED, work=ablate, **options)

    def recovery(self, engine, advance):
        return recover(self.cohort, PROFILE, SEED, permute=True, engine=engine, advance=advance)

    def rules(self, engine, advance):
        return compare_rules(
            self.cohort, PROFILE, SEED, engine=engine, stored=self._stored, advance=advance
        )

    def tissues(self, engine, advance):
        found = compare_on_unseen_tissues(
            self.cohort, PROFILE, SEED, engine=engine, stored=self._stored, advance=advance
        )
        return found.predictions, found.choices

    def weights(self, engine, advance):
        options = {"engine": engine, "stored": self._stored, "advance": advance}
        return weigh(self.cohort, self.compared, PROFILE, SEED, (0.3,), **options)


NAMES = [name for name in vars(Cases) if not name.startswith("_")]
STORED = ["markers", "replicates", "ablation", "rules", "tissues", "weights"]


class Idle(Engine):
    """An engine that computes nothing."""

    def _in_threads(self, function, tasks, shared):
        assert not tasks, f"{len(tasks)} tasks would be computed"
        yield from ()


@pytest.fixture(scope="module")
def cases():
    return Cases()


@pytest.fixture(scope="module")
def two_workers():
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with Engine("dask", 2) as engine:
        yield engine


@pytest.mark.parametrize("name", mostly_long(NAMES, "markers"))
def test_workers_give_the_same_bits_as_a_thread(cases, two_workers, name):
    done = [], []
    here, there = (
        getattr(cases, name)(engine, lambda count=count: count.append(1))
        for engine, count in zip((Engine(threads=1), two_workers), done)
    )
    assert len(done[0]) == len(done[1]) > 0
    same_bits(here, there)


@pytest.mark.parametrize("name", mostly_long(STORED, "markers"))
def test_what_is_stored_is_not_computed_again(cases, tmp_path, monkeypatch, name):
    by_cohort = name not in ("replicates", "ablation")
    cohort = [cases.cohort] if by_cohort else []
    stored = (Folds.of_cohort if by_cohort else Folds.of_library)(tmp_path, *cohort)
    monkeypatch.setattr(cases, "_stored", stored)
    done = []
    first = getattr(cases, name)(Engine(threads=1), None)
    again = getattr(cases, name)(Idle(threads=1), lambda: done.append(1))
    assert len(done) == len(list(tmp_path.iterdir())) > 0
    same_bits(first, again)
    next(tmp_path.iterdir()).unlink()
    with pytest.raises(AssertionError, match="1 tasks"):
        getattr(cases, name)(Idle(threads=1), None)


def same_bits(here, there):
    if isinstance(here, (pd.DataFrame, np.ndarray)):
        here, there = [here], [there]
    for one, other in zip(here, there, strict=True):
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        else:
            np.testing.assert_array_equal(one, other)

"""Lines that resemble another one than they are named after are found and, if many, refused."""

import numpy as np
import official_files as make
import pandas as pd
import pytest

from pnetlib.datasets.gdsc_packages import cached_reference
from pnetlib.datasets.identity import check_identity, compare_identity
from pnetlib.errors import DataError


@pytest.fixture
def reference():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(52, 5)) @ rng.normal(size=(5, 200)) + rng.normal(size=(52, 200))
    return pd.DataFrame(X, [f"L{k:02d}" for k in range(52)], [f"G{k}" for k in range(200)])


def measured(reference, noise=0.5, unit=3.0):
    """The same lines measured with noise, in another unit, some genes and lines missing."""
    rng = np.random.default_rng(1)
    again = unit * (reference + noise * rng.normal(size=reference.shape)) + 7.0
    return again.iloc[:, 20:]


def test_lines_that_are_themselves_pass(reference):
    found = compare_identity(measured(reference), reference)
    assert found.others.empty and found.genes == 180
    assert str(found).startswith("All 52 lines that are known resemble")
    assert "All 52" in check_identity(measured(reference), reference, "expression")


def test_shifted_labels_are_counted_named_and_refused(reference):
    """Labels 20 to 37 are shifted by one against the matrix, as in a public data set."""
    table = measured(reference)
    labels = list(table.index)
    labels[20:38] = [*labels[21:38], labels[20]]
    shifted = table.set_axis(labels, axis=0)
    found = compare_identity(shifted, reference)
    assert len(found.others) == 18
    assert (
        "18 of 52 lines resemble another line than the one they are named after (first: L21, which is "
        "most like L20" in str(found)
    )
    with pytest.raises(DataError, match="18 of 52 lines .* identity=False"):
        check_identity(shifted, reference, "expression")
    assert "18 of 52" in check_identity(shifted, reference, "expression", most=1.0)


def test_a_few_mislabelled_lines_are_said_but_accepted(reference):
    table = measured(reference)
    labels = list(table.index)
    labels[3], labels[9] = labels[9], labels[3]
    said = check_identity(table.set_axis(labels, axis=0), reference, "expression")
    assert "2 of 52 lines" in said


def test_order_of_lines_and_genes_does_not_matter(reference):
    rng, table = np.random.default_rng(2), measured(reference)
    mixed = table.iloc[rng.permutation(52), rng.permutation(180)]
    one, two = (compare_identity(x, reference).table for x in (table, mixed))
    pd.testing.assert_frame_equal(two.loc[one.index], one)


@pytest.mark.parametrize(("lines", "genes"), [(4, 200), (52, 10)])
def test_too_little_in_common_is_said(reference, lines, genes):
    said = check_identity(reference.iloc[:lines, :genes], reference, "expression")
    assert f"not checked: the table and the known lines share {lines} lines and {genes} g" in said


def test_official_files_with_shifted_labels_are_refused(tmp_path, monkeypatch):
    from pnetlib.datasets import identity, load_cohort

    make.official_folder(tmp_path)
    cohort = load_cohort(tmp_path, cache=tmp_path / "empty")
    wide = pd.concat([cohort.expression.add_prefix(f"{k}_") for k in range(12)], axis=1)
    rng = np.random.default_rng(0)
    wide = wide + rng.normal(size=wide.shape)
    shifted = wide.set_axis([*wide.index[1:], wide.index[0]], axis=0)
    monkeypatch.setattr(identity, "cached_reference", lambda cache: (shifted, cohort.annotation))
    with pytest.raises(DataError, match="6 of 6 lines resemble another"):
        identity.check_lines(wide, "files")
    assert "6 of 6" in identity.check_lines(wide, "files", identity=False)
    monkeypatch.setattr(identity, "cached_reference", lambda cache: None)
    said = identity.check_lines(wide, "files")
    assert "was not checked" in said and "gdsc" not in said


def test_nothing_is_fetched_for_a_reference(tmp_path):
    assert cached_reference(tmp_path) is None
    assert not list(tmp_path.iterdir())

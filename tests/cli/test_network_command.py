"""`pnetlib network`: the network of an expression table."""

import numpy as np
import pandas as pd
import pytest

from pnetlib.cli import dispatch
from pnetlib.estimators import ElasticNetwork
from pnetlib.io import read_network


@pytest.fixture
def table():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 12)) @ np.triu(np.full((12, 12), 0.4))
    return pd.DataFrame(X, [f"L{i}" for i in range(40)], [f"G{j}" for j in range(12)])


@pytest.mark.parametrize("name", ["network.npz", "network.graphml"])
def test_a_table_becomes_the_network_that_the_estimator_gives(table, tmp_path, capsys, name):
    table.to_csv(tmp_path / "x.csv")
    out = tmp_path / name
    assert dispatch(["network", str(tmp_path / "x.csv"), "--lam1", "0.2", "--out", str(out)]) == 0
    B, genes = read_network(out)
    assert genes == list(table.columns)
    expected = ElasticNetwork(0.2).fit(table).B_
    np.testing.assert_allclose(B.toarray(), expected.toarray(), atol=1e-12)
    printed = capsys.readouterr().out
    assert f"{expected.nnz} edges among 12 genes" in printed and str(out) in printed


@pytest.mark.parametrize(
    "spoil, code, words",
    [
        (lambda t: t.assign(G3=["?"] + [1.0] * 39), 4, "line L0, gene G3 is '?'"),
        (lambda t: t.replace({"G5": {t.iat[2, 5]: np.nan}}), 4, "line L2, gene G5"),
        (lambda t: t.rename(columns={"G1": "G0"}), 44, "gene G0 occurs twice"),
        (lambda t: t.rename(index={"L1": "L0"}), 44, "cell line L0 occurs twice"),
        (lambda t: t[["G0"]], 4, "two cell lines and two genes"),
    ],
    ids=["text", "missing", "gene twice", "line twice", "one gene"],
)
def test_an_unusable_table_is_one_sentence(table, tmp_path, capsys, spoil, code, words):
    file = tmp_path / "x.csv"
    spoil(table).to_csv(file)
    assert (
        dispatch(["network", str(file), "--lam1", "0.2", "--out", str(tmp_path / "n.npz")]) == code
    )
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1 and words in printed
    assert not (tmp_path / "n.npz").exists()


def test_other_mistakes_are_one_sentence(table, tmp_path, capsys):
    table.to_csv(tmp_path / "x.csv")
    good = str(tmp_path / "x.csv")
    for line, code in (
        ([str(tmp_path / "none.csv"), "--lam1", "0.2"], 4),
        ([good, "--lam1", "-1"], 2),
        ([good, "--lam1", "x"], 2),
        ([good], 2),
        ([good, "--lam1", "0.2", "--lam", "1"], 2),
        ([good, "--lam1", "0.2", "--backend", "ray"], 2),
        ([good, "--lam1", "0.2", "--out", str(tmp_path / "n.txt")], 2),
        ([good, "--lam1", "0.2", "--scheduler", "tcp://nowhere:1"], 2),
    ):
        assert dispatch(["network", *line]) == code
        printed = capsys.readouterr().err
        assert printed.startswith("error: ") and printed.count("\n") == 1

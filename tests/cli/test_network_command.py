"""`pnetlib network`: the network of an expression table."""

import numpy as np
import pandas as pd
import pytest

from pnetlib.cli import dispatch, network
from pnetlib.datasets import identity
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
        (
            lambda t: t.assign(G3=["?"] + [1.0] * 39),
            4,
            "expression of G3 in the cell line L0 is '?'",
        ),
        (
            lambda t: t.replace({"G5": {t.iat[2, 5]: np.nan}}),
            4,
            "expression of G5 in the cell line L2 is blank",
        ),
        (lambda t: t.rename(columns={"G1": "G0"}), 44, "gene G0 occurs twice"),
        (lambda t: t.rename(index={"L1": "L0"}), 44, "cell line L0 occurs twice"),
        (lambda t: t[["G0"]], 4, "40 cell lines and 1 gene; at least two"),
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


@pytest.mark.parametrize("penalty", [["--lam1", "-1"], ["--lam1", "0.2", "--lam2", "nan"]])
def test_penalties_are_checked_before_kernels_are_compiled(
    table, tmp_path, capsys, monkeypatch, penalty
):
    monkeypatch.setattr(network, "forecast_network", None)
    table.to_csv(tmp_path / "x.csv")
    assert dispatch(["network", str(tmp_path / "x.csv"), *penalty]) == 2
    assert f"error: {penalty[-2][2:]} " in capsys.readouterr().err


def test_only_the_genes_of_a_file_regulate(table, tmp_path, capsys):
    table.to_csv(tmp_path / "x.csv")
    (tmp_path / "tfs.txt").write_text("G1\nG7\nTP53\n")
    out = tmp_path / "n.npz"
    line = ["network", str(tmp_path / "x.csv"), "--lam1", "0.2", "--out", str(out)]
    assert dispatch([*line, "--regulators", str(tmp_path / "tfs.txt")]) == 0
    B, _ = read_network(out)
    expected = ElasticNetwork(0.2, regulators=["G1", "G7"]).fit(table).B_
    np.testing.assert_allclose(B.toarray(), expected.toarray(), atol=1e-12)
    said = "2 of 3 regulators are among the 12 genes; not among them: TP53.\n"
    assert said in capsys.readouterr().out
    (tmp_path / "tfs.txt").write_text("TP53\n")
    for given, words in (
        (tmp_path / "tfs.txt", "its gene is not in the table"),
        ("no", "neither tfs nor"),
    ):
        assert dispatch([*line, "--regulators", str(given)]) == 2
        printed = capsys.readouterr().err
        assert printed.startswith("error: ") and printed.count("\n") == 1 and words in printed


def test_lines_that_resemble_others_are_refused_unless_accepted(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    reference = pd.DataFrame(
        rng.normal(size=(12, 60)), [str(k) for k in range(12)], [f"G{k}" for k in range(60)]
    )
    annotation = pd.DataFrame({"cell_line": [f"L{k}" for k in range(12)], "tissue": "skin"})
    annotation.index = reference.index
    monkeypatch.setattr(identity, "cached_reference", lambda cache: (reference, annotation))
    shifted = reference.set_axis([f"L{(k + 1) % 12}" for k in range(12)], axis=0)
    shifted.to_csv(tmp_path / "x.csv")
    out = tmp_path / "n.npz"
    line = ["network", str(tmp_path / "x.csv"), "--lam1", "0.9", "--out", str(out)]
    assert dispatch(line) == 4 and not out.exists()
    printed = capsys.readouterr().err
    assert "12 of 12 lines resemble another line" in printed and printed.count("\n") == 1
    assert dispatch([*line, "--any-lines"]) == 0 and out.exists()
    reference.to_csv(tmp_path / "x.csv")
    assert dispatch(line) == 0
    assert "All 12 lines" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".parquet", ".h5ad", ".tsv"])
def test_other_kinds_of_files_give_the_same_network(table, tmp_path, capsys, suffix):
    path = tmp_path / f"x{suffix}"
    options = []
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
        table.to_parquet(path)
    elif suffix == ".h5ad":
        anndata = pytest.importorskip("anndata")
        obs, var = (pd.DataFrame(index=axis.astype(object)) for axis in table.axes)
        anndata.AnnData(None, obs, var, layers={"log": table.to_numpy()}).write_h5ad(path)
        options = ["--layer", "log"]
    else:
        table.to_csv(path, sep="\t")
    out = tmp_path / "network.npz"
    assert dispatch(["network", str(path), "--lam1", "0.2", "--out", str(out), *options]) == 0
    expected = ElasticNetwork(0.2).fit(table).B_
    np.testing.assert_allclose(read_network(out)[0].toarray(), expected.toarray(), atol=1e-12)
    words = {".h5ad": "x.h5ad: the layer log was read.", ".tsv": "x.tsv is separated by tabs."}
    assert words.get(suffix, "") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("x.csv", ["--layer", "log"], "Only .h5ad files have layers and raw; x.csv has none"),
        ("x.csv", ["--sheet", "S"], "Only .xlsx files have sheets; x.csv has none"),
        (
            "simulated",
            ["--raw"],
            "--layer, --raw, --sheet and --genes-in-rows are for tables; simulated is none",
        ),
        ("x.rds", [], "x.rds is no table; it must end in .csv"),
    ],
)
def test_options_that_do_not_suit_the_source_are_refused(
    table, tmp_path, capsys, name, options, words
):
    if name != "simulated":
        table.to_csv(tmp_path / name)
        name = str(tmp_path / name)
    out = str(tmp_path / "n.npz")
    assert dispatch(["network", name, "--lam1", "0.2", "--out", out, *options]) == 2
    assert words in capsys.readouterr().err


def test_genes_in_rows_are_said_and_turned(table, tmp_path, capsys):
    """A lone table does not show which side has the genes, so the command says what it took."""
    table.to_csv(tmp_path / "x.csv")
    table.T.to_csv(tmp_path / "turned.csv")
    out, penalty = tmp_path / "network.npz", ["--lam1", "0.5", "--out"]
    turned = ["network", str(tmp_path / "turned.csv"), "--genes-in-rows", *penalty, str(out)]
    assert dispatch(turned) == 0
    turned = read_network(out)
    capsys.readouterr()
    assert dispatch(["network", str(tmp_path / "x.csv"), *penalty, str(out)]) == 0
    assert "(40) and columns for genes (12); if genes are in rows" in capsys.readouterr().out
    B, genes = read_network(out)
    assert turned[1] == genes and (turned[0] != B).nnz == 0


def test_genes_in_rows_are_called_genes_or_names(tmp_path, capsys):
    start = "gene,L1,Mar-1,L3\n"
    for rows, code, named in (
        ("A,1,2,3\nA,3,1,2\n", 44, "the name A occurs twice"),
        ("A,1,2,3\nB,3,x,2\n", 4, "column 3, Mar-1, of B is 'x'"),
        ("A,1,2,3\n1-Mar,3,1,2\n", 4, "The first column of x.csv has genes that"),
    ):
        (tmp_path / "x.csv").write_text(start + rows)
        words = ["network", str(tmp_path / "x.csv"), "--genes-in-rows", "--lam1", "0.5"]
        assert dispatch([*words, "--out", str(tmp_path / "n.npz")]) == code
        said = capsys.readouterr().err
        assert named in said and "cell line A" not in said and "cell line B" not in said

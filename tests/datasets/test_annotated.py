"""AnnData in and out: dense, sparse, layers, raw and backed, and the same cohort on the way back."""

import numpy as np
import pandas as pd
import pytest
from official_files import refused
from scipy import sparse

from pnetlib import load_cohort
from pnetlib.datasets.annotated import (
    cohort_from_anndata,
    cohort_to_anndata,
    read_anndata_expression,
)
from pnetlib.datasets.own_tables import read_own_expression, read_own_table
from pnetlib.errors import (
    CorruptFileError,
    DataError,
    DuplicateError,
    MissingColumnError,
    MissingDrugError,
    UsageError,
)

anndata = pytest.importorskip("anndata")
h5py = pytest.importorskip("h5py")

N = 12
LINES = [f"L{at}" for at in range(N)]
GENES = ["TP53", "MDM2", "ESR1"]
VALUES = np.random.default_rng(8).normal(size=(N, 3)).round(4) * (np.arange(N)[:, None] % 3 > 0)
OBS = {"ln IC50": np.linspace(-1, 2, N) ** 2, "tissue": ["lung", "skin"] * 6}


def made(values=VALUES, lines=LINES, genes=GENES, **options):
    obs = pd.DataFrame(OBS, pd.Index(lines, dtype=object)).astype({"tissue": object})
    var = pd.DataFrame(index=pd.Index(genes, dtype=object))
    return anndata.AnnData(values, obs, var, **options)


@pytest.mark.parametrize(
    "kind",
    [
        np.asarray,
        sparse.csr_matrix,
        sparse.csc_matrix,
        sparse.csr_array,
        sparse.csc_array,
        np.asfortranarray,
    ],
)
@pytest.mark.parametrize("stored", [False, True, "backed"])
def test_dense_and_sparse_matrices_are_read_alike(tmp_path, kind, stored):
    source = made(kind(VALUES))
    if stored:
        source.write_h5ad(tmp_path / "own.h5ad")
        source = tmp_path / "own.h5ad"
    if stored == "backed":
        source = anndata.read_h5ad(source, backed="r")
    found = read_anndata_expression(source)
    pd.testing.assert_frame_equal(found, pd.DataFrame(VALUES, LINES, GENES))


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.uint8])
def test_numbers_of_other_types_keep_their_values(dtype):
    values = (VALUES * 10).astype(dtype)
    found = read_anndata_expression(made(values))
    assert found.to_numpy().dtype == np.float64
    np.testing.assert_array_equal(found, values.astype(float))


@pytest.mark.parametrize("stored", [False, True])
def test_layers_and_raw_are_read_by_name(tmp_path, stored):
    adata = made(layers={"scaled": VALUES * 2, "counts": sparse.csr_matrix(VALUES * 3)})
    adata.raw = made(np.hstack([VALUES, VALUES[:, :1] + 1]), genes=[*GENES, "EGFR"])
    if stored:
        adata.write_h5ad(tmp_path / "own.h5ad")
        adata = tmp_path / "own.h5ad"
    np.testing.assert_array_equal(read_anndata_expression(adata, layer="scaled"), VALUES * 2)
    np.testing.assert_array_equal(read_anndata_expression(adata, layer="counts"), VALUES * 3)
    raw = read_anndata_expression(adata, raw=True)
    assert list(raw.columns) == [*GENES, "EGFR"]
    refused(
        UsageError,
        "has no layer 'log'; its layers are counts, scaled",
        read_anndata_expression,
        adata,
        layer="log",
    )
    refused(UsageError, "not both", read_anndata_expression, adata, layer="scaled", raw=True)


@pytest.mark.parametrize("stored", [False, True])
def test_what_is_not_there_is_said(tmp_path, stored):
    adata = made()
    if stored:
        adata.write_h5ad(tmp_path / "own.h5ad")
        adata = tmp_path / "own.h5ad"
    refused(UsageError, "has no raw; .*no layers", read_anndata_expression, adata, raw=True)
    refused(UsageError, "no layer 'x'; it has no layers", read_anndata_expression, adata, layer="x")


def test_the_matrix_that_was_read_is_said(tmp_path):
    made(layers={"scaled": VALUES}).write_h5ad(tmp_path / "own.h5ad")
    assert read_own_expression(tmp_path / "own.h5ad")[1] == ["own.h5ad: X was read."]
    _, said = read_own_expression(tmp_path / "own.h5ad", layer="scaled")
    assert said == ["own.h5ad: the layer scaled was read."]


def spoilt(at, value):
    values = VALUES.copy()
    values[at] = value
    return values


@pytest.mark.parametrize(
    ("make", "error", "named"),
    [
        (
            lambda: made(spoilt((4, 1), np.nan)),
            DataError,
            "obs 5, var 2: the expression MDM2 of L4 is missing",
        ),
        (lambda: made(sparse.csr_matrix(spoilt((4, 1), np.inf))), DataError, "MDM2 of L4 is inf"),
        (lambda: made(spoilt((4, 1), 1e200)), DataError, "MDM2 of L4 is 1e.200"),
        (
            lambda: made(VALUES + 0j),
            DataError,
            "X of the AnnData has values of the type complex128",
        ),
        (lambda: made(VALUES > 0), DataError, "of the type bool"),
        (
            lambda: made(genes=["TP53", "MDM2", "TP53"]),
            DuplicateError,
            "gene TP53 occurs twice .var 1 and 3",
        ),
        (
            lambda: made(lines=["L1", *LINES[1:]]),
            DuplicateError,
            "cell line L1 occurs twice .obs 1 and 2",
        ),
        (
            lambda: made(genes=["TP53", " ", "ESR1"]),
            DataError,
            "var 2 of the AnnData has no name; name",
        ),
        (lambda: made(genes=["TP53", "1-Mar", "ESR1"]), DataError, "1-Mar .probably MARCH1"),
        (lambda: made(None), UsageError, "the AnnData has no X; choose a layer"),
        (lambda: VALUES, UsageError, "adata is of the type ndarray, but must be an AnnData"),
    ],
)
def test_what_cannot_be_used_is_refused(make, error, named):
    refused(error, named, read_anndata_expression, make())


def test_a_sparse_matrix_that_points_outside_is_refused(tmp_path):
    path = tmp_path / "own.h5ad"
    made(sparse.csr_matrix(VALUES)).write_h5ad(path)
    with h5py.File(path, "a") as file:
        file["X/indices"][0] = 1 << 20
    refused(
        CorruptFileError, "own.h5ad is .*damaged|damaged sparse", read_own_table, path, "expression"
    )


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
@pytest.mark.parametrize("stored", [True, False])
def test_two_values_for_one_place_are_refused(tmp_path, kind, stored):
    matrix = kind(VALUES + 10)
    place = "obs 2, var 1" if matrix.format == "csr" else "obs 1, var 2"
    at = matrix.indptr[1]
    matrix.indices[at + 1] = matrix.indices[at]
    adata = made(matrix)
    if stored:
        adata.write_h5ad(tmp_path / "own.h5ad")
        adata = tmp_path / "own.h5ad"
    named = f"X of .* has two values for {place}; keep one of them"
    refused(CorruptFileError, named, read_anndata_expression, adata)


def test_a_sparse_matrix_in_another_order_is_read():
    matrix = sparse.csr_matrix(VALUES + 10)
    for row in range(N):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        matrix.indices[part], matrix.data[part] = (
            matrix.indices[part][::-1],
            matrix.data[part][::-1],
        )
    matrix.has_sorted_indices = False
    np.testing.assert_array_equal(read_anndata_expression(made(matrix)), VALUES + 10)


@pytest.mark.parametrize("part", ["X", "obs", "var"])
def test_an_h5ad_that_lacks_a_part_is_refused(tmp_path, part):
    path = tmp_path / "own.h5ad"
    made().write_h5ad(path)
    with h5py.File(path, "a") as file:
        del file[part]
    with pytest.raises((UsageError, CorruptFileError), match="own.h5ad") as caught:
        read_own_table(path, "expression")
    assert "\n" not in str(caught.value)


def test_responses_may_be_columns_of_obs_or_a_table():
    adata = made()
    one = cohort_from_anndata(adata, ["ln IC50"], measure="ln IC50")
    table = adata.obs[["ln IC50"]].rename_axis("line")
    other = cohort_from_anndata(adata, table.iloc[::-1], measure="ln IC50")
    pd.testing.assert_frame_equal(one.response, other.response, check_exact=True)
    pd.testing.assert_frame_equal(one.annotation, other.annotation)
    values = adata.obs["ln IC50"]
    expected = ((values - values.mean()) / values.std(ddof=1)).to_numpy()
    np.testing.assert_allclose(one.response["ln IC50"].loc[LINES], expected)
    assert set(one.annotation["tissue"]) == {"lung", "skin"}
    assert "the AnnData: X was read." in one.provenance["handled"]


def test_the_anndata_is_not_changed():
    adata = made()
    before = adata.copy()
    cohort_from_anndata(adata, "ln IC50", larger="sensitive")
    pd.testing.assert_frame_equal(adata.obs, before.obs)
    np.testing.assert_array_equal(adata.X, before.X)


def test_a_backed_anndata_names_its_file(tmp_path):
    made().write_h5ad(tmp_path / "own.h5ad")
    adata = anndata.read_h5ad(tmp_path / "own.h5ad", backed="r")
    found = cohort_from_anndata(adata, ["ln IC50"])
    assert set(found.provenance["files"]) == {"own.h5ad"}


@pytest.mark.parametrize(
    ("response", "options", "error", "named"),
    [
        (
            ["AUC"],
            {},
            MissingColumnError,
            "obs of the AnnData has no column AUC; it has ln IC50, tissue",
        ),
        (["tissue"], {}, DataError, "The response tissue of the table of responses is two words"),
        (None, {}, UsageError, "does not come from cohort_to_anndata"),
        (["ln IC50"], {"responses": ["AUC"]}, MissingDrugError, "no response 'AUC'"),
        (["ln IC50"], {"layer": "x"}, UsageError, "has no layer 'x'"),
    ],
)
def test_responses_that_cannot_be_used_are_refused(response, options, error, named):
    refused(error, named, cohort_from_anndata, made(), response, **options)


@pytest.mark.parametrize("stored", [False, True])
def test_a_cohort_comes_back_exactly(tmp_path, stored):
    cohort = load_cohort("simulated", size="smoke")
    cohort = cohort.subset(cohort.expression.index[:40])
    drugs = ["5-FU/LV", "5-FU_LV", "tissue", "_index"]
    cohort = type(cohort)(
        cohort.expression,
        cohort.response.set_axis(drugs, axis=1),
        cohort.annotation,
        {**cohort.provenance, "drugs": dict.fromkeys(drugs)},
    )
    adata = cohort_to_anndata(cohort)
    if stored:
        adata.write_h5ad(tmp_path / "cohort.h5ad")
        adata = anndata.read_h5ad(tmp_path / "cohort.h5ad")
    again = cohort_from_anndata(adata)
    for part in ("expression", "response", "annotation"):
        pd.testing.assert_frame_equal(
            getattr(again, part), getattr(cohort, part), check_exact=True, check_names=False
        )
    assert again.provenance == cohort.provenance
    adata.X[0, 0] += 1
    assert cohort.expression.iat[0, 0] != adata.X[0, 0]


def test_a_damaged_provenance_is_refused():
    adata = cohort_to_anndata(load_cohort("simulated", size="smoke"))
    adata.uns["pnetlib"] = "{"
    refused(DataError, "uns.'pnetlib'. of the AnnData is damaged", cohort_from_anndata, adata)

"""Networks out to files and back, and what malformed files say."""

import re
import zipfile

import naive
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from pnetlib import io
from pnetlib.errors import DataError, SetupError, UsageError
from pnetlib.estimators import ElasticNetwork
from pnetlib.execution import storage
from pnetlib.io import SUFFIXES, genes_file, read_network, write_network

GENES = ["AKR1C1", "5-HT", "HLA-A;B", "gène & <co>", "NKX2 1", "lone"]


def network():
    B = naive.network(3, 6)
    B[:, 5] = B[5] = 0.0
    B[0, 1], B[1, 0] = 1 / 3, -5e-324
    return B


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip_keeps_every_bit_and_name(tmp_path, suffix):
    path = write_network(tmp_path / f"net{suffix}", network(), GENES)
    B, genes = read_network(path)
    assert genes == GENES and B.format == "csc"
    np.testing.assert_array_equal(B.toarray(), network())
    first = path.read_bytes()
    write_network(path, B, genes)
    assert path.read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir() if "partial" in p.name) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_said_and_leaves_the_network_of_before(tmp_path, suffix, monkeypatch):
    path = write_network(tmp_path / f"net{suffix}", network(), GENES)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    full = tmp_path / "links" / f"full{suffix}"
    full.parent.mkdir()
    full.symlink_to("/dev/full")
    write = io._WRITERS[suffix]
    monkeypatch.setitem(io._WRITERS, suffix, lambda path, *rest: write(full, *rest))
    with pytest.raises(SetupError, match="free some space"):
        write_network(path, np.triu(np.ones((3, 3)), 1), ["A", "B", "C"])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before


def test_a_matrix_never_has_the_gene_names_of_another(tmp_path, monkeypatch):
    path = write_network(tmp_path / "net.mtx", network(), GENES)

    def killed(partial, path):
        raise KeyboardInterrupt

    monkeypatch.setattr(storage, "put_in_place", killed)  # before the matrix gets its name
    with pytest.raises(KeyboardInterrupt):
        write_network(path, network(), GENES[::-1])
    assert not path.exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_network_without_edges_and_without_names(tmp_path, suffix):
    B, genes = read_network(write_network(tmp_path / f"net{suffix}", sp.csc_array((3, 3))))
    assert B.shape == (3, 3) and B.nnz == 0 and genes == ["0", "1", "2"]


def test_other_programs_read_the_files(tmp_path):
    np.testing.assert_array_equal(
        sp.load_npz(write_network(tmp_path / "net.npz", network(), GENES)).toarray(), network()
    )
    graph = nx.read_graphml(write_network(tmp_path / "net.graphml", network(), GENES))
    assert graph["AKR1C1"]["5-HT"]["coefficient"] == 1 / 3


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_start_from_a_file_gives_the_same_network(tmp_path, suffix):
    X, _ = naive.cohort(1, 60, 20)
    wide = ElasticNetwork(0.3, tol=1e-12, n_jobs=1).fit(X)
    path = write_network(tmp_path / f"net{suffix}", wide.B_)
    cold, warm = (ElasticNetwork(0.1, tol=1e-12, n_jobs=1) for _ in range(2))
    cold.fit(X)
    warm.fit(X, start=read_network(path)[0])
    np.testing.assert_allclose(warm.B_.toarray(), cold.B_.toarray(), atol=1e-7)
    again = ElasticNetwork(0.3, tol=1e-11, n_jobs=1).fit(X, start=read_network(path)[0])
    np.testing.assert_array_equal(again.B_.toarray(), wide.B_.toarray())


@pytest.mark.parametrize(
    "start, said",
    [
        (np.zeros((3, 3)), "shape"),
        ([[0.0]], "shape"),
        (np.eye(4), "itself"),
        (np.full((4, 4), np.nan), "finite"),
    ],
)
def test_a_wrong_start_is_one_sentence(start, said):
    X, _ = naive.cohort(1, 10, 4)
    with pytest.raises(UsageError, match=said):
        ElasticNetwork().fit(X, start=start)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "damage",
    [lambda raw: b"", lambda raw: b"nonsense\n", lambda raw: raw[: len(raw) // 2]],
    ids=["empty", "words", "cut"],
)
def test_malformed_files_are_named(tmp_path, suffix, damage):
    path = write_network(tmp_path / f"net{suffix}", network(), GENES)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"net{suffix}"):
        read_network(path)


def test_what_does_not_fit_is_refused(tmp_path):
    for genes in (GENES[:5], ["A"] * 6, [*GENES[:5], "two\nlines"], [*GENES[:5], ""]):
        with pytest.raises(UsageError):
            write_network(tmp_path / "net.npz", network(), genes)
    with pytest.raises(UsageError, match="must end in"):
        write_network(tmp_path / "net.csv", network(), GENES)
    with pytest.raises(UsageError):
        write_network(tmp_path / "net.npz", np.ones((2, 3)))
    assert not list(tmp_path.iterdir())
    with pytest.raises(DataError, match="does not exist"):
        read_network(tmp_path / "net.npz")
    path = write_network(tmp_path / "net.mtx", network(), GENES)
    genes_file(path).write_text("A\nB\n")
    with pytest.raises(DataError, match="2 gene names"):
        read_network(path)
    genes_file(path).unlink()
    with pytest.raises(DataError, match="net.genes.txt"):
        read_network(path)
    nx.write_graphml(nx.Graph([("a", "b")]), tmp_path / "net.graphml")
    with pytest.raises(DataError, match="directed"):
        read_network(tmp_path / "net.graphml")
    nx.write_graphml(nx.DiGraph([("a", "b")]), tmp_path / "net.graphml")
    with pytest.raises(DataError, match="coefficient"):
        read_network(tmp_path / "net.graphml")
    np.savez(
        tmp_path / "net.npz",
        format=b"csc",
        shape=[2, 2],
        data=[1.0],
        indices=[7],
        indptr=[0, 1, 1],
        genes=["a", "b"],
    )
    with pytest.raises(DataError, match="net.npz"):
        read_network(tmp_path / "net.npz")
    infinite = {"data": [np.inf], "indices": [0], "indptr": [0, 0, 1], "genes": ["a", "b"]}
    np.savez(tmp_path / "net.npz", format=b"csc", shape=[2, 2], **infinite)
    with pytest.raises(DataError, match="finite"):
        read_network(tmp_path / "net.npz")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["A\x00", "A\x0b", "\ud800", "A\n", " A", "A\ufffe", "\x1b[31m"])
def test_names_that_a_format_cannot_hold_are_refused_before_writing(tmp_path, suffix, name):
    path = tmp_path / f"network{suffix}"
    with pytest.raises(UsageError, match="not one line of text that every format can hold"):
        write_network(path, [[0, 0.5], [0, 0]], ["A0", name])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_that_look_like_tags_and_coefficients_without_a_value(tmp_path, suffix):
    path, names = tmp_path / f"network{suffix}", ["<img src=x>", "a & b"]
    write_network(path, [[0, 0.5], [0, 0]], names)
    assert read_network(path)[1] == names
    with pytest.raises(UsageError, match="not finite"):
        write_network(path, [[0, np.nan], [0, 0]], names)
    assert read_network(path)[1] == names


@pytest.mark.parametrize("attribute", ["name", "shared name", "label"])
def test_graphs_of_other_programs_have_the_names_of_their_nodes(tmp_path, attribute):
    graph = nx.DiGraph()
    for number, gene in enumerate(("TP53", "MDM2")):
        graph.add_node(f"n{number}", **{attribute: gene})
    graph.add_edge("n0", "n1", coefficient=0.5)
    nx.write_graphml(graph, tmp_path / "other.graphml")
    B, genes = read_network(tmp_path / "other.graphml")
    assert genes == ["TP53", "MDM2"] and B[0, 1] == 0.5


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    path = write_network(tmp_path / "network.mtx", [[0, 0.5], [0, 0]], ["A", "B"])
    (tmp_path / "network.genes.txt").write_text("\ufeffA\nB\n", encoding="utf-8")
    assert read_network(path)[1] == ["A", "B"]


@pytest.mark.parametrize(
    ("genes", "words"),
    [
        ([None, "A"], "gene 0 .* is called None"),
        (["A", float("nan")], "gene 1 .* is called nan"),
        (["A", pd.NA], "is called <NA>"),
        ([7157.0, 4193.0], "is called 7157.0"),
        ([b"A", "B"], "is called b'A'"),
        ([("A", 1), ("B", 2)], "is called .'A', 1."),
        ("AB", "genes must be a sequence of names, not of type str"),
        ({"A", "B"}, "not of type set"),
        (2, "not of type int"),
        ([1, "1"], "needs that many different gene names"),
    ],
)
def test_names_that_are_no_names_are_not_written(tmp_path, genes, words):
    with pytest.raises(UsageError, match=words):
        write_network(tmp_path / "net.npz", [[0, 0.5], [0, 0]], genes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "B",
    [None, np.ones(2), np.ones((2, 2, 2)), [["a", "b"], ["c", "d"]], np.eye(2) * 1j]
    + [np.ma.array(np.eye(2), mask=np.eye(2))],
    ids=["None", "1d", "3d", "text", "complex", "masked"],
)
def test_what_is_no_matrix_is_not_written(tmp_path, B):
    with pytest.raises(UsageError, match="must be a matrix of numbers, regulators x targets"):
        write_network(tmp_path / "net.npz", B)


def test_a_table_is_written_with_its_names(tmp_path):
    table = pd.DataFrame([[0.0, 0.5], [0.0, 0.0]], [7157, 4193], [7157, 4193])
    B, genes = read_network(write_network(tmp_path / "net.mtx", table))
    assert genes == ["7157", "4193"] and B[0, 1] == 0.5
    with pytest.raises(UsageError, match="the same genes as rows and columns"):
        write_network(tmp_path / "net.mtx", table.set_axis(["A", "B"], axis=1))


@pytest.mark.parametrize("path", [None, 5, "a\0.npz"])
def test_what_is_no_path_is_one_sentence(path):
    for use in (read_network, lambda path: write_network(path, np.zeros((1, 1)))):
        with pytest.raises(UsageError, match="path must name a file"):
            use(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda b: b.replace(b"rows:", b"Z\xfcrich, rows:"),
            "row 2 has the byte 0xFC, ü in Windows",
        ),
        (lambda b: b + b"% \xe4\n", "row 6 has the byte 0xE4, ä in Windows-1252"),
        (
            lambda b: b.decode().encode("utf-16"),
            "begins like UTF-16 and is not read as such; save it",
        ),
    ],
)
def test_a_matrix_that_is_not_utf8_is_named_with_its_row(tmp_path, change, said):
    path = write_network(tmp_path / "net.mtx", [[0, 0.5], [0.25, 0]], ["A", "B"])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=f"{path} is not text in UTF-8.*{said}"):
        read_network(path)


def test_a_matrix_with_a_byte_order_mark_is_read(tmp_path):
    path = write_network(tmp_path / "net.mtx", [[0, 0.5], [0.25, 0]], ["A", "B"])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_network(path)[0].toarray().tolist() == [[0, 0.5], [0.25, 0]]


def test_a_matrix_of_whole_numbers_has_no_others(tmp_path):
    path = write_network(tmp_path / "net.mtx", [[0, 2], [-3, 0]], ["A", "B"])
    text = path.read_text().replace(" real ", " integer ")
    header = text[: text.index("\n2 2 2\n")] + "\n2 2 2\n"
    path.write_text(header + "1 2 2\n2 1 -3\n")
    assert read_network(path)[0].toarray().tolist() == [[0, 2], [-3, 0]]
    for rows, says in (
        ("1 2 2\n2 1 0.5\n", "a value is 0.5, but must be a whole number"),
        ("1 2 2\n2 1.5 3\n", "a column is 1.5, but must be a whole number"),
        ("1 2 2\ninf 1 3\n", "a row is inf, but must be a whole number"),
    ):
        path.write_text(header + rows)
        with pytest.raises(
            DataError, match=f"net.mtx is not a network in the format .mtx .*{says}"
        ):
            read_network(path)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("TP53\nZ\u00fc\n".encode("cp1252"), "row 2 has the byte 0xFC, \u00fc in Windows-1252"),
        ("TP53\nMDM2\n".encode("utf-16"), "begins like UTF-16"),
    ],
)
def test_a_file_of_names_that_is_not_utf8_is_named_itself(tmp_path, names, said):
    path = write_network(tmp_path / "net.mtx", [[0, 0.5], [0, 0]], ["A", "B"])
    genes_file(path).write_bytes(names)
    with pytest.raises(DataError, match=f"net.genes.txt is not text in UTF-8.*{said}"):
        read_network(path)


def test_a_file_of_names_that_may_not_be_read_is_named_itself(tmp_path, monkeypatch):
    path = write_network(tmp_path / "net.mtx", [[0, 0.5], [0, 0]], ["A", "B"])

    def refuse(file):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(DataError, match="net.genes.txt cannot be read .Permission denied"):
        read_network(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (" TP53", "MDM2  ", None),
        ("TP53", "TP53 ", "names TP53 twice .{0}s 1 and 2.; give each gene a name of its own"),
        ("TP53", "  ", "a gene without a name .{0} 2."),
        ("ENSG1\tTP53", "MDM2", r"'ENSG1\\tTP53' .{0} 1., with a tab .*; write one name per {0}"),
    ],
)
def test_names_of_other_programs_are_stripped_before_they_are_compared(
    tmp_path, suffix, first, second, said
):
    path = write_network(tmp_path / f"net{suffix}", [[0, 0.5], [0, 0]], ["A1", "B2"])
    file, place = (genes_file(path), "row") if suffix == ".mtx" else (path, "gene")
    if suffix == ".npz":
        with np.load(path) as stored:
            np.savez(path, **dict(stored) | {"genes": np.array([first, second])})
    else:
        xml = first.replace("\t", "&#9;") if suffix == ".graphml" else first
        edited(file, lambda t: t.replace("A1", xml).replace("B2", second))
    if said is None:
        assert read_network(path)[1] == ["TP53", "MDM2"]
    else:
        with pytest.raises(DataError, match=re.escape(str(file)) + ".*" + said.format(place)):
            read_network(path)


def edited(path, change):
    """Change the text of a file."""
    path.write_text(change(path.read_text()))
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.replace("general", "symmetric"),
            "real and symmetric; write it as real and general",
        ),
        (lambda t: t.replace("real", "pattern"), "pattern and general"),
        (lambda t: t.replace("coordinate", "array"), "a dense matrix"),
        (lambda t: t.replace("%%MatrixMarket", "%%Market"), "not a network in the format .mtx"),
        (
            lambda t: t + t.splitlines()[-1] + "\n",
            "not a network in the format .mtx .*another number",
        ),
        (lambda t: t.rsplit("\n", 2)[0] + "\n", "another number"),
        (
            lambda t: t.rsplit("\n", 2)[0] + "\n" + t.splitlines()[3] + "\n",
            "two coefficients for one pair",
        ),
        (lambda t: t.rsplit("\n", 2)[0] + "\n9 1 0.5\n", "not a network"),
        (lambda t: t.rsplit("\n", 2)[0] + "\n0 1 0.5\n", "not a network"),
        (lambda t: t.rsplit("\n", 2)[0] + "\n1 2 0.%5\n", "not a network"),
        (lambda t: t.rsplit("\n", 2)[0] + "\n-2147483648 1 0.5\n", "not a network"),
        (
            lambda t: t.splitlines()[0] + "\n999999999 999999999 1\n1 1 1\n",
            "contains a matrix of shape",
        ),
        (lambda t: t.splitlines()[0] + "\n3 3 999999999999\n1 1 1\n", "announces 999999999999"),
        (lambda t: t.splitlines()[0] + "\n", "not a network in the format .mtx .StopIteration"),
    ],
)
def test_a_market_file_that_contradicts_itself_is_refused(tmp_path, change, said):
    path = edited(write_network(tmp_path / "net.mtx", network(), GENES), change)
    with pytest.raises(DataError, match=said):
        read_network(path)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("indptr", lambda a: np.r_[a[:-1], 0], "ends of its columns are not in order"),
        ("indptr", lambda a: a[::-1], "ends of its columns are not in order"),
        ("indptr", lambda a: np.r_[a[:1], a[2:]], "not a network"),
        ("indices", lambda a: a + 10**6, "not a network"),
        ("indices", lambda a: a - 10**6, "not a network"),
        ("indices", lambda a: a[:-1], "numbers of places and values differ"),
        ("data", lambda a: np.r_[a, a], "numbers of places and values differ"),
        ("genes", lambda a: np.r_[[" "], a[1:]], "a gene without a name"),
        ("genes", lambda a: a[:-1], "contains a matrix of shape"),
        (
            "data",
            lambda a: a + 2j,
            "net.npz has the array data of type complex128; save real numbers",
        ),
        ("data", lambda a: a > 0, "the array data of type bool"),
        (
            "data",
            lambda a: np.arange(len(a)).astype("M8[D]"),
            r"the array data of type datetime64\[D\]",
        ),
        ("data", lambda a: np.arange(len(a)).astype("m8[D]"), "the array data of type timedelta64"),
        ("data", lambda a: a.astype(str), "the array data of type <U"),
        ("indices", lambda a: a + 0.9, "the array indices of type float64; save whole numbers"),
        ("indptr", lambda a: a + 0.0, "the array indptr of type float64"),
        ("shape", lambda a: a + 0.7, "the array shape of type float64"),
        ("genes", lambda a: np.arange(len(a)) + 0.5, "the array genes of type float64"),
        ("genes", lambda a: a == a[0], "the array genes of type bool"),
        ("genes", lambda a: a.reshape(2, -1), r"and shape \(2, 3\); save one name per gene"),
        (
            "genes",
            lambda a: np.r_[[b"Z\xfc"], np.strings.encode(a[1:])],
            r"b'Z\\xfc', which is not",
        ),
    ],
)
def test_arrays_that_would_be_read_wrongly_or_beyond_memory_are_refused(
    tmp_path, name, change, said
):
    path = write_network(tmp_path / "net.npz", network(), GENES)
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **arrays | {name: change(arrays[name])})
    with pytest.raises(DataError, match=said):
        read_network(path)


def test_names_of_an_array_of_utf8_or_whole_numbers_are_text(tmp_path):
    path = write_network(tmp_path / "net.npz", network(), GENES)
    with np.load(path) as stored:
        arrays = dict(stored)
    entrez = [7157, 4193, 8644, 8, 9, 10]
    for names, read in (
        ([gene.encode() for gene in GENES], GENES),
        (entrez, list(map(str, entrez))),
    ):
        np.savez(path, **arrays | {"genes": np.array(names)})
        assert read_network(path)[1] == read


def test_an_array_that_claims_more_than_it_has_is_refused(tmp_path):
    path = write_network(tmp_path / "net.npz", network(), GENES)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    start = members["data.npy"][:128]
    size = re.search(rb"'shape': \((\d+),\), \}", start)
    claimed = start.replace(size[0], b"'shape': (%d,), }" % 10**13)[:127] + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"data.npy": claimed + members["data.npy"][128:]}).items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="claims more values than it has"):
        read_network(path)


EDGE = '    <edge source="{}" target="{}">\n      <data key="d0">0.5</data>\n    </edge>\n'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.replace("</graph>", EDGE.format(GENES[0], "new") + "</graph>"),
            "to new, which is no node",
        ),
        (lambda t: t.replace(" target=", " targot=", 1), "to None, which is no node"),
        (
            lambda t: t.replace("</edge>", "", 1).replace("</graph>", "</edge></graph>"),
            "edges outside of its graph",
        ),
        (lambda t: re.sub("(<data.*</data>)", r"\1\1", t, count=1), "one attribute twice"),
        (lambda t: re.sub("(<node[^>]*/>)", r"\1\1", t, count=1), "an id twice"),
        (lambda t: t.replace("</graph>", "</graph><graph/>"), "2 graphs|has a"),
        (lambda t: t.replace("utf-8", "utf-99"), "not a network in the format .graphml"),
    ],
)
def test_a_graph_that_contradicts_itself_is_refused(tmp_path, change, said):
    path = edited(write_network(tmp_path / "net.graphml", network(), GENES), change)
    with pytest.raises(DataError, match=said):
        read_network(path)


KEY = '<key id="{0}" for="{1}" attr.name="{0}" attr.type="{2}"/>'
COEFFICIENT = KEY.format("coefficient", "edge", "double")


def graphml(folder, nodes, edges="", keys=COEFFICIENT, space="graphml.graphdrawing.org/xmlns"):
    """Write a file of GraphML; nodes have the names, if any, that `nodes` gives to their ids."""
    name = '<data key="name">{}</data>'
    text = f'<graphml xmlns="http://{space}">{keys}<graph edgedefault="directed">' + "".join(
        f'<node id="{node}">{"" if text is None else name.format(text)}</node>'
        for node, text in nodes.items()
    )
    path = folder / "net.graphml"
    path.write_text(f"{text}{edges}</graph></graphml>")
    return path


def edge(value, key="coefficient", more=""):
    return f'<edge source="A" target="B"><data key="{key}">{value}</data>{more}</edge>'


@pytest.mark.parametrize("kind", ["double", "float", "string", "int"])
def test_an_underscore_is_no_part_of_a_coefficient(tmp_path, kind):
    keys, nodes = KEY.format("coefficient", "edge", kind), dict.fromkeys("AB")
    assert read_network(graphml(tmp_path, nodes, edge("15"), keys))[0][0, 1] == 15.0
    path = graphml(tmp_path, nodes, edge("1_5"), keys)
    with pytest.raises(DataError, match="coefficient '1_5' from A to B, which is no number"):
        read_network(path)


@pytest.mark.parametrize(
    ("keys", "edges", "said"),
    [
        (
            KEY.format("coefficient", "edge", "boolean"),
            edge("true"),
            "coefficients of the type boolean; save them as double",
        ),
        (
            COEFFICIENT + COEFFICIENT.replace("coefficient", "again", 1),
            edge(1, more='<data key="again">2</data>'),
            "two keys with the name or the id of the edge attribute coefficient",
        ),
        (
            COEFFICIENT + COEFFICIENT.replace('"edge"', '"all"').replace("coefficient", "again", 1),
            edge(1),
            "two keys with the name or the id of the edge attribute coefficient",
        ),
        (
            COEFFICIENT
            + KEY.format("coefficient", "node", "string").replace('name="coef', 'name="x'),
            edge(1),
            "two keys with the name or the id of the edge attribute coefficient",
        ),
        (
            COEFFICIENT + 2 * KEY.format("name", "node", "string"),
            edge(1),
            "two keys with the name or the id of the node attribute name",
        ),
    ],
    ids=["boolean", "two keys", "one for all", "one id", "two names"],
)
def test_an_attribute_of_another_type_or_declared_twice_is_refused(tmp_path, keys, edges, said):
    path = graphml(tmp_path, dict.fromkeys("AB"), edges, keys)
    with pytest.raises(DataError, match=f"net.graphml .*{said}"):
        read_network(path)


def test_nodes_and_edges_may_both_have_names(tmp_path):
    keys = COEFFICIENT + KEY.format("name", "node", "string")
    keys += '<key id="edges" for="edge" attr.name="name" attr.type="string"/>'
    edges = edge(0.5, more='<data key="edges">A to B</data>')
    B, genes = read_network(graphml(tmp_path, {"A": "TP53", "B": "MDM2"}, edges, keys))
    assert genes == ["TP53", "MDM2"] and B[0, 1] == 0.5


@pytest.mark.parametrize(
    ("kind", "names", "read"),
    [
        ("double", ["7157", "4193.0"], ["7157", "4193"]),
        ("long", ["7157", "4193"], ["7157", "4193"]),
        ("double", ["7157", "0.5"], "the name 0.5 for the node B; save names as text"),
        ("double", ["NaN", "7157"], "the name nan for the node A"),
        ("boolean", ["true", "false"], "the name True for the node A"),
        ("string", ["TP53", None], "attribute name for some nodes, but not for B; give it"),
        ("string", ["TP53", ""], "a gene without a name"),
    ],
)
def test_names_of_nodes_are_text_or_whole_numbers_and_complete(tmp_path, kind, names, read):
    keys = COEFFICIENT + KEY.format("name", "node", kind)
    path = graphml(tmp_path, dict(zip("AB", names)), edge(0.5), keys)
    if isinstance(read, list):
        assert read_network(path)[1] == read
    else:
        with pytest.raises(DataError, match=f"net.graphml .*{read}"):
            read_network(path)


def test_a_graph_of_another_namespace_is_one_sentence(tmp_path):
    path = graphml(tmp_path, dict.fromkeys("AB"), edge(0.5), space="example.org/x")
    with pytest.raises(DataError, match="no graph in the XML namespace http.*; save it as GraphML"):
        read_network(path)


def test_entities_of_a_graph_are_not_expanded(tmp_path):
    path = write_network(tmp_path / "net.graphml", network(), GENES)
    laughs = '<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9)
    )
    edited(
        path,
        lambda t: t.replace("<graphml", laughs + "]>\n<graphml", 1).replace(GENES[0], "&j;", 1),
    )
    with pytest.raises(DataError):
        read_network(path)

"""Networks in files that other programs read: npz (SciPy), Matrix Market, GraphML (networkx).

All three preserve every coefficient to its last bit, in the same direction: a row or source is the
regulator, a column or target the target gene.
"""

from __future__ import annotations

import numbers
import os
import warnings
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import ParseError

import networkx as nx
import numpy as np
import pandas as pd
from scipy.io import mmwrite
from scipy.sparse import coo_array, csc_array

from pnetlib.errors import DataError, UsageError
from pnetlib.execution.files import BROKEN, check_arrays, check_plain, not_utf8, unreadable
from pnetlib.execution.storage import replace_files, whole_file
from pnetlib.words import counted, shown

SUFFIXES = (".npz", ".mtx", ".graphml")
# Attributes in which igraph, Cytoscape and Gephi keep the names of nodes that they number.
_NAMES = ("name", "shared name", "label")
_SPACE = "{http://graphml.graphdrawing.org/xmlns}"
# What the readers of damaged files raise.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, OverflowError, EOFError)
_UNREADABLE += (*BROKEN, StopIteration, MemoryError, ParseError, nx.NetworkXError)


def genes_file(path: Path) -> Path:
    """Return the file of gene names, one per line, that belongs to a Matrix Market file."""
    return Path(path).with_suffix(".genes.txt")


def write_network(path: str | Path, B, genes: Sequence | None = None) -> Path:
    """Write a network in the format that the suffix names.

    Parameters
    ----------
    path : str or Path
        ``.npz``: as `scipy.sparse.save_npz` writes it, with one more array, ``genes``;
        ``.mtx``: Matrix Market, with the names in ``<stem>.genes.txt``; ``.graphml``: a directed
        graph whose edges have the attribute ``coefficient``.
    B : sparse array, ndarray or DataFrame of shape (p, p)
        Coefficients, regulators x targets.
    genes : sequence of str or int, default=None
        Names, written as text; those of a DataFrame, else ``0, 1, ...``, if None.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UsageError
        If the suffix is another one, names and network do not match, a name is missing or neither
        text nor a whole number, or B is not a matrix of finite numbers.
    SetupError
        If the file cannot be written.

    See Also
    --------
    read_network : Read the network again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pnetlib.io import read_network, write_network
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_network(Path(folder) / "network.npz", [[0, 0.5], [0, 0]], ["A", "B"])
    ...     B, genes = read_network(path)
    >>> genes, float(B[0, 1])
    (['A', 'B'], 0.5)
    """
    path = _known(path)
    if isinstance(B, pd.DataFrame):
        if not B.index.equals(B.columns):
            raise UsageError("a network in a table must have the same genes as rows and columns.")
        genes = list(B.index) if genes is None else genes
    B = _coefficients(B)
    p = B.shape[0]
    names = _names(range(p) if genes is None else genes)
    if B.shape != (p, p) or len(names) != p or len(set(names)) != p:
        raise UsageError(
            f"a network of shape {B.shape} needs that many different gene names, not {len(names)} "
            f"({len(set(names))} different ones)."
        )
    if "" in names:
        raise UsageError("a gene has an empty name; give every gene a name.")
    if wrong := next((name for name in names if not _is_plain(name)), None):
        raise UsageError(
            f"the gene name {wrong!r} is not one line of text that every format can hold; rename the gene."
        )
    if not np.isfinite(B.data).all():
        raise UsageError(
            "the network has coefficients that are not finite; correct or remove them."
        )
    with whole_file(path) as partial:
        _WRITERS[path.suffix](partial, B, names)
        if path.suffix == ".mtx":
            _write_genes(path, names)
    return path


def _write_genes(path: Path, names: list[str]) -> None:
    """Write the gene names of a matrix whose new values are complete, under another name.

    An old matrix with new names would look whole, so it is removed in between.
    """
    file = genes_file(path)
    text = "".join(f"{name}\n" for name in names).encode()
    if not path.exists():
        replace_files({file: text})
    elif not file.is_file() or file.read_bytes() != text:
        replace_files({file: text}, removed=[path])


def read_network(path: str | Path) -> tuple[csc_array, list[str]]:
    """Read a network that `write_network`, or another program, wrote.

    Parameters
    ----------
    path : str or Path
        File ending in ``.npz``, ``.mtx`` (next to its file of gene names) or ``.graphml``.

    Returns
    -------
    B : csc_array of shape (p, p)
        Coefficients, regulators x targets.
    genes : list of str
        Names of the genes.

    Raises
    ------
    UsageError
        If the suffix is another one.
    DataError
        If the file is missing, cannot be read, or is not a network.

    See Also
    --------
    write_network : Write a network.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pnetlib.io import read_network, write_network
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_network(Path(folder) / "network.mtx", [[0, 0.5], [0, 0]])
    ...     B, genes = read_network(path)
    >>> B.nnz, genes
    (1, ['0', '1'])
    """
    path = _known(path)
    if not path.is_file():
        raise DataError(f"{path} does not exist; name a file written by write_network.")
    try:
        B, genes = _READERS[path.suffix](check_plain(path))
        if B.shape != (len(genes), len(genes)):
            raise DataError(
                f"{path} contains a matrix of shape {B.shape} and {counted(len(genes), 'gene name')}; a network has "
                "one gene per row and column."
            )
        entries = B.nnz
        B = csc_array(B, dtype=float)
        B.check_format(full_check=True)  # places out of bounds would be read from other memory
    except DataError:
        raise
    except _UNREADABLE as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} is not a network in the format {path.suffix} ({said[:200]}); write it again."
        ) from error
    genes = _stripped(path, genes)
    if not np.isfinite(B.data).all():
        raise DataError(f"{path} contains coefficients that are not finite; write it again.")
    B.sum_duplicates()
    if B.nnz != entries:
        raise DataError(f"{path} has two coefficients for one pair of genes; keep one of them.")
    return B, genes


def _coefficients(B):
    """Return a network as a sparse array of float; refuse what is no matrix of real numbers."""
    wrong = getattr(getattr(B, "dtype", None), "kind", "f") in "cmM"
    wrong = wrong or (isinstance(B, np.ma.MaskedArray) and np.ma.getmaskarray(B).any())
    if not wrong:
        try:
            B = csc_array(np.asarray(B) if isinstance(B, pd.DataFrame) else B, dtype=float)
        except (TypeError, ValueError):
            wrong = True
    if wrong:
        raise UsageError("the network must be a matrix of numbers, regulators x targets.")
    B.sum_duplicates()
    return B


def _names(genes):
    """Return names of genes as text; refuse those that are neither text nor whole numbers."""
    if isinstance(genes, (str, bytes, set, frozenset)) or not isinstance(genes, Iterable):
        raise UsageError(f"genes must be a sequence of names, not of type {type(genes).__name__}.")
    genes = list(genes)
    for at, gene in enumerate(genes):
        whole = isinstance(gene, numbers.Integral) and not isinstance(gene, bool)
        if not isinstance(gene, str) and not whole:
            raise UsageError(
                f"gene {at} (counted from 0) is called {gene!r}; a name must be text or a whole number."
            )
    return [str(gene) for gene in genes]


def _is_plain(name):
    """Return whether a name is one stripped line without what XML or UTF-8 cannot hold."""
    wrong = any(
        ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or ord(c) in (0xFFFE, 0xFFFF) for c in name
    )
    return name.splitlines() == [name] and name.strip() == name and not wrong


def _stripped(path, genes):
    """Return names as read without blanks around them; refuse one that is blank, repeated or not plain."""
    file, place = (genes_file(path), "row") if path.suffix == ".mtx" else (path, "gene")
    seen = {}
    for at, name in enumerate(map(str.strip, genes), 1):
        if not name:
            raise DataError(f"{file} has a gene without a name ({place} {at}); name every gene.")
        if not _is_plain(name):
            raise DataError(
                f"{file} has the gene name {shown(name)} ({place} {at}), with a tab or a control "
                f"character; write one name per {place} and nothing else."
            )
        if name in seen:
            raise DataError(
                f"{file} names {name} twice ({place}s {seen[name]} and {at}); give each gene a name of its own."
            )
        seen[name] = at
    return list(seen)


def _known(path):
    if not isinstance(path, (str, os.PathLike)) or "\0" in str(path):
        raise UsageError(f"path must name a file, not {path!r}.")
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path} must end in one of {', '.join(SUFFIXES)}.")
    return path


def _write_npz(path, B, genes):
    # The keys of scipy.sparse.save_npz; text of fixed width is read without pickles.
    layout = {"format": b"csc", "shape": np.array(B.shape)}
    columns = {"data": B.data, "indices": B.indices, "indptr": B.indptr, "_is_array": True}
    np.savez_compressed(path, **layout, **columns, genes=np.array(genes, dtype=np.str_))


def _read_npz(path):
    with np.load(check_arrays(path), allow_pickle=False) as file:
        if file["format"].item() != b"csc":
            raise DataError(f"{path} does not contain compressed columns; save a csc_array.")
        parts = ("shape", "data", "indices", "indptr")
        shape, data, indices, ends = (_numbers(path, file, name) for name in parts)
        # SciPy does not check the ends of columns before the last, and reads beyond its memory.
        if not ends.size or ends[0] != 0 or (np.diff(ends) < 0).any():
            raise ValueError("the ends of its columns are not in order")
        if not ends[-1] == indices.size == data.size:
            raise ValueError("its numbers of places and values differ")
        B = csc_array((data, indices, ends), shape=tuple(map(int, shape)))
        return B, _npz_names(path, file["genes"])


def _numbers(path, file, name):
    """Return an array; refuse types that NumPy would convert to other numbers than those in it."""
    kinds, need = ("iuf", "real numbers") if name == "data" else ("iu", "whole numbers")
    values = file[name]
    if values.dtype.kind not in kinds:
        raise DataError(f"{path} has the array {name} of type {values.dtype}; save {need} in it.")
    return values


def _npz_names(path, genes):
    """Return the names of an array of text, UTF-8 or whole numbers."""
    if genes.ndim != 1 or genes.dtype.kind not in "USiu":
        raise DataError(
            f"{path} has the array genes of type {genes.dtype} and shape {genes.shape}; save one name "
            "per gene in it, as text."
        )
    if genes.dtype.kind != "S":
        return [str(gene) for gene in genes]
    try:
        return [gene.decode() for gene in genes.tolist()]
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} has the gene name {error.object!r}, which is not text in UTF-8; save names as text."
        ) from error


def _write_mtx(path, B, genes):
    names = f"{len(genes)} genes, named in a file of their own"
    comment = f"rows: regulators; columns: targets; {names}"
    with open(path, "wb") as file:  # given a path, mmwrite says nothing of a full disk
        mmwrite(file, B, comment=comment, precision=17, symmetry="general")


def _read_mtx(path):
    names = genes_file(path)
    if not names.is_file():
        raise DataError(f"{names} does not exist; it must name the genes of {path}, one per line.")
    try:
        content = names.read_bytes()
        genes = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise not_utf8(str(names), BytesIO(content)) from error
    except OSError as error:
        raise unreadable(names, error) from error
    try:
        return _mtx_entries(path), genes
    except UnicodeDecodeError as error:
        with open(path, "rb") as file:
            raise not_utf8(str(path), file) from error


def _mtx_entries(path):
    with open(path, encoding="utf-8-sig") as file:
        words = file.readline().casefold().split()
        if words[:2] != ["%%matrixmarket", "matrix"] or len(words) != 5:
            raise ValueError("its first line is not that of Matrix Market")
        if words[2] != "coordinate":
            raise DataError(f"{path} contains a dense matrix; write it in coordinates.")
        if words[3] not in ("real", "double", "integer") or words[4] != "general":
            raise DataError(
                f"{path} contains a matrix that is {words[3]} and {words[4]}; write it as real and general."
            )
        sizes = next(line for line in file if line.strip() and not line.startswith("%"))
        rows, columns, entries = map(int, sizes.split())
        # SciPy's own reader reads beyond the memory of some malformed files.
        kinds = [(name, np.float64) for name in ("row", "column", "value")]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a network without edges
            found = np.loadtxt(file, kinds, comments=None, ndmin=1)
    if len(found) != entries:
        raise ValueError(f"it announces {entries} entries and has another number")
    for name in ("row", "column", "value")[: 3 if words[3] == "integer" else 2]:
        whole = np.isfinite(found[name]) & (found[name] == np.round(found[name]))
        if not whole.all():
            raise ValueError(f"a {name} is {found[name][~whole][0]:g}, but must be a whole number")
    places = tuple(found[name].astype(np.int64) - 1 for name in ("row", "column"))
    return coo_array((found["value"], places), shape=(rows, columns))


def _write_graphml(path, B, genes):
    graph = nx.DiGraph()
    graph.add_nodes_from(genes)
    regulators, targets = B.tocoo().coords
    edges = zip(regulators.tolist(), targets.tolist(), B.data.tolist())
    named = ((genes[q], genes[j], value) for q, j, value in edges)
    graph.add_weighted_edges_from(named, weight="coefficient")
    nx.write_graphml(graph, path)


def _read_graphml(path):
    reader = nx.readwrite.graphml.GraphMLReader()
    graphs = list(reader(path=str(path)))
    if not graphs:
        raise DataError(
            f"{path} has no graph in the XML namespace {_SPACE[1:-1]}; save it as GraphML."
        )
    if len(graphs) > 1:
        raise DataError(f"{path} contains {len(graphs)} graphs; write one network per file.")
    graph = graphs[0]
    _check_graphml(path, reader.xml.getroot())
    if not graph.is_directed() or graph.is_multigraph():
        raise DataError(
            f"{path} must contain a directed graph with at most one edge per ordered pair of genes."
        )
    place = {node: number for number, node in enumerate(graph)}
    edges = [(place[q], place[j], data.get("coefficient")) for q, j, data in graph.edges(data=True)]
    if any(value is None for *_, value in edges):
        raise DataError(f"{path} has an edge without the attribute coefficient.")
    rows, columns, values = zip(*edges) if edges else ((), (), ())
    values = np.array(values, float)
    shape = (len(place), len(place))
    return csc_array((values, (rows, columns)), shape=shape), _gene_names(path, graph)


def _check_graphml(path, root):
    """Refuse what networkx takes silently: ends that are no nodes, values that are there twice."""
    graph = root.find(f"{_SPACE}graph")
    nodes, edges = graph.findall(f"{_SPACE}node"), graph.findall(f"{_SPACE}edge")
    for kind, found in (("node", nodes), ("edge", edges)):
        if len(found) != sum(1 for _ in root.iter(f"{_SPACE}{kind}")):
            raise DataError(f"{path} has {kind}s outside of its graph; write it again.")
    ids = [node.get("id") for node in nodes]
    if None in ids or len(set(ids)) != len(ids):
        raise DataError(f"{path} has a node without an id, or an id twice; give each its own.")
    known = set(ids)
    for edge in edges:
        ends = edge.get("source"), edge.get("target")
        if not known.issuperset(ends):
            raise DataError(
                f"{path} has an edge from {ends[0]} to {ends[1]}, which is no node; correct it."
            )
    for item in (*nodes, *edges):
        keys = [data.get("key") for data in item.findall(f"{_SPACE}data")]
        if len(set(keys)) != len(keys):
            raise DataError(f"{path} has a node or an edge with one attribute twice; keep one.")
    for name in _NAMES:
        _key(path, root, "node", name)
    _check_coefficients(path, edges, _key(path, root, "edge", "coefficient"))


def _key(path, root, kind, name):
    """Return the key that declares an attribute of the nodes or edges, or None; refuse a second one."""
    keys = root.findall(f"{_SPACE}key")
    found = [key for key in keys if key.get("attr.name") == name]
    found = [key for key in found if key.get("for", "all") in (kind, "all")]
    ids = [key.get("id") for key in keys]
    if len(found) > 1 or (found and ids.count(found[0].get("id")) > 1):
        raise DataError(
            f"{path} has two keys with the name or the id of the {kind} attribute {name}; keep one of them."
        )
    return found[0] if found else None


def _check_coefficients(path, edges, key):
    """Refuse what networkx takes for a number and a table does not: truth values and 1_5."""
    if key is None:
        return
    if key.get("attr.type") == "boolean":
        raise DataError(f"{path} has coefficients of the type boolean; save them as double.")
    for edge in edges:
        for data in edge.findall(f"{_SPACE}data"):
            if data.get("key") == key.get("id") and "_" in (data.text or ""):
                raise DataError(
                    f"{path} has the coefficient {shown(data.text)} from {edge.get('source')} to "
                    f"{edge.get('target')}, which is no number; correct it."
                )


def _gene_names(path, graph):
    """Return the names of the genes: an attribute that all nodes have, or the ids if none has one."""
    partial = None
    for attribute in _NAMES:
        named = {node: data.get(attribute) for node, data in graph.nodes(data=True)}
        without = [node for node, name in named.items() if name is None]
        if named and not without:
            return [_node_name(path, node, name) for node, name in named.items()]
        if len(without) < len(named):
            partial = partial or (attribute, without[0])
    if partial:
        raise DataError(
            f"{path} has the attribute {partial[0]} for some nodes, but not for {partial[1]}; give it "
            "to all nodes or to none."
        )
    return list(graph)


def _node_name(path, node, name):
    """Return the name of a node as text; whole numbers, such as Entrez ids, may be of any type."""
    if isinstance(name, str):
        return name
    if isinstance(name, bool) or not float(name).is_integer():
        raise DataError(f"{path} has the name {name} for the node {node}; save names as text.")
    return str(int(name))


_WRITERS = {".npz": _write_npz, ".mtx": _write_mtx, ".graphml": _write_graphml}
_READERS = {".npz": _read_npz, ".mtx": _read_mtx, ".graphml": _read_graphml}

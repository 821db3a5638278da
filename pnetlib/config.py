"""The file config.yml, with which another cohort or other choices are analysed.

It is checked against a schema before anything is computed. A template with a comment for every key
is what ``pnetlib init`` writes.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pnetlib.errors import DataError, UsageError
from pnetlib.execution.files import not_utf8
from pnetlib.words import first_few

LARGEST = 1 << 20  # bytes; a larger file is no config
DEEPEST = 20  # lists and mappings within each other; a config has three
LEAST_SIZE = 5  # lines per group
_LEAVE_OUT = "leave it out for the profile's number"
Rule = Literal["extreme", "mean", "quantile"]
Role = Literal["sensitivity", "resistance", "marker"]
Direction = Literal["resistant", "sensitive"]
Size = Literal["smoke", "standard", "paper"]
_NAMED = ("markers", "parameters")  # parts whose keys are the user's


def _filled(names: list[str] | str) -> list[str] | str:
    if not names:
        raise ValueError("is empty; name one at least, or leave the key out")
    return _named_each(names)


def _named_each(names: Any) -> Any:
    """Refuse a list that has an item without a name."""
    if not isinstance(names, str):
        for at, name in enumerate(names, 1):
            if not str(name).strip():
                raise ValueError(f"has no name in item {at}; write it or remove the item")
    return names


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Part):
    """Files of one cohort, in the folder of the config, and how they are read.

    Attributes
    ----------
    expression, response : str
        Files with one row per cell line and a column per gene, or response, or turned.
    annotation : str, default ""
        File with the tissue of each cell line.
    tissue : str, default ""
        Column of the annotation that has it; "" means tissue, if there is one.
    layer : str, default ""
        Layer of an .h5ad file; "" means X.
    raw : bool, default False
        Whether the raw matrix of an .h5ad file is taken.
    sheet : str, default ""
        Sheet of workbooks; "" means the only one that has values.
    """

    expression: str = Field(min_length=1)
    response: str = Field(min_length=1)
    annotation: str = ""
    tissue: str = ""
    layer: str = ""
    raw: bool = False
    sheet: str = ""


class Responses(_Part):
    """Responses to analyse.

    Attributes
    ----------
    names : list of str, default []
        Their names, in this order; empty for all (for GDSC, the paper's four drugs).
    measure : str, default "response"
        What was measured, for axes and sentences.
    larger : {"resistant", "sensitive"}, default "resistant"
        What a larger value means.
    """

    names: list[str] = []
    measure: str = Field("response", min_length=1, max_length=40)
    larger: Direction = "resistant"

    _named = field_validator("names")(_filled)


class Groups(_Part):
    """Sensitive and resistant cell lines.

    Attributes
    ----------
    rule : {"extreme", "mean", "quantile"}, default "extreme"
        What sorts the lines.
    size : int, default 0
        Lines per group; 0, the value of a key that is left out, means the profile's, but at most a
        third of the lines with all responses.
    """

    rule: Rule = "extreme"
    size: int = 0

    @field_validator("size")
    @classmethod
    def _enough(cls, size: int) -> int:
        if size < LEAST_SIZE:
            raise ValueError(f"must be at least {LEAST_SIZE}; {_LEAVE_OUT}")
        return size


class Genes(_Part):
    """Genes to analyse: a number, a fraction or a list of them, at most one of the three.

    Attributes
    ----------
    number : int, default 0
        Genes of largest variance; 0, the value of a key that is left out, means the profile's number.
    fraction : float, default 0
        The same as a share of all genes.
    only : list of str or str, default []
        Names of genes, or a file with one name per line; no others enter.
    """

    number: int = 0
    fraction: float = 0.0
    only: list[str] | str = []

    _named = field_validator("only")(_filled)

    @field_validator("number")
    @classmethod
    def _some(cls, number: int) -> int:
        if number < 1:
            raise ValueError(f"must be at least 1; {_LEAVE_OUT}")
        return number

    @field_validator("fraction")
    @classmethod
    def _share(cls, fraction: float) -> float:
        if not 0 < fraction <= 1:
            raise ValueError(f"must be above 0 and at most 1; {_LEAVE_OUT}")
        return fraction

    @model_validator(mode="after")
    def _one(self) -> Genes:
        given = [name for name in ("number", "fraction", "only") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}; give one of them")
        return self


class Config(_Part):
    """All that a config.yml says.

    Attributes
    ----------
    name : str, default ""
        What the cohort is called in titles; "" means the name of the folder.
    data : Data or str
        Files, or a source such as gdsc.
    responses : Responses
    markers : dict of str to {"sensitivity", "resistance", "marker"}
        Genes to follow; one without a role, as in a list of genes, has the role "marker". Without
        any, those of the paper in its data, and the common markers of notebook 03 in others.
    groups : Groups
    genes : Genes
    regulators : list of str or str, default "all"
        Genes that may regulate: all, tfs, a file with one gene per line, or a list.
    profile : {"smoke", "standard", "paper"}, default "standard"
        Size of the run.
    seed : int, default 20220823
        Seed of every random draw.
    parameters : dict of str to str
        Further parameters of the notebooks by name.
    """

    name: str = Field("", max_length=60)
    data: Data | str
    responses: Responses = Responses()
    markers: dict[str, Role] = {}
    groups: Groups = Groups()
    genes: Genes = Genes()
    regulators: list[str] | str = "all"
    profile: Size = "standard"
    seed: Annotated[int, Field(ge=0)] = 20220823
    parameters: dict[str, str] = {}

    _named = field_validator("regulators")(_filled)

    @field_validator("markers", mode="before")
    @classmethod
    def _with_roles(cls, markers: Any) -> Any:
        if isinstance(markers, list):
            pairs = [_gene_and_role(entry) for entry in markers]
            genes = _named_each([gene for gene, _ in pairs])
            twice = {str(gene) for gene in genes if genes.count(gene) > 1}
            if twice:
                raise ValueError(f"names {first_few(sorted(twice))} more than once; name it once")
            markers = dict(pairs)
        if isinstance(markers, dict):
            _named_each(markers)
            return {gene: "marker" if role == "" else role for gene, role in markers.items()}
        return {} if markers == "" else markers

    @field_validator("parameters")
    @classmethod
    def _with_values(cls, parameters: dict[str, str]) -> dict[str, str]:
        if blank := [name for name, value in parameters.items() if value == ""]:
            raise ValueError(f"has no value for {first_few(blank)}; give one or remove the key")
        return parameters

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, whole: Any) -> Any:
        """Take a key without a value for one that is not there."""
        return _without_blank(whole) if isinstance(whole, dict) else whole


def _gene_and_role(entry: Any) -> tuple[str, Any]:
    """Return the gene that an entry of a list of markers names, and its role, or "" for none."""
    if isinstance(entry, dict) and len(entry) == 1:
        return next(iter(entry.items()))
    if isinstance(entry, str):
        return entry, ""
    raise ValueError(f"has {_shown(entry)} in its list, but must have genes, or genes with roles")


def _without_blank(part: dict[str, Any]) -> dict[str, Any]:
    """Leave out keys without a value, but not the genes and parameters that a user names."""
    return {
        key: _without_blank(value) if isinstance(value, dict) and key not in _NAMED else value
        for key, value in part.items()
        if value != "" or key == "data"
    }


class _Loader(yaml.SafeLoader):
    """Reads every plain value as text: NO and 1E5 are genes, and 2021-03-01 is no date here."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            last = [key for key, _ in node.value if key.value == twice[0]][-1]
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice[0]} occurs twice; keep one", last.start_mark
            )
        return super().construct_mapping(node, deep)


def read_config(path: str | Path) -> Config:
    """Return what a config says, checked.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Config

    Raises
    ------
    DataError
        If the file cannot be read.
    UsageError
        If it is no YAML, a key is unknown or a value is not allowed; the message names the place or
        the key, the value and what is allowed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path.name} has more than {LARGEST:,} bytes; it is no config.")
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(str(not_utf8(path.name, io.BytesIO(content)))) from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read ({error.strerror}); check the file and its permissions."
        ) from error
    return checked_config(_mapping(text, path.name), path.name)


def _mapping(text: str, name: str) -> dict[str, Any]:
    for number, line in enumerate(text.splitlines(), 1):
        blank = line[: len(line) - len(line.lstrip())]
        if odd := [character for character in blank if not character.isascii()]:
            raise UsageError(
                f"{name}, row {number}: the character U+{ord(odd[0]):04X} stands at the beginning for a space; "
                "type a space instead."
            )
    try:
        documents = depth = 0
        for event in yaml.parse(text, _Loader):
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            where = f"{name}, row {event.start_mark.line + 1}:"
            if isinstance(event, yaml.AliasEvent):
                raise UsageError(f"{where} an alias (*); write the value again in its place.")
            if getattr(event, "tag", None):
                raise UsageError(f"{where} a tag (!!{event.tag.rpartition(':')[2]}); leave it out.")
            if documents > 1:
                raise UsageError(f"{where} a second part after ---; remove it.")
            if depth > DEEPEST:  # reading takes the square of it
                raise UsageError(f"{name} is nested too deeply; it is no config.")
        found = _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", row {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = getattr(error, "problem", None) or "it is no YAML"
        if "\\t" in said:
            said = "there is a tab"
        remedy = _remedy(said, text, mark)
        raise UsageError(f"{name}{where}: {said}{remedy}.") from error
    if not isinstance(found, dict):
        raise UsageError(
            f"{name} has no keys; write `data: ...` at least, or let `init` write one."
        )
    return found


def _remedy(said: str, text: str, mark: yaml.Mark | None) -> str:
    """Return how to correct what the parser found at a place of a text, as the end of a sentence."""
    if "keep one" in said:
        return ""
    if "mapping values are not allowed" in said:
        key, colon, value = text.splitlines()[mark.line].partition(": ")
        if colon and len(key) < mark.column:  # a second colon in the row
            value = json.dumps(value.partition(" #")[0].strip(), ensure_ascii=False)
            return f"; write a value that has a colon in quotes, as in `{key.strip()}: {value}`"
    return "; write `key: value`, with two blanks, not a tab, before a key of a part"


def checked_config(values: Mapping[str, Any], name: str = "config.yml") -> Config:
    """Return the `Config` of nested values; `name` is that of the file in the message of an error."""
    try:
        return Config.model_validate(dict(values))
    except ValidationError as error:
        raise UsageError(f"{name}: {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    """Return what is wrong first, with the key, the value, and what is allowed."""
    found = error.errors(include_url=False)
    # A value that suits none of several types has an error for each: the deepest one says most.
    first = max(found, key=lambda one: (one["type"] == "extra_forbidden", len(one["loc"])))
    place, value, allowed = first["loc"], first["input"], first.get("ctx", {})
    key = ".".join(_keys(place))
    match first["type"]:
        case "extra_forbidden":
            return f"there is no key {key}; {_like(place)}"
        case "missing":
            return f"the key {key} is missing; add it."
        case "literal_error":
            return f"{key} is {value!r}, but must be {_plain(allowed['expected'])}."
        case "value_error":
            return f"{key or 'it'} {allowed['error']}{'' if isinstance(value, dict) else f' (it is {value!r})'}."
        case "bool_parsing" | "bool_type":
            return f"{key} is {value!r}, but must be true or false."
    if place == ("markers",):
        return f"markers is {_shown(value)}, but must be a list of genes, such as [TP53], or genes with roles."
    said = first["msg"].replace("Input should be", "must be")
    said = re.sub(r"a valid (integer|number|string|list|dictionary)\b.*", _kind, said)
    said = said.replace("String should have", "must have")
    return f"{key} is {_shown(value)}, but {said[0].lower()}{said[1:]}."


def _kind(match: re.Match) -> str:
    kinds = {"integer": "a whole number", "number": "a number", "string": "text"}
    kinds |= {"list": "a list, such as [A, B]", "dictionary": "a part with keys of its own"}
    return kinds[match[1]]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(expected: str) -> str:
    return expected.replace("'", "")


def _keys(place: tuple) -> list[str]:
    """Return the keys of a place, without the names of types that pydantic adds."""
    types = {"Data", "str", "list[str]", "[key]"}
    return [str(key) for key in place if str(key) not in types]


def _like(place: tuple) -> str:
    """Return the end of a sentence with the keys that there are in the part of an unknown one."""
    part: Any = Config
    for key in _keys(place)[:-1]:
        kinds = [part.model_fields[key].annotation, *get_args(part.model_fields[key].annotation)]
        part = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, _Part))
    known = list(part.model_fields)
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"keys are {', '.join(known)}."

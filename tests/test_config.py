"""The config: its schema, its errors, and that the packaged template is one."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from pnetlib.config import Direction, Role, Rule, Size, checked_config, read_config
from pnetlib.datasets import DEFAULT_SEED
from pnetlib.errors import DataError, UsageError
from pnetlib.steps.networks.compute import RULES
from pnetlib.steps.study import MARKER, ROLES
from pnetlib.workflow.parameters import PROFILES

DATA = {"expression": "e.csv", "response": "r.csv"}


def read(folder: Path, text: str):
    path = folder / "config.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path)


def test_what_the_schema_allows_is_what_the_analysis_knows():
    assert get_args(Rule) == RULES and get_args(Size) == PROFILES
    assert get_args(Role) == (*ROLES, MARKER) and get_args(Direction) == ("resistant", "sensitive")
    assert checked_config({"data": "gdsc"}).seed == DEFAULT_SEED


def test_a_whole_config_is_read_as_it_says(tmp_path):
    config = read(
        tmp_path,
        """
name: screen
data: {expression: a.csv, response: b.tsv, annotation: , raw: true}
responses: {names: [DTX, "A, B"], measure: AUC, larger: sensitive}
markers: {TP53: resistance, EGFR: marker}
groups: {rule: mean, size: 12}
genes: {fraction: 0.25}
regulators: [A, B]
profile: smoke
seed: 7
parameters: {draws: 1}
""",
    )
    assert config.data.expression == "a.csv" and config.data.annotation == "" and config.data.raw
    assert config.responses.names == ["DTX", "A, B"] and config.responses.larger == "sensitive"
    assert config.markers == {"TP53": "resistance", "EGFR": "marker"}
    assert (config.groups.rule, config.groups.size, config.genes.fraction) == ("mean", 12, 0.25)
    assert (config.regulators, config.profile, config.seed) == (["A", "B"], "smoke", 7)
    assert config.parameters == {"draws": "1"}


def test_names_that_yaml_takes_for_something_else_stay_names(tmp_path):
    text = "data: gdsc\nmarkers: [NO, ON, 1E5, 007, 2021-03-01, null, true, .inf, 0x1F, 1_000]\n"
    assert list(read(tmp_path, text).markers) == [
        "NO",
        "ON",
        "1E5",
        "007",
        "2021-03-01",
        "null",
        "true",
        ".inf",
        "0x1F",
        "1_000",
    ]


def test_a_key_without_a_value_has_its_default(tmp_path):
    config = read(tmp_path, "data: gdsc\nmarkers:\ngroups:\n  rule:\n  size:\nprofile:\ngenes:\n")
    assert config == checked_config({"data": "gdsc"})


@pytest.mark.parametrize(
    ("markers", "read_as"),
    [
        ("\n  - TP53: resistance\n  - EGFR: sensitivity", ["resistance", "sensitivity"]),
        (" [TP53, {EGFR: sensitivity}]", ["marker", "sensitivity"]),
        ("\n  TP53:\n  EGFR: sensitivity", ["marker", "sensitivity"]),
        ("\n  - TP53:\n  - EGFR", ["marker", "marker"]),
    ],
)
def test_markers_with_and_without_roles_are_all_kept(tmp_path, markers, read_as):
    config = read(tmp_path, f"data: gdsc\nmarkers:{markers}\n")
    assert config.markers == dict(zip(["TP53", "EGFR"], read_as))


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"# a comment\r\n", b"---\n"])
def test_marks_and_comments_in_front_change_nothing(tmp_path, start):
    assert read(tmp_path, start + b"data: gdsc\r\n").data == "gdsc"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", UsageError, "config.yml has no keys"),
        ("- a\n", UsageError, "has no keys"),
        ("data gdsc", UsageError, "has no keys"),
        ("name: x\n", UsageError, "the key data is missing; add it"),
        ("data: {expression: a}\n", UsageError, "the key data.response is missing"),
        ("data: {expression: , response: b}\n", UsageError, "data.expression is missing"),
        ("data: gdsc\ngroops: {}\n", UsageError, "there is no key groops; did you mean groups?"),
        ("data: gdsc\ngroups: {sizes: 3}\n", UsageError, "no key groups.sizes; did you mean size?"),
        ("data: gdsc\nx1: {}\n", UsageError, "no key x1; keys are name, data, responses"),
        (
            "data: {expression: a, response: b, layr: c}\n",
            UsageError,
            "no key data.layr; did you mean layer?",
        ),
        (
            "data: gdsc\nprofile: big\n",
            UsageError,
            "profile is 'big', but must be smoke, standard or paper",
        ),
        (
            "data: gdsc\ngroups: {rule: top}\n",
            UsageError,
            "groups.rule is 'top', but must be extreme, mean or quantile",
        ),
        (
            "data: gdsc\ngroups: {size: 3}\n",
            UsageError,
            "groups.size must be at least 5; leave it out for the profile's number (it is '3')",
        ),
        ("data: gdsc\ngroups: {size: -1}\n", UsageError, "groups.size must be at least 5"),
        ("data: gdsc\ngroups: {size: 0}\n", UsageError, "groups.size must be at least 5"),
        (
            "data: gdsc\ngenes: {number: 0}\n",
            UsageError,
            "genes.number must be at least 1; leave it",
        ),
        (
            "data: gdsc\ngenes: {fraction: 0}\n",
            UsageError,
            "genes.fraction must be above 0 and at most 1; leave it out for the profile's number (it is '0')",
        ),
        ("data: gdsc\ngenes: {only: []}\n", UsageError, "genes.only is empty; name one at least"),
        ("data: gdsc\nresponses: {names: []}\n", UsageError, "responses.names is empty; name one"),
        ("data: gdsc\nregulators: []\n", UsageError, "regulators is empty; name one at least"),
        (
            "data: gdsc\ngenes:\n  only:\n    - TP53\n    -\n    - MDM2\n",
            UsageError,
            "genes.only has no name in item 2; write it or remove the item (it is ['TP53', '', 'MDM2'])",
        ),
        (
            'data: gdsc\nresponses: {names: [DTX, " "]}\n',
            UsageError,
            "responses.names has no name in item 2",
        ),
        ("data: gdsc\nregulators: ['', TP53]\n", UsageError, "regulators has no name in item 1"),
        ("data: gdsc\nmarkers:\n  - TP53\n  -\n", UsageError, "markers has no name in item 2"),
        ("data: gdsc\nmarkers: ['': marker]\n", UsageError, "markers has no name in item 1"),
        ("data: gdsc\nmarkers: {A: marker, '': }\n", UsageError, "markers has no name in item 2"),
        (
            "data: gdsc\ngroups: {size: ten}\n",
            UsageError,
            "groups.size is 'ten', but must be a whole number",
        ),
        ("data: gdsc\ngenes: {fraction: 2}\n", UsageError, "genes.fraction must be above 0 and at"),
        ("data: gdsc\ngenes: {fraction: nan}\n", UsageError, "(it is 'nan')"),
        (
            "data: gdsc\ngenes: {number: 5, fraction: 0.1}\n",
            UsageError,
            "genes has number and fraction; give one of them",
        ),
        ("data: gdsc\nseed: 1.5\n", UsageError, "seed is '1.5', but must be a whole number"),
        (
            "data: gdsc\nresponses: {names: DTX}\n",
            UsageError,
            "responses.names is 'DTX', but must be a list",
        ),
        (
            "data: gdsc\nresponses: {larger: better}\n",
            UsageError,
            "responses.larger is 'better', but must be resistant or sensitive",
        ),
        (
            "data: gdsc\nmarkers: {TP53: bad}\n",
            UsageError,
            "markers.TP53 is 'bad', but must be sensitivity, resistance or marker",
        ),
        ("data: gdsc\nmarkers: [A, B, A]\n", UsageError, "markers names A more than once"),
        ("data: gdsc\nmarkers: [A, A: marker]\n", UsageError, "markers names A more than once"),
        (
            "data: gdsc\nmarkers: [[TP53, EGFR], MDM2]\n",
            UsageError,
            "markers has ['TP53', 'EGFR'] in its list, but must have genes, or genes with roles",
        ),
        (
            "data: gdsc\nmarkers: [{A: marker, B: marker}]\n",
            UsageError,
            "markers has {'A': 'marker', 'B': 'marker'} in its list, but must have genes",
        ),
        (
            "data: gdsc\nmarkers: [TP53: bad]\n",
            UsageError,
            "markers.TP53 is 'bad', but must be sensitivity, resistance or marker",
        ),
        (
            "data: gdsc\nparameters: {n_starts: }\n",
            UsageError,
            "parameters has no value for n_starts; give one or remove the key",
        ),
        ("data: gdsc\nmarkers: TP53\n", UsageError, "markers is 'TP53', but must be"),
        (
            "data: {expression: a, response: b, raw: maybe}\n",
            UsageError,
            "data.raw is 'maybe', but must be true or false",
        ),
        ("data: gdsc\nseed: 1\nseed: 2\n", UsageError, "the key seed occurs twice"),
        ("data:\n\texpression: a\n", UsageError, "config.yml, row 2, column 1"),
        (
            "name: Rotterdam: the panel # of 2021\ndata: gdsc\n",
            UsageError,
            'in quotes, as in `name: "Rotterdam: the panel"`.',
        ),
        (
            "data: gdsc\n  seed: 1\n",
            UsageError,
            "row 2, column 7: mapping values are not allowed here; write `key: value`, with",
        ),
        ("data: [gdsc\n", UsageError, "config.yml, row"),
        ("data: &a gdsc\nname: *a\n", UsageError, "row 2: an alias"),
        ("data: !!python/name:os.system\n", UsageError, "config.yml, row 1: a tag"),
        ("data: !!int foo\n", UsageError, "config.yml, row 1: a tag (!!int); leave it out"),
        ("data: !!timestamp foo\n", UsageError, "config.yml, row 1: a tag"),
        ("data: gdsc\n---\nseed: 1\n", UsageError, "row 2: a second part after ---; remove it"),
        ("data: " + "[" * 500_000 + "]" * 500_000, UsageError, "nested too deeply"),
        ("a: {" * 21 + "}" * 21, UsageError, "nested too deeply"),
        (b"data: \xff\n", UsageError, "not text in UTF-8"),
        (b"data: gdsc\n#" + b"x" * (1 << 20), UsageError, "more than 1,048,576 bytes"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(tmp_path, text, error, words):
    with pytest.raises(error) as raised:
        read(tmp_path, text)
    said = str(raised.value)
    assert words in said and said.endswith((".", "?")) and "\n" not in said, said


def test_a_config_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"^none.yml cannot be read"):
        read_config(tmp_path / "none.yml")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_sentence(tmp_path_factory, text):
    try:
        read(tmp_path_factory.mktemp("config"), text.encode("utf-8", "replace"))
    except UsageError as error:
        assert "\n" not in str(error)


@given(
    st.recursive(
        st.text(max_size=5) | st.none() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["data", "groups", "size", "x"]), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_any_values_are_taken_or_refused_in_one_sentence(values):
    try:
        checked_config(values if isinstance(values, dict) else {"data": values})
    except UsageError as error:
        assert str(error).startswith("config.yml: ") and "\n" not in str(error)


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000"])
def test_a_blank_that_is_no_usual_one_is_named_with_its_row(tmp_path, blank):
    path = tmp_path / "config.yml"
    path.write_text(f"data:\n{blank} expression: a.csv\n", "utf-8")
    says = rf"row 2: the character U\+{ord(blank):04X} stands at the beginning for a space; type"
    with pytest.raises(UsageError, match=says):
        read_config(path)
    path.write_text(f"name: A{blank}B\ndata: gdsc\n", "utf-8")
    assert read_config(path).name == f"A{blank}B"

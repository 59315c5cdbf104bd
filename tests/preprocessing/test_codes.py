"""Codes are where the namesake puts its ones, whatever a value is."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing
from sklearn.exceptions import NotFittedError

import scalml
from scalml.preprocessing import OneHotEncoder
from scalml.preprocessing.codes import Encoding
from scalml.statistics import CodedRows

TOWNS = ["Ulm", "Bonn", "Köln", "Bonn", "Ulm", "Ulm", "Aue"]


def frames():
    """Frames whose columns hold values of all kinds, with and without gaps."""
    gaps = pd.Series([*TOWNS[:5], None, "Aue"], dtype="str")
    yield "text", pd.DataFrame({"a": pd.Series(TOWNS, dtype="str"), "b": gaps})
    yield "objects", pd.DataFrame({"a": np.array([*TOWNS[:5], None, np.nan], dtype=object)})
    yield "category", pd.DataFrame({"a": gaps.astype("category"), "b": pd.Categorical(range(7))})
    yield "numbers", pd.DataFrame({"a": [3, 1, 1, 2, 3, 1, 9], "b": [0.5, np.nan] * 3 + [2.0]})
    yield "booleans", pd.DataFrame({"a": [True, False, True, True, False, True, True]})
    yield "nullable", pd.DataFrame({"a": pd.array([1, 2, None, 1, 1, 2, 3], dtype="Int64")})
    days = np.array([0, 3, 1, 0, 0, 1, 2], dtype="datetime64[D]")
    yield "nanoseconds", pd.DataFrame({"a": days.astype("datetime64[ns]")})
    yield "days", days[:, None]
    yield "durations", pd.DataFrame({"a": (days - days[0]).astype("timedelta64[s]")})
    yield "array", np.array([[1.0, 5], [np.nan, 5], [1, 6], [2, 6], [2, 5], [1, 5], [3, 5]])
    yield "half", np.array([[1.0], [2.0], [1.0]] * 3, dtype=np.float16)
    yield "fortran", np.asfortranarray(np.arange(14).reshape(7, 2) % 3)


@pytest.mark.parametrize(("kind", "rows"), [pytest.param(k, r, id=k) for k, r in frames()])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"drop": "first"},
        {"drop": "if_binary"},
        {"min_frequency": 2},
        {"max_categories": 2, "drop": "first"},
    ],
    ids=str,
)
def test_codes_are_the_namesakes_ones(kind, rows, options):
    plain = sklearn.preprocessing.OneHotEncoder(**options).fit(rows)
    expected = plain.transform(rows).toarray()
    encoding = Encoding(plain)
    ones = encoding(rows)
    assert ones.dtype == np.int32
    assert encoding.n_columns == expected.shape[1]
    coded = CodedRows(
        np.empty((len(rows), 0)), ones, np.array([], int), encoding.bounds, encoding.n_columns
    )
    np.testing.assert_array_equal(coded.toarray(), expected)


@pytest.mark.parametrize("unknown", ["ignore", "infrequent_if_exist"])
def test_unknown_values_are_the_namesakes_to_judge(unknown):
    known = pd.DataFrame({"a": pd.Series(["x", "x", "y", "z"], dtype="str")})
    seen = pd.DataFrame({"a": pd.Series(["w", "x", None, "z", "w"], dtype="str")})
    plain = sklearn.preprocessing.OneHotEncoder(handle_unknown=unknown, min_frequency=2).fit(known)
    encoding = Encoding(plain)
    coded = CodedRows(
        np.empty((5, 0)), encoding(seen), np.array([], int), encoding.bounds, encoding.n_columns
    )
    np.testing.assert_array_equal(coded.toarray(), plain.transform(seen).toarray())


def test_unknown_values_are_refused_in_the_namesakes_words():
    plain = sklearn.preprocessing.OneHotEncoder().fit(np.array([[1], [2]]))
    with pytest.raises(ValueError, match=r"Found unknown categories \[np.int64\(7\)\] in column 0"):
        Encoding(plain)(np.array([[1], [7]]))


def test_categories_that_do_not_occur_are_not_asked_about():
    known = pd.DataFrame({"a": pd.Categorical(["x", "y"])})
    plain = sklearn.preprocessing.OneHotEncoder().fit(known)
    more = pd.DataFrame({"a": pd.Categorical(["y", "y"], categories=["x", "y", "never"])})
    np.testing.assert_array_equal(Encoding(plain)(more), [[1], [1]])


@pytest.mark.parametrize("rows", [r for _, r in frames()], ids=[k for k, _ in frames()])
@pytest.mark.parametrize("sparse_output", [True, False])
def test_chunks_are_encoded_as_the_namesake_does(rows, sparse_output):
    plain = sklearn.preprocessing.OneHotEncoder(sparse_output=sparse_output, dtype=np.float32)
    expected = plain.fit_transform(rows)
    make = scalml.from_frame if isinstance(rows, pd.DataFrame) else scalml.from_array
    X = make(rows, chunk_rows=3)
    encoder = OneHotEncoder(sparse_output=sparse_output, dtype=np.float32).fit(X)
    found = encoder.transform(X).to_numpy()
    assert found.dtype == np.float32
    assert type(found) is type(expected)
    if sparse_output:
        found, expected = found.toarray(), expected.toarray()
    np.testing.assert_array_equal(found, expected)


def test_an_encoder_must_be_fitted():
    with pytest.raises(NotFittedError):
        OneHotEncoder().encoding()


def asked(monkeypatch, encoding):
    """A list of the rows that the namesake is shown from now on."""
    shown, transform = [], encoding.plain.transform

    def tell(rows):
        shown.append(len(rows))
        return transform(rows)

    monkeypatch.setattr(encoding.plain, "transform", tell)
    return shown


KNOWN = ["text", "category", "numbers", "array", "fortran"]


@pytest.mark.parametrize("rows", [r for k, r in frames() if k in KNOWN], ids=KNOWN)
def test_the_namesake_is_not_asked_about_categories_again(rows, monkeypatch):
    encoding = Encoding(sklearn.preprocessing.OneHotEncoder().fit(rows))
    shown = asked(monkeypatch, encoding)
    encoding(rows)
    encoding(rows[::2])
    assert shown == []


def test_the_namesake_is_shown_each_unknown_value_once(monkeypatch):
    known = pd.DataFrame({"a": pd.Series(["x", "y"], dtype="str"), "b": [1, 3]})
    more = pd.DataFrame(
        {"a": pd.Series([None, "w", "w", "x", None] * 9, dtype="str"), "b": [1, 2, 2, 2, 3] * 9}
    )
    plain = sklearn.preprocessing.OneHotEncoder(handle_unknown="ignore").fit(known)
    encoding = Encoding(plain)
    shown = asked(monkeypatch, encoding)
    found = encoding(more)
    assert shown == [2]
    np.testing.assert_array_equal(found, [[4, 2], [4, 4], [4, 4], [0, 4], [4, 3]] * 9)


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (np.array([[1], [2], [4]]), np.array([[1.0], [4.0], [2.5]])),
        (np.array([[0.1], [0.5]]), np.array([[0.1], [0.5]], dtype=np.float32)),
        (np.array([[1.0], [np.nan]]), np.array([[1], [2]])),
        (np.array([[1], [2]], dtype=np.int64), np.array([[1], [2], [3]], dtype=np.uint8)),
        (np.array([["a"], ["b"]]), pd.DataFrame({"x0": pd.Series(["b", "c"], dtype="str")})),
    ],
    ids=["floats", "short floats", "integers", "short integers", "text"],
)
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_values_of_other_types_are_the_namesakes_to_compare(known, seen):
    plain = sklearn.preprocessing.OneHotEncoder(handle_unknown="ignore").fit(known)
    encoding = Encoding(plain)
    coded = CodedRows(
        np.empty((len(seen), 0)), encoding(seen), np.array([], int), encoding.bounds, len(known)
    )
    np.testing.assert_array_equal(coded.toarray(), plain.transform(seen).toarray())


def test_codes_go_where_they_are_wanted():
    known = pd.DataFrame({"a": pd.Series(["x", "y"], dtype="str"), "b": [1, 3]})
    more = pd.DataFrame({"a": pd.Series(["y", "w"], dtype="str"), "b": [3, 1]})
    encoding = Encoding(sklearn.preprocessing.OneHotEncoder(handle_unknown="ignore").fit(known))
    wider = np.zeros((2, 4), dtype=np.int32)
    encoding(more, wider[:, 1:3], start=10, none=99)
    np.testing.assert_array_equal(wider, [[0, 11, 13, 0], [0, 99, 12, 0]])


def test_what_is_sent_to_workers_has_no_dictionary():
    """It takes the memory of the categories again, and is made where rows are looked up."""
    words = pd.DataFrame({"a": [f"word {k}" for k in range(5000)]})
    encoding = Encoding(sklearn.preprocessing.OneHotEncoder().fit(words))
    ones = encoding(words)
    assert len(pickle.dumps(encoding.known)) < 1.2 * len(pickle.dumps(words["a"].tolist())) + 20_000
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoding))(words), ones)

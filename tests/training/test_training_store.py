"""Stored files: read as they were written, or not at all."""

import warnings

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.training import store

KINDS = st.sampled_from(["float32", "float16", "int64", "uint32", "U3"])
ARRAYS = st.dictionaries(
    st.sampled_from("abc"),
    KINDS.flatmap(lambda kind: arrays_of.arrays(kind, st.sampled_from([(), (0,), (2, 3)]))),
)
RECORDS = st.dictionaries(st.text(max_size=3), st.lists(st.floats(allow_nan=False), max_size=3))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("store") / "some.npz"


@settings(deadline=None)
@given(arrays=ARRAYS, record=RECORDS)
def test_what_is_stored_is_read(path, arrays, record):
    store.save(path, arrays, record)
    found, same = store.load(path)
    assert same == record and list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@settings(deadline=None, max_examples=300)
@given(arrays=ARRAYS, where=st.integers(0, 10**9), half=st.booleans())
def test_a_flipped_bit_or_half_a_file_counts_as_no_file(path, arrays, where, half):
    store.save(path, arrays, {"history": [1.0]})
    content = bytearray(path.read_bytes())
    if half:
        del content[where % len(content) :]
    else:
        content[where // 8 % len(content)] ^= 1 << where % 8
    path.write_bytes(content)
    with warnings.catch_warnings(record=True, action="always") as told:
        assert store.load(path) is None
        assert store.load(path) is None
    assert [str(warning.message) for warning in told] == [
        f"{path} is damaged: removed, and made again"
    ]


def test_nothing_is_pickled(path):
    with pytest.raises(ValueError, match="allow_pickle"):
        store.save(path, {"a": np.array([{}])}, {})


def test_an_array_stays_readable_by_numpy(path):
    store.save(path, {"a": np.arange(3)}, {})
    with np.load(path) as stored:
        np.testing.assert_array_equal(stored["a"], [0, 1, 2])

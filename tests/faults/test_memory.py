"""The memory limit holds for the whole process tree, and what cannot keep it is refused."""

import os
import time

import numpy as np
import pytest

import scalml
from scalml.runtime import tree_memory
from tests.faults.tools import FAMILIES, Child, chunked, numbers

MIB = 2**20
X, y = numbers()


@pytest.mark.fault("F04")
@pytest.mark.parametrize("family", FAMILIES)
def test_what_does_not_fit_is_refused_before_anything_is_read(family):
    def refuse(block):
        assert len(block) == 0, "read"
        return block

    with (
        scalml.config_context(memory_limit="30MB"),
        pytest.raises(MemoryError, match=r"MiB of the 29 MiB allowed"),
    ):
        FAMILIES[family]().fit(chunked(X, func=refuse), y)


@pytest.mark.fault("F04")
def test_the_chunk_rows_that_are_named_do_fit(tmp_path):
    path = tmp_path / "x.npy"
    np.lib.format.open_memmap(path, "w+", np.float64, (2**20, 64)).flush()  # a sparse file
    with scalml.config_context(memory_limit=tree_memory() + 100 * MIB):
        with pytest.raises(MemoryError) as caught:
            scalml.reduce_chunks(np.sum, scalml.read_npy(path, chunk_rows=2**19))
        rows = int(str(caught.value).split("chunk_rows=")[1].split(" ")[0])
        chunks = scalml.read_npy(path, chunk_rows=int(rows * 0.9))
        assert scalml.reduce_chunks(np.sum, chunks) == 0


needs_linux = pytest.mark.skipif(
    not os.path.exists("/proc/self/smaps_rollup"), reason="only Linux tells"
)


def peak_of(child):
    """The most memory that a child's process tree held until it ended well."""
    peak = 0
    while child.process.poll() is None:
        peak = max(peak, tree_memory(child.process.pid))
        time.sleep(0.01)
    status, errors = child.run()
    assert status == 0, errors
    assert (child.folder / "done").exists()
    assert peak > 50 * MIB  # it was seen
    return peak


FIT = """
from tests.faults.tools import FAMILIES
X = scalml.read_npy(FOLDER + "/x.npy")
y = np.resize(np.array([0, 1], dtype=np.int8), X.shape[0])
model = FAMILIES[{family!r}]()
with scalml.config_context(backend={backend!r}, memory_limit={limit}):
    model.fit(X, y)
mark("done")
"""


@pytest.mark.fault("F05")
@needs_linux
@pytest.mark.parametrize(
    ("family", "backend", "limit"),
    [
        pytest.param("StandardScaler", None, 320 * MIB),
        pytest.param("StandardScaler", "processes", 700 * MIB, marks=pytest.mark.slow),
        pytest.param("LogisticRegression", "processes", 700 * MIB, marks=pytest.mark.slow),
        *[
            # labels of 8 million rows in memory, and the maps of two steps
            pytest.param(
                family, None, (400 if family == "Pipeline" else 320) * MIB, marks=pytest.mark.slow
            )
            for family in FAMILIES
            if family != "StandardScaler"
        ],
    ],
)
def test_the_peak_of_ten_times_the_limit_stays_under_it(family, backend, limit, tmp_path):
    # A file with a hole reads as zeros and takes no disk.
    shape = (10 * limit // 400, 50)
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float64, shape).flush()
    peak = peak_of(Child(tmp_path, FIT.format(family=family, backend=backend, limit=limit)))
    print(f"{family} {backend}: peak {peak / MIB:.0f} MiB")  # noqa: T201
    assert peak <= limit


@pytest.mark.fault("F05")
@needs_linux
@pytest.mark.slow
def test_ranking_stays_under_the_limit(tmp_path):
    """Eight million different scores, whose ranks would take 670 MB at once."""
    scores = np.random.default_rng(0).random(8_000_000)
    np.save(tmp_path / "scores.npy", scores)
    np.save(tmp_path / "y.npy", scores > np.roll(scores, 1))
    code = f"""
    from scalml.metrics import roc_auc_score
    y, scores = (scalml.read_npy(FOLDER + name) for name in ("/y.npy", "/scores.npy"))
    with scalml.config_context(memory_limit={400 * MIB}):
        assert abs(roc_auc_score(y, scores) - 5 / 6) < 1e-3
    mark("done")
    """
    peak = peak_of(Child(tmp_path, code))
    print(f"AUC: peak {peak / MIB:.0f} MiB")  # noqa: T201
    assert peak <= 400 * MIB


@pytest.mark.fault("F05")
@needs_linux
@pytest.mark.slow
def test_parsing_text_stays_under_the_limit(tmp_path):
    rng = np.random.default_rng(0)
    lines = "".join(
        f"{a:.6f},{b},word{b}\n" for a, b in zip(rng.random(20_000), range(20_000), strict=True)
    )
    with open(tmp_path / "x.csv", "w") as file:
        file.write("a,b,c\n")
        for _ in range(100):
            file.write(lines)
    code = f"""
    frame = scalml.read_csv(FOLDER + "/x.csv")
    with scalml.config_context(backend="processes", memory_limit={900 * MIB}):
        from scalml.preprocessing import StandardScaler
        StandardScaler().fit(frame[["a", "b"]])
    mark("done")
    """
    peak = peak_of(Child(tmp_path, code))
    print(f"CSV: peak {peak / MIB:.0f} MiB")  # noqa: T201
    assert peak <= 900 * MIB

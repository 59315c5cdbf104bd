"""What the benchmarks decide for themselves: turns, verdicts, and how large a file may be."""

from types import SimpleNamespace

import pytest

bench = pytest.importorskip("benchmarks.__main__")  # not in the source distribution

from benchmarks import big, registry, report, targets  # noqa: E402
from benchmarks.data import Files, repeat_flights  # noqa: E402

ONE, TWO = targets.ONE, targets.OURS


def run(workload, system, time, **more):
    usual = {"laps": {"fit": time / 2}, "quality": {}, "memory": 1e8, "mapped": 0, "versions": {}}
    named = {"workload": workload, "system": system, "failure": None}
    return named | {"time": time, "imports": 0.0, "pool": 0.0} | usual | more


@pytest.mark.parametrize(
    ("seconds", "repeat", "turns"), [(0.9, None, 3), (1.1, None, 1), (9, 2, 2)]
)
def test_short_workloads_are_repeated(monkeypatch, seconds, repeat, turns):
    def one(files, workload, system, timeout):
        return run(workload, system, seconds if system == TWO else 5.0)

    monkeypatch.setattr(bench, "one", one)
    monkeypatch.setattr(bench, "prepare", lambda files, workload: None)
    options = SimpleNamespace(repeat=repeat, timeout=1.0)
    runs = bench.measure(None, "pca", [TWO, ONE], options)
    assert [found["system"] for found in runs].count(ONE) == turns
    assert report.summarise(runs)["pca", TWO]["runs"] == turns


def test_what_failed_is_not_tried_again(monkeypatch):
    def one(files, workload, system, timeout):
        return run(workload, system, 0.1, failure="failed" if system == ONE else None)

    monkeypatch.setattr(bench, "one", one)
    monkeypatch.setattr(bench, "prepare", lambda files, workload: None)
    runs = bench.measure(None, "pca", [TWO, ONE], SimpleNamespace(repeat=None, timeout=1.0))
    assert [found["system"] for found in runs] == [TWO, ONE, TWO, TWO]


def test_a_ratio_shows_its_two_times():
    summaries = report.summarise([run("pca", TWO, 2.0), run("pca", ONE, 3.5)])
    verdict = targets.faster(summaries, "pca", (ONE,), 1.7, "one worker")
    assert verdict.measured == "1.75x: 3.50 s, 2.00 s"
    assert verdict.met
    assert report.speedups(summaries)[2:] == [
        "| pca | all | 3.50 | 2.00 | 1.75 |",
        "| pca | fit | 1.75 | 1.00 | 1.75 |",
    ]


def test_median_times_and_highest_peaks_count():
    runs = [run("pca", TWO, time, memory=1e6 * held) for time, held in ((1, 5), (9, 7), (2, 6))]
    found = report.summarise(runs)["pca", TWO]
    assert (found["time"], found["laps"], found["memory"]) == (2, {"fit": 1}, 7e6)


def test_longer_files_are_told_by_their_rows(tmp_path):
    runs = [
        run("pca", TWO, 2.0, quality={"variance explained": 0.5, "in": "float32"}),
        run("pca", "scalml-2, 8,000 rows", 8.0, big=8000, memory=8e8),
    ]
    files = Files(str(tmp_path), 2000, 5000, 0.3)
    options = SimpleNamespace(rows=2000, csv_rows=5000, flight_copies=0.3)
    report.write(tmp_path / "results.md", runs, files, options)
    text = (tmp_path / "results.md").read_text()
    assert "variance explained 0.5; in float32" in text
    assert "| pca | peak memory under 700 MB | 100 MB | met |" in text
    assert "| pca | peak memory under 700 MB for 8,000 rows | 800 MB | **not met** |" in text


@pytest.mark.parametrize("workload", registry.WORKLOADS)
def test_every_workload_is_done_by_one_and_by_two_workers(workload):
    assert {ONE, TWO} <= set(registry.systems_of(workload))


def test_large_file_is_apart():
    assert big.WORKLOAD not in registry.WORKLOADS
    assert registry.find(big.WORKLOAD, TWO) is not None


@pytest.mark.parametrize("free", [75e9, 90e9, 110e9, 500e9])
def test_large_file_exceeds_the_memory_and_leaves_room(free):
    memory = 25.3e9
    size = big.choose(None, free, memory) * big.COPY
    assert memory < size <= big.USUAL
    assert size * (1 + big.CACHE) + big.SPARE <= free
    # scalml makes no cache that needs more than four fifths of what is free.
    assert size * big.CACHE <= 0.8 * (free - size) + 1


def test_large_file_is_refused_with_the_numbers():
    with pytest.raises(ValueError, match=r"990 copies .* 71.0 GB, and 30.0 GB are free"):
        big.choose(None, 30e9, 25.3e9)
    with pytest.raises(ValueError, match=r"3000 copies are 78.0 GB"):
        big.choose(3000.0, 75e9, 25.3e9)
    with pytest.raises(ValueError, match=r"must be a multiple of 30, got 31"):
        big.choose(31.0, 75e9, 25.3e9)
    assert big.choose(0.3, 30e9, 25.3e9) == 0.3


def test_large_file_has_one_header(tmp_path):
    piece = Files(str(tmp_path), 0, 0, 0.5)
    files = Files(str(tmp_path / "big"), 0, 0, 1.5)
    piece.flights.write_text("a,b\n1,2\n3,4\n")
    repeat_flights(files, piece)
    assert files.flights.read_text() == "a,b\n" + 3 * "1,2\n3,4\n"

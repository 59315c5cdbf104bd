"""CSV to classifier: impute, scale, one-hot, one epoch of SGD, predict every row.

The numbers have gaps, the texts are categories. The work ends with the accuracy over
all rows; the log-loss of the first rows is computed afterwards.
"""

from itertools import pairwise

from benchmarks import quality
from benchmarks.data import NUMBERS, TEXTS
from benchmarks.registry import benchmark
from benchmarks.workers import start_scalml

WORKLOAD = "csv_pipeline"
HEAD = 20_000  # rows for the log-loss


def head(files):
    """Return the first rows and their targets, by pandas."""
    import pandas as pd

    frame = pd.read_csv(files.csv, nrows=HEAD)
    return frame.drop(columns="target"), frame["target"].to_numpy()


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    from sklearn.linear_model import SGDClassifier

    import scalml
    from scalml.compose import ColumnTransformer
    from scalml.impute import SimpleImputer
    from scalml.pipeline import make_pipeline
    from scalml.preprocessing import OneHotEncoder, StandardScaler
    from scalml.wrappers import Incremental

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"):
        start_scalml(n_jobs)
        with clock:
            frame = scalml.read_csv(files.csv).cache()  # read as text once, used three times
            clock.lap("first pass")
            X, y = frame.drop(columns="target"), frame["target"]
            prepare = ColumnTransformer(
                [
                    ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
                    ("texts", OneHotEncoder(), list(TEXTS)),
                ]
            ).fit(X)
            clock.lap("prepare")
            Z = prepare.transform(X)
            model = Incremental(SGDClassifier(loss="log_loss", random_state=0))
            model.fit(Z, y, classes=[0, 1])
            clock.lap("sgd")
            accuracy = float((model.predict(Z) == y.to_array()).mean())
            clock.lap("predict")
    X, y = head(files)
    probability = model.predict_proba(prepare.transform(X))[:, 1]
    return {"accuracy": accuracy, "log-loss": quality.log_loss(y, probability)}


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    clock.imported()
    with clock:
        frame = pd.read_csv(files.csv)
        X, y = frame.drop(columns="target"), frame["target"]
        clock.lap("read")
        prepare = ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
                ("texts", OneHotEncoder(), list(TEXTS)),
            ]
        )
        Z = prepare.fit_transform(X)
        clock.lap("prepare")
        # tol=None: one epoch is meant, not a failure to converge.
        model = SGDClassifier(loss="log_loss", max_iter=1, tol=None, random_state=0).fit(Z, y)
        clock.lap("sgd")
        accuracy = float((model.predict(Z) == y).mean())
        clock.lap("predict")
    X, y = head(files)
    probability = model.predict_proba(prepare.transform(X))[:, 1]
    return {"accuracy": accuracy, "log-loss": quality.log_loss(y, probability)}


@benchmark(WORKLOAD, "dask-threads", scheduler="threads")
@benchmark(WORKLOAD, "dask-distributed", scheduler="distributed")
def with_dask_ml(files, clock, scheduler):
    """Every pass reads the CSV again, as the frame is not persisted: it is to be scalable.

    dask-ml's ColumnTransformer fails with scikit-learn 1.6 (its `_hstack` lacks an
    argument), so the two parts are fitted by hand and put side by side. Columns selected
    from what Dask's own `categorize` returns fail too (dask/dask#11147): dask-ml's
    Categorizer finds the same categories.
    """
    import dask
    import dask.dataframe as dd
    from dask_ml.impute import SimpleImputer
    from dask_ml.preprocessing import Categorizer, OneHotEncoder, StandardScaler
    from dask_ml.wrappers import Incremental
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline

    from benchmarks import dask_tools

    clock.imported()
    with dask_tools.scheduler(scheduler):
        with clock:
            frame = dd.read_csv(files.csv)
            frame = Categorizer(columns=list(TEXTS)).fit_transform(frame)
            numbers = make_pipeline(SimpleImputer(), StandardScaler()).fit(frame[NUMBERS])
            texts = OneHotEncoder(sparse_output=False).fit(frame[list(TEXTS)])
            clock.lap("prepare")
            parts = [numbers.transform(frame[NUMBERS]), texts.transform(frame[list(TEXTS)])]
            lengths = tuple(frame["target"].map_partitions(len).compute())
            Z = dd.concat(parts, axis=1).to_dask_array(lengths=lengths)
            y = frame["target"].to_dask_array(lengths=lengths)
            # Unseeded, it shows the blocks in another order every time.
            model = Incremental(SGDClassifier(loss="log_loss", random_state=0), random_state=0)
            model.fit(Z, y, classes=[0, 1])
            clock.lap("sgd")
            accuracy = float((model.predict(Z) == y).mean().compute())
            clock.lap("predict")
        probability, target = dask.compute(model.predict_proba(Z[:HEAD])[:, 1], y[:HEAD])
    return {"accuracy": accuracy, "log-loss": quality.log_loss(target, probability)}


@benchmark(WORKLOAD, "bare-1", processes=1)
@benchmark(WORKLOAD, "bare-2", processes=2)
def bare(files, clock, processes):
    """Parse alone, in pieces of 8 MB cut at line ends, by pandas."""
    from concurrent.futures import ProcessPoolExecutor

    import pandas as pd

    clock.imported()
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(abs, range(processes)))
        with clock:
            names = list(pd.read_csv(files.csv, nrows=0).columns)
            pieces = cut(files.csv, 1 << 23)
            rows = sum(pool.map(parse, [(files.csv, names, *piece) for piece in pieces]))
            clock.lap("first pass")
    return {"rows": rows}


def cut(path, size):
    """Return byte ranges of about `size` that end where a line does, the header left out."""
    bounds = []
    with open(path, "rb") as file:
        file.readline()
        while not bounds or file.tell() > bounds[-1]:
            bounds.append(file.tell())
            file.seek(size, 1)
            file.readline()
            file.seek(min(file.tell(), path.stat().st_size))
    return list(pairwise(bounds))


def parse(piece):
    import io

    import pandas as pd

    path, names, start, stop = piece
    with open(path, "rb") as file:
        file.seek(start)
        text = file.read(stop - start)
    return len(pd.read_csv(io.BytesIO(text), header=None, names=names))

"""Flights from CSV to the chances of the last tenth to be late, learnt from the others.

Logistic regression (C = 1, a free intercept) on ten imputed, standardised numbers and on six
categories, one-hot: 171 columns. In `flights_tail` the aeroplane is a seventh: 4,208. The
rows are jittered copies of each other, so scores compare solvers, not generalisation.
"""

from benchmarks import quality
from benchmarks.data import FLIGHT_CATEGORIES, FLIGHT_NUMBERS, held_out
from benchmarks.registry import benchmark
from benchmarks.workers import start_scalml

WORKLOADS = {
    "flights": FLIGHT_CATEGORIES,
    "flights_tail": [*FLIGHT_CATEGORIES, "tailnum"],
}


def both(system, **arguments):
    """Register the decorated function without and with the aeroplane."""

    def register(function):
        for workload, categories in WORKLOADS.items():
            benchmark(workload, system, categories=categories, **arguments)(function)
        return function

    return register


def scalml_model(categories):
    """Return the pipeline, not fitted."""
    from scalml.compose import ColumnTransformer
    from scalml.impute import SimpleImputer
    from scalml.linear_model import LogisticRegression
    from scalml.pipeline import make_pipeline
    from scalml.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer(
        [
            ("numbers", numbers, FLIGHT_NUMBERS),
            ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
        ]
    )
    return make_pipeline(columns, LogisticRegression())


@both("scalml-1", n_jobs=1)
@both("scalml-2", n_jobs=2)
def with_scalml(files, clock, categories, n_jobs):
    import scalml
    from scalml.model_selection import train_test_split

    model = scalml_model(categories)
    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"):
        start_scalml(n_jobs)
        with clock:
            frame = scalml.read_csv(files.flights)[[*categories, *FLIGHT_NUMBERS, "late"]].cache()
            clock.lap("read")
            train, test = train_test_split(frame, test_size=0.1, shuffle=False)
            model.fit(train.drop(columns="late"), train["late"])
            clock.lap("fit")
            probability = model.predict_proba(test.drop(columns="late"))[:, 1].to_numpy()
            clock.lap("predict")
    return quality.late(files, probability)


@both("scikit-learn")
def with_scikit_learn(files, clock, categories):
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    clock.imported()
    with clock:
        frame = pd.read_csv(files.flights, usecols=[*categories, *FLIGHT_NUMBERS, "late"])
        clock.lap("read")
        train, test = train_test_split(frame, test_size=0.1, shuffle=False)
        numbers = make_pipeline(SimpleImputer(), StandardScaler())
        columns = ColumnTransformer(
            [
                ("numbers", numbers, FLIGHT_NUMBERS),
                ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
            ]
        )
        model = make_pipeline(columns, LogisticRegression(solver="newton-cholesky"))
        model.fit(train.drop(columns="late"), train["late"])
        clock.lap("fit")
        probability = model.predict_proba(test.drop(columns="late"))[:, 1]
        clock.lap("predict")
    return quality.late(files, probability)


def standardised(frame, n_train):
    """Return the polars frame with numbers imputed and scaled by what the first rows say."""
    import polars

    columns = []
    for name in FLIGHT_NUMBERS:
        known = polars.col(name).head(n_train)
        filled = polars.col(name).cast(float).fill_null(known.mean())
        scale = (known.fill_null(known.mean()) - known.mean()).pow(2).mean().sqrt()
        columns.append(((filled - known.mean()) / scale).alias(name))
    return frame.with_columns(columns)


@both("glum")
def with_glum(files, clock, categories):
    """Read and prepared by polars; tabmat multiplies categories without ones and zeros.

    They are handed over by pandas, as tabmat fails with the enumerations of polars 2. glum's
    penalty is on the mean loss: alpha = 1 / (C rows).
    """
    import polars
    from glum import GeneralizedLinearRegressor

    clock.imported()
    with clock:
        names = [*categories, *FLIGHT_NUMBERS]
        frame = polars.read_csv(files.flights, columns=[*names, "late"])
        clock.lap("read")
        n_train = len(frame) - held_out(len(frame))
        levels = polars.col(categories).cast(str).cast(polars.Categorical)
        frame = standardised(frame, n_train).with_columns(levels).to_pandas()
        train, test = frame.iloc[:n_train], frame.iloc[n_train:]
        clock.lap("prepare")
        model = GeneralizedLinearRegressor(family="binomial", alpha=1.0 / n_train, l1_ratio=0.0)
        model.fit(train[names], train["late"].astype(float))
        clock.lap("fit")
        probability = model.predict(test[names])
        clock.lap("predict")
    return quality.late(files, probability)


@both("vowpal-wabbit")
def with_vowpal_wabbit(files, clock, categories):
    """One pass over a text that polars writes: standardised numbers, a gap is a zero."""
    import numpy as np
    import polars
    from polars import col, lit
    from vowpalwabbit import Workspace

    clock.imported()
    paths = {name: files.scratch(f"flights.{name}") for name in ("train", "test", "out", "model")}
    with clock:
        names = [*categories, *FLIGHT_NUMBERS]
        frame = polars.read_csv(files.flights, columns=[*names, "late"])
        clock.lap("read")
        n_train = len(frame) - held_out(len(frame))
        label = polars.when(col("late") == 1).then(lit("1 |")).otherwise(lit("-1 |"))
        texts = [polars.format(f"{name}={{}}", name) for name in categories]
        texts += [polars.format(f"{name}:{{}}", col(name).round(4)) for name in FLIGHT_NUMBERS]
        frame = standardised(frame, n_train)
        lines = frame.select(polars.concat_str([label, *texts], separator=" "))
        for name, part in (("train", lines.head(n_train)), ("test", lines.slice(n_train))):
            part.write_csv(paths[name], include_header=False, quote_style="never")
        del frame, lines, part
        clock.lap("prepare")
        output = "--link logistic --quiet"
        learner = f"-d {paths['train']} -f {paths['model']} --loss_function logistic"
        Workspace(f"{learner} {output}").finish()
        clock.lap("fit")
        Workspace(f"-t -d {paths['test']} -i {paths['model']} -p {paths['out']} {output}").finish()
        probability = np.loadtxt(paths["out"])
        clock.lap("predict")
    for path in paths.values():
        path.unlink()
    return quality.late(files, probability)


@both("h2o")
def with_h2o(files, clock, categories):
    """H2O's GLM in a Java process of its own, whose start is the pool's; needs Java.

    It listens on the loopback alone. Its penalty is on the mean loss, too: lambda = 1 / (C rows).
    """
    import h2o
    from h2o.estimators import H2OGeneralizedLinearEstimator

    clock.imported()
    h2o.init(nthreads=2, max_mem_size="6G")
    h2o.no_progress()
    with clock:
        types = dict.fromkeys([*categories, "late"], "enum")
        frame = h2o.import_file(str(files.flights), col_types=types)
        clock.lap("read")
        n_train = frame.nrows - held_out(frame.nrows)
        model = H2OGeneralizedLinearEstimator(
            family="binomial",
            alpha=0.0,
            lambda_=1.0 / n_train,
            solver="irlsm",
        )
        names = [*categories, *FLIGHT_NUMBERS]
        model.train(x=names, y="late", training_frame=frame[:n_train, :])
        clock.lap("fit")
        predicted = model.predict(frame[n_train:, :])["p1"]
        probability = predicted.as_data_frame(use_multi_thread=True)["p1"].to_numpy()
        clock.lap("predict")
    h2o.cluster().shutdown()
    return quality.late(files, probability)

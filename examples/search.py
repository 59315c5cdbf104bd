"""Which model tells best whether a flight will be late? Cross-validated on all rows of a CSV file.

The flights, and the model, are those of `flights.py`: impute, scale, one-hot encode, regress. Here
scikit-learn's search chooses the parameters, by its name and with its results, on a file larger
than the memory it may use: 768 MiB for the whole process tree. Every candidate is fitted to all
training rows of every fold; what candidates have in common is read and computed once.

    python examples/search.py                       # three and a half million rows
    python examples/search.py --scale 1             # as many as there are
    python examples/search.py --csv my.csv          # a file of your own with the same columns
    python examples/search.py --picture scores.svg  # draws the scores too, where matplotlib is
"""

import importlib.util
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import scalml
from flights import (
    MEMORY_LIMIT,
    PassCounter,
    PeakMemory,
    check_memory,
    csv_file,
    make_model,
    options,
    prepare,
    read_weather,
    stopwatch,
    title,
)
from scalml.model_selection import GridSearchCV, StratifiedKFold, train_test_split

RARE = "columntransformer__categories__min_frequency"
C = "logisticregression__C"


# -- 1. The question -------------------------------------------------------------------------------


def make_search():
    """Three ways to encode the categories, six strengths of the penalty."""
    candidates = {
        RARE: [None, 0.001, 0.01],  # what fewer than this share of the rows have becomes one column
        C: np.logspace(-5, 0, 6),
    }
    return GridSearchCV(
        make_model(scalml, tol=1e-6),
        candidates,
        scoring="neg_log_loss",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
    )


class PassTicker(PassCounter):
    """Says on a terminal which pass is running; a search makes too many for a bar each."""

    def on_fit_task_begin(self, estimator, context):
        before = self.passes
        super().on_fit_task_begin(estimator, context)
        if self.passes > before and sys.stdout.isatty():
            print(f"\r  pass {self.passes}: {context.task_name:20s}", end="", flush=True)

    def teardown(self, estimator, context):
        if sys.stdout.isatty():
            print("\r" + " " * 40, end="\r", flush=True)


def ask(search, X, y):
    """Fit the search, and say how it was answered."""
    ticker = PassTicker()
    with stopwatch() as seconds:
        search.set_callbacks(ticker).fit(X, y)
    n_candidates = len(search.cv_results_["params"])
    print(
        f"  {n_candidates} candidates in {search.n_splits_} folds, answered by the strategy "
        f"{search.strategy_!r}:\n  {n_candidates * search.n_splits_ + 1} models of "
        f"{len(X):,} rows and less in {seconds():.1f} s and {ticker.passes} passes"
    )


# -- 2. The answer ---------------------------------------------------------------------------------


def in_words(rare):
    """What a share of rows, below which categories are merged, means."""
    return "every category" if rare is None else f"those below {100 * rare:g} % merged"


def scores(search):
    """Mean log-loss and its standard deviation over folds: C down, the encoding across."""
    found = search.cv_results_
    table = pd.DataFrame(
        {
            "C": [candidate[C] for candidate in found["params"]],
            "encoding": [in_words(candidate[RARE]) for candidate in found["params"]],
            "log-loss": -found["mean_test_score"],
            "spread": found["std_test_score"],
        }
    )
    return table.pivot(index="C", columns="encoding")


def print_scores(table, width=12):
    """The table, with a bar for each score: the shorter, the better."""
    mean, spread = table["log-loss"], table["spread"]
    low, high = mean.min(axis=None), mean.max(axis=None)
    for encoding in mean.columns:
        print(f"  {encoding}")
        for at in mean.index:
            value = mean.loc[at, encoding]
            bar = "█" * round(width * (value - low) / (high - low)) or "▏"
            best = "  the best" if value == low else ""
            print(f"    C={at:<6g} {value:.5f} ± {spread.loc[at, encoding]:.5f}  {bar}{best}")


def draw_scores(table, path):
    """The same as curves over C."""
    if importlib.util.find_spec("matplotlib") is None:
        print("  no picture: it needs matplotlib, which pip install 'scalml[demo]' brings")
        return
    from matplotlib.figure import Figure  # which needs no display

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for encoding in table["log-loss"].columns:
        mean, spread = table["log-loss", encoding], table["spread", encoding]
        axes.errorbar(table.index, mean, spread, marker="o", capsize=3, label=encoding)
    axes.set(xscale="log", xlabel="C", ylabel="log-loss, mean of three folds")
    axes.legend()
    figure.savefig(path)
    print(f"  drawn in {path}")


def report_best(search, X, y):
    """What was chosen, and how it does on flights that no fold has seen."""
    print(f"  {in_words(search.best_params_[RARE])}, C={search.best_params_[C]:g}")
    probability = search.predict_proba(X)  # of the best candidate, fitted to all training rows
    auc = scalml.metrics.roc_auc_score(y, probability[:, 1])
    loss = scalml.metrics.log_loss(y, probability)
    print(f"  cross-validated log-loss {-search.best_score_:.5f}")
    print(f"  held-out flights: log-loss {loss:.5f}, AUC {auc:.4f}")


def tour(arguments, directory):
    title("1. One CSV file")
    path = csv_file(arguments, directory)

    # From here on, this process and its workers together hold less than the limit.
    with scalml.config_context(memory_limit=MEMORY_LIMIT), PeakMemory() as memory:
        title("2. Features; a tenth of the flights is held out")
        data = prepare(scalml.read_csv(path), read_weather()).cache()
        train, test = train_test_split(data, test_size=0.1, random_state=0)
        X, y = train.drop(columns="late"), train["late"]
        print(f"  {len(train):,} to learn from, {len(test):,} held out")

        title("3. The search: what it will do, then what it did")
        search = make_search()
        print(scalml.plan(search, X, y))
        ask(search, X, y)

        title("4. Scores of all candidates")
        table = scores(search)
        print_scores(table)

        title("5. The best")
        report_best(search, test.drop(columns="late"), test["late"])
    if arguments.picture is not None:
        draw_scores(table, arguments.picture)
    check_memory(memory)


def main():
    parser = options(__doc__)
    parser.add_argument("--picture", type=Path, help="where to draw the scores: .svg, .png or .pdf")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scalml-search-") as directory:
        tour(arguments, Path(directory))


if __name__ == "__main__":
    main()

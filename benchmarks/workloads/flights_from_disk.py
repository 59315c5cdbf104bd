"""The flights of a CSV larger than the memory, from the disk, by scalml alone.

The model of `flights`. The table is not cached as a whole: that is half as much again as the
text. The text is read for what the columns need to know, for the cache of codes that the
regression makes and removes, and its last tenth for the chances.
"""

from benchmarks.data import FLIGHT_CATEGORIES, FLIGHT_NUMBERS
from benchmarks.registry import benchmark
from benchmarks.workers import start_scalml
from benchmarks.workloads.flights import scalml_model

WORKLOAD = "flights_from_disk"


@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.metrics import log_loss, roc_auc_score
    from scalml.model_selection import train_test_split

    model = scalml_model(FLIGHT_CATEGORIES)
    clock.imported()
    # Beside the CSV, where the room was looked for.
    with scalml.config_context(
        n_jobs=n_jobs, memory_limit="700MB", cache_dir=files.scratch("cache")
    ):
        start_scalml(n_jobs)
        with clock:
            frame = scalml.read_csv(files.flights)[[*FLIGHT_CATEGORIES, *FLIGHT_NUMBERS, "late"]]
            rows = len(frame)
            clock.lap("count")
            train, test = train_test_split(frame, test_size=0.1, shuffle=False)
            model.fit(train.drop(columns="late"), train["late"])
            clock.lap("fit")
            probability = model.predict_proba(test.drop(columns="late"))[:, 1]
            y, probability = scalml.cache(test["late"], probability)
            clock.lap("predict")
            scores = {
                "log-loss": log_loss(y, probability),
                "AUC": roc_auc_score(y, probability),
            }
            clock.lap("score")
    return {"rows": rows, "iterations": int(model[-1].n_iter_[0])} | scores

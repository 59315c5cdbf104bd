"""The results as one table, with the machine, the versions and the targets."""

import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import environments
from benchmarks.targets import ONE, OURS, verdicts


def line(run):
    """Return one run as a line of text."""
    name = f"{run['workload']:20} {run['system']:18}"
    if run["failure"]:
        return f"{name} {run['failure']}"
    return (
        f"{name} {run['time']:8.2f} s   imports {run['imports']:.1f} s, pool {run['pool']:.1f} s   "
        f"{run['memory'] / 1e6:6.0f} MB, mapped {run['mapped'] / 1e6:.0f} MB   {words(run)}"
    )


def write(path, runs, files, options):
    """Write all that was measured so far as Markdown."""
    usual = summarise(run for run in runs if "big" not in run)
    big = summarise(run for run in runs if "big" in run)
    text = [
        "# Benchmarks",
        "",
        f"{options.rows:,} rows of 100 float64 columns, a CSV of {options.csv_rows:,} rows of 20 "
        f"numbers, 3 texts and a target, and a CSV of {options.flight_copies:g} copies of the "
        "327,346 flights that left New York in 2013 and landed, all in the page cache; searches "
        f"are on {options.rows // 10:,} rows, in memory but for `sgd_search`. Every run has a "
        "process of its own, systems take turns, and of several runs the median time and the "
        "highest peak count. Time is the work with loading the file; memory is the peak of "
        "`Pss_Anon + Pss_Shmem` over the process tree until the work ends. scalml is told to stay "
        "under 700 MB (`memory_limit`), but where the data are in memory. Only ratios within one "
        "run mean something.",
        "",
        *machine(),
        *versions(runs),
        "",
        *table(usual | big),
        "",
        *speedups(usual),
        "",
        "| workload | target | measured | |",
        "|---|---|---|---|",
    ]
    for verdict in verdicts(usual, big):
        met = {True: "met", False: "**not met**", None: "–"}[verdict.met]
        text.append(f"| {verdict.workload} | {verdict.promise} | {verdict.measured} | {met} |")
    Path(path).write_text("\n".join([*text, ""]))


def summarise(runs):
    """Map (workload, system) to its median times and highest peaks; the quality is the last's."""
    groups = {}
    for run in runs:
        groups.setdefault((run["workload"], run["system"]), []).append(run)
    found = {}
    for key, group in groups.items():
        good = [run for run in group if not run["failure"]]
        found[key] = dict((good or group)[-1]) | {"runs": len(good)}
        for name in ("imports", "pool", "time") if good else ():
            found[key][name] = statistics.median(run[name] for run in good)
        for name in ("memory", "mapped") if good else ():
            found[key][name] = max(run[name] for run in good)
        for name in found[key].get("laps", ()):
            found[key]["laps"] = found[key]["laps"] | {
                name: statistics.median(run["laps"][name] for run in good)
            }
    return found


def table(summaries):
    """Return the rows of the table of times, memory and quality."""
    rows = [
        "| workload | system | time s | of scalml-2 | runs | imports s | pool s | memory MB "
        "| mapped MB | parts, quality |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (workload, system), run in summaries.items():
        if run["failure"]:
            rows.append(f"| {workload} | {system} | {run['failure']} | | | | | | | |")
            continue
        ours = summaries.get((workload, OURS))
        ratio = f"{run['time'] / ours['time']:.2f}" if ours and not ours["failure"] else ""
        rows.append(
            f"| {workload} | {system} | {run['time']:.2f} | {ratio} | {run['runs']} "
            f"| {run['imports']:.1f} | {run['pool']:.1f} "
            f"| {run['memory'] / 1e6:.0f} | {run['mapped'] / 1e6:.0f} "
            f"| {words(run).replace('|', chr(92) + '|')} |"
        )
    return rows


def speedups(summaries):
    """Return the rows of the table of what a second worker is worth, by parts of the work."""
    rows = ["| workload | part | one worker s | two workers s | times as fast |"]
    rows.append("|---|---|---|---|---|")
    for (workload, system), two in summaries.items():
        one = summaries.get((workload, ONE))
        if system != OURS or not one or one["failure"] or two["failure"]:
            continue
        parts = {"all": (one["time"], two["time"])}
        parts |= {name: (one["laps"][name], two["laps"][name]) for name in two["laps"]}
        for part, (slow, fast) in parts.items():
            rows.append(f"| {workload} | {part} | {slow:.2f} | {fast:.2f} | {slow / fast:.2f} |")
    return rows


def words(run):
    """Return the laps and the quality of a run."""
    laps = [f"{name} {seconds:.2f} s" for name, seconds in run["laps"].items()]
    told = [
        f"{name} {value}" if isinstance(value, str) else f"{name} {value:.9g}"
        for name, value in run["quality"].items()
    ]
    return "; ".join(laps + told)


def machine():
    """Say what this was measured on."""
    model = "unknown processor"
    for entry in Path("/proc/cpuinfo").read_text().splitlines():
        if entry.startswith("model name"):
            model = entry.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"- Machine: {model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, {datetime.now(UTC):%Y-%m-%d}",
        f"- Python {platform.python_version()}; OpenBLAS chooses its own kernels and threads",
    ]


def versions(runs):
    """Say which packages the systems used."""
    found = {
        environments.name(run["system"]): ", ".join(f"{p} {v}" for p, v in run["versions"].items())
        for run in runs
        if not run["failure"]
    }
    return [f"- Versions, {name}: {packages}" for name, packages in sorted(found.items())]

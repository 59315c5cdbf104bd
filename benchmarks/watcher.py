"""Runs a command and watches the memory of its whole process tree from outside.

Memory is the sum of `Pss_Anon + Pss_Shmem` over the tree: what the processes hold
for themselves, shared pages counted once. Pages of mapped files (`Pss_File`) are the
page cache's to give back, and are kept apart.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass

INTERVAL = 0.05  # seconds between samples
SHARE = 0.05  # of the time at most goes into sampling: it walks the page tables of the watched


@dataclass
class Watched:
    """What the watcher saw: samples are (time, held bytes, mapped bytes)."""

    returncode: int | None  # None: stopped by the time limit
    samples: list[tuple[float, int, int]]

    def peaks(self, until):
        """Return the peaks of held and of mapped memory of the samples before `until`."""
        samples = [sample for sample in self.samples if sample[0] <= until] or [(0.0, 0, 0)]
        return max(sample[1] for sample in samples), max(sample[2] for sample in samples)


def watch(command, *, env, cwd, log, timeout):
    """Run `command` to its end, or for `timeout` seconds, sampling the memory of its tree."""
    with open(log, "wb") as output:
        # Its own process leader, by which processes that lost their parent are found.
        child = subprocess.Popen(
            command, env=env, cwd=cwd, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + timeout
    samples = []
    try:
        while child.poll() is None and time.monotonic() < deadline:
            began = time.monotonic()
            held = [memory(pid) for pid in tree(child.pid)]
            ended = time.monotonic()
            samples.append((began, sum(h for h, _ in held), sum(m for _, m in held)))
            try:
                child.wait(max(INTERVAL - (ended - began), (ended - began) / SHARE))
            except subprocess.TimeoutExpired:
                pass
        return Watched(child.poll(), samples)
    finally:
        _end(child)


def tree(root):
    """Return the pids of `root`, of its descendants and of all that it leads."""
    children, members = {}, {root}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    _, parent, _, leader = file.read().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            children.setdefault(int(parent), []).append(int(name))
            if int(leader) == root:
                members.add(int(name))
    found, waiting = set(), list(members)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return found


def memory(pid):
    """Return (held, mapped) bytes of one process, zeros when it has ended."""
    fields = {}
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            next(file)
            for line in file:
                name, kilobytes = line.split()[:2]
                fields[name] = int(kilobytes) * 1024
    except (OSError, StopIteration):
        return 0, 0
    return fields["Pss_Anon:"] + fields["Pss_Shmem:"], fields["Pss_File:"]


def _end(child):
    """End what is left of the tree: on a time limit all of it, else leftover workers."""
    for pid in tree(child.pid):
        if pid == child.pid and child.poll() is not None:
            continue
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    child.wait()

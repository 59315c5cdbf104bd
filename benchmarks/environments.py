"""Which Python runs a system, in which environment; those of peers are made on first use."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OURS = "scalml's environment"
PEERS = ("scikit-learn-intelex", "faiss", "cvmatrix", "vowpal-wabbit", "h2o")

# These slow down current NumPy's OpenBLAS or fix its threads: every system gets its defaults.
REMOVED = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONPATH",
)


def name(system):
    """Return the environment of `system`, as reports call it."""
    if system.startswith("dask"):
        return "dask-ml's environment"
    return "peers' environment" if system in PEERS else OURS


def python(system):
    """Return the path of the interpreter that runs `system`."""
    if name(system) == OURS:
        return sys.executable
    kind = "dask" if system.startswith("dask") else "peers"
    return made(HERE / f".venv-{kind}", HERE / f"requirements-{kind}.txt")


def made(venv, requirements):
    """Make the environment unless it is there as required, and return its interpreter.

    If the requirements cannot be installed together, each is by itself: what is missing then
    fails its own system, by name in the report, and no other.
    """
    interpreter, stamp = venv / "bin" / "python", venv / "installed.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"making {venv}, once", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        install = [interpreter, "-m", "pip", "install", "-q"]
        if subprocess.run([*install, "-r", requirements]).returncode:
            for line in requirements.read_text().splitlines():
                if not line.startswith("#"):
                    subprocess.run([*install, line])
        stamp.write_text(requirements.read_text())
    return str(interpreter)


def environment(system):
    """Return the environment variables of the processes of `system`."""
    variables = {name: value for name, value in os.environ.items() if name not in REMOVED}
    if system == "dask-threads":
        # Dask's documentation asks for it, and its distributed workers set it by themselves.
        variables |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return variables

"""Which Python runs a system, in which environment; dask-ml's is made on first use."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DASK_VENV = HERE / ".venv-dask"

# These slow down current NumPy's OpenBLAS or fix its threads: every system gets its defaults.
REMOVED = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONPATH",
)


def python(system):
    """Return the path of the interpreter that runs `system`."""
    if not system.startswith("dask"):
        return sys.executable
    interpreter = DASK_VENV / "bin" / "python"
    requirements, stamp = HERE / "requirements-dask.txt", DASK_VENV / "installed.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"making {DASK_VENV} for dask-ml, once", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", DASK_VENV], check=True)
        subprocess.run(
            [interpreter, "-m", "pip", "install", "-q", "-r", requirements],
            check=True,
        )
        stamp.write_text(requirements.read_text())
    return str(interpreter)


def environment(system):
    """Return the environment variables of the processes of `system`."""
    variables = {name: value for name, value in os.environ.items() if name not in REMOVED}
    if system == "dask-threads":
        # Dask's documentation asks for it, and its distributed workers set it by themselves.
        variables |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return variables

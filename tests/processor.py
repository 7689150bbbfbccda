"""Which processor the tests have: threads, vector units, precision of the networks.

    python -m pytest --numprocesses 3 --threads 4 --vectors avx2 --auto bf16

runs all tests as they run on another machine. The settings are environment variables, which
libraries read when they are imported and which every command that a test starts inherits; pytest's
own process may have imported numpy already, those of ``--numprocesses`` have not.
"""

import os
import platform

THREADS = "OMP_NUM_THREADS"
AUTO = "SEGMENTER_AUTO_AMP"

AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "NUMBA_CPU_NAME": "haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENCV_CPU_DISABLE": "AVX512-SKX",
}
"""Keeps torch, MKL, numpy, numba, oneDNN, OpenBLAS and OpenCV from anything wider than AVX2."""

VARIABLES = (THREADS, AUTO, *AVX2)

HAS_AVX2 = platform.machine() in ("x86_64", "AMD64")
"""Whether "avx2" can be chosen here; every such processor since 2013 has it."""


def choose(threads: int, vectors: str, auto: str) -> None:
    """Set the variables for this process, if it has not imported numpy, and all that it starts.

    Args:
        threads: of each process.
        vectors: "all" that the processor has, or "avx2".
        auto: what `amp="auto"` means on a processor: "none" or "bf16".
    """
    os.environ[THREADS] = str(threads)
    os.environ[AUTO] = auto
    if vectors == "avx2":
        os.environ.update(AVX2)

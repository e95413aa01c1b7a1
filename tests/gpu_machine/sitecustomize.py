"""Python starts with this where a test has it pretend to be on a machine with two GPUs.

All that follows from having them happens (XLA compiles, processes share them out, results are kept
as a GPU's), on the CPU. The folder is put into PYTHONPATH.
"""

from helpers import runtime

seen = ["GPU 2", "GPU 3"]


def use_one_gpu(rank):
    runtime.configure_tensorflow()
    seen[:] = [seen[rank % len(seen)]]


runtime.gpus = lambda: seen
runtime.use_one_gpu = use_one_gpu
runtime.device = lambda: f"pretended {seen[0]}"

"""Many runs at once: over this machine's cores or GPUs, or over a Dask cluster.

Two processes of one thread each get through small networks sooner than one process of two
threads: tracing a graph and running many small kernels keep one core busy. So a local cluster
has one single-threaded process per core, or one process per GPU. A single task, or a machine
with one core, needs no cluster and is served in this process. With DASK_SCHEDULER_ADDRESS set,
the workers of that scheduler are used instead; they need this package and the data, no common
file system.
"""

import dataclasses
import functools
import logging
import os
import threading

from helpers import progress, runtime

PROCESSES = 8  # at most on one machine: each holds TensorFlow and the data
TOPIC = "residual-report-progress"
ALONE = threading.Lock()  # seeds and precision are global: one task at a time in a process


def train_all(runs):
    """Train the runs that the store lacks and return the `store.Result` of each, in order.

    A worker that dies has its runs continued elsewhere; the results equal a serial execution's.
    """
    from helpers.training import store

    found = {run: store.load(run) for run in runs}
    missing = [run for run, result in found.items() if result is None]
    spread(train_one, missing, sum(run.protocol.iterations for run in missing), "training")
    for run in missing:
        found[run] = dataclasses.replace(store.load(run), cached=False)
    return [found[run] for run in runs]


def measure_all(pairs):
    """Return what each measurement finds in its trained run: see `store.measure`.

    Args:
        pairs: [(run, `Call` of a function of (model, dataset))], the runs finished.
    """
    from helpers.training import store

    missing = [pair for pair in dict.fromkeys(pairs) if not store.measured_path(*pair).exists()]
    spread(measure_one, missing, len(missing), "measuring")
    return [store.measure(*pair) for pair in pairs]


def train_one(run, report):
    """Train a run in this process."""
    from helpers.training import engine  # here: TensorFlow loads after `worker_session`

    engine.train(run, report)
    return run


def measure_one(pair, report):
    """Make one measurement in this process."""
    from helpers.training import store

    store.measure(*pair)
    report(1)
    return pair[0]


def spread(function, items, total, description):
    """Call `function(item, report)` for every item, in parallel where that helps.

    Args:
        function: works on the run store and returns the run it worked on.
        items: picklable.
        total: what the `report`s add up to.
        description: of the progress bar.
    """
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    with progress.bar(total, description, unit="steps") as bar:
        if items and (address or (len(items) > 1 and local_processes() > 1)):
            spread_over_cluster(function, items, bar, address or local_cluster())
        else:
            for item in items:
                function(item, bar.update)


def spread_over_cluster(function, items, bar, cluster):
    """Do as `spread` with a Dask cluster, or with the one whose scheduler has that address."""
    import distributed

    from helpers.training import store

    with distributed.Client(cluster) as client:
        client.subscribe_topic(TOPIC, lambda event: bar.update(event[1]))
        futures = client.map(functools.partial(on_worker, function), items, pure=False)
        for _future, (run, packed) in distributed.as_completed(futures, with_results=True):
            store.unpack(run, packed)


@functools.cache
def local_cluster():
    """Start a process for each core or GPU, once; they end with this process."""
    import distributed

    return distributed.LocalCluster(
        n_workers=local_processes(),
        threads_per_worker=1,
        memory_limit=0,  # Dask would restart a worker for TensorFlow's memory
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.ERROR,
        env={
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "LOCAL_GPUS": str(count_gpus()),
        },
    )


def on_worker(function, item):
    """Serve one task on a Dask worker; return the run's name and the files of its folder."""
    import distributed

    worker = distributed.get_worker()
    with ALONE:
        worker_session(worker.name)
        run = function(item, functools.partial(worker.log_event, TOPIC))
        from helpers.training import store

        return run, store.pack(run)


@functools.cache
def worker_session(name):
    """Set TensorFlow up, once in a worker process; local workers share the GPUs out by name."""
    if gpus := int(os.environ.get("LOCAL_GPUS", 0)):
        os.environ["CUDA_VISIBLE_DEVICES"] = str(int(name) % gpus)
    runtime.start("worker", profile="", seed=0)


def local_processes():
    """Return how many processes train at once on this machine: one a GPU, else one a core."""
    return count_gpus() or min(PROCESSES, os.cpu_count() or 1)


def count_gpus():
    """Return how many GPUs TensorFlow sees."""
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))

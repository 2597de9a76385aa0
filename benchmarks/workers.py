"""Processes that stay alive, so that neither their start nor compilation is ever timed."""

import os
from multiprocessing import get_context

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


def _serve(pipe):
    while (order := pipe.recv()) is not None:
        function, arguments = order
        pipe.send(function(*arguments))


class Workers:
    """`count` processes, started with these environment variables."""

    def __init__(self, count, environment):
        before = dict(os.environ)
        os.environ.update(environment)
        context = get_context("spawn")
        self.pipes, self.processes = [], []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            self.pipes.append(ours)
            self.processes.append(process)
        os.environ.clear()
        os.environ.update(before)

    def each(self, function, arguments):
        """Call the function in every process, each with its own tuple of arguments."""
        for pipe, own in zip(self.pipes, arguments, strict=True):
            pipe.send((function, own))
        return [pipe.recv() for pipe in self.pipes]

    def __call__(self, function, *arguments):
        """Call the function in every process with the same arguments."""
        return self.each(function, [arguments] * len(self.pipes))

    def close(self):
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            pipe.send(None)
            process.join()

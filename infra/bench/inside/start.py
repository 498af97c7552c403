"""A fresh process up to its first answer: import the handler, give it one event, report, vanish.

Arguments: the handler ("module.name"), a file with the event, a file for the report.
"""

import json
import os
import sys


def _peak_memory() -> float:
    """Bytes; of this very program, while rusage may still know the process it was forked from."""
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _main() -> None:
    handler, event, report = sys.argv[1:]
    module, _, name = handler.rpartition(".")
    __import__(module)
    with open(event) as file:
        answer = getattr(sys.modules[module], name)(json.load(file), None)
    memory = _peak_memory()
    with open(report, "w") as file:
        json.dump({"answer": answer, "memory": memory, "modules": sorted(sys.modules)}, file)
    sys.stdout.flush()
    # What a process does at its end is not part of its start.
    os._exit(0)


_main()

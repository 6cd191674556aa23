"""The sender of static/clients in a process of its own: each scenario is one of what may happen to it."""

import json
import os
import sys
import threading
import time

from agentry import Agentry

scenario, customer, *words = sys.argv[1:]
place = {name.lower(): os.environ[f"AGENTRY_{name}"] for name in ("URL", "PROJECT", "DSN")}


def many(usage, count):
    for _ in range(count):
        usage.record(customer, plan="scale", endpoint="/v1/things/:id", status=200, latency_ms=1.5)


def say(usage, **more):
    print(json.dumps({**usage.counts, **more}))


if scenario == "many":  # whatever happens meanwhile, `flush` waits for the end
    usage = Agentry(**place)
    many(usage, int(words[0]))
    usage.flush()
    say(usage)
elif scenario == "nowhere":  # nothing listens there: five are held, and the time of a request is not longer
    usage = Agentry(**{**place, "url": "http://127.0.0.1:9"}, hold=5, batch=5, attempts=2)
    began = time.perf_counter()
    many(usage, 20)
    took = time.perf_counter() - began
    usage.flush()
    say(usage, quick=took < 0.5)
elif scenario == "refused":
    usage = Agentry(**{**place, "dsn": "agd_wrong"})
    many(usage, 3)
    usage.flush()
    say(usage)
elif scenario == "broken":  # what cannot be noted is said, and raises nothing
    usage = Agentry(**place)
    usage.record(customer, latency_ms="slow")
    say(usage)
elif scenario == "forked":  # as under gunicorn --preload: the thread and the waiting events are the parent's
    usage = Agentry(**place, every=0.2)
    many(usage, 2)
    child = os.fork()
    if not child:
        many(usage, 3)
        usage.flush()
        os._exit(usage.counts["lost"])
    status = os.waitpid(child, 0)[1]
    usage.flush()
    say(usage, child=status, threads=[each.name for each in threading.enumerate()])

#!/usr/bin/env python3
"""A policy outside dashpot: the fuller the buffer, the higher the rung (after BBA-0, Huang et al.,
SIGCOMM 2014), one step at a time and never more than the last segments' throughput carries.

    dashpot bench --abr 'exec:python3 examples/policy/buffer.py,bola,throughput'
    dashpot play URL --abr 'exec:python3 examples/policy/buffer.py'
"""
import json
import sys

RESERVOIR_MS, CUSHION = 5_000, 0.9  # Below the one the lowest rung; above the other the highest.


def choose(seen):
    ladder = seen["ladder_kbps"]
    full_ms = CUSHION * seen["buffer_max_ms"]
    share = (seen["buffer_ms"] - RESERVOIR_MS) / (full_ms - RESERVOIR_MS)
    by_buffer = int(min(max(share, 0), 1) * (len(ladder) - 1))
    bits = sum(past["bits"] for past in seen["history"][-5:])
    took_ms = sum(past["took_ms"] for past in seen["history"][-5:])
    carried = bits / took_ms if took_ms else 0
    by_rate = max([i for i, kbps in enumerate(ladder) if kbps <= carried], default=0)
    rung = min(max(by_buffer, by_rate - 1), (seen["last"] or 0) + 1, len(ladder) - 1)
    return rung, f"buffer {by_buffer}, throughput {by_rate}"


for line in sys.stdin:
    request = json.loads(line)
    if request["kind"] == "hello":
        answer = {"version": 1}
    else:
        rung, why = choose(request)
        answer = {"id": request["id"], "rung": rung, "why": why}
    print(json.dumps(answer), flush=True)

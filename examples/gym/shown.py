"""What a network is shown of an observation, in the layouts of docs/policies.md."""
import numpy

PAST = 8


def vector(shown):
    """Buffer, last rate, what is left, then past throughputs and the next sizes."""
    ladder, count = shown["ladder_kbps"], shown["segments"]
    top = ladder[-1]
    last = ladder[shown["last"]] / top if shown["last"] is not None else 0
    past = [past["bits"] / past["took_ms"] / top for past in shown["history"]]
    sizes = [bits / shown["segment_ms"] / top for bits in shown["next_bits"][0]]
    left = 1 if count is None else 1 - shown["index"] / count
    seen = [shown["buffer_ms"] / shown["buffer_max_ms"], last, left]
    return numpy.array(seen + [0] * (PAST - len(past)) + past + sizes, numpy.float32)


def state(shown):
    """Pensieve's: rates, buffers (10 s), throughputs (MB/s), times (10 s), sizes (MB), segments left."""
    ladder, past, rows = shown["ladder_kbps"], shown["history"], numpy.zeros((6, PAST))
    count = shown["segments"]
    left = lambda index: 1 if count is None else min((count - index) / 48, 1)
    for column, it in enumerate(past, PAST - len(past)):
        rows[0, column] = ladder[it["rung"]] / ladder[-1]
        rows[1, column] = it["buffer_ms"] / 1e4
        rows[2, column] = it["bits"] / 8e3 / it["took_ms"]
        rows[3, column] = it["took_ms"] / 1e4
        rows[5, column] = left(it["index"] + 1)
    rows[1, -1], rows[5, -1] = shown["buffer_ms"] / 1e4, left(shown["index"])
    rows[4, : len(ladder)] = numpy.array(shown["next_bits"][0]) / 8e6
    return rows.astype(numpy.float32)

#!/usr/bin/env python3
"""Trains a policy of five weights by the cross-entropy method, and plays it; needs nothing but Python.

    python3 examples/gym/train.py --binary target/debug/dashpot --out weights.json
    dashpot bench --abr 'exec:python3 examples/gym/train.py --play weights.json,bola,throughput'
"""
import argparse
import json
import random
import statistics
import subprocess
import sys

# What going up and down costs, what a stall costs at the mean and at the worst of the last rates, and
# what a buffer that lasts is worth. Before training: the highest rung that is not expected to stall.
BEFORE = [0.0, 0.0, 1.0, 0.0, 0.0]


def choose(weights, seen):
    """The rung whose next segment is worth most: its rate, less and more by these weights."""
    up, down, stall, risk, lasting = weights
    rates = [it["bits"] / it["took_ms"] for it in seen["history"][-5:]]
    if not rates:
        return 0
    mean, worst = statistics.harmonic_mean(rates), min(rates)
    ladder, buffer, length = seen["ladder_kbps"], seen["buffer_ms"], seen["segment_ms"]
    last = ladder[seen["last"] or 0] / ladder[-1]

    def worth(rung):
        size, rate = seen["next_bits"][0][rung], ladder[rung] / ladder[-1]
        after = buffer - size / mean
        value = rate - up * max(rate - last, 0) - down * max(last - rate, 0)
        value -= stall * max(-after, 0) / length + risk * max(size / worst - buffer, 0) / length
        return value + lasting * min(max(after, 0) / seen["buffer_max_ms"], 1) ** 0.5

    return max(range(len(ladder)), key=worth)


class Sessions:
    def __init__(self, binary, settings):
        self.settings = settings
        self.process = subprocess.Popen([binary, "gym"], stdin=-1, stdout=-1, text=True)

    def ask(self, **request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if answer["kind"] == "error":
            sys.exit(f"dashpot gym: {answer['problem']}")
        return answer

    def reward(self, weights, seed, n):
        """The mean reward a segment of n sessions that these weights play."""
        seen = self.ask(kind="reset", n=n, seed=seed, **self.settings)["observations"]
        total, count, over = 0, 0, False
        while not over:
            answer = self.ask(kind="step", actions=[choose(weights, it) for it in seen])
            seen, over = answer["observations"], all(answer["dones"])
            total, count = total + sum(answer["rewards"]), count + n
        return total / count


def train(sessions, rounds, n, seed, tell):
    """Draws weights, keeps the quarter that pays best, and draws around these the next time."""
    rng = random.Random(seed)
    mean, spread = BEFORE, [1.0] * len(BEFORE)
    best = (sessions.reward(BEFORE, 1, n), BEFORE)
    tell(f"round 0: reward a segment {best[0]:.3f}")
    for round_ in range(1, rounds + 1):
        # Weights below zero would pay for stalls and changes.
        draws = [[abs(rng.gauss(*it)) for it in zip(mean, spread)] for _ in range(DRAWS)]
        draws = sorted(((sessions.reward(it, 1, n), it) for it in draws), reverse=True)
        best = max(best, draws[0])
        kept = list(zip(*(weights for _, weights in draws[: DRAWS // 4])))
        mean, spread = [statistics.mean(it) for it in kept], [statistics.stdev(it) for it in kept]
        tell(f"round {round_}: reward a segment {draws[0][0]:.3f}, at most {best[0]:.3f}")
    return best[1]


DRAWS = 16  # A round has so many policies.


def play(weights):
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == "hello":
            answer = {"version": 1}
        else:
            answer = {"id": request["id"], "rung": choose(weights, request)}
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--play", metavar="FILE", help="be a policy with these weights")
    parser.add_argument("--out", metavar="FILE", help="where the weights go")
    parser.add_argument("--binary", default="dashpot")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--sessions", type=int, default=16)
    parser.add_argument("--traces", nargs="+", default=["gen:lte,n=100"])
    parser.add_argument("--movie", default="gen:vbr,segments=60")
    args = parser.parse_args()
    if args.play:
        with open(args.play, encoding="utf-8") as file:
            return play(json.load(file))
    sessions = Sessions(args.binary, {"traces": args.traces, "movie": args.movie})
    weights = train(sessions, args.rounds, args.sessions, 1, print)
    # Traces that training has not seen say what was learned.
    before = sessions.reward(BEFORE, 2, args.sessions)
    print(f"other sessions: {before:.3f} before, {sessions.reward(weights, 2, args.sessions):.3f} after")
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(weights, file)


if __name__ == "__main__":
    main()

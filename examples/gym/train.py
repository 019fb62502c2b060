#!/usr/bin/env python3
"""Trains a policy of four weights by random search, and plays it; needs nothing but Python.

    python3 examples/gym/train.py --binary target/debug/dashpot --out weights.json
    dashpot bench --abr 'exec:python3 examples/gym/train.py --play weights.json,bola,throughput'
"""
import argparse
import json
import random
import subprocess
import sys


def choose(weights, seen):
    """The highest rung whose size is in time: for so much of the throughput, more with more buffer."""
    share, by_buffer, past, loyalty = weights
    history = seen["history"][-max(1, round(past)) :]
    bits, took_ms = sum(it["bits"] for it in history), sum(it["took_ms"] for it in history)
    buffered = seen["buffer_ms"] / seen["buffer_max_ms"]
    kbps = bits / took_ms * (share + by_buffer * buffered) if took_ms else 0
    carried = 0
    for rung, size in enumerate(seen["next_bits"][0]):
        # The rung that plays is worth staying at.
        worth = loyalty if rung == seen["last"] else 1
        if size <= kbps * seen["segment_ms"] * worth:
            carried = rung
    return carried


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
    """Keeps of random changes what pays on the training traces."""
    rng = random.Random(seed)
    weights = [0.3, 0.0, 1.0, 1.0]
    best = sessions.reward(weights, 1, n)
    tell(f"round 0: reward a segment {best:.3f}")
    for round_ in range(1, rounds + 1):
        tried = [max(0.0, it + rng.gauss(0, scale)) for it, scale in zip(weights, STEPS)]
        reward = sessions.reward(tried, 1, n)
        if best < reward:
            weights, best = tried, reward
            tell(f"round {round_}: reward a segment {best:.3f}")
    return weights


STEPS = (0.2, 0.3, 1.5, 0.2)


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
    parser.add_argument("--rounds", type=int, default=40)
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
    before = sessions.reward([0.3, 0.0, 1.0, 1.0], 2, args.sessions)
    print(f"other sessions: {before:.3f} before, {sessions.reward(weights, 2, args.sessions):.3f} after")
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            json.dump(weights, file)


if __name__ == "__main__":
    main()

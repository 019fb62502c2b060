"""A Gymnasium environment of dashpot sessions: one action a segment, QoE as the reward."""
import json
import subprocess

import gymnasium
import numpy

PAST = 8


def vector(shown):
    """Buffer, last rate, what is left, then past throughputs and the next sizes."""
    top, ladder = shown["ladder_kbps"][-1], shown["ladder_kbps"]
    last = ladder[shown["last"]] / top if shown["last"] is not None else 0
    past = [past["bits"] / past["took_ms"] / top for past in shown["history"]]
    sizes = [bits / shown["segment_ms"] / top for bits in shown["next_bits"][0]]
    left = 1 - shown["index"] / shown["segments"]
    seen = [shown["buffer_ms"] / shown["buffer_max_ms"], last, left]
    return numpy.array(seen + [0] * (PAST - len(past)) + past + sizes, numpy.float32)


class Dashpot(gymnasium.Env):
    def __init__(self, binary="dashpot", **reset):
        self.process = subprocess.Popen([binary, "gym"], stdin=-1, stdout=-1, text=True)
        self.settings = reset  # What "reset" takes: traces, movie, buffer_ms, environment, qoe.
        shown = self.ask(kind="reset", **reset)["observations"][0]
        self.action_space = gymnasium.spaces.Discrete(len(shown["ladder_kbps"]))
        size = vector(shown).shape
        self.observation_space = gymnasium.spaces.Box(0, numpy.inf, size, numpy.float32)

    def ask(self, **request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if answer["kind"] == "error":
            raise ValueError(answer["problem"])
        return answer

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        seed = int(self.np_random.integers(2**32))
        answer = self.ask(kind="reset", **{"seed": seed, **self.settings})
        return vector(answer["observations"][0]), answer["infos"][0]

    def step(self, action):
        answer = self.ask(kind="step", actions=[int(action)])
        shown, reward = vector(answer["observations"][0]), answer["rewards"][0]
        return shown, reward, answer["dones"][0], False, answer["infos"][0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

"""A Gymnasium environment of dashpot sessions: one action a segment, QoE as the reward."""
import json
import subprocess

import gymnasium
import numpy
from shown import vector


class Dashpot(gymnasium.Env):
    def __init__(self, binary="dashpot", **settings):
        self.settings = settings  # What a reset takes: traces, movie, buffer_ms, environment, qoe.
        self.process = subprocess.Popen([binary, "gym"], stdin=-1, stdout=-1, text=True)
        shown = self.ask(kind="reset", **settings)["observations"][0]
        self.action_space = gymnasium.spaces.Discrete(len(shown["ladder_kbps"]))
        self.observation_space = gymnasium.spaces.Box(0, numpy.inf, vector(shown).shape)

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
        keys = ("observations", "rewards", "dones", "infos")
        shown, reward, done, info = (answer[key][0] for key in keys)
        return vector(shown), reward, done, False, info

    def close(self):
        self.process.communicate()

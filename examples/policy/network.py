#!/usr/bin/env python3
"""A policy that is a neural network in an ONNX file, run by onnxruntime.

Its one input is what examples/gym/dashpot_gym.py shows a learner, as float32 of shape (1, n); its
first output has a score for each rung, of shape (1, rungs), and the highest one is chosen.

    dashpot bench --abr 'exec:python3 examples/policy/network.py policy.onnx,bola,throughput'
"""
import json
import pathlib
import sys

import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gym"))
from dashpot_gym import vector  # noqa: E402

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1  # A sweep has many of these.
session = onnxruntime.InferenceSession(sys.argv[1], options)
name = session.get_inputs()[0].name

for line in sys.stdin:
    request = json.loads(line)
    if request["kind"] == "hello":
        answer = {"version": 1}
    else:
        scores = session.run(None, {name: vector(request)[None, :]})[0][0]
        answer = {"id": request["id"], "rung": int(scores.argmax())}
    print(json.dumps(answer), flush=True)

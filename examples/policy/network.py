#!/usr/bin/env python3
"""A policy that is a neural network in an ONNX file, run by onnxruntime.

Its one input, float32, is Pensieve's state where it has the shape (1, 6, 8), and what
examples/gym/shown.py shows a learner where it has (1, n); its first output has a score for each
rung, of shape (1, rungs), and the highest one is chosen. `dashpot-onnx` does the same without Python.

    dashpot bench --abr 'exec:python3 examples/policy/network.py policy.onnx,bola,throughput'
"""
import json
import pathlib
import sys

import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gym"))
from shown import state, vector  # noqa: E402

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1  # A sweep has many of these.
session = onnxruntime.InferenceSession(sys.argv[1], options)
shown_as = state if len(session.get_inputs()[0].shape) == 3 else vector

for line in sys.stdin:
    request = json.loads(line)
    if request["kind"] == "hello":
        answer = {"version": 1}
    else:
        scores = session.run(None, {session.get_inputs()[0].name: shown_as(request)[None]})[0][0]
        answer = {"id": request["id"], "rung": int(scores.argmax())}
    print(json.dumps(answer, separators=(",", ":")), flush=True)

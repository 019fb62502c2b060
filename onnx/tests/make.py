#!/usr/bin/env python3
"""Makes the networks of the tests and asks onnxruntime what they choose (with onnx, numpy, onnxruntime
and gymnasium from pip).

    python3 onnx/tests/make.py
"""
import pathlib
import subprocess
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
POLICY = HERE.parents[1] / "examples/policy/network.py"
RUNGS = 6


def save(name, shape, nodes, weights, output=(1, RUNGS)):
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    initial = [numpy_helper.from_array(it.astype(it.dtype), key) for key, it in weights.items()]
    graph = helper.make_graph(nodes, name, [value("shown", shape)], [value("scores", output)], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")


def dense(size, hidden, rng):
    """Two layers that prefer other rungs for other states."""
    real = lambda *shape: rng.normal(0, 1, shape).astype(numpy.float32)
    nodes = [
        helper.make_node("Flatten", ["shown"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    weights = {"w1": real(size, hidden), "b1": real(hidden), "w2": real(hidden, RUNGS), "b2": real(RUNGS) / 4}
    return nodes, weights


rng = numpy.random.default_rng(4)
# The rows of past throughputs and of sizes by convolution, as in Pensieve, before two dense layers.
nodes, weights = dense(6 * 5, 12, rng)
nodes[0] = helper.make_node("Flatten", ["c"], ["flat"])
nodes.insert(0, helper.make_node("Conv", ["shown", "k"], ["c"], kernel_shape=[4], group=6))
weights["k"] = rng.normal(0, 1, (6, 1, 4)).astype(numpy.float32)
save("pensieve", ("batch", 6, 8), nodes, weights, ("batch", RUNGS))
save("vector", (1, 11 + RUNGS), *dense(11 + RUNGS, 12, rng))
save("square", (1, 9, 9), *dense(81, 2, rng))
twice = [helper.make_node("Concat", ["one", "one"], ["scores"], axis=0)]
nodes, weights = dense(48, 2, rng)
nodes[-1].output[0] = "one"
save("matrix", (1, 6, 8), nodes + twice, weights, (2, RUNGS))

requests = (HERE / "requests.jsonl").read_bytes()
for name in ("pensieve", "vector"):
    asked = [sys.executable, POLICY, HERE / f"{name}.onnx"]
    (HERE / f"{name}.jsonl").write_bytes(subprocess.run(asked, input=requests, stdout=-1, check=True).stdout)

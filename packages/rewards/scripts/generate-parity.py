"""Writes src/fixtures/trl-rewards.json: values of TRL's and open-r1's own reward functions. For the shaping rewards the correctness of
the answers is given from outside (their math verifier is replaced); `accuracy` is TRL's own function with math-verify, which
must be installed.

    python generate-parity.py <site-packages>/trl <open-r1>/src/open_r1/rewards.py ../src/fixtures/trl-rewards.json
"""

import importlib.util
import json
import math
import random
import re
import sys
import tempfile
import types
from collections.abc import Callable

trl_folder, open_r1_file, output = sys.argv[1:]


def stub(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def cosine_class():
    """The class alone: its module imports the math verifier."""
    source = open(f"{trl_folder}/rewards/accuracy_rewards.py").read()
    code = source[source.index("class _CosineScaledReward") : source.index("def reasoning_accuracy_reward")]

    def accuracy_reward(completions, solution):
        return [completion[0]["content"] == gold for completion, gold in zip(completions, solution)]

    names = {"math": math, "accuracy_reward": accuracy_reward, "Callable": Callable}
    exec(code, names)
    return names["_CosineScaledReward"]


def open_r1():
    """The shaping rewards, without what runs code; right is what begins with the letter of the gold."""
    stub("latex2sympy2_extended", NormalizationConfig=lambda **_: None)
    stub("math_verify", LatexExtractionConfig=lambda **_: None, parse=None, verify=None)
    source = re.sub(r"from \.utils[^(\n]*(\([^)]*\)|.*)", "", open(open_r1_file).read())
    with tempfile.NamedTemporaryFile("w", suffix=".py") as part:
        part.write(source[: source.index("def _init_event_loop")])
        part.flush()
        module = load(part.name, "open_r1_rewards")
    module.parse = lambda text, **_: [text[0]]
    module.verify = lambda left, right, **_: left == right
    return module


trl = load(f"{trl_folder}/rewards/other_rewards.py", "other_rewards")
cosine, r1 = cosine_class(), open_r1()
draw = random.Random(7)
values = {
    "source": "TRL 1.16.0 (rewards/other_rewards.py, rewards/accuracy_rewards.py) and open-r1 1416fa0 (rewards.py)",
    **{name: [] for name in ("cosine", "repetition", "overlong", "length", "wordRepetition")},
}
for _ in range(40):
    tokens = draw.choice([0, 1, 50, 99, 100, 101, 180, 200, 250])
    right = draw.random() < 0.5
    limit = draw.choice([100, 200])
    reward = cosine(limit, -1.0, -0.5, 0.5, 1.0)([[{"content": "a"}]], ["a" if right else "b"], [[1] * tokens])[0]
    values["cosine"].append({"tokens": tokens, "maxTokens": limit, "right": right, "value": reward})
for _ in range(40):
    ids = [draw.randrange(0, 4) for _ in range(draw.randrange(0, 30))]
    size = draw.choice([2, 3, 4])
    penalty = draw.choice([-1.0, -0.5])
    reward = trl.get_repetition_penalty_reward(size, penalty)([ids])[0]
    values["repetition"].append({"ids": ids, "size": size, "maxPenalty": penalty, "value": reward})
for tokens in list(range(0, 130, 7)) + [80, 81, 99, 100, 101]:
    for cache in (20, 0):
        reward = trl.get_soft_overlong_punishment(100, cache)([[1] * tokens])[0]
        values["overlong"].append({"tokens": tokens, "maxTokens": 100, "cache": cache, "value": reward})
for _ in range(20):
    group = draw.randrange(2, 9)
    lengths = [draw.randrange(1, 60) for _ in range(group)]
    right = [draw.random() < 0.5 for _ in range(group)]
    texts = [[{"content": ("a" if correct else "b") * length}] for correct, length in zip(right, lengths)]
    values["length"].append({"tokens": lengths, "right": right, "values": r1.len_reward(texts, ["a"] * group)})
for _ in range(20):
    text = " ".join(draw.choice(["the", "a", "of", "and"]) for _ in range(draw.randrange(0, 25)))
    size = draw.choice([2, 3])
    reward = r1.get_repetition_penalty_reward(size, -1.0)([[{"content": text}]])[0]
    values["wordRepetition"].append({"text": text, "size": size, "value": reward})
PIECES = ["<think>", "</think>", "<answer>", "</answer>", "\n", "\n", "a", "7", "<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>"]
WHOLE = "<think>\n{}\n</think>\n<answer>\n{}\n</answer>"
texts = [WHOLE.format("sum", "7"), WHOLE.format("sum", "7") + "\ntrailing", WHOLE.format("sum", "7") * 2, "x" + WHOLE.format("a", "b")]
texts += ["<think>a</think>7", "<think>a</think>", "<think>a<think>b</think>c", "<think>a", "a</think>b", "", "<think>a</think>\n\n7\n"]
texts += ["".join(draw.choice(PIECES) for _ in range(draw.randrange(2, 10))) for _ in range(120)]
some = lambda: "".join(draw.choice(PIECES[4:8] + ["<think>"] * (draw.random() < 0.1)) for _ in range(draw.randrange(0, 5)))
texts += [f"<think>{some()}</think>{some()}" for _ in range(40)] + [WHOLE.format(some(), some()) + draw.choice(["", "", "\nmore"]) for _ in range(40)]
think_format = load(f"{trl_folder}/rewards/format_rewards.py", "format_rewards").think_format_reward
values |= {"thinkFormat": [], "format": [], "tagCount": [], "accuracy": []}
R1_FORMAT = r"<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>"
for text in texts:
    said = [[{"content": text}]]
    values["thinkFormat"].append({"text": text, "value": think_format(said)[0]})
    # Theirs ends at any line; `whole` says whether all of the text has the form.
    whole = float(re.fullmatch(R1_FORMAT, text, re.DOTALL) is not None)
    values["format"].append({"text": text, "value": r1.format_reward(said)[0], "whole": whole})
    values["tagCount"].append({"text": text, "value": r1.tag_count_reward(said)[0]})
for name in ("latex2sympy2_extended", "math_verify"):
    sys.modules.pop(name)
accuracy_module = importlib.import_module("trl.rewards.accuracy_rewards")
for _ in range(80):
    gold = draw.choice(["7", "-3", "1200", "0.5", "1/2", "12.5", "", "100"])
    said = draw.choice([gold, gold, "8", "-7", "1,200", "0.50", "\\frac{1}{2}", "12.50"])
    text = draw.choice(["<think>sum</think>\\boxed{%s}", "<think>\\boxed{%s}", "<think>a</think>It is $\\boxed{%s}$.", "\\boxed{%s}"]) % said
    reward = accuracy_module.reasoning_accuracy_reward([[{"content": text}]], [f"\\boxed{{{gold}}}" if gold else ""])[0]
    values["accuracy"].append({"text": text, "gold": gold, "value": reward})
with open(output, "w") as file:
    json.dump(values, file, separators=(",", ":"))

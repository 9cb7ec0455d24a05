"""Makes the parity fixtures of models with sliding windows: tiny random checkpoints of transformers with logits, loss and gradients of
plain, padded and packed batches, and a greedy continuation with a key/value cache; every sequence is longer than the window.

pip install torch transformers safetensors; python make_window_fixtures.py ../src/parity/fixtures/models [NAME...]

Each is written in the spelling of transformers 5 (config.json) and 4 (config-transformers4.json), which transformers itself is seen to
read alike. Eager attention in float32; weights are drawn anew until the best two ids of every greedy step are 3e-3 apart and
transformers' own two ways of attention (eager, sdpa) agree to 6e-6.
"""

import gzip
import json
import os
import shutil
import sys
import tempfile
import zlib

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

BASE = dict(vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=128, pad_token_id=0, bos_token_id=1, eos_token_id=2, tie_word_embeddings=True)


def rope(theta):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta}}, {"rope_theta": theta}


GEMMA_ROPE = ({"rope_parameters": {"sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                                   "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0}}},
              {"rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}})

# name -> (fields that both spellings share, those of version 5, those of version 4)
MODELS = {
    "gemma3-window": (dict(model_type="gemma3_text", **BASE, head_dim=16, sliding_window=9, query_pre_attn_scalar=11,
                           layer_types=["sliding_attention", "sliding_attention", "full_attention"]), *GEMMA_ROPE),
    "mistral": (dict(model_type="mistral", **BASE, head_dim=10, sliding_window=9), *rope(10000.0)),
    "qwen2-window": (dict(model_type="qwen2", **BASE, use_sliding_window=True, sliding_window=9, max_window_layers=1), *rope(1000000.0)),
    "qwen3-window": (dict(model_type="qwen3", **BASE, head_dim=12, use_sliding_window=True, sliding_window=33,
                          layer_types=["sliding_attention", "full_attention", "sliding_attention"]), *rope(1000000.0)),
    "smollm3-window": (dict(model_type="smollm3", **BASE, use_sliding_window=True, sliding_window=9, no_rope_layer_interval=2),
                       *rope(2000000.0)),
}
KEPT_FROM_VERSION_5 = ("rope_parameters", "dtype", "transformers_version", "_sliding_window_pattern")


def randomise(model, random):
    """Attention far from uniform, norms away from one, biases away from zero."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=random)
        if "norm" in name:
            parameter.data = (0 if "gemma" in model.config.model_type else 1) + 0.2 * noise
        elif name.endswith("bias"):
            parameter.data = 0.3 * noise
        elif "embed_tokens" in name:
            parameter.data = (0.15 if "gemma" in model.config.model_type else 0.35) * noise
        else:
            parameter.data = noise * (1.2 / parameter.shape[-1] ** 0.5)
    model.tie_weights()


def run(model, ids, labels=None, **inputs):
    """Logits, loss and gradients by name."""
    model.zero_grad()
    output = model(input_ids=ids, labels=labels, use_cache=False, **inputs)
    result = {"inputIds": ids, "logits": output.logits.detach()}
    gradients = {}
    if labels is not None:
        output.loss.backward()
        result |= {"labels": labels, "loss": output.loss.detach()}
        gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    return result, gradients


def labelled(ids, mask, random):
    """Labels on about two thirds of the tokens."""
    chosen = (torch.rand(ids.shape, generator=random) < 0.67) & mask.bool()
    return torch.where(chosen, ids, -100)


def norm(gradients):
    return torch.linalg.vector_norm(torch.stack([gradient.norm() for gradient in gradients.values()]))


def padded(ids, lengths, left):
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        mask[row, ids.size(1) - length:] = 1 if left else 0
        mask[row, :length] = mask[row, :length] if left else 1
    return torch.where(mask.bool(), ids, 0), mask


def greedy(model, ids, mask, steps):
    with torch.no_grad():
        output = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=steps, do_sample=False, eos_token_id=None,
                                output_logits=True, return_dict_in_generate=True)
    best = torch.stack(output.logits, 1).topk(2).values
    margin = (best[..., 0] - best[..., 1]).min().item()
    return {"inputIds": ids, "attentionMask": mask, "tokens": output.sequences[:, ids.size(1):], "smallestMargin": margin}


def logits_by(model, attention, ids):
    model.set_attn_implementation(attention)
    with torch.no_grad():
        return model(input_ids=ids, use_cache=False).logits


def plain(value):
    """Tensors as nested lists; floats as the shortest decimals of their float32."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if not isinstance(value, torch.Tensor):
        return value
    if value.dtype != torch.float32:
        return value.tolist()
    texts = [float(str(number)) for number in value.flatten().numpy()]
    return texts[0] if value.dim() == 0 else nested(texts, value.shape)


def nested(values, shape):
    if len(shape) == 1:
        return values
    width = len(values) // shape[0]
    return [nested(values[row * width: (row + 1) * width], shape[1:]) for row in range(shape[0])]


def make(name, target):
    shared, version5, version4 = MODELS[name]
    shared = dict(shared)
    model_type = shared.pop("model_type")
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(model_type, **shared, **version5), attn_implementation="eager").float().eval()
    for attempt in range(50):  # neither greedy ids nor logits may hinge on rounding
        random = torch.Generator().manual_seed(zlib.crc32(f"{name} {attempt}".encode()))
        randomise(model, random)
        ids = torch.randint(3, shared["vocab_size"], (2, 40), generator=random)
        left, left_mask = padded(ids, [40, 17], left=True)
        continuation = greedy(model, left, left_mask, 24)
        rounding = (logits_by(model, "sdpa", ids) - logits_by(model, "eager", ids)).abs().max()
        if rounding < 6e-6 and continuation["smallestMargin"] > 3e-3 and len(continuation["tokens"].unique()) > 8:
            break
    else:
        raise SystemExit(f"{name}: no such weights")

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        with open(f"{folder}/config.json") as file:
            written = json.load(file)
        written.pop("_name_or_path", None)
        older = {key: value for key, value in written.items() if key not in KEPT_FROM_VERSION_5} | version4 | {"torch_dtype": "float32"}
        again = AutoModelForCausalLM.from_config(AutoConfig.for_model(**older), attn_implementation="eager").float().eval()
        again.load_state_dict(model.state_dict())
        whole, gradients = run(model, ids, labelled(ids, torch.ones_like(ids), random))
        assert torch.equal(run(again, ids)[0]["logits"], whole["logits"]), f"{name}: the spellings differ"

        right, right_mask = padded(ids, [40, 23], left=False)
        right_side, right_gradients = run(model, right, labelled(right, right_mask, random), attention_mask=right_mask)
        positions = (left_mask.cumsum(-1) - 1).clamp(min=0)
        left_side, _ = run(model, left, labelled(left, left_mask, random), attention_mask=left_mask, position_ids=positions)

        lengths = [17, 36, 11]
        row = torch.randint(3, shared["vocab_size"], (1, sum(lengths)), generator=random)
        places = torch.cat([torch.arange(length) for length in lengths])[None]
        packed, packed_gradients = run(model, row, torch.where(places == 0, -100, row), position_ids=places)
        alone = torch.cat([run(model, part)[0]["logits"] for part in row.split(lengths, dim=1)], dim=1)
        assert (alone - packed["logits"]).abs().max() < 1e-4, f"{name}: packing leaks"

        save_file({key: value.contiguous() for key, value in gradients.items()}, f"{folder}/gradients.safetensors")
        expected = {
            "plain": whole | {"gradients": "gradients.safetensors"},
            "rightPadded": right_side | {"attentionMask": right_mask, "gradNorm": norm(right_gradients)},
            "leftPadded": left_side | {"attentionMask": left_mask, "positionIds": positions},
            "packed": packed | {"positionIds": places, "sequenceLengths": lengths, "gradNorm": norm(packed_gradients)},
            "greedy": continuation,
        }
        for file, value in (("config.json", written), ("config-transformers4.json", older), ("expected.json", plain(expected))):
            with open(f"{folder}/{file}", "w") as output:
                json.dump(value, output, indent=None if file == "expected.json" else 2)
        shutil.rmtree(f"{target}/{name}", ignore_errors=True)
        os.makedirs(f"{target}/{name}")
        for file in ("config.json", "config-transformers4.json", "expected.json", "model.safetensors", "gradients.safetensors"):
            with open(f"{folder}/{file}", "rb") as source, gzip.GzipFile(f"{target}/{name}/{file}.gz", "wb", mtime=0) as packed_file:
                packed_file.write(source.read())
    print(f"{name}: attempt {attempt}, smallest margin {continuation['smallestMargin']:.4f}, rounding {rounding:.1e}")


target, *names = sys.argv[1:]
for each in names or MODELS:
    make(each, target)

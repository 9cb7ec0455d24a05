"""Makes the GGUF fixture of Qwen3 from the weights of its parity fixture, with the names and keys of gguf-py:
pip install numpy safetensors gguf; python make_qwen3_gguf.py MODEL_FOLDER ../src/loading/fixtures/tiny-qwen3.gguf.gz

MODEL_FOLDER holds config.json (transformers 4's spelling) and model.safetensors.
"""

import gzip
import json
import os
import sys

import gguf
from safetensors.numpy import load_file

folder, target = sys.argv[1:]
with open(f"{folder}/config.json") as file:
    config = json.load(file)
plain = target.removesuffix(".gz")
writer = gguf.GGUFWriter(plain, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.QWEN3])
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_block_count(config["num_hidden_layers"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(config["num_attention_heads"])
writer.add_head_count_kv(config["num_key_value_heads"])
writer.add_key_length(config["head_dim"])
writer.add_value_length(config["head_dim"])
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base(config["rope_theta"])
for role in ("bos", "eos", "pad"):
    getattr(writer, f"add_{role}_token_id")(config[f"{role}_token_id"])
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config["num_hidden_layers"])
for name, values in load_file(f"{folder}/model.safetensors").items():
    writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), values)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
with open(plain, "rb") as file, open(target, "wb") as compressed:
    compressed.write(gzip.compress(file.read(), 9, mtime=0))
os.remove(plain)

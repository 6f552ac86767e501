"""Writes a tiny GPT-2 as a safetensors file, and what PyTorch says that it computes.

The file is put together byte by byte, and the model is written here from the paper and the shapes of the published checkpoints, in double precision:
neither has anything in common with the C#. Run with a Python that has PyTorch; `--check` compares with what is committed.
"""

import json
import pathlib
import struct
import sys

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent / "Goldens"
VOCABULARY, CONTEXT, WIDTH, HEADS, LAYERS = 11, 9, 8, 2, 2
TOKENS = [[3, 1, 4, 1, 5, 9, 2], [10, 0, 7, 7, 6, 8, 2]]
PROMPT = 3


def weights():
    generator = torch.Generator().manual_seed(20)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float32) * 0.4

    tensors = {"wte.weight": normal(VOCABULARY, WIDTH), "wpe.weight": normal(CONTEXT, WIDTH)}
    for i in range(LAYERS):
        block = f"h.{i}."
        tensors[block + "ln_1.weight"] = 1 + normal(WIDTH)
        tensors[block + "ln_1.bias"] = normal(WIDTH)
        tensors[block + "attn.bias"] = torch.tril(torch.ones(1, 1, CONTEXT, CONTEXT)).to(torch.uint8)
        tensors[block + "attn.c_attn.weight"] = normal(WIDTH, 3 * WIDTH)
        tensors[block + "attn.c_attn.bias"] = normal(3 * WIDTH)
        tensors[block + "attn.c_proj.weight"] = normal(WIDTH, WIDTH)
        tensors[block + "attn.c_proj.bias"] = normal(WIDTH)
        tensors[block + "ln_2.weight"] = 1 + normal(WIDTH)
        tensors[block + "ln_2.bias"] = normal(WIDTH)
        tensors[block + "mlp.c_fc.weight"] = normal(WIDTH, 4 * WIDTH)
        tensors[block + "mlp.c_fc.bias"] = normal(4 * WIDTH)
        tensors[block + "mlp.c_proj.weight"] = normal(4 * WIDTH, WIDTH)
        tensors[block + "mlp.c_proj.bias"] = normal(WIDTH)
    tensors["ln_f.weight"] = 1 + normal(WIDTH)
    tensors["ln_f.bias"] = normal(WIDTH)
    return tensors


def logits(w, tokens):
    """One sequence, one head and one position after the other."""
    x = w["wte.weight"][tokens] + w["wpe.weight"][: len(tokens)]
    size = WIDTH // HEADS
    for i in range(LAYERS):
        p = {name[len(f"h.{i}."):]: value for name, value in w.items() if name.startswith(f"h.{i}.")}
        n = F.layer_norm(x, (WIDTH,), p["ln_1.weight"], p["ln_1.bias"], eps=1e-5)
        q, k, v = F.linear(n, p["attn.c_attn.weight"].t(), p["attn.c_attn.bias"]).split(WIDTH, dim=-1)
        rows = []
        for t in range(len(tokens)):
            heads = []
            for h in range(HEADS):
                part = slice(h * size, (h + 1) * size)
                attention = torch.softmax(k[: t + 1, part] @ q[t, part] / size**0.5, dim=0)
                heads.append(attention @ v[: t + 1, part])
            rows.append(torch.cat(heads))
        x = x + F.linear(torch.stack(rows), p["attn.c_proj.weight"].t(), p["attn.c_proj.bias"])
        n = F.layer_norm(x, (WIDTH,), p["ln_2.weight"], p["ln_2.bias"], eps=1e-5)
        n = F.gelu(F.linear(n, p["mlp.c_fc.weight"].t(), p["mlp.c_fc.bias"]), approximate="tanh")
        x = x + F.linear(n, p["mlp.c_proj.weight"].t(), p["mlp.c_proj.bias"])
    return F.layer_norm(x, (WIDTH,), w["ln_f.weight"], w["ln_f.bias"], eps=1e-5) @ w["wte.weight"].t()


def safetensors(tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = bytes(tensor.contiguous().flatten().numpy().tobytes())
        kind = {torch.float32: "F32", torch.uint8: "U8"}[tensor.dtype]
        header["transformer." + name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def golden(tensors):
    w = {name: tensor.double().requires_grad_() for name, tensor in tensors.items() if tensor.dtype == torch.float32}
    outputs = [logits(w, torch.tensor(tokens)) for tokens in TOKENS]
    sums = [F.log_softmax(out, -1)[torch.arange(PROMPT - 1, len(t) - 1), torch.tensor(t[PROMPT:])].sum() for out, t in zip(outputs, TOKENS)]
    (sums[0] - 2 * sums[1]).backward()
    return {
        "prompt": PROMPT,
        "tokens": TOKENS,
        "logits": [out.tolist() for out in outputs],
        "log_probabilities": [value.item() for value in sums],
        "gradient of the first minus twice the second": {name: value.grad.flatten().tolist() for name, value in w.items()},
    }


if __name__ == "__main__":
    tensors = weights()
    HERE.mkdir(exist_ok=True)
    file, text = safetensors(tensors), json.dumps(golden(tensors)) + "\n"
    weights_path, golden_path = HERE / "gpt2-tiny.safetensors", HERE / "gpt2-tiny.json"
    if "--check" in sys.argv:
        sys.exit(0 if weights_path.read_bytes() == file and golden_path.read_text() == text else "The committed files are others.")
    weights_path.write_bytes(file)
    golden_path.write_text(text)

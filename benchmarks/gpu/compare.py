"""Our program for GPUs beside PyTorch and Liger-Kernel, on a machine with a device; and whether our kernels are right on it.

    python3 compare.py check --binary preference-losses-gpu --output results
    python3 compare.py speed --binary preference-losses-gpu --output results --liger Liger-Kernel/src

Each writes JSON and Markdown into the folder as it goes. What a machine does not have is named under "Missing". Exit status: 0; 1 if something that ran was wrong.
"""

import argparse
import pathlib
import sys

from comparison import check, speed

def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in (("check", check.run), ("speed", speed.run)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--binary", required=True, type=lambda path: str(pathlib.Path(path).resolve(strict=True)), help="the program that publish.sh makes")
        command.add_argument("--output", default="results", help="the folder for results")
        command.add_argument("--seconds", type=float, default=540, help="how long all of it may take")
        command.add_argument("--quick", action="store_true", help="tiny shapes, for a stand-in")
    commands.choices["check"].add_argument("--architecture", default="sm_90", help="what all kernels are assembled for")
    commands.choices["check"].add_argument("--parts", default="losses,rows,logits", help="the parts of the self-test")
    speed_options = commands.choices["speed"]
    speed_options.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    speed_options.add_argument("--repeats", type=int, default=50)
    speed_options.add_argument("--memory", type=float, help="GiB of the device's memory that our program may use")
    speed_options.add_argument("--liger", help="the folder that has the package liger_kernel")
    return parser.parse_args()


def main():
    options = parse()
    if getattr(options, "liger", None):
        sys.path.insert(0, str(pathlib.Path(options.liger).resolve(strict=True)))
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())

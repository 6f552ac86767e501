"""Checks what a package promises: README, license, documentation, symbols, and the core's dependencies."""

import pathlib
import sys
import xml.etree.ElementTree as xml
import zipfile

ALLOWED_DEPENDENCIES = {
    "PreferenceLosses": {"System.Numerics.Tensors"},
    "PreferenceLosses.Analysis": {"PreferenceLosses", "MathNet.Numerics"},
    "PreferenceLosses.Charts": set(),
    "PreferenceLosses.Cuda": {"PreferenceLosses"},
    "PreferenceLosses.Discovery": {
        "PreferenceLosses",
        "PreferenceLosses.Analysis",
        "PreferenceLosses.Charts",
        "PreferenceLosses.Training",
        "Microsoft.Extensions.AI.Abstractions",
    },
    "PreferenceLosses.Training": {"PreferenceLosses", "MathNet.Numerics"},
    "PreferenceLosses.TorchSharp": {"PreferenceLosses", "PreferenceLosses.Cuda", "PreferenceLosses.Training", "TorchSharp"},
}


def check(package: pathlib.Path) -> list[str]:
    problems = []
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        spec = xml.fromstring(archive.read(next(n for n in names if n.endswith(".nuspec"))))
    namespace = {"n": spec.tag[1:].split("}")[0]}
    metadata = spec.find("n:metadata", namespace)
    identity = metadata.findtext("n:id", namespaces=namespace)

    if "README.md" not in names or metadata.findtext("n:readme", namespaces=namespace) != "README.md":
        problems.append("no README")
    if metadata.findtext("n:license", namespaces=namespace) != "MIT":
        problems.append("no license expression")
    if not metadata.findtext("n:description", default="", namespaces=namespace).strip():
        problems.append("no description")
    if not any(n.endswith(f"{identity}.xml") for n in names):
        problems.append("no XML documentation")
    if not package.with_suffix(".snupkg").exists():
        problems.append("no symbols package")

    if identity in ALLOWED_DEPENDENCIES:
        found = {d.get("id") for d in metadata.iterfind(".//n:dependency", namespace)}
        if found != ALLOWED_DEPENDENCIES[identity]:
            problems.append(f"depends on {sorted(found)}, not on {sorted(ALLOWED_DEPENDENCIES[identity])}")
    return [f"{package.name}: {p}" for p in problems]


packages = sorted(pathlib.Path(sys.argv[1]).glob("*.nupkg"))
problems = [p for package in packages for p in check(package)] if packages else ["no packages"]
print("\n".join(problems) or f"{len(packages)} packages are complete")
sys.exit(1 if problems else 0)

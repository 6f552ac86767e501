"""What was found, as JSON and as Markdown, written as it comes: what a session that was cut off has found is not lost."""

import json
import pathlib


def first_line(text):
    return next((line.strip() for line in str(text).splitlines() if line.strip()), "no message")[:300]


class Report:
    """Results, what is missing and why, and what was wrong."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.data = {"results": [], "missing": [], "failures": []}

    @property
    def failures(self):
        return self.data["failures"]

    def set(self, key, value):
        self.data[key] = value

    def add(self, result, **labels):
        self.data["results"].append({**result, **labels})

    def missing(self, what):
        print(f"missing: {what}", flush=True)
        self.data["missing"].append(what)

    def failure(self, what):
        print(f"FAILED {what}", flush=True)
        self.data["failures"].append(what)

    def groups(self):
        """Results by what was done on what, in the order in which they came."""
        groups = {}
        for result in self.data["results"]:
            groups.setdefault((result["subject"], result["kind"]), []).append(result)
        return groups

    def path(self, extension):
        return self.folder / f"{self.name}.{extension}"

    def write(self, markdown):
        self.path("json").write_text(json.dumps(self.data, indent=1))
        lines = markdown(self)
        for title, key in (("Missing", "missing"), ("Failures", "failures")):
            lines += [f"## {title}", ""] + ([f"- {one}" for one in self.data[key]] or ["Nothing."]) + [""]
        self.path("md").write_text("\n".join(lines))

"""What the tests of `init` and `doctor` share."""

from __future__ import annotations

import json

FILES = ("expflow.yaml", ".pre-commit-config.yaml", ".github/workflows/expflow.yml")
IDS = ["expflow"]
TYPES = ["pre-commit", "pre-merge-commit", "pre-push"]


def contents(repository):
    return {
        str(path.relative_to(repository.path)): path.read_bytes()
        for path in repository.path.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(repository.path).parts
    }


def checks(cli, **options):
    done = cli("doctor", "--format", "json", **options)
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)}

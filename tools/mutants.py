"""Turn each exit code of an error into 0, one at a time, and name those that no test notices.

    python tools/mutants.py [PATH...]

Each mutant changes a file in place and puts it back; the files must have no changes of yours.
"""

import ast
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CODES = {"UNREADABLE", "USAGE", "UNDECIDED", "FAILED", "PIN_REFUSED", "exit_code"}
# The places that decide an exit code, and the tests that must notice.
TARGETS = {
    "expflow_hooks/core/errors.py": ["tests/hooks/test_exit_codes.py"],
    "expflow_hooks/hooks/util.py": ["tests/hooks/test_exit_codes.py"],
    "expflow_hooks/hooks/plain.py": ["tests/hooks/test_exit_codes.py"],
    "expflow_hooks/hooks/registry.py": ["tests/hooks/test_registry_hook.py"],
    "expflow_hooks/hooks/audit.py": ["tests/hooks/test_audit.py"],
    "expflow_hooks/scan/command.py": ["tests/hooks/test_exit_codes.py", "tests/hooks/test_pin_hash_files.py"],
    "expflow_hooks/cli/__init__.py": ["tests/hooks/test_exit_codes.py", "tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/lazy.py": ["tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/audit.py": ["tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/compare.py": ["tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/report.py": ["tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/run.py": ["tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/pin.py": ["tests/cli/test_exit_codes.py"],
    "expflow_hooks/cli/operate.py": [
        "tests/sources/test_clearml_operations.py",
        "tests/sources/test_clearml_states.py",
    ],
    "expflow_hooks/action/main.py": ["tests/action/test_late.py", "tests/action/test_borrowed.py"],
    "expflow_hooks/action/verdict.py": ["tests/action/test_verdict.py", "tests/action/test_bad_input.py"],
    "expflow_hooks/action/evidence/case.py": ["tests/action/test_late.py", "tests/action/test_borrowed.py"],
    "expflow_hooks/action/evidence/tasks.py": ["tests/action/test_clearml_source.py"],
    "expflow_hooks/setup/commands/doctor.py": ["tests/setup/test_doctor.py"],
    "expflow_hooks/setup/commands/init.py": ["tests/setup/test_init.py"],
    "expflow_hooks/setup/commands/install.py": ["tests/setup/test_githooks_of_frameworks.py"],
}
SURVIVORS: "dict[str, str]" = {}
"""Mutants that may survive, `path: the line`, and the reason; CONTRIBUTING.md names them."""


def places(text: str) -> "list[tuple[int, int, int]]":
    """Return (line, start, end) of every exit code of an error in the functions and classes of a module."""
    found = []
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, (ast.FunctionDef, ast.ClassDef)):
            for node in ast.walk(function):
                if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                    continue
                name = node.id if isinstance(node, ast.Name) else node.attr
                if name in CODES and node.lineno == node.end_lineno:
                    found.append((node.lineno, node.col_offset, node.end_col_offset))
    return sorted(set(found))


def main() -> int:
    """Run the tests on each mutant; return 1 if one survives."""
    survivors = tried = 0
    for path in sys.argv[1:] or TARGETS:
        tests = TARGETS[path]
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            text = file.read()
        for number, start, end in places(text):
            lines = text.splitlines(keepends=True)
            line = lines[number - 1].encode()
            lines[number - 1] = (line[:start] + b"0" + line[end:]).decode()
            tried += 1
            place = f"{path}: {text.splitlines()[number - 1].strip()}"
            if passes(path, "".join(lines), text, tests):
                known = SURVIVORS.get(place)
                survivors += known is None
                print(f"{path}:{number}:{start + 1}: survives: {known or lines[number - 1].strip()}", flush=True)
    print(f"{tried} mutants, {survivors} survived unnamed")
    return int(survivors > 0)


def passes(path: str, mutant: str, text: str, tests: "list[str]") -> bool:
    """Return whether the tests pass with the mutant in the file's place."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        write(path, mutant)
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    finally:
        write(path, text)


def write(path: str, text: str) -> None:
    """Write a file of the project."""
    with open(os.path.join(ROOT, path), "w", encoding="utf-8", newline="") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())

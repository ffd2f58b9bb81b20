"""Claim: scanning files is near ripgrep (1,000 files 1.3x, 10,000 files 1.0x), and far from the other hooks.

The files are a machine-learning repository's: source, hash-pinned lock files, pointers of LFS, checksums, notebooks.
"""

import sys

from util import command, hook_environment, measure, need, research_files, table, workspace

SIZES = ((1_000, 10_000_000, 1.3, 25), (10_000, 40_000_000, 1.0, 15))


def main() -> int:
    """Measure both sizes; detect-private-key on both, detect-secrets (minutes) on the smaller one only, once."""
    held = True
    with workspace() as folder:
        programs = hook_environment(folder)
        for count, size, budget, rounds in SIZES:
            root = research_files(folder / str(count), count, size)
            files = [str(path) for path in root.rglob("*") if path.is_file()]
            candidates = {
                "rg -j1 -c": command(need("rg"), "-j1", "-c", "[0-9a-f]{64}", root),
                "expflow-pin-hash": command(programs / "expflow-pin-hash", root),
                "python -c pass": command(programs / "python", "-c", "pass"),
                "detect-private-key": command(need("detect-private-key"), *files),
            }
            medians = measure(candidates, rounds)
            if count == SIZES[0][0] and "--quick" not in sys.argv:
                slow = {"detect-secrets-hook (one run)": command(need("detect-secrets-hook"), *files)}
                medians |= measure(slow, 1)
            title = f"{count:,} files, {size // 1_000_000} MB"
            held = table(title, medians, "rg -j1 -c", {"expflow-pin-hash": budget}) and held
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())

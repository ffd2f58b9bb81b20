"""Partial clones: having the objects that are missing here, many at a time, where git would fetch one by one."""

from expflow_hooks.git.repository import Git

_AT_ONCE = 10_000
_FETCH = (
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-gc",
    "--filter=blob:none",
    "--stdin",
)


def fetch_missing(git: Git, revisions: "list[str]") -> int:
    """Fetch what revisions reach and this partial clone lacks; return how many objects that were, 0 for a whole clone.

    Raises UnreadableError where the remote that has them cannot be asked.
    """
    remote = _promisor(git)
    if not remote:
        return 0
    command = ("rev-list", "--objects", "--missing=print", "--stdin")
    listed = git.lines(*command, stdin="".join(f"{revision}\n" for revision in revisions).encode())
    missing = [line[1:] for line in listed if line.startswith(b"?")]
    for at in range(0, len(missing), _AT_ONCE):
        # Without negotiation: the objects' commits are here, and so a remote would send nothing.
        lines = b"".join(line + b"\n" for line in missing[at : at + _AT_ONCE])
        git.ask("-c", "fetch.negotiationAlgorithm=noop", *_FETCH, remote, stdin=lines)
    git.forget()
    return len(missing)


def _promisor(git: Git) -> str:
    """Return the remote that has what a partial clone lacks, nothing where the clone is whole."""
    answer = git.try_ask("config", "--get-regexp", "^remote\\..*\\.promisor$", "true")
    line = (answer or b"").decode("utf-8", "surrogateescape").partition("\n")[0]
    return line.partition(" ")[0].removeprefix("remote.").removesuffix(".promisor")

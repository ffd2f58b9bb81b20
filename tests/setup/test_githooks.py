"""`install` and `uninstall` on real repositories: what git runs then, and what stands there afterwards."""

from __future__ import annotations

import os
import shutil
import sys

import pytest
from gitrepo import Repo
from hookfiles import OWN, state, write_own

FILES = ("pre-commit", "pre-merge-commit", "pre-push")
BLOCKED = "expflow: fail (exit 1)"


@pytest.fixture
def remote(repository: Repo, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    remote = Repo(tmp_path_factory.mktemp("remote") / "r.git", "--bare")
    repository.git("remote", "add", "origin", str(remote.path))
    return remote


def test_all_three_hooks_are_installed_and_a_second_time_changes_nothing(cli, repository):
    hooks = repository.path / ".git" / "hooks"
    first = cli("install")
    assert first.returncode == 0, first.stderr
    before = state(hooks)
    assert sorted(before) == sorted(FILES)
    assert all(os.access(hooks / name, os.X_OK) for name in FILES)
    assert sys.executable in (hooks / "pre-push").read_text()
    second = cli("install")
    assert (second.returncode, second.stdout.count("installed already")) == (0, 3)
    assert state(hooks) == before


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (["--hook", "pre-commit"], ["pre-commit", "pre-merge-commit"]),
        (["--hook", "pre-push"], ["pre-push"]),
        (["--hook", "pre-push", "--hook", "pre-commit"], list(FILES)),
    ],
)
def test_only_what_is_asked_for_is_installed(cli, repository, asked, files):
    assert cli("install", *asked).returncode == 0
    assert sorted(state(repository.path / ".git" / "hooks")) == sorted(files)


def test_a_commit_with_a_hash_and_a_broken_policy_are_blocked(cli, repository, digest):
    cli("install")
    repository.write("b.txt", digest)
    repository.git("add", ".")
    assert "b.txt:1:1: EXP001" in repository.git("commit", "--message=leak", ok=False)
    repository.git("rm", "--quiet", "--force", "b.txt")
    repository.write("expflow.yaml", "version: 1\nleaderbord: {}\n")
    repository.git("add", ".")
    assert "did you mean leaderboard" in repository.git("commit", "--message=policy", ok=False)
    assert not repository.git("for-each-ref")


def test_a_merge_that_brings_a_hash_along_is_blocked(cli, repository, digest):
    repository.commit("a.txt", "clean")
    repository.git("switch", "--quiet", "--create", "side")
    repository.commit("d.txt", digest)
    repository.git("switch", "--quiet", "main")
    repository.commit("e.txt", "clean")
    cli("install")
    assert "d.txt:1:1: EXP001" in repository.git("merge", "--no-edit", "side", ok=False)


def test_every_ref_of_a_push_is_seen(cli, repository, remote, digest):
    repository.commit("a.txt", "clean")
    cli("install")
    assert BLOCKED not in repository.git("push", "origin", "main", ok=False)
    repository.git("branch", "one")
    repository.git("switch", "--quiet", "--create", "two")
    repository.commit("leak.txt", digest)
    repository.git("switch", "--quiet", "--create", "three", "main")
    said = repository.git("push", "origin", "one", "two", "three", ok=False)
    assert "refs/heads/two leak.txt:1:1: EXP001" in said and BLOCKED in said
    assert digest not in said
    assert repository.git("ls-remote", "--heads", "origin").count("refs/heads/") == 1


def test_the_registry_and_the_audit_run_at_push(cli, repository, remote):
    cli("install")
    repository.write("expflow.yaml", "version: 1\naudit: {rules: competition}\n")
    repository.write(
        "experiments.jsonl", '{"experiment_id": "e1", "metrics": {"pde_mean": 18.09}, "status": "completed"}\n'
    )
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--no-verify", "--message=run")
    said = repository.git("push", "origin", "main:topic", ok=False)
    assert "e1: pde_mean < 18.09" in said and "reported only" in said
    said = repository.git("push", "origin", "main", ok=False)
    assert "main is protected" in said and BLOCKED in said
    repository.git("push", "--no-verify", "origin", "main")
    repository.write("experiments.jsonl", "")
    repository.git("commit", "--quiet", "--no-verify", "--all", "--message=emptied")
    assert "a registry only grows" in repository.git("push", "origin", "main", ok=False)


def test_a_hook_of_ones_own_gets_input_and_arguments_and_may_refuse(cli, repository, remote, digest):
    hooks = repository.path / ".git" / "hooks"
    write_own(hooks, "pre-push")
    assert "a hook of your own runs before it" in cli("install").stdout
    commit = repository.commit("a.txt", "clean")
    assert BLOCKED not in repository.git("push", "origin", "main", ok=False)
    log = (repository.path / ".git" / "own.log").read_text()
    assert log == f"own origin refs/heads/main {commit} refs/heads/main {'0' * 40}\n"
    leak = repository.commit("b.txt", digest)
    assert f"{leak[:12]} refs/heads/main b.txt:1:1: EXP001" in repository.git("push", "origin", "main", ok=False)
    repository.git("reset", "--quiet", "--hard", commit)
    repository.commit("c.txt", "clean")
    assert "failed to push" in repository.git("push", "origin", "main", ok=False, OWN_EXIT="7")


@pytest.mark.parametrize(("text", "mode"), [("echo no shebang >&2\n", 0o755), (OWN, 0o644)])
def test_a_hook_of_ones_own_runs_if_git_would_run_it(cli, repository, text, mode):
    write_own(repository.path / ".git" / "hooks", "pre-commit", text, mode)
    cli("install")
    repository.write("a", "a")
    repository.git("add", ".")
    said = repository.git("commit", "--message=a", ok=False)
    assert ("no shebang" in said) is (mode == 0o755)
    assert not (repository.path / ".git" / "own.log").exists()


def test_uninstall_restores_byte_for_byte_mode_and_links_included(cli, repository):
    hooks = repository.path / ".git" / "hooks"
    write_own(hooks, "pre-commit", mode=0o751)
    (hooks / "pre-push").symlink_to("pre-commit")
    (hooks / "pre-merge-commit").symlink_to("nowhere")
    names = {path.name for path in hooks.iterdir()}
    before = {name: (os.lstat(hooks / name), os.path.islink(hooks / name)) for name in FILES}
    assert cli("install").returncode == 0
    assert cli("install").returncode == 0
    assert cli("uninstall").returncode == 0
    assert {path.name for path in hooks.iterdir()} == names
    for name in FILES:
        now = os.lstat(hooks / name)
        assert (now.st_mode, now.st_mtime_ns, now.st_ino) == tuple(
            getattr(before[name][0], field) for field in ("st_mode", "st_mtime_ns", "st_ino")
        )
    assert (hooks / "pre-commit").read_text() == OWN
    again = cli("uninstall")
    assert (again.returncode, again.stdout.count("nothing of ours")) == (0, 3)
    assert {path.name for path in hooks.iterdir()} == names


def test_a_hook_that_is_a_link_to_another_still_runs(cli, repository, remote):
    hooks = repository.path / ".git" / "hooks"
    write_own(hooks, "pre-commit")
    (hooks / "pre-push").symlink_to("pre-commit")
    assert cli("install").returncode == 0
    repository.commit("a.txt", "clean")
    repository.git("push", "origin", "main")
    assert (repository.path / ".git" / "own.log").read_text().startswith("own origin refs/heads/main")


def test_two_hooks_of_ones_own_are_not_joined_by_guess(cli, repository):
    hooks = repository.path / ".git" / "hooks"
    write_own(hooks, "pre-push")
    cli("install")
    write_own(hooks, "pre-push", "#!/bin/sh\n# written over ours\n")
    before = state(hooks)
    done = cli("install", "--hook", "pre-push")
    assert done.returncode == 2 and "both exist" in done.stderr
    assert state(hooks) == before


@pytest.mark.parametrize("where", ["outside", "tracked"])
def test_a_hook_folder_that_others_may_share_is_refused_unless_told(cli, repository, tmp_path_factory, where):
    folder = tmp_path_factory.mktemp("shared") if where == "outside" else repository.path / ".githooks"
    folder.mkdir(exist_ok=True)
    repository.git("config", "core.hooksPath", str(folder) if where == "outside" else ".githooks")
    done = cli("install")
    assert done.returncode == 2 and "core.hooksPath" in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(folder.iterdir()) == []
    (repository.path / "sub").mkdir()
    assert cli("install", "--shared-hooks", cwd=repository.path / "sub").returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert cli("uninstall").returncode == 0
    assert list(folder.iterdir()) == []


def test_a_link_that_somebody_planted_is_put_aside_and_never_written_through(cli, repository, tmp_path_factory):
    folder, elsewhere = tmp_path_factory.mktemp("shared"), tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "precious").write_text("precious\n")
    (folder / "pre-commit").symlink_to(elsewhere / "precious")
    (folder / "pre-push").symlink_to(elsewhere / "new")
    repository.git("config", "core.hooksPath", str(folder))
    assert cli("install", "--shared-hooks").returncode == 0
    assert (elsewhere / "precious").read_text() == "precious\n"
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]
    assert not (folder / "pre-commit").is_symlink() and not (folder / "pre-push").is_symlink()
    assert cli("uninstall").returncode == 0
    assert (folder / "pre-commit").readlink() == elsewhere / "precious"


def test_a_hook_folder_inside_the_git_directory_is_ours_to_use(cli, repository):
    repository.git("config", "core.hooksPath", ".git/other")
    assert cli("install").returncode == 0
    assert (repository.path / ".git" / "other" / "pre-push").exists()


def test_worktrees_and_submodules(cli, repository, tmp_path_factory, digest):
    repository.commit("a.txt", "clean")
    tree = tmp_path_factory.mktemp("trees") / "tree"
    repository.git("worktree", "add", "--quiet", str(tree))
    assert cli("install", cwd=tree).returncode == 0
    assert (repository.path / ".git" / "hooks" / "pre-push").exists()
    inner = Repo(tmp_path_factory.mktemp("sub") / "inner")
    inner.commit("x.txt", "clean")
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "inner")
    assert cli("install", cwd=repository.path / "inner").returncode == 0
    assert (repository.path / ".git" / "modules" / "inner" / "hooks" / "pre-push").exists()
    for folder in (tree, repository.path / "inner"):
        other = Repo.__new__(Repo)
        other.path = folder
        other.write("leak.txt", digest)
        other.git("add", "leak.txt")
        assert "leak.txt:1:1: EXP001" in other.git("commit", "--message=leak", ok=False)


def test_nothing_that_lies_in_the_repository_is_imported(cli, repository, remote):
    cli("install")
    for name in ("json.py", "io.py", "expflow_hooks.py", "msgspec.py", "yaml.py", "sitecustomize.py"):
        repository.write(name, "raise SystemExit('the repository was imported')\n")
    repository.write("expflow.yaml", "version: 1\n")
    repository.git("add", ".")
    repository.git("commit", "--message=modules", PYTHONPATH=str(repository.path))
    assert BLOCKED not in repository.git("push", "origin", "main", ok=False, PYTHONPATH=str(repository.path))
    assert "refs/heads/main" in repository.git("ls-remote", "origin")


def test_a_python_that_went_away_is_told_and_blocks(cli, repository):
    cli("install")
    path = repository.path / ".git" / "hooks" / "pre-commit"
    path.write_text(path.read_text().replace(sys.executable, "/nowhere/python"))
    repository.write("a", "a")
    repository.git("add", ".")
    said = repository.git("commit", "--message=a", ok=False)
    assert "/nowhere/python no longer exists" in said and "expflow: error (exit 4)" in said


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_outside_a_repository_it_is_one_line(cli, work, command):
    done = cli(command)
    assert done.returncode == 4 and "not in a git work tree" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_one_line(cli, repository):
    shutil.rmtree(repository.path / ".git" / "hooks")
    (repository.path / ".git" / "hooks").write_text("a file")
    done = cli("install")
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1

"""The work tree's code has the digest that a commit of it has, and nothing is written into the repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from gitrepo import Repo

from expflow_hooks.core.change.code import code_id, code_patterns
from expflow_hooks.git import code_identity
from expflow_hooks.git.code_identity import WorkTree, code_of_commit, code_of_work_tree
from expflow_hooks.git.repository import Git

ALL = code_patterns()


def here(repo: Repo, patterns: tuple[str, ...] = ALL) -> str:
    """Return the work tree's digest, which has to be there and to leave the repository as it was."""
    before = written(repo)
    found = code_of_work_tree(patterns, str(repo.path))
    assert written(repo) == before
    assert found.why == ""
    assert found.id
    return found.id


def written(repo: Repo) -> dict[Path, bytes]:
    """Return the contents of every file of git's own."""
    return {path: path.read_bytes() for path in (repo.path / ".git").rglob("*") if path.is_file()}


def committed(repo: Repo, patterns: tuple[str, ...] = ALL, revision: str = "HEAD") -> str:
    return code_of_commit(Git(str(repo.path)), revision, patterns)


def commit_all(repo: Repo, *options: str) -> None:
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", "all", *options)


@pytest.fixture
def repo(git_repo: Repo) -> Repo:
    git_repo.write("src/model.py", "x = 1\n")
    git_repo.write("train.py", "import src.model\n")
    git_repo.write(".gitignore", "*.log\nignored/\n")
    commit_all(git_repo)
    return git_repo


def test_a_clean_work_tree_has_its_commits_digest(repo):
    assert here(repo) == committed(repo)


def edit(repo):
    repo.write("train.py", "import src.model as m\n")


def same_size(repo):
    repo.write("src/model.py", "x = 2\n")  # as long as it was, in the same moment


def new_module(repo):
    repo.write("src/deep/new.py", "y = 1\n")


def removed(repo):
    (repo.path / "src/model.py").unlink()


def removed_and_staged(repo):
    repo.git("rm", "--quiet", "src/model.py")


def staged_then_edited(repo):
    repo.write("train.py", "staged\n")
    repo.git("add", "train.py")
    repo.write("train.py", "edited\n")


def intended(repo):
    repo.write("later.py", "z = 1\n")
    repo.git("add", "--intent-to-add", "later.py")


def executable(repo):
    (repo.path / "train.py").chmod(0o755)


def link(repo):
    (repo.path / "alias.py").symlink_to("train.py")


def file_for_folder(repo):
    (repo.path / "src/model.py").unlink()
    (repo.path / "src").rmdir()
    repo.write("src", "a file now\n")


def folder_for_file(repo):
    (repo.path / "train.py").unlink()
    repo.write("train.py/main.py", "a folder now\n")


def link_for_folder(repo):
    (repo.path / "src").rename(repo.path / "other")
    (repo.path / "src").symlink_to("other")


def odd_names(repo):
    repo.write(b"new\nline.py", "1\n")
    repo.write(b"not\xffutf8.py", "2\n")
    repo.write('quote".py', "3\n")
    repo.write(" blank .py", "4\n")


def renamed(repo):
    (repo.path / "train.py").rename(repo.path / "fit.py")


EDITS = [
    edit,
    same_size,
    new_module,
    removed,
    removed_and_staged,
    staged_then_edited,
    intended,
    executable,
    link,
    file_for_folder,
    folder_for_file,
    link_for_folder,
    odd_names,
    renamed,
]


@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.__name__)
def test_trained_dirty_then_committed_is_proved_equal(repo, change):
    before = committed(repo)
    change(repo)
    ran = here(repo)
    assert ran != before
    commit_all(repo)
    assert committed(repo) == ran == here(repo)


def test_amending_squashing_rebasing_and_picking_change_nothing(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit("train.py", "a\n")
    repo.commit("train.py", "b\n")
    ran = here(repo)
    repo.git("commit", "--quiet", "--amend", "--message", "other words")
    assert committed(repo) == ran
    repo.git("reset", "--quiet", "--soft", "main")
    repo.git("commit", "--quiet", "--message", "squashed")
    assert committed(repo) == ran
    repo.git("switch", "--quiet", "main")
    repo.commit("README.md", "documents only\n")
    repo.git("cherry-pick", "topic")
    assert committed(repo) == ran
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.git("merge", "--quiet", "--no-edit", "topic")
    assert committed(repo) == ran
    repo.commit("src/model.py", "another change\n")
    assert committed(repo) != ran


def test_an_ignored_module_does_not_count_until_it_is_committed(repo):
    before = here(repo)
    repo.write("ignored/helper.py", "secret = 1\n")
    assert here(repo) == before
    repo.git("add", "--force", "ignored/helper.py")
    assert here(repo) != before
    repo.write("ignored/helper.py", "secret = 2\n")  # tracked now: its edits count
    commit_all(repo)
    assert here(repo) == committed(repo)


def test_results_documents_and_bytecode_do_not_count(repo):
    before = here(repo)
    for path in ("README.md", "docs/a.txt", "experiments/topic.jsonl", "src/__pycache__/model.pyc", "expflow.yaml"):
        repo.write(path, "whatever\n")
    assert here(repo) == before


def test_only_the_paths_of_the_policy_count(repo):
    patterns = code_patterns(["src/**"])
    before = here(repo, patterns)
    repo.write("train.py", "another\n")
    repo.write("data.bin", "x")
    assert here(repo, patterns) == before
    repo.write("src/model.py", "another\n")
    ran = here(repo, patterns)
    assert ran != before
    commit_all(repo)
    assert committed(repo, patterns) == ran


def test_a_project_in_a_sub_folder_is_asked_from_anywhere(repo):
    repo.write("project/train.py", "1\n")
    repo.write("project/README.md", "1\n")
    patterns = code_patterns((), "project/experiments.jsonl", "project")
    ran = code_of_work_tree(patterns, str(repo.path / "project"))
    assert ran == code_of_work_tree(patterns, str(repo.path)) != WorkTree()
    repo.write("src/model.py", "another project's\n")
    repo.write("project/experiments.jsonl", "{}\n")
    commit_all(repo)
    assert committed(repo, patterns) == ran.id


def test_line_endings_count_as_git_stores_them(repo):
    repo.write(".gitattributes", "*.py text\n")
    repo.git("config", "core.safecrlf", "true")  # which makes `git add` refuse
    repo.write("windows.py", b"a = 1\r\nb = 2\r\n")
    ran = here(repo)
    repo.git("config", "core.safecrlf", "false")
    commit_all(repo)
    assert committed(repo) == ran
    # A file that was committed with them keeps them, whatever `autocrlf` is now.
    repo.write(".gitattributes", "")
    repo.write("kept.py", b"a = 1\r\n")
    commit_all(repo)
    repo.git("config", "core.autocrlf", "true")
    repo.write("kept.py", b"a = 2\r\n")
    ran = here(repo)
    commit_all(repo)
    assert committed(repo) == ran


def test_a_clean_filter_counts_as_in_git_add(repo):
    strip = f'"{sys.executable}" -c "import sys; sys.stdout.write(sys.stdin.read().upper())"'
    repo.git("config", "filter.upper.clean", strip)
    repo.write(".gitattributes", "*.txt filter=upper\n")
    repo.write("notes.txt", "quiet\n")
    ran = here(repo)
    commit_all(repo)
    assert repo.git("show", "HEAD:notes.txt") == "QUIET"
    assert committed(repo) == ran


def test_a_large_file_store_is_not_written_to(repo):
    """A filter that keeps what it cleans where `lfs.storage` says, as Git LFS does."""
    script = repo.path / ".git" / "clean.sh"
    script.write_text(
        'store=$(git config lfs.storage || echo .git/lfs)\nmkdir -p "$store"\ncat > "$store/object"\necho pointer\n'
    )
    repo.git("config", "filter.lfs.clean", f'sh "{script}"')
    repo.git("config", "filter.lfs.required", "true")
    repo.write(".gitattributes", "*.pt filter=lfs\n")
    repo.write("weights.pt", "x" * 1000)
    ran = here(repo)
    assert not (repo.path / ".git/lfs").exists()
    commit_all(repo)
    assert (repo.path / ".git/lfs/object").exists()
    assert committed(repo) == ran == here(repo)


def test_a_filter_that_fails_gives_no_code_and_says_why(repo):
    repo.git("config", "filter.broken.clean", "false")
    repo.git("config", "filter.broken.required", "true")
    repo.write(".gitattributes", "*.txt filter=broken\n")
    repo.write("notes.txt", "x\n")
    found = code_of_work_tree(ALL, str(repo.path))
    assert (found.id, "notes.txt" in found.why) == ("", True)


def test_no_hook_is_run(repo):
    for hook in ("post-index-change", "fsmonitor-watchman"):
        path = repo.path / ".git/hooks" / hook
        path.write_text("#!/bin/sh\ntouch ran\n")
        path.chmod(0o755)
    repo.git("config", "core.fsmonitor", ".git/hooks/fsmonitor-watchman")
    repo.write("train.py", "another\n")
    code_of_work_tree(ALL, str(repo.path))
    assert not (repo.path / "ran").exists()


def test_a_sparse_checkout_counts_what_the_commit_has(repo):
    repo.write("other/a.py", "1\n")
    commit_all(repo)
    whole = here(repo)
    repo.git("sparse-checkout", "set", "src")
    assert not (repo.path / "other").exists()
    assert here(repo) == whole == committed(repo)
    repo.write("src/model.py", "edited\n")
    ran = here(repo)
    repo.git("commit", "--quiet", "--all", "--message", "edited")
    assert committed(repo) == ran


@pytest.mark.parametrize("option", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_to_pass_over_is_looked_at(repo, option):
    before = here(repo)
    repo.git("update-index", option, "train.py")
    assert here(repo) == before
    repo.write("train.py", "hidden edit\n")
    assert here(repo) != before


def test_a_split_index_is_read_and_left_alone(repo):
    repo.git("config", "core.splitIndex", "true")
    repo.git("update-index", "--split-index")
    repo.write("train.py", "edited\n")
    ran = here(repo)
    commit_all(repo)
    assert committed(repo) == ran


def test_a_repository_without_a_commit_has_code(git_repo):
    git_repo.write("train.py", "1\n")
    ran = here(git_repo)
    commit_all(git_repo)
    assert committed(git_repo) == ran


def test_a_merge_that_is_not_finished_counts_as_it_stands(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit("train.py", "theirs\n")
    repo.git("switch", "--quiet", "main")
    repo.commit("train.py", "ours\n")
    repo.git("merge", "topic", ok=False)
    assert "<<<<" in (repo.path / "train.py").read_text()
    ran = here(repo)
    commit_all(repo)
    assert committed(repo) == ran


def with_library(repo: Repo, tmp_path: Path) -> Path:
    library = Repo(tmp_path / "library")
    library.commit("lib.py", "1\n")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), "lib")
    commit_all(repo)
    return repo.path / "lib"


def test_a_submodule_counts_by_its_commit_and_gives_none_with_changes(repo, tmp_path):
    library = with_library(repo, tmp_path)
    assert here(repo) == committed(repo)
    inside = Repo(library)
    inside.commit("lib.py", "2\n")
    ran = here(repo)
    assert ran != committed(repo)
    commit_all(repo)
    assert committed(repo) == ran
    for name in ("lib.py", "new.py"):
        inside.write(name, "3\n")
        found = code_of_work_tree(ALL, str(repo.path))
        assert (found.id, found.why) == ("", "lib, a repository in this one, has changes of its own")
        inside.git("stash", "--quiet", "--include-untracked")
    # Nobody's business where the paths do not name it.
    inside.write("lib.py", "4\n")
    assert here(repo, code_patterns(["src/**"])) == committed(repo, code_patterns(["src/**"]))


def test_a_submodule_that_is_not_there_counts_by_its_commit(repo, tmp_path):
    with_library(repo, tmp_path)
    repo.git("submodule", "--quiet", "deinit", "--force", "lib")
    assert here(repo) == committed(repo)


def test_a_repository_that_is_no_submodule_counts_by_its_commit(repo):
    nested = Repo(repo.path / "vendor")
    nested.commit("a.py", "1\n")
    ran = here(repo)
    nested.write("a.py", "2\n")
    assert code_of_work_tree(ALL, str(repo.path)).why.startswith("vendor, a repository in this one")
    nested.git("checkout", "--quiet", "a.py")
    commit_all(repo)
    assert committed(repo) == ran


def test_a_checkpoint_that_nobody_ignored_gives_none_and_is_named(repo, monkeypatch):
    with open(repo.path / "last.ckpt", "wb") as file:
        file.truncate(10 << 30)  # a hole: it takes no place on the disk
    repo.write("small.bin", "x" * 1000)
    found = code_of_work_tree(ALL, str(repo.path))
    assert found.id == ""
    assert "last.ckpt, 10240 MB" in found.why
    assert here(repo, code_patterns(["**/*.py"])) == committed(repo, code_patterns(["**/*.py"]))
    repo.write(".gitignore", "*.ckpt\n")
    monkeypatch.setattr(code_identity, "MOST", 1001 + len("*.ckpt\n") - 1)
    assert here(repo)
    repo.write("small.bin", "x" * 1001)
    assert code_of_work_tree(ALL, str(repo.path)).id == ""


def test_paths_that_name_nothing_are_said(repo):
    assert code_of_work_tree(("none/**",), str(repo.path)) == WorkTree(
        "", "no file here is one of leaderboard.paths", ("none/**",)
    )


def test_outside_a_repository_and_without_git_there_is_none(tmp_path, monkeypatch):
    assert code_of_work_tree(ALL, str(tmp_path)) == WorkTree()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_of_work_tree(ALL, str(tmp_path)) == WorkTree()


def test_another_object_format_works(tmp_path):
    repo = Repo(tmp_path / "long", "--object-format=sha256")
    repo.write("train.py", "1\n")
    repo.write("gone.py", "1\n")
    commit_all(repo)
    (repo.path / "gone.py").unlink()
    repo.write("train.py", "2\n")
    ran = here(repo)
    commit_all(repo)
    assert committed(repo) == ran


def test_a_linked_work_tree_and_a_path_with_a_colon_work(repo, tmp_path):
    other = tmp_path / 'a:b "c"'
    repo.git("worktree", "add", "--quiet", str(other), "-b", "topic")
    (other / "train.py").write_text("edited\n")
    ran = code_of_work_tree(ALL, str(other))
    assert ran.id, ran.why
    moved = tmp_path / "x:y"
    os.rename(repo.path, moved)
    (moved / "train.py").write_text("edited\n")
    assert code_of_work_tree(ALL, str(moved)) == ran


def test_githubs_tree_gives_the_same(repo):
    answer = [
        {"path": "src", "mode": "040000", "type": "tree", "sha": "0" * 40},
        *(
            {"path": path, "mode": mode, "type": "blob", "sha": blob}
            for mode, blob, path in Git(str(repo.path)).tree("HEAD")
        ),
    ]
    assert code_id(((entry["mode"], entry["sha"], entry["path"]) for entry in answer), ALL) == committed(repo)

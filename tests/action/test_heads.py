"""The registry's heads: a run notes them in the comment, and the next one tells what is gone of the lines they name."""

import copy
import shlex

import pytest
from action.research import POLICY, command, lines, record

from expflow_hooks.action.evidence.evidence import Evidence
from expflow_hooks.action.evidence.heads import Chain, read_attested
from expflow_hooks.action.page import integrity
from expflow_hooks.action.page.marker import read_state, state_line
from expflow_hooks.action.page.sizing import FULL, LADDER
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.registry.chain import digest_of
from expflow_hooks.core.registry.verify import Verification
from expflow_hooks.core.registry.writer import Writer

REGISTRY = "experiments.jsonl"
ALARM = "The registry is not what this comment vouched for"


def append(research, *names, path=None):
    """Append chained experiments of the code that `setup` made; commit them unless they go elsewhere."""
    writer = Writer(str(path or research.repo.path / REGISTRY))
    for name in names:
        writer.append(record(name, 11.0, commit=research.trained))
    if path is None:
        commit(research, data(research))


def commit(research, data):
    research.change(REGISTRY, data.decode())


def remove(research):
    research.repo.git("rm", "--quiet", REGISTRY)
    research.repo.git("commit", "--quiet", "--message", "no registry")
    research.head = research.repo.git("rev-parse", "HEAD")
    research._moved()


def data(research):
    return (research.repo.path / REGISTRY).read_bytes()


def whole_lines(research):
    return data(research).splitlines(keepends=True)


def head(research):
    return digest_of(whole_lines(research)[-1]).hex()


@pytest.fixture
def ready(research):
    """A pull request with three chained lines below the base's two bare ones, and the comment on it."""
    research.setup()
    research.trained = research.head
    append(research, "a", "b", "c")
    research.open()
    assert research.run() == 0
    return research


def edited(research):
    *above, last = whole_lines(research)
    return b"".join([*above, last.replace(b"11.0", b"10.0")])


def cut(research):
    return b"".join(whole_lines(research)[:-1])


TAMPERED = {"an edited last line": edited, "a cut tail": cut}


def test_the_heads_are_in_comment_summary_and_state(ready):
    for shown in (ready.comment, ready.summary):
        assert f"Registry as committed: 5 lines, head <code>{head(ready)[:12]}</code>" in shown
        assert f"- line 5: `{head(ready)}`" in shown
    kept = read_state(ready.comment)["registry"]
    assert kept == {"name": REGISTRY, "lines": 5, "heads": {head(ready): 5}, "commit": ready.head}


def test_the_heads_are_in_a_dry_run_and_its_command_checks_them(ready, cli):
    shown = command(["action", "--dry-run"], {}, ready.repo.path).stdout
    (check,) = [line for line in shown.splitlines() if "--expect-head" in line]
    arguments = shlex.split(check.split("`")[1])[1:]
    assert arguments[-1] == head(ready)
    assert command(arguments, {}, ready.repo.path).returncode == 0
    (ready.repo.path / REGISTRY).write_bytes(cut(ready))
    assert command(arguments, {}, ready.repo.path).returncode == 1


@pytest.mark.parametrize("way", TAMPERED)
def test_the_next_run_tells(ready, way):
    was = ready.head
    commit(ready, TAMPERED[way](ready))
    assert ready.run() == 0, "the verdict is made before the comment is read"
    assert ready.last["comment-status"] == "updated"
    told = f"line 5 of `{REGISTRY}` at `{was[:7]}` is gone: it was edited, or the tail was cut."
    assert f"> [!WARNING]\n> **{ALARM}**: {told}" in ready.comment
    assert f"line 5 of {REGISTRY} at {was[:7]} is gone" in ready.text
    (show,) = [piece for piece in ready.comment.split("`") if piece.startswith("git show ")]
    shown = ready.repo.git(*shlex.split(show)[1:]).encode().splitlines()
    assert [digest_of(shown[-1]).hex()] == list(read_state(ready.comment)["registry"]["heads"])


def test_a_registry_that_is_removed_as_a_whole_is_told(research):
    research.setup(base_records=[])
    research.trained = research.head
    append(research, "a", "b")
    research.open()
    research.run()
    remove(research)
    assert research.run() == 3
    assert f"line 2 of `{REGISTRY}`" in research.comment
    assert ALARM in research.comment


def test_the_alarm_stays_until_the_line_is_back(ready):
    good = data(ready)
    commit(ready, edited(ready))
    ready.run()
    first = ready.comment
    assert (ready.run(), ready.last["comment-status"], ready.comment) == (0, "unchanged", first)
    assert "is gone" in ready.text, "the log says so each time"
    append(ready, "on top")
    ready.run()
    assert ALARM in ready.comment, "writing on does not end it"
    commit(ready, good)
    ready.run()
    assert ready.last["comment-status"] == "updated"
    assert ALARM not in ready.comment
    append(ready, "d")
    ready.run()
    assert ALARM not in ready.comment
    assert head(ready) in read_state(ready.comment)["registry"]["heads"]


def test_a_run_that_could_not_read_the_registry_does_not_end_the_alarm(ready):
    commit(ready, edited(ready))
    ready.run()
    kept = read_state(ready.comment)["registry"]
    shallow = ready.repo.path / ".git" / "shallow"
    shallow.write_text(ready.base + "\n")
    assert ready.run() == 4
    assert read_state(ready.comment)["registry"] == kept
    shallow.unlink()
    ready.run()
    assert ALARM in ready.comment


def test_a_run_on_an_older_head_says_nothing(ready):
    payload = copy.deepcopy(ready.payload())
    append(ready, "d")
    ready.run()
    ready.repo.git("checkout", "--quiet", payload["pull_request"]["head"]["sha"])
    assert ready.run(payload=payload) == 0
    assert ready.last["comment-status"] == "outdated"
    assert "is gone" not in ready.text + ready.comment


def test_a_loss_that_is_meant_is_accepted_by_deleting_the_comment(ready):
    commit(ready, cut(ready))
    ready.run()
    assert "delete this comment" in ready.comment
    ready.server.state.comments.clear()
    ready.run()
    assert ALARM not in ready.comment


def test_growth_is_no_alarm(ready):
    append(ready, "d", "e")
    ready.run()
    assert ready.last["comment-status"] == "updated"
    assert ALARM not in ready.comment + ready.text
    assert read_state(ready.comment)["registry"]["lines"] == 7


def test_line_ends_that_a_checkout_changed_are_no_alarm(ready):
    commit(ready, data(ready).replace(b"\n", b"\r\n"))
    ready.run()
    assert ALARM not in ready.comment


def test_a_merge_by_union_is_no_alarm(ready):
    git = ready.repo.git
    ready.repo.write(".git/info/attributes", f"{REGISTRY} merge=union\n")
    git("switch", "--quiet", "main")
    Writer(str(ready.repo.path / REGISTRY)).append(record("of another branch", 12.0))
    ready.base = ready.repo.commit(REGISTRY, data(ready))
    ready.server.state.pulls[7]["base"]["sha"] = ready.base
    git("switch", "--quiet", "feature")
    git("merge", "--quiet", "--no-edit", "main")
    ready.head = git("rev-parse", "HEAD")
    ready._moved()
    assert ready.run() == 0
    assert "Registry as committed: 6 lines, 2 heads" in ready.comment
    assert ALARM not in ready.comment
    append(ready, "after")
    ready.run()
    assert "Registry as committed: 7 lines, head" in ready.comment
    assert ALARM not in ready.comment


def test_another_registry_is_not_compared(ready):
    moved = POLICY.replace("experiments.jsonl", "other.jsonl")
    ready.repo.write("other.jsonl", lines(record("x", 1.0)))
    ready.repo.git("switch", "--quiet", "main")
    ready.base = ready.repo.commit("expflow.yaml", moved)
    ready.repo.git("switch", "--quiet", "feature")
    ready.change("other.jsonl", lines(record("x", 1.0)))
    ready.run()
    assert "Registry as committed: 1 line, covered by no chain" in ready.comment
    assert ALARM not in ready.comment


def test_late_results_and_the_event_vouch_for_the_same_lines(ready):
    """Late results judge by lines that only the workspace has; the comment vouches for the head commit's alone."""
    event = {"schedule": "0 * * * *", "repository": {"default_branch": "main"}}
    ready.repo.git("switch", "--quiet", "main")
    Writer(str(ready.repo.path / REGISTRY)).append(record("late", 10.5, commit=ready.trained))
    kept = read_state(ready.comment)["registry"]
    assert ready.run("schedule", event) == 0
    assert "new candidate: `late" in ready.comment
    assert read_state(ready.comment)["registry"] == kept
    ready.repo.git("checkout", "--quiet", "--force", "feature")
    ready.run()
    assert ALARM not in ready.comment
    ready.repo.git("switch", "--quiet", "feature")
    commit(ready, cut(ready))
    ready.run("schedule", event)
    assert ALARM in ready.comment
    ready.run()
    assert ALARM in ready.comment


def test_a_registry_out_of_the_repository_is_the_file_that_is_read(research, tmp_path):
    path = tmp_path / "shared runs.jsonl"
    ready = research
    ready.setup(POLICY.replace("  source: experiments.jsonl\n", ""))
    ready.trained = ready.head
    ready.open()
    append(ready, "x", "y", path=path)
    ready.run(source=str(path))
    assert "Registry: 2 lines, head" in ready.comment
    append(ready, "y", path=path)  # the same again: nothing but the head is new
    ready.run(source=str(path))
    assert ready.last["comment-status"] == "updated"
    assert "Registry: 3 lines, head" in ready.comment
    assert ALARM not in ready.comment
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    ready.run(source=str(path))
    assert f"line 3 of `{path}`" in ready.comment
    assert "git show" not in ready.comment


def test_bare_lines_have_no_head(research):
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    research.run()
    assert "<sub>Registry as committed: 3 lines, covered by no chain</sub>" in research.comment
    assert read_state(research.comment)["registry"]["heads"] == {}
    research.trained = research.head
    append(research, "ours")
    research.results(record("theirs", 11.0), record("theirs too", 11.0))
    research.run()
    assert "</code>, lines 5 to 6 covered by no chain</summary>" in research.comment


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([3], "3"), ([3, 4], "3 to 4"), ([1, 3, 4, 5, 9], "1, 3 to 5, 9"), ([1, 3, 5, 7, 8], "1, 3, 5, …"), ([], "")],
)
def test_many_numbers_are_few_words(numbers, words):
    assert integrity.ranges(numbers) == words


def test_of_many_heads_the_newest_are_listed_and_a_short_page_has_one_line():
    heads = {f"{number:064x}": number for number in range(1, 21)}
    evidence = Evidence(Inputs(), chain=Chain(REGISTRY, Verification(20, [], [], heads), lambda: ()))
    (told,) = integrity.registry(evidence, FULL)
    assert "Registry as committed: 20 lines, 20 heads" in told
    assert [line.split(":")[0] for line in told.splitlines() if line.startswith("- line ")] == [
        f"- line {number}" for number in range(5, 21)
    ]
    assert "\n- 4 more\n" in told
    assert list(integrity.registry(evidence, LADDER[-1])) == ["<sub>Registry as committed: 20 lines, 20 heads</sub>"]


def forge(research, state):
    """Put a state into the comment, with another content, so that the next run writes it."""
    (comment,) = [c for c in research.server.state.comments_on(7) if "expflow-state" in c["body"]]
    first, *rest = comment["body"].split("\n")
    kept = [line for line in rest if not line.startswith("<!-- expflow-state")]
    comment["body"] = "\n".join([first.replace(first[-20:-4], "0" * 16), *kept, state_line(state)])


GONE = "f" * 64


@pytest.mark.parametrize(
    "registry",
    [
        None,
        [],
        "x",
        {},
        {"name": 5, "lines": 5, "heads": {GONE: 5}, "commit": ""},
        {"name": REGISTRY, "lines": "5", "heads": {GONE: 5}, "commit": ""},
        {"name": REGISTRY, "lines": True, "heads": {GONE: 5}, "commit": ""},
        {"name": REGISTRY, "lines": 5, "heads": [GONE], "commit": ""},
        {"name": REGISTRY, "lines": 5, "heads": {GONE.upper(): 5, GONE[:-1]: 5, "x": 5, GONE + "\n": 5}, "commit": ""},
        {"name": REGISTRY, "lines": 5, "heads": {GONE: "5"}, "commit": ""},
        {"name": REGISTRY, "lines": 5, "heads": {GONE: -5}, "commit": ""},
        {"name": REGISTRY, "lines": 5, "heads": {GONE: 10**40}, "commit": ""},
        {"name": REGISTRY, "lines": 5, "heads": {GONE: 5}, "commit": None},
        {"name": "\ud800" + REGISTRY, "lines": 5, "heads": {GONE: 5}, "commit": ""},
    ],
)
def test_a_state_that_is_old_or_damaged_says_nothing(ready, registry):
    forge(ready, {**read_state(ready.comment), "registry": registry})
    assert ready.run() == 0
    assert ready.last["comment-status"] == "updated"
    assert ALARM not in ready.comment
    assert list(read_state(ready.comment)["registry"]["heads"]) == [head(ready)]


def test_a_hostile_state_is_cut_to_size_and_shown_as_data(ready):
    heads = {f"{number:064x}": number for number in range(1, 500)}
    forge(ready, {"registry": {"name": REGISTRY, "lines": 5, "heads": heads, "commit": "`](x) @org " + "a" * 40}})
    assert ready.run() == 0
    assert ", ".join(map(str, range(484, 500))) + f" of `{REGISTRY}` are gone: they were edited" in ready.comment
    assert "@org" not in ready.comment
    assert len(read_state(ready.comment)["registry"]["heads"]) == 16


def test_what_is_sound_of_a_damaged_state_counts():
    found = read_attested({"registry": {"name": "n" * 900, "lines": 3, "heads": {GONE: 3, "x": 1}, "commit": "x"}})
    assert found == ("n" * 400, 3, {GONE: 3}, "")


@pytest.mark.parametrize(
    ("way", "says"),
    [
        (lambda a, b, c: [a, b.replace("11.0", "9.0"), c], "edited: line 4 was edited"),
        (lambda a, b, c: [a, c], "a line below it was removed"),
        (lambda a, b, c: [a, b, c, a], "inserted: line 6 repeats line 3"),
        (lambda a, b, c: [b, a, c], "inserted: line 4 stands below line 3"),
    ],
)
def test_new_lines_whose_history_does_not_hold_fail(ready, way, says):
    text = data(ready).decode().splitlines(keepends=True)
    commit(ready, "".join([*text[:2], *way(*text[2:])]).encode())
    assert ready.run(fail_on="never") == 1
    assert ready.last["verdict"] == "fail"
    assert "the history of the registry's new lines does not hold in 1 place, first line" in ready.comment
    assert says in ready.comment.split("### New lines of the registry whose history does not hold")[1]
    assert "1 place where the history does not hold" in ready.comment


def test_a_history_that_the_base_broke_does_not_fail_the_change(ready):
    text = data(ready).decode().splitlines(keepends=True)
    broken = "".join([*text[:3], text[3].replace("11.0", "9.0"), text[4]])
    commit(ready, broken.encode())
    ready.base = ready.head
    ready.repo.git("branch", "--force", "main", ready.base)
    append(ready, "d")
    ready.run()
    assert "does not hold in" not in ready.comment
    assert "1 place where the history does not hold" in ready.comment


def test_by_api_the_head_is_read_once(ready):
    log = ready.server.log
    log.clear()
    assert ready.run("pull_request_target") == 0
    blobs = [path for method, path in log if "/git/blobs/" in path]
    assert len(set(blobs)) == len(blobs)


def test_clearml_has_no_heads(ready, clearml):
    ready.repo.git("switch", "--quiet", "main")
    ready.base = ready.repo.commit("expflow.yaml", POLICY.replace("experiments.jsonl", "clearml"))
    ready.run()
    assert "Registry" not in ready.summary

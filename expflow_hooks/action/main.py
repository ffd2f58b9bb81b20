"""The Action from start to end: inputs, judging, outputs, summary, comment and status, and the exit by the verdict.

A comment or a status that cannot be posted never changes the verdict, and never hides it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from expflow_hooks.action import late, outputs, publish
from expflow_hooks.action.evidence.evidence import Evidence, Obstacle
from expflow_hooks.action.evidence.gather import gather
from expflow_hooks.action.github.statuses import Posted
from expflow_hooks.action.page import summary
from expflow_hooks.action.page.page import Page, render_page
from expflow_hooks.action.page.sizing import FULL
from expflow_hooks.action.page.words import LOOKS, description, plain
from expflow_hooks.action.request.event import EventKind, read_run
from expflow_hooks.action.request.inputs import Inputs, read_inputs
from expflow_hooks.action.request.job import Job, start
from expflow_hooks.action.request.subjects import PER_HEAD, JudgedChange, Subject, again, subjects
from expflow_hooks.action.verdict import Judgement, judge, worst_of
from expflow_hooks.core.errors import OK, UNDECIDED, USAGE, ExpflowError, UnreadableError, worst
from expflow_hooks.render.table import Data

_MOST_TRIES = 3
"""How often a head is judged, where another run judges it meanwhile."""


def run(environment: Mapping[str, str]) -> int:
    """Judge what the event is about, publish it, and return the exit code, which the verdict alone decides."""
    outputs.mask(environment, environment.get("INPUT_GITHUB_TOKEN", "").strip())
    judged: list[Judgement] = []
    inputs, is_late, failed = Inputs(), False, []
    with outputs.quiet_commands(environment), _scratch(environment) as scratch:
        try:
            inputs = read_inputs(environment)
            job = start(inputs, environment, scratch, dry_run=False)
            is_late = job.event.kind is EventKind.ALL_OPEN
            for subject in late.due(job, subjects(job)) if is_late else subjects(job):
                _speak(job, subject, judged)
        except ExpflowError as error:
            failed = [judge(Evidence(inputs, problems=[Obstacle(error.exit_code, (Data(str(error)),))]))]
            judged += failed
            _record(environment, judged)
            summary.add(environment, Page(failed[0], read_run(environment)))
            outputs.say([f"expflow: {description(failed[0])}"])
    if outputs.on_runner(environment):
        outputs.say([line for judgement in judged for line in outputs.marks(judgement)])
    return _exit_code(environment, failed if is_late else judged, inputs)


def dry_run(environment: Mapping[str, str]) -> int:
    """Print the comment that a pull request of this branch would get; GitHub is not asked, nothing is written."""
    with _scratch({}) as scratch:
        inputs = read_inputs(environment)
        job = start(inputs, environment, scratch, dry_run=True)
        judged = []
        for subject in subjects(job):
            for target in subject.targets:
                judged.append(_judge(inputs, target))
                outputs.say([render_page(Page(judged[-1], job.event.run), FULL)])
    return worst([judgement.exit_code for judgement in judged])


def _speak(job: Job, subject: Subject, judged: list[Judgement]) -> None:
    """Judge a head, write outputs and summary, then try comments and status; the verdict is written before that."""
    subject, found, posted = _judge_all(job, subject)
    judged += found
    _record(job.environment, judged)
    _report(job, judged)
    for target, judgement in zip(subject.targets, found, strict=True):
        title = target.title if len(subject.targets) > 1 or job.event.kind is EventKind.ALL_OPEN else ""
        outputs.say([" ".join(filter(None, ("expflow:", title, description(judgement))))])
        summary.add(job.environment, Page(judgement, job.event.run), title)
    for published in publish.publish(job, subject, found, posted):
        outputs.write_outputs(job.environment.get("GITHUB_OUTPUT"), published.outputs)
        outputs.say([f"expflow: comment {published.status} {published.url}".rstrip()])
        outputs.say([f"expflow: {warning}" for warning in published.warnings])


def _judge_all(job: Job, subject: Subject) -> tuple[Subject, list[Judgement], Posted | None]:
    """Return the judgement of every change of a head, and the status before; anew where a run judged it meanwhile."""
    for tries in range(_MOST_TRIES):
        subject = again(job, subject) if tries else subject
        started = job.github.now if job.github and job.github.now else float("inf")
        with job.api.at_most(subject.most, _TOO_MANY) if subject.most else nullcontext():
            found = [_judge(job.inputs, target) for target in subject.targets]
        posted = publish.read_status(job, subject)
        if not publish.is_younger(posted, started, publish.seal_of(job, subject, found, posted)):
            break
    if posted is not None and posted.ours and set(posted.seal.boards) - {job.inputs.board}:
        found = [_with_problem(one, _TWO_BOARDS) for one in found]
    _point_to_the_worst(subject, found)
    return subject, found, posted


def _point_to_the_worst(subject: Subject, found: Sequence[Judgement]) -> None:
    """Note with each pull request of a head that another speaks for it."""
    worst_one = worst_of(found)
    number = next(t.title for t, one in zip(subject.targets, found, strict=True) if one is worst_one)
    for one in found:
        if one.verdict != worst_one.verdict:
            said = f"the commit's status is that of {number}, which has the same head: {LOOKS[worst_one.verdict].words}"
            one.evidence.notes.append((said,))


_SAME_INPUTS = "policy, source, project, tags, sort-by, direction"
_TWO_BOARDS = Obstacle(
    USAGE,
    (
        f"two leaderboards use this comment-key on one commit: give both workflows the same inputs ({_SAME_INPUTS})",
        " or another comment-key; then push a commit",
    ),
)
_TOO_MANY = (
    f"judging this by API takes more than {PER_HEAD} requests, which a run over all pull requests gives to none;"
    " the job of its own event judges it from the checkout"
)


def _judge(inputs: Inputs, target: JudgedChange) -> Judgement:
    if target.place is None:
        assert target.error is not None
        return judge(Evidence(inputs, problems=[Obstacle(target.error.exit_code, (Data(str(target.error)),))]))
    return judge(gather(target.place, inputs, target.question))


def _with_problem(judgement: Judgement, problem: Obstacle) -> Judgement:
    judgement.evidence.problems.insert(0, problem)
    return judge(judgement.evidence)


def _record(environment: Mapping[str, str], judged: Sequence[Judgement]) -> None:
    """Write the outputs of the worst judgement so far: of several pull requests, the one that needs a look."""
    told = worst_of(judged)
    values = {
        **outputs.outputs_of(told),
        "comment-url": "",
        "comment-status": "skipped",
        "truncated": "false",
        "report": "",
    }
    values["ranking-json"] = outputs.write_ranking(environment.get("RUNNER_TEMP") or tempfile.gettempdir(), told)
    outputs.write_outputs(environment.get("GITHUB_OUTPUT"), values)


def _report(job: Job, judged: Sequence[Judgement]) -> None:
    """Write the pages of the worst judgement, best effort: what shows the numbers never changes the verdict."""
    if job.inputs.report == "never":
        return
    try:
        path = outputs.write_report_of(job.environment.get("RUNNER_TEMP") or tempfile.gettempdir(), worst_of(judged))
    except Exception as error:
        said = str(error) if isinstance(error, UnreadableError) else type(error).__name__
        outputs.say([f"expflow: the report was not written: {said}"])
        return
    outputs.write_outputs(job.environment.get("GITHUB_OUTPUT"), {"report": path})


def _exit_code(environment: Mapping[str, str], judged: Sequence[Judgement], inputs: Inputs) -> int:
    """Return the exit code: of late results that of the run itself, since each pull request's status speaks for it.

    What is undecided leaves a job green unless it is told to fail: a red job could not turn green when results come.
    """
    code = worst([judgement.exit_code for judgement in judged])
    if code == UNDECIDED and inputs.undecided == "neutral":
        begin = "::notice title=expflow::" if outputs.on_runner(environment) else "expflow: "
        outputs.say([f"{begin}{plain((description(worst_of(judged)),))}; the status is not green"])
        return OK
    return code


def _scratch(environment: Mapping[str, str]) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="expflow-", dir=environment.get("RUNNER_TEMP") or None)

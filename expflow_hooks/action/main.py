"""The Action from start to end: inputs, judging, outputs, summary, comment and status, and the exit by the verdict.

A comment or a status that cannot be posted never changes the verdict, and never hides it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

from expflow_hooks.action import outputs
from expflow_hooks.action.evidence.gather import gather
from expflow_hooks.action.page import summary
from expflow_hooks.action.page.page import Page, render_page
from expflow_hooks.action.page.sizing import FULL
from expflow_hooks.action.page.words import description
from expflow_hooks.action.publish import publish
from expflow_hooks.action.request.event import Kind, read_run
from expflow_hooks.action.request.inputs import Inputs, read_inputs
from expflow_hooks.action.request.job import Job, start
from expflow_hooks.action.request.targets import Target, targets
from expflow_hooks.action.verdict import VERDICTS, Evidence, Judgement, Problem, judge
from expflow_hooks.core.errors import OK, UNREADABLE, USAGE, ExpflowError, worst
from expflow_hooks.render.table import Data


def run(environment: Mapping[str, str]) -> int:
    """Judge what the event is about, publish it, and return the exit code, which the verdict alone decides."""
    outputs.mask(environment.get("INPUT_GITHUB_TOKEN", "").strip())
    judged: list[Judgement] = []
    late = False
    with outputs.quiet_commands(), _scratch(environment) as scratch:
        inputs = Inputs()
        try:
            inputs = read_inputs(environment)
            job = start(inputs, environment, scratch, dry_run=False)
            late = job.event.kind is Kind.ALL_OPEN
            for target in targets(job):
                judged.append(judge(gather(target.desk, inputs, target.question)))
                _show(job, target, judged)
        except ExpflowError as error:
            judged.append(_failed(inputs, error))
            _record(environment, judged)
            summary.add(environment, Page(judged[-1], read_run(environment)))
            outputs.say([f"expflow: {description(judged[-1])}"])
    outputs.say([line for judgement in judged for line in outputs.marks(judgement)])
    return _exit_code(judged, late)


def dry_run(environment: Mapping[str, str]) -> int:
    """Print the comment that a pull request of this branch would get; GitHub is not asked, nothing is written."""
    with _scratch({}) as scratch:
        inputs = read_inputs(environment)
        job = start(inputs, environment, scratch, dry_run=True)
        judged = []
        for target in targets(job):
            judged.append(judge(gather(target.desk, inputs, target.question)))
            outputs.say([render_page(Page(judged[-1], job.event.run), FULL)])
    return _exit_code(judged, late=False)


def _show(job: Job, target: Target, judged: list[Judgement]) -> None:
    """Write outputs and summary, then try comment and status; the verdict is written before the network is asked."""
    judgement = judged[-1]
    _record(job.environment, judged)
    title = f"{target.title} " if target.title else ""
    outputs.say([f"expflow: {title}{description(judgement)}"])
    summary.add(job.environment, Page(judgement, job.event.run), target.title)
    published = publish(job, judgement, target.number, target.question.head)
    outputs.write_outputs(job.environment.get("GITHUB_OUTPUT"), published.outputs)
    outputs.say([f"expflow: {title}comment {published.status} {published.url}".rstrip()])
    outputs.say([f"expflow: {warning}" for warning in published.warnings])


def _record(environment: Mapping[str, str], judged: list[Judgement]) -> None:
    """Write the outputs of the worst judgement so far: of several pull requests, the one that needs a look."""
    told = min(judged, key=lambda judgement: VERDICTS.index(judgement.verdict))
    values = {**outputs.outputs_of(told), "comment-url": "", "comment-status": "skipped", "truncated": "false"}
    values["ranking-json"] = outputs.write_ranking(environment.get("RUNNER_TEMP") or tempfile.gettempdir(), told)
    outputs.write_outputs(environment.get("GITHUB_OUTPUT"), values)


def _failed(inputs: Inputs, error: ExpflowError) -> Judgement:
    return judge(Evidence(inputs, problems=(Problem(error.exit_code, (Data(str(error)),)),)))


def _exit_code(judged: list[Judgement], late: bool) -> int:
    """Return the exit code. Over all open pull requests each status says no for itself, so only errors count."""
    codes = [judgement.exit_code for judgement in judged]
    return worst([code for code in codes if not late or code in (USAGE, UNREADABLE)]) if codes else OK


def _scratch(environment: Mapping[str, str]) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="expflow-", dir=environment.get("RUNNER_TEMP") or None)

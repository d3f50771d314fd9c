"""`paystack doctor`."""

from typing import Annotated

import typer

from paystack_cli.commands.check_options import Junit
from paystack_cli.commands.context import context_of
from paystack_cli.errors import ExitCode


def doctor(
    ctx: typer.Context,
    fix: Annotated[
        bool, typer.Option("--fix", help="Do what is safe about it, and look again.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds for all examinations together.")
    ] = 30.0,
    junit: Junit = None,
) -> int:
    """Examine machine, engines and stack, and say how to mend what is wrong.

    Changes nothing without --fix. Exit code 1 when something fails.
    """
    from paystack_cli.app import COMMANDS
    from paystack_cli.checks.doctor.examination import examine, mend
    from paystack_cli.checks.doctor.model import has_failed
    from paystack_cli.checks.doctor.scene import survey
    from paystack_cli.checks.retry import Deadline
    from paystack_cli.output.doctor_report import report_findings
    from paystack_cli.output.live import tell_line

    run = context_of(ctx)
    deadline = Deadline.after(timeout)
    scene = survey(run.settings, COMMANDS)
    findings = examine(scene, deadline)
    repairs = mend(scene, findings, lambda does: tell_line(f"fix: {does}")) if fix else []
    if repairs:
        scene = survey(run.settings, COMMANDS)
        findings = examine(scene, Deadline.after(timeout))
    report_findings(
        findings,
        repairs,
        engine=scene.engine_name,
        as_json=run.as_json,
        junit=junit,
    )
    return ExitCode.CHECK_FAILED if has_failed(findings) else ExitCode.OK

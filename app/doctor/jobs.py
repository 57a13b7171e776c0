"""What is done by itself: whether it is."""

from collections.abc import AsyncIterator

from app.core.job_runs import JobOutcome, Run, read_runs
from app.doctor.patient import Found, Patient, Severity, many

_LEAD = "Let a server run with BEAT=true, or `python -m app work`; one of them says `leading` in its log."


async def jobs(patient: Patient) -> AsyncIterator[Found]:
    """Look whether somebody leads, and whether each job was done in its time."""
    async with patient.database.directory() as connection:
        runs = await read_runs(connection)
    late = [each for each in runs if each.is_late]
    if not runs:
        yield Found("jobs", Severity.WARNING, "Nothing was ever done by itself.", _LEAD)
    elif len(late) == len(runs):
        yield Found("jobs", Severity.ERROR, "Nothing is done by itself any more.", _LEAD)
    elif late:
        told = ", ".join(map(_told, late))
        sentence = f"{many(len(late), 'job was', 'jobs were')} not done for twice its time: {told}."
        remedy = "Look for its name in the log of the process that leads."
        yield Found("jobs", Severity.ERROR, sentence, remedy)


def _told(run: Run) -> str:
    return run.name if run.outcome in {None, JobOutcome.DONE} else f"{run.name} ({run.outcome})"

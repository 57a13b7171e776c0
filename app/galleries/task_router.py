"""`/v1/gallery-tasks`: the tasks that are made by themselves when something arrives from a gallery."""

from typing import Annotated, Any

from fastapi import APIRouter

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, reading_of, writing_of
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.galleries import automatic_tasks
from app.galleries.automatic_tasks import SETTINGS, TaskEvent, TaskPlan
from app.galleries.order_errors import GalleryTaskTargetNotFound
from app.galleries.order_schemas import AutomaticTask, GalleryTasks, GalleryTasksRequest
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent

router = APIRouter(prefix="/v1/gallery-tasks", tags=["galleries"], route_class=JsonRoute)

Viewing = Annotated[Work[Session], reading_of(SETTINGS, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(SETTINGS, Level.ADD_MODIFY)]


@router.get(
    "",
    operation_id="galleries_read_tasks",
    summary="Read which tasks galleries make",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def read(work: Viewing) -> GalleryTasks:
    """Tell for what tasks are made by themselves, of which type and for whom; nothing at first."""
    return await _told(work)


@router.put(
    "",
    operation_id="galleries_set_tasks",
    summary="Set which tasks galleries make",
    responses=refusals_of(GalleryTaskTargetNotFound, PermissionDenied, *GUARDED, *BODY),
)
async def put(body: Sent[GalleryTasksRequest], work: Modifying) -> GalleryTasks:
    """Have tasks made from now on for what is set, and for nothing else. Tasks there are stay as they are."""
    asked = {each: getattr(body, each.value) for each in TaskEvent}
    plans = {event: TaskPlan(**each.model_dump()) for event, each in asked.items() if each}
    await automatic_tasks.put(work.session, work.who, plans)
    return await _told(work)


async def _told(work: Work[Any]) -> GalleryTasks:
    plans = await automatic_tasks.read(work.session)
    told = {each.value: plans.get(each) for each in TaskEvent}
    return GalleryTasks(
        **{name: AutomaticTask.model_validate(plan) if plan else None for name, plan in told.items()}
    )

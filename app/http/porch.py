"""How an application gets its porch."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.core.errors import AppError
from app.http import health, problem_pages
from app.http.failures import on_refusal, on_wrong_shape
from app.http.limits import RateLimits
from app.http.middleware import Porch


def build_porch(app: FastAPI, limits: RateLimits) -> None:
    """Give an application the shape of its errors, the middleware, and the health and problem pages.

    To be called last, so that the porch stands before every other middleware. Guards find the limits in
    `app.state.limits`.
    """
    app.state.limits = limits
    app.add_exception_handler(AppError, on_refusal)
    app.add_exception_handler(HTTPException, on_refusal)
    app.add_exception_handler(RequestValidationError, on_wrong_shape)
    app.include_router(health.router)
    app.include_router(problem_pages.router)
    app.add_middleware(Porch, limits=limits)

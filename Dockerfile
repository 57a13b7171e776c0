# One image for `serve`, `migrate` and whatever else `python -m app` does. The database is elsewhere (DATABASE_URL);
# without one, the embedded PostgreSQL runs under /data.
FROM python:3.12-slim AS build
WORKDIR /srv
COPY requirements.lock ./
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.12-slim
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data DEMO_CLIENTS=0
RUN useradd --system --uid 10001 --no-create-home studio && install -d -o studio -g studio -m 700 /data
WORKDIR /srv
COPY --from=build /srv/venv /srv/venv
COPY alembic.ini ./
COPY alembic alembic
COPY app app
COPY openapi/provoked.toml openapi/provoked.toml
COPY clients/web clients/web
COPY clients/javascript/src clients/javascript/src
USER studio
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", timeout=2)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]

# One image for `serve`, `migrate` and whatever else `python -m app` does. The database is elsewhere (DATABASE_URL);
# without one, the embedded PostgreSQL runs under /data. Nothing but /data and /tmp is written to.
#
# For the same image of the same source: BASE with its digest, and SOURCE_DATE_EPOCH (docs/operate.md, "The Docker image").
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH
WORKDIR /srv
COPY requirements.lock ./
# What is compiled is known by what it was compiled of, and not by when: a root folder that is read-only needs no other.
RUN python -m venv --without-pip /srv/venv \
    && pip --python /srv/venv/bin/python install --quiet --no-cache-dir --no-compile --disable-pip-version-check \
        --require-hashes -r requirements.lock \
    && python -m compileall -q -j 1 --invalidation-mode unchecked-hash /srv/venv/lib
COPY app app
RUN python -m compileall -q -j 1 --invalidation-mode unchecked-hash app

FROM ${BASE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="studio-sync" \
    org.opencontainers.image.description="Offline-first backend of a mobile app for photography studios" \
    org.opencontainers.image.revision="${REVISION}"
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
RUN useradd --system --uid 10001 --no-create-home studio && install -d -o studio -g studio -m 700 /data
WORKDIR /srv
COPY --from=build /srv/venv /srv/venv
COPY alembic.ini sbom.json ./
COPY alembic alembic
COPY --from=build /srv/app app
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

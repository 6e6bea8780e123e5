# The image of a server: Airflow's components, the commands, Chromium for the news, SeaweedFS's `weed`.
# Built and run by docker-compose.yaml; `.dockerignore` says what of the repository comes in.
# Exact tags: no registry could be asked for their digests where this was written.

FROM python:3.11.15-slim-bookworm AS build
WORKDIR /build
COPY requirements-uv.txt requirements-airflow.txt ./
# uv has a place of its own, so that the environment which is copied below holds no installer.
RUN python -m venv /uv \
    && /uv/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.txt \
    && python -m venv --without-pip /opt/venv \
    && /uv/bin/uv pip install --no-cache --python /opt/venv/bin/python --require-hashes \
        --only-binary :all: --compile-bytecode -r requirements-airflow.txt
COPY . /opt/investiq
RUN /uv/bin/uv pip install --no-cache --offline --python /opt/venv/bin/python --no-deps \
        --no-build-isolation --editable /opt/investiq \
    && /opt/venv/bin/python -m compileall -q /opt/investiq

FROM python:3.11.15-slim-bookworm
# Debian keeps only the newest Chromium, so there is no version to pin. Its own sandbox needs rights
# that the container does not have; what holds it is the container: no capabilities, no new
# privileges, a file system that is read only.
# hadolint ignore=DL3008,SC2016
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium chromium-driver fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && echo 'export CHROMIUM_FLAGS="$CHROMIUM_FLAGS --no-sandbox"' > /etc/chromium.d/container \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/investiq \
        --shell /usr/sbin/nologin investiq \
    && install -d -o investiq -g investiq -m 0750 /var/lib/investiq /var/lib/seaweedfs
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/investiq /opt/investiq
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/var/lib/investiq \
    INVESTIQ_HOME=/var/lib/investiq \
    INVESTIQ_PROJECT_DIR=/opt/investiq \
    AIRFLOW_HOME=/var/lib/investiq/airflow \
    SCARF_NO_ANALYTICS=true \
    DO_NOT_TRACK=1
USER 10001:10001
WORKDIR /var/lib/investiq
VOLUME /var/lib/investiq
CMD ["investiq", "doctor"]

# One image for every process: pages, jobs, clockwork, event streams, migrations.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/mila
COPY requirements.txt .
RUN /opt/mila/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements.txt \
    && /opt/mila/bin/pip check

FROM packages AS files
WORKDIR /app
COPY . .
# Words and static files are made here, in production's own storage; bin/build_env only lets the settings load.
RUN /opt/mila/bin/python -m mila.message_catalogues && . bin/build_env \
    && /opt/mila/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim-bookworm
ENV PATH=/opt/mila/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MILA_ENVIRONMENT=production MEDIA_ROOT=/media
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin mila \
    && mkdir /media && chown mila /media
COPY --from=packages /opt/mila /opt/mila
COPY --from=files /app /app
WORKDIR /app
USER 10001
VOLUME /media
EXPOSE 8000
# healthz asks nothing of database or Redis: a page server is not restarted for somebody else's illness.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "mila.probe", "http://localhost:8000/healthz"]
# Workers, limits and time-outs: gunicorn.conf.py.
CMD ["gunicorn", "mila.wsgi", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "20", \
     "--access-logfile", "-"]

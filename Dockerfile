# The service in a container. Nothing is compiled, nothing secret is in it: keys are made in the data folder.
#   docker build -t firmus:0.1.0 .
#   docker build --build-arg EXTRAS=service,postgres,search,cluster -t firmus-cluster:0.1.0 .
FROM python:3.11-slim AS build
ARG EXTRAS=service,postgres,search
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ONLY_BINARY=:all:
WORKDIR /source
COPY constraints.txt ./
RUN python -m venv /opt/firmus && /opt/firmus/bin/pip install --constraint constraints.txt hatchling
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN /opt/firmus/bin/pip install --constraint constraints.txt --no-build-isolation ".[${EXTRAS}]" \
    && /opt/firmus/bin/pip uninstall --yes hatchling

FROM python:3.11-slim
RUN groupadd --gid 10001 firmus \
    && useradd --uid 10001 --gid firmus --create-home --home-dir /home/firmus --shell /usr/sbin/nologin firmus \
    && install --directory --owner firmus --group firmus --mode 0700 /data
COPY --from=build /opt/firmus /opt/firmus
ENV PATH=/opt/firmus/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8340
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8340/livez', timeout=4)"]
ENTRYPOINT ["firmus"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8340", "--data", "/data"]

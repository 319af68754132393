# The program with nothing around it, not as root:
#   docker build -t cifar-pipeline .
#   docker run --rm -v data:/work/data -v artifacts:/work/artifacts cifar-pipeline run
# Another base than the usual one, which has Python 3.11 or newer and its venv: --build-arg BASE=NAME
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
COPY pyproject.toml README.md LICENSE /src/
COPY pipeline /src/pipeline
COPY stages /src/stages
RUN python3 -m venv /opt/pipeline \
    && /opt/pipeline/bin/pip install --no-cache-dir '/src[pictures]'

FROM ${BASE}
COPY --from=build /opt/pipeline /opt/pipeline
RUN useradd --create-home --uid 1000 pipeline \
    && mkdir -p /work/data /work/artifacts \
    && chown -R 1000 /work
ENV PATH=/opt/pipeline/bin:$PATH
USER 1000
WORKDIR /work
VOLUME ["/work/data", "/work/artifacts"]
ENTRYPOINT ["pipeline"]
CMD ["run"]

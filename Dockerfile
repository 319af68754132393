# The program with nothing around it, not as root:
#   docker build -t cifar-pipeline .
#   docker run --rm -v data:/work/data -v artifacts:/work/artifacts cifar-pipeline run
FROM python:3.13-slim
COPY pyproject.toml README.md LICENSE /src/
COPY pipeline /src/pipeline
COPY stages /src/stages
RUN pip install --no-cache-dir '/src[pictures]' \
    && rm -r /src \
    && useradd --create-home --uid 1000 pipeline \
    && mkdir -p /work/data /work/artifacts \
    && chown -R pipeline /work
USER pipeline
WORKDIR /work
VOLUME ["/work/data", "/work/artifacts"]
ENTRYPOINT ["pipeline"]
CMD ["run"]

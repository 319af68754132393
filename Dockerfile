# The program with nothing around it:
#   docker build -t cifar-pipeline .
#   docker run --rm -v "$PWD/data:/work/data" -v "$PWD/artifacts:/work/artifacts" cifar-pipeline run
FROM python:3.13-slim
COPY pyproject.toml README.md /src/
COPY pipeline /src/pipeline
COPY stages /src/stages
RUN pip install --no-cache-dir '/src[pictures]' && rm -r /src
WORKDIR /work
VOLUME ["/work/data", "/work/artifacts"]
ENTRYPOINT ["pipeline"]
CMD ["run"]

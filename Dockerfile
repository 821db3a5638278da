# The two commands of the README in a container:
#
#   docker build -t pnetlib .
#   docker run --rm -v "$PWD/results:/project/results" pnetlib ./reproduce.sh
#   docker run --rm pnetlib ./reproduce.sh test
FROM python:3.11-slim-bookworm
# chromium for the tests of the pages; git, because the tests look at what is committed
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bash chromium git \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /project
ENV PNETLIB_ENV=venv
# The packages first, so that a change of the code does not install them again.
COPY requirements.lock ./
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: \
        -r requirements.lock
COPY . .
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && .venv/bin/python -m pnetlib compile \
    && mkdir -p .venv/etc/jupyter .venv/share/jupyter/lab/settings \
    && cp .jupyter/jupyter_lab_config.json .venv/etc/jupyter/ \
    && cp .jupyter/overrides.json .venv/share/jupyter/lab/settings/ \
    && cp requirements.lock .venv/made-from
CMD ["./reproduce.sh"]

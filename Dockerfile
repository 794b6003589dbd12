# Two stages, the Makefile's own steps. The image serves on port 8000 and wants DATABASE_URL, or a volume at /data for
# the embedded PostgreSQL:   docker run -p 8000:8000 -v tenderscore:/data tenderscore

FROM debian:bookworm-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008  # Debian's stable release pins the versions; security updates are wanted
RUN apt-get update -qq && apt-get install -qq --no-install-recommends make python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/tenderscore
COPY Makefile pyproject.toml requirements.lock README.md LICENSE ./
COPY scoring scoring
COPY service service
RUN make .venv/installed

FROM debian:bookworm-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update -qq && apt-get install -qq --no-install-recommends ca-certificates make python3 \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /srv/tenderscore
COPY Makefile ./
RUN make pango && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin tenderscore
COPY --from=build /srv/tenderscore ./
COPY migrations migrations
COPY templates templates
USER 10001
ENV TENDERSCORE_HOST=0.0.0.0 TENDERSCORE_PORT=8000 TENDERSCORE_DATA=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=30s --interval=10s --timeout=5s CMD [".venv/bin/python", "-c", \
	"import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['TENDERSCORE_PORT']}/health/live\", timeout=4)"]
CMD [".venv/bin/tenderscore", "serve"]

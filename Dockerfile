# Kiyome in a container: built from locked, hashed dependencies; runs as nobody in particular.
# LibreOffice (for older Office files) is not in this image: add libreoffice-{writer,calc,impress}-nogui where it is wanted.
# Ports: 2525 SMTP (publish it as 25), 8080 web; where the settings open them, also those of [[transfers.listeners]]
# and of [icap] (1344). Volumes: /etc/kiyome settings, /var/lib/kiyome what lasts.

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/kiyome && python -m venv /opt/build
COPY requirements.lock requirements-build.lock ./
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
    && /opt/build/bin/pip wheel --no-cache-dir --no-build-isolation --use-pep517 --require-hashes \
        -r requirements.lock --wheel-dir wheels \
    && /opt/kiyome/bin/pip install --no-cache-dir --no-index --no-deps wheels/*.whl
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY sanitizers sanitizers
COPY config config
COPY samples samples
COPY docs docs
RUN /opt/build/bin/hatchling build --target wheel --directory dist \
    && /opt/kiyome/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmagic1 libseccomp2 libarchive13 liblhasa0 \
        fonts-ipafont-gothic fonts-ipafont-mincho \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10025 --home-dir /var/lib/kiyome --shell /usr/sbin/nologin kiyome \
    && install -d -o kiyome -g kiyome -m 0700 /var/lib/kiyome \
    && install -d -m 0755 /etc/kiyome
COPY --from=build /opt/kiyome /opt/kiyome
ENV PATH=/opt/kiyome/bin:$PATH KIYOME_CONFIG=/etc/kiyome/gateway.toml PYTHONUNBUFFERED=1
USER kiyome
VOLUME ["/etc/kiyome", "/var/lib/kiyome"]
EXPOSE 2525 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health', timeout=4)"]
ENTRYPOINT ["kiyome"]
CMD ["run"]

# MinIO and its client mc from their Go modules: no official image is published any more.
# To pin an image: --build-arg RUN_IMAGE=debian:...@sha256:... with the digest that you have checked.
ARG BUILD_IMAGE=golang:1.26.8-bookworm
ARG RUN_IMAGE=debian:12.12-slim

FROM ${BUILD_IMAGE} AS build
RUN CGO_ENABLED=0 go install -trimpath -ldflags="-s -w" github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c \
 && CGO_ENABLED=0 go install -trimpath -ldflags="-s -w" github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9

FROM ${RUN_IMAGE}
RUN useradd --system --uid 999 --user-group --home-dir /data minio && install -d -o minio -g minio /data
COPY --from=build /go/bin/minio /go/bin/mc /usr/local/bin/
USER 999:999
VOLUME /data
EXPOSE 9000
STOPSIGNAL SIGTERM
ENTRYPOINT ["minio"]

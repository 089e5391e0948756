# MinIO and its client mc from their Go modules: no official image is published any more.
FROM golang:1.26-bookworm AS build
RUN CGO_ENABLED=0 go install -trimpath -ldflags="-s -w" github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c \
 && CGO_ENABLED=0 go install -trimpath -ldflags="-s -w" github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9

FROM debian:bookworm-slim
RUN useradd --system --home-dir /data minio && install -d -o minio -g minio /data
COPY --from=build /go/bin/minio /go/bin/mc /usr/local/bin/
USER minio
VOLUME /data
EXPOSE 9000
ENTRYPOINT ["minio"]

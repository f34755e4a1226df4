# The checker as one static binary, which grades through the engine's socket:
#
#   docker build -t softy-check .
#   docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -v "$PWD/student-repo:/repo:ro" softy-check task6 /repo
#
# Another image with cargo and a C compiler may build it: --build-arg TOOLCHAIN=…
ARG TOOLCHAIN=rust:1.95-slim

FROM ${TOOLCHAIN} AS build
WORKDIR /source
COPY . .
# glibc's own start-up files make it static: neither another target nor musl is needed.
RUN RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --locked --profile dist --package softy-check --target "$(rustc -vV | sed -n 's/^host: //p')" \
    && cp target/*/dist/softy-check /softy-check

FROM scratch
COPY --from=build /softy-check /softy-check
ENV TMPDIR=/
ENTRYPOINT ["/softy-check"]
CMD ["--help"]

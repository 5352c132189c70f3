import { describe, expect, it } from "vitest";
import { cliEnvironment } from "../../../src/engine/environment.ts";

const kept = [
  ["DOCKER_HOST", "tcp://10.0.0.1:2376"],
  ["DOCKER_CONTEXT", "elsewhere"],
  ["DOCKER_TLS_VERIFY", "1"],
  ["DOCKER_CERT_PATH", "/certs"],
  ["DOCKER_API_VERSION", "1.44"],
  ["DOCKER_CUSTOM_HEADERS", "X-Team=a"],
  ["DOCKER_CONFIG", "/config"],
  ["DOCKER_AUTH_CONFIG", "{}"],
  ["BUILDX_CONFIG", "/builders"],
  ["BUILDAH_ISOLATION", "chroot"],
  ["CONTAINERS_CONF", "/containers.conf"],
  ["CONTAINER_HOST", "unix:///podman.sock"],
  ["REGISTRY_AUTH_FILE", "/auth.json"],
  ["HOME", "/home/a"],
  ["PATH", "/bin"],
  ["SSH_AUTH_SOCK", "/agent"],
  ["XDG_RUNTIME_DIR", "/run/user/1"],
  ["HTTPS_PROXY", "http://proxy.example:3128"],
  ["no_proxy", "localhost"],
  ["SSL_CERT_FILE", "/ca.pem"],
  ["LANG", "C.UTF-8"],
  ["LC_ALL", "C"],
  ["HOSTNAME", ""],
  ["AGENT_RUNNER_RUN_ID", "1"],
  ["constructor", "a"],
] as const;

const takenOut = [
  ["PODMAN_USERNS", "keep-id"],
  ["BUILDAH_FORMAT", "oci"],
  ["BUILDAH_LAYERS", "true"],
  ["DOCKER_DEFAULT_PLATFORM", "linux/arm64"],
  ["DOCKER_CONTENT_TRUST", "1"],
  ["DOCKER_CONTENT_TRUST_SERVER", "https://notary.example"],
  ["DOCKER_BUILDKIT", "0"],
  ["DOCKER_HIDE_LEGACY_COMMANDS", "1"],
  ["DOCKER_CLI_EXPERIMENTAL", "enabled"],
  ["DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT", "http://traces.example"],
  ["DOCKER_OF_A_LATER_VERSION", "1"],
  ["BUILDX_BUILDER", "other"],
  ["BUILDX_NO_DEFAULT_ATTESTATIONS", "0"],
  ["BUILDX_NO_DEFAULT_LOAD", "1"],
  ["BUILDX_GIT_INFO", "1"],
  ["BUILDX_GIT_LABELS", "full"],
  ["BUILDX_METADATA_PROVENANCE", "max"],
  ["BUILDX_BAKE_GIT_SSH", "a"],
  ["BUILDX_EXPERIMENTAL", "1"],
  ["BUILDKIT_PROGRESS", "rawjson"],
  ["BUILDKIT_COLORS", "run=green"],
  ["BUILDKIT_TTY_LOG_LINES", "9"],
  ["BUILDKIT_HOST", "tcp://10.0.0.1:1234"],
  ["EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", "policy.json"],
  ["COMPOSE_PROJECT_NAME", "a"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://traces.example"],
  ["SOURCE_DATE_EPOCH", "0"],
  ["NO_COLOR", "1"],
  // an empty one is one not set
  ["DOCKER_CONFIG", ""],
  ["DOCKER_HOST", ""],
  ["DOCKER_CONTEXT", ""],
] as const;

describe("the docker CLI's environment", () => {
  it.each(kept)("has %s", (name, value) => {
    expect(cliEnvironment({ [name]: value })).toEqual({ [name]: value });
  });

  it.each(takenOut)("has no %s=%s", (name, value) => {
    expect(cliEnvironment({ [name]: value, PATH: "/bin" })).toEqual({ PATH: "/bin" });
  });
});

import { expect, it } from "vitest";
import { cliEnvironment } from "../../../src/engine/environment.ts";

it.each([
  "DOCKER_DEFAULT_PLATFORM",
  "DOCKER_BUILDKIT",
  "DOCKER_CONTENT_TRUST",
  "DOCKER_CONTENT_TRUST_SERVER",
  "DOCKER_CLI_EXPERIMENTAL",
  "DOCKER_CLI_HINTS",
  "BUILDX_BUILDER",
  "BUILDX_NO_DEFAULT_ATTESTATIONS",
  "BUILDX_NO_DEFAULT_LOAD",
  "BUILDX_METADATA_PROVENANCE",
  "BUILDX_GIT_LABELS",
  "BUILDKIT_HOST",
  "BUILDKIT_PROGRESS",
  "BUILDKIT_COLORS",
  "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "SOURCE_DATE_EPOCH",
])("%s decides what only a setting may, and is taken out", (name) => {
  expect(cliEnvironment({ [name]: "1", PATH: "/bin" })).toEqual({ PATH: "/bin" });
});

it.each([
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_TLS_VERIFY",
  "DOCKER_CERT_PATH",
  "DOCKER_API_VERSION",
  "DOCKER_AUTH_CONFIG",
  "BUILDX_CONFIG",
])("%s connects the CLI: it is kept, and an empty one is one not set", (name) => {
  expect(cliEnvironment({ [name]: "x" })).toEqual({ [name]: "x" });
  expect(cliEnvironment({ [name]: "" })).toEqual({});
});

it.each([
  "HOME",
  "HTTPS_PROXY",
  "SSH_AUTH_SOCK",
  "DOCKER_TOKEN",
  "BUILDKIT_SECRET",
  "AWS_PROFILE",
  "XDG_RUNTIME_DIR",
])("%s is not theirs, and stays", (name) => {
  expect(cliEnvironment({ [name]: "x" })).toEqual({ [name]: "x" });
});

it("has what is empty and what is not set as it is", () => {
  expect(cliEnvironment({ NO_PROXY: "", GONE: undefined })).toEqual({ NO_PROXY: "" });
});

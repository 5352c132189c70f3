import { expect, it } from "vitest";
import { type PushTrouble, readPushTrouble } from "../../../src/engine/push-words.ts";

const name = "registry.example/immutable-500/agent-runner-env";

it.each<[string, PushTrouble | undefined]>([
  // may pass
  ["received unexpected HTTP status: 500 Internal Server Error", "may pass"],
  ["received unexpected HTTP status: 502 Bad Gateway", "may pass"],
  ["received unexpected HTTP status: 503 Service Unavailable", "may pass"],
  ["received unexpected HTTP status: 504 Gateway Timeout", "may pass"],
  ["error parsing HTTP 429 response body: invalid character 'T'", "may pass"],
  ["toomanyrequests: Rate exceeded", "may pass"],
  ["blob unknown: blob unknown to registry", "may pass"],
  ["manifest blob unknown: blob unknown to registry", "may pass"],
  ["blob upload unknown: blob upload unknown to registry", "may pass"],
  [`Put "https://${name}/manifests/x": EOF`, "may pass"],
  ["unexpected EOF", "may pass"],
  ["read tcp 10.0.0.1:4000->10.0.0.2:443: read: connection reset by peer", "may pass"],
  ["write tcp 10.0.0.1:4000->10.0.0.2:443: write: broken pipe", "may pass"],
  ["net/http: TLS handshake timeout", "may pass"],
  ["dial tcp 10.0.0.2:443: i/o timeout", "may pass"],
  // immutable tags
  [
    "tag invalid: The image tag '12-a' already exists in the 'agent-runner-env' repository and cannot be overwritten because the repository is immutable.",
    "immutable",
  ],
  [
    "tag invalid: The image tag '12-a' already exists in the 'agent-runner-env' repository and cannot be overwritten because the tag is immutable.",
    "immutable",
  ],
  [
    "unknown: Failed to process request due to 'agent-runner-env:12-a' configured as immutable.",
    "immutable",
  ],
  [
    "manifest invalid: cannot update tag 12-a. The repository has enabled tag immutability",
    "immutable",
  ],
  ["denied: Repository does not allow updating assets: docker-hosted", "immutable"],
  // no such repository
  [
    "name unknown: The repository with name 'agent-runner-env' does not exist in the registry with id '123456789012'",
    "no repository",
  ],
  ['name unknown: Repository "demo" not found', "no repository"],
  ["NAME_UNKNOWN: repository name not known to registry", "no repository"],
  ["unauthorized: project demo not found: project demo not found", "no repository"],
  // all else is told as it is
  ["denied: requested access to the resource is denied", undefined],
  ["unauthorized: authentication required", undefined],
  [`denied: not allowed for ${name}`, undefined],
  [`layer sha256:${"5".repeat(60)}500 is refused`, undefined],
  ["no space left on device", undefined],
])("%s: %s", (reason, kind) => {
  expect(readPushTrouble(reason, name)).toBe(kind);
});

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
  ['name unknown: Repository "demo" not found', "no repository"],
  [
    "denied: gcr.io repo does not exist. Creating on push requires the artifactregistry.repositories.createOnPush permission",
    "no repository",
  ],
  ["denied: project team does not exist", "no repository"],
  ["name invalid: namespace team not found", "no repository"],
  // immutable tags in other words
  [
    "denied: Not enough permissions to overwrite artifact 'team/env/12-a/manifest.json' (user 'ci' needs DELETE permission).",
    "immutable",
  ],
  [
    "denied: The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq",
    "immutable",
  ],
  ["denied: tag 12-a is immutable and cannot be overwritten", "immutable"],
  [
    "denied: Failed to process request due to 'demo/env:12-a' configured as immutable.",
    "immutable",
  ],
  // what passes, of containerd, HTTP/2 and proxies
  [
    "failed to copy: unexpected status from PUT request to https://ghcr.io/v2/o/n/blobs/upload/1?digest=x: 502 Bad Gateway",
    "may pass",
  ],
  [
    "unexpected status from PATCH request to https://r.example/v2/: 408 Request Timeout",
    "may pass",
  ],
  ["received unexpected HTTP status: 520", "may pass"],
  ["unknown blob", "may pass"],
  ["digest invalid: provided digest did not match uploaded content", "may pass"],
  ["failed to copy: cannot reuse body, request must be retried", "may pass"],
  ["stream error: stream ID 7; INTERNAL_ERROR; received from peer", "may pass"],
  ["http2: server sent GOAWAY and closed the connection", "may pass"],
  ["write tcp 10.0.0.1:1->10.0.0.2:443: use of closed network connection", "may pass"],
  [
    "toomanyrequests: Quota exceeded for quota metric 'Requests per project per region'",
    "may pass",
  ],
  ["unknown: Rate exceeded", "may pass"],
  ["denied: API rate limit exceeded", "may pass"],
  [
    'Get "https://r.example/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    "may pass",
  ],
  ["dial tcp: lookup r.example: Temporary failure in name resolution", "may pass"],
  // no room
  [
    "denied: adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB.",
    "no room",
  ],
  ["denied: You have exceeded your storage quota. Delete one or more images", "no room"],
  ["denied: registry contains 1 repositories, limit is 1", "no room"],
  ["denied: storage limit exceeded", "no room"],
  // no right
  ["denied: permission_denied: write_package", "no right"],
  ["denied: permission_denied: The token provided does not match expected scopes.", "no right"],
  ["denied: installation not allowed to Create organization package", "no right"],
  [
    'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/p/locations/l/repositories/r" (or it may not exist)',
    "no right",
  ],
  [
    "denied: User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu:1:repository/x because no identity-based policy allows it",
    "no right",
  ],
  // all else is told as it is
  [
    "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope",
    undefined,
  ],
  ["denied: requested access to the resource is denied", undefined],
  ["unauthorized: authentication required", undefined],
  [`denied: not allowed for ${name}`, undefined],
  [`layer sha256:${"5".repeat(60)}500 is refused`, undefined],
  ["no space left on device", undefined],
])("%s: %s", (reason, kind) => {
  expect(readPushTrouble(reason, name)).toBe(kind);
});

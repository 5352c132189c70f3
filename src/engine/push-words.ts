/**
 * What a registry's refusal of a push means for the one who pushes.
 *
 * - `may pass`: another attempt may succeed
 * - `immutable`: the tag is there and the repository keeps it as it is
 * - `no repository`: somebody has to create it first
 * - `no room`: what may be kept there is full
 * - `no right`: the login is good, and may not write packages
 */
export type PushTrouble = "may pass" | "immutable" | "no repository" | "no room" | "no right";

// The words of registries as `docker push` passes them on, and podman. The first that fits counts.
const kinds: readonly (readonly [PushTrouble, RegExp])[] = [
  // ECR, Google, Harbor, Quay, Docker Hub; Nexus says `updating assets`, Artifactory wants a right to delete; ACR locks
  // what it calls disallowed
  [
    "immutable",
    /immutab|cannot be overwritten|cannot overwrite|to overwrite artifact|needs DELETE permission|tag (?:already exists|is (?:locked|protected))|does not allow (?:updating|redeploy)|operation is disallowed on this registry, repository or image/i,
  ],
  [
    "no repository",
    /name[ _]unknown|repository .*(?:does not exist in the registry|not found)|repo(?:sitory)? (?:\S+ )?does not exist(?! or)|project .*(?:not found|does not exist)|repository name not known|namespace .*(?:not found|does not exist)/i,
  ],
  [
    "may pass",
    /^(?!.*HTTP 40\d).*(?:\b(?:408|429|500|502|503|504|52\d)\b|toomanyrequests|too many requests|rate[ _-]?limit|rate exceeded|request ?timeout|internal (?:server )?error|INTERNAL_ERROR|bad gateway|service unavailable|gateway time-?out|(?:blob[ _](?:upload[ _])?(?:unknown|invalid)|unknown blob)|digest (?:invalid|did not match)|size invalid|connection (?:reset|refused)|closed network connection|server closed|broken pipe|\bEOF\b|short (?:copy|write)|i\/o timeout|tls handshake timeout|server misbehaving|temporary failure in name resolution|network is unreachable|no route to host|deadline exceeded|request canceled|client\.timeout|must be retried|http2: |goaway)/i,
  ],
  // Harbor, Docker's and IBM's plans, DigitalOcean's limits
  [
    "no room",
    /quota|configured upper limit|(?:storage|repositor(?:y|ies)|size)\b.*\blimit|limit\b.*\bexceeded|exceed(?:s|ed)\b.*\blimit|insufficient storage|\b507\b/i,
  ],
  // GitHub, Google, AWS
  [
    "no right",
    /permission_denied|installation not allowed|does not match expected scopes|not authorized to perform|permission "?artifactregistry\.|createOnPush/i,
  ],
];

/**
 * Reads the refusal of a push. Pure.
 *
 * @param name what was pushed: it may have any of these words and numbers in it
 */
export function readPushTrouble(reason: string, name: string): PushTrouble | undefined {
  // `denied: … (or it may not exist)` stays a denial: who may not see a repository is told no more
  const said = reason.replaceAll(name, "").replace(/sha256:[0-9a-f]+/g, "");
  return kinds.find(([, words]) => words.test(said))?.[0];
}

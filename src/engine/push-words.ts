/**
 * What a registry's refusal of a push means for the one who pushes.
 *
 * - `may pass`: another attempt may succeed
 * - `immutable`: the tag is there and the repository keeps it as it is
 * - `no repository`: somebody has to create it first
 */
export type PushTrouble = "may pass" | "immutable" | "no repository";

// The words of registries as `docker push` passes them on. The first that fits counts.
const kinds: readonly (readonly [PushTrouble, RegExp])[] = [
  // ECR, Google, Harbor, Quay; Nexus says `updating assets`; ACR locks what it calls disallowed
  [
    "immutable",
    /immutab|cannot be overwritten|cannot overwrite|tag (?:already exists|is locked)|does not allow updating/i,
  ],
  [
    "no repository",
    /name[ _]unknown|repository .*(?:does not exist in the registry|not found)|project .*not found|repository name not known/i,
  ],
  [
    "may pass",
    /^(?!.*HTTP 40\d).*(?:\b(?:429|500|502|503|504)\b|toomanyrequests|too many requests|internal server error|bad gateway|service unavailable|gateway time-?out|blob[ _](?:upload[ _])?(?:unknown|invalid)|connection (?:reset|refused)|broken pipe|\bEOF\b|i\/o timeout|tls handshake timeout|server misbehaving|deadline exceeded|http2: )/i,
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

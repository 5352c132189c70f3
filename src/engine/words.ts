/**
 * What the engine said when it did not do what it was asked for.
 *
 * - `absent`: no such image, container or path in it
 * - `denied`: a registry wants a login, or another one
 * - `unreachable`: no engine answers
 * - `not shared`: the engine does not have this machine's files
 * - `too slow`: it was ended by its time limit
 * - `other`: anything else; the reason has its words
 */
export type RefusalKind = "absent" | "denied" | "unreachable" | "not shared" | "too slow" | "other";

export interface Refusal {
  readonly kind: RefusalKind;
  /** The engine's own words, or how long it took. */
  readonly reason: string;
}

// Every word of the CLI's output that is relied on stands here and nowhere else: those of Docker 20.10 to 29.

const kinds: readonly (readonly [RefusalKind, RegExp])[] = [
  [
    "unreachable",
    /cannot connect to the docker daemon|error during connect|is the docker daemon running/i,
  ],
  ["absent", /no such image|no such container|could not find the file/i],
  ["not shared", /bind source path does not exist/i],
  ["denied", /denied|unauthorized|forbidden|insufficient_scope|no basic auth/i],
];

/**
 * Reads a refusal.
 *
 * @param about the name that was asked about: it may have any of these words in it
 */
export function readRefusal(reason: string, about = ""): Refusal {
  const text = about === "" ? reason : reason.replaceAll(about, "");
  const kind = kinds.find(([, words]) => words.test(text))?.[0] ?? "other";
  return { kind, reason };
}

/** `docker push` names the manifest it sent in its last line. */
export function pushedDigest(output: string): string | undefined {
  return /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
}

/** How `@actions/exec` says that there is no such program. */
export function isNoProgram(error: unknown): boolean {
  return /unable to locate executable/i.test(String(error));
}

import type { Engine } from "../engine/engine.ts";
import type { Refusal, RefusalKind } from "../engine/words.ts";

export interface StartCheck {
  /** `name=value` that marks the run's containers, so that `post` finds one that was left. */
  readonly label: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** A container that does nothing is up in half a second; an engine that needs longer than this is not well. */
const longestMs = 60_000;

/**
 * Starts an image once, as the task will be started: by its `bash`, as its own user. Answers why it cannot be, or
 * undefined when all is well. What a build leaves may be no image that this engine can run: it has too many layers,
 * a user that is not in it, or programs for another machine.
 */
export async function whyNotStarted(
  { containers }: Engine,
  image: string,
  { label, limitMs, signal }: StartCheck,
): Promise<Refusal | undefined> {
  const command = ["--noprofile", "--norc", "-c", ":"];
  const spec = { image, entrypoint: "bash", command, labels: [label], network: "none" };
  const made = await containers.create(spec);
  if ("kind" in made) {
    return made;
  }
  try {
    const patience = { limitMs: Math.min(limitMs, longestMs), signal };
    const refused = await containers.startToEnd(made.id, patience);
    // what a cancel has ended says nothing of the image
    return signal.aborted ? undefined : refused;
  } finally {
    await containers.remove(made.id);
  }
}

/** What an image that is damaged or wrong brings about. A full disk, a limit of time, a name that is taken do not tell. */
const ofImages: readonly RefusalKind[] = [
  "absent",
  "too deep",
  "platform",
  "no program",
  "no user",
  "other",
];

/** Whether it is the image that cannot be started, and not this engine that starts nothing. Pure. */
export function isOfImage({ kind }: Refusal): boolean {
  return ofImages.includes(kind);
}

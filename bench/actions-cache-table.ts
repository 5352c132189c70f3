/** The measurements as a table. */

export type ImageStore = "classic" | "containerd";

export interface Figure {
  store: ImageStore;
  /** Whether the engine had the base image before. */
  base: "present" | "absent";
  way: "ours" | "tar" | "pull";
  /** One a repeat. */
  seconds: number[];
  /** Moved from the cache or a registry. */
  bytes: number;
}

/** Medians in Markdown; the last columns say how many times longer the other ways take than ours. */
export function table(figures: readonly Figure[]): string {
  const head =
    "| image store | base | ours | (a) tar and load | (b) pull | (a) / ours | ours / (b) | bytes: ours | (a) | (b) |";
  const rows = (["classic", "containerd"] as const).flatMap((store) =>
    (["present", "absent"] as const).map((base) => {
      const of = (way: Figure["way"]) =>
        figures.find(
          (one) => one.store === store && one.base === base && one.way === way,
        ) as Figure;
      const [ours, tar, pull] = [of("ours"), of("tar"), of("pull")];
      const ratio = (one: Figure, other: Figure) =>
        (median(one.seconds) / median(other.seconds)).toFixed(1);
      const cells = [
        ...[store, base, seconds(ours), seconds(tar), seconds(pull)],
        ...[ratio(tar, ours), ratio(ours, pull), megabytes(ours), megabytes(tar), megabytes(pull)],
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  );
  return [head, `|${" --- |".repeat(10)}`, ...rows].join("\n");
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function seconds({ seconds }: Figure): string {
  return `${median(seconds).toFixed(1)} s`;
}

function megabytes({ bytes }: Figure): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** What bench/actions-cache.ts writes into docs/performance.md. Pure. */
import { markdownTable, median } from "./page.ts";

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
  /** Of these, what the base's own registry sent. */
  baseBytes: number;
}

/** Bytes of files in the image that is measured: of its two layers, and of what its base has beside Debian. */
export interface Unpacked {
  layers: number;
  base: number;
}

const stores: readonly ImageStore[] = ["classic", "containerd"];
const presences = ["present", "absent"] as const;

export function section(
  figures: readonly Figure[],
  unpacked: Unpacked,
  repeats: number,
  machine: string,
): string {
  return [
    "## An image from the Actions cache",
    "",
    "The time from nothing to an image of which a container can be created, for an env image on a desktop image",
    `(${unpacked.layers / 1e6} MB unpacked, on a base of a minimal Debian and ${unpacked.base / 1e6} MB more): *ours*; *(a)* what others do, a`,
    "`docker save` archive through `@actions/cache` and `docker load`; *(b)* a plain `docker pull` from a registry on this",
    "machine, which is the limit. The cache service is the tests' own with Azurite behind it, on the same two cores, so what",
    "is moved costs ours and (a) more than on GitHub. The base comes from its registry in ours and in (b). Each engine is",
    "empty but for the base where that is *present*. What is unpacked is the same in all three, and most of the time: where",
    "(b) is not twice as fast as (a), ours is not, either.",
    "",
    `Medians of ${repeats} runs, in turns; ${machine}. One command does it again: \`npm run bench:actions-cache\`.`,
    "",
    ...table(figures),
    "",
    "Single figures in seconds, in the order they were measured:",
    "",
    ...markdownTable(2, [
      ["image store", "base", "ours", "(a)", "(b)"],
      ...rows(figures, (of) => [raw(of("ours")), raw(of("tar")), raw(of("pull"))]),
    ]),
  ].join("\n");
}

/** What issue 4 promises of these figures and they do not keep; none is good. */
export function brokenPromises(figures: readonly Figure[]): string[] {
  return figures
    .filter(({ way }) => way === "ours")
    .flatMap((ours) => {
      const { store, base } = ours;
      const tar = find(figures, store, base, "tar");
      const times = median(tar.seconds) / median(ours.seconds);
      const wanted = store === "containerd" && base === "present" ? 2 : 1;
      const where = `${store}, base ${base}`;
      const own = ours.bytes - ours.baseBytes;
      const pull = find(figures, store, base, "pull");
      const aboveBase = pull.bytes - pull.baseBytes;
      return [
        ...(times < wanted
          ? [`${where}: ${times.toFixed(2)} times as fast as (a), not ${wanted}`]
          : []),
        ...(own > aboveBase ? [`${where}: ${own} bytes, the layers have ${aboveBase}`] : []),
      ];
    });
}

/** The ratios say how many times longer (a) takes than ours, and ours than (b). */
function table(figures: readonly Figure[]): string[] {
  const head = ["image store", "base", "ours", "(a)", "(b)", "(a) / ours", "ours / (b)"];
  return markdownTable(2, [
    [...head, "moved: ours", "(a)", "(b)"],
    ...rows(figures, (of) => {
      const [ours, tar, pull] = [of("ours"), of("tar"), of("pull")];
      const ratio = (one: Figure, other: Figure) =>
        (median(one.seconds) / median(other.seconds)).toFixed(1);
      return [
        ...[ours, tar, pull].map((way) => `${median(way.seconds).toFixed(1)} s`),
        ...[ratio(tar, ours), ratio(ours, pull)],
        ...[ours, tar, pull].map(({ bytes }) => `${Math.round(bytes / 1e6)} MB`),
      ];
    }),
  ]);
}

function rows(
  figures: readonly Figure[],
  cells: (of: (way: Figure["way"]) => Figure) => string[],
): string[][] {
  return stores.flatMap((store) =>
    presences.map((base) => [store, base, ...cells((way) => find(figures, store, base, way))]),
  );
}

function find(
  figures: readonly Figure[],
  store: ImageStore,
  base: Figure["base"],
  way: Figure["way"],
): Figure {
  const found = figures.find((one) => one.store === store && one.base === base && one.way === way);
  if (found === undefined) throw new Error(`${way} was not measured on ${store}, base ${base}`);
  return found;
}

function raw({ seconds }: Figure): string {
  return seconds.map((one) => one.toFixed(1)).join(" ");
}

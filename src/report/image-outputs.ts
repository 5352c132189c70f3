import type { StartImage } from "../images/ladder.ts";
import type { PublishedLayers } from "../images/store.ts";
import type { Content } from "../layers/content.ts";
import type { Layer } from "../layers/layer.ts";
import type { Span } from "../log/timeline.ts";
import { layerReport } from "./layer-report.ts";
import { keyOutputs, type Outputs } from "./outputs.ts";

/** What was known before any image was looked for. */
export interface Planned {
  /** As the setting names it. */
  readonly baseImage: string;
  readonly base: { readonly digest: string } | undefined;
  readonly contents: readonly Content[];
  readonly layers: readonly Layer[];
}

/** The outputs about the image, the same in every mode that has one. */
export function imageOutputs(
  { base, contents, layers }: Planned,
  image: StartImage,
  published: PublishedLayers,
  spans: readonly Span[],
): Outputs {
  const wanted = contents.filter(({ cached }) => cached);
  const built = image.outcomes.some(({ source }) => source === "built");
  const hit = wanted.length > 0 && !built && wanted.every(({ name }) => image.provides.has(name));
  const reports = image.outcomes.map((outcome) => layerReport(outcome, published));
  return {
    image: image.reference,
    "image-source": image.source,
    "cache-hit": String(hit),
    "base-digest": base?.digest ?? "",
    // planned first: a layer that was not looked at, because its child was found, has a key as well
    ...keyOutputs([...layers, ...image.outcomes.map(({ layer }) => layer)]),
    layers: JSON.stringify(reports),
    timings: JSON.stringify(
      spans.map(({ name, start, end }) => ({
        name,
        start: Math.round(start),
        end: Math.round(end),
      })),
    ),
  };
}

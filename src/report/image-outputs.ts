import type { StartImage } from "../images/ladder.ts";
import type { Span } from "../log/timeline.ts";
import type { Prepared } from "../modes/prepare.ts";
import type { LayerReport } from "./layer-report.ts";
import { keyOutput, type Outputs } from "./outputs.ts";

/** The outputs about the image, the same in every mode that has one. */
export function imageOutputs(
  { base, contents, layers: planned }: Prepared,
  image: StartImage,
  layers: readonly LayerReport[],
  spans: readonly Span[],
): Outputs {
  const wanted = contents.filter(({ cached }) => cached);
  const built = image.outcomes.some(({ source }) => source === "built");
  const hit = wanted.length > 0 && !built && wanted.every(({ name }) => image.provides.has(name));
  return {
    image: image.reference,
    "image-source": image.source,
    "cache-hit": String(hit),
    "base-digest": base?.digest ?? "",
    "desktop-key": "",
    "env-key": "",
    "agent-key": "",
    // planned first: a layer that was not looked at, because its child was found, has a key as well
    ...Object.fromEntries(planned.map((layer) => [keyOutput(layer.name), layer.key])),
    ...Object.fromEntries(image.outcomes.map(({ layer }) => [keyOutput(layer.name), layer.key])),
    layers: JSON.stringify(layers),
    timings: JSON.stringify(
      spans.map(({ name, start, end }) => ({
        name,
        start: Math.round(start),
        end: Math.round(end),
      })),
    ),
  };
}

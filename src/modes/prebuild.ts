import { meansOwnBuilder } from "../build/builder-choice.ts";
import { programOf } from "../engine/program.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import type { PublishedLayers, Store } from "../images/store.ts";
import { Trouble } from "../log/trouble.ts";
import type { Report } from "../report/report.ts";
import { prebuildReport } from "../report/run-report.ts";
import type { Job } from "../settings/load.ts";
import { imageFor } from "./image.ts";
import { prepare, tellPlan } from "./prepare.ts";
import { publishLayers, whyForNobody } from "./publish.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

/**
 * `mode: prebuild`: builds what no store has and publishes it, without a task. Nothing is pulled but a
 * parent that no builder can fetch by itself. The image is the job here: what cannot be built or sent fails
 * the step.
 */
export async function prebuild(job: Job, runtime: Runtime): Promise<Report> {
  const { timeline } = runtime;
  const { settings } = job;
  const prepared = await prepare(job, runtime);
  await tellPlan(prepared, runtime);
  // what this mode is for must happen, or the step fails
  const unknown = prepared.contents.find(({ agent, cached }) => agent !== undefined && !cached);
  if (unknown !== undefined) {
    throw new Trouble(
      `the agent image cannot be prebuilt: npm could not tell which version \`${unknown.agent?.version}\` of ${unknown.agent?.name} is. Check that the runner's npm reaches its registry, or give an exact \`agent-version\``,
    );
  }
  if (prepared.base !== undefined && prepared.layers.length === 0) {
    throw new Trouble(
      "there is nothing to prebuild: turn on `cache-desktop-build` with `headless-desktop` or `cache-container-build` with a cached preflight, or give an `agent` with its `agent-version`",
    );
  }
  const { hasBuilders } = programOf(runtime.engine.cli);
  const otherBuilder = hasBuilders && !meansOwnBuilder(settings.builder, runtime.engineContext);
  const [takes, ...others] = prepared.stores.filter(({ policy }) => policy.write);
  // a builder sends to a registry alone: what another store takes, too, goes through the engine
  const target =
    otherBuilder && takes?.pushTo !== undefined && others.length === 0 ? takes : undefined;
  const wish = { start: false, sendTo: target, mustBuild: true };
  const image = await imageFor(job, prepared, wish, runtime);
  const here = image.outcomes.filter(({ isHere }) => isHere);
  const forNobody = here.length === 0 ? undefined : whyForNobody(prepared.stores);
  const published =
    target === undefined
      ? await publishLayers(here, settings.rebuild, prepared, runtime)
      : sentByBuilder(image.outcomes, target);
  if (runtime.cancelled.aborted) {
    throw new Cancelled();
  }
  // what a following job can pull, where there is such a thing
  const top = published.get(image.outcomes.at(-1)?.layer.name ?? "");
  const reference = top?.find((one) => one.reference !== undefined)?.reference ?? image.reference;
  const spans = timeline.spans();
  return prebuildReport(prepared, { ...image, reference }, published, spans, forNobody);
}

/** The builder has sent what it built by itself. */
function sentByBuilder(outcomes: readonly LayerOutcome[], store: Store): PublishedLayers {
  return new Map(
    outcomes
      .filter(({ source }) => source === "built")
      .map(({ layer, digest }) => {
        const name = `${store.pushTo}/${layer.reference.split(":")[0]}`;
        return [layer.name, [{ store, outcome: "sent", digest, reference: `${name}@${digest}` }]];
      }),
  );
}

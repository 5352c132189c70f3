import { dockerEngine } from "../engine/engine.ts";
import type { Platform } from "../registry/documents.ts";
import { doctorLines, doctorReport } from "../report/doctor.ts";
import type { Report } from "../report/report.ts";
import type { Job } from "../settings/load.ts";
import { boundedBy } from "./doctor/bounded.ts";
import { builder } from "./doctor/builder.ts";
import { cache } from "./doctor/cache.ts";
import { disks, ownImages } from "./doctor/disk.ts";
import { engine, store } from "./doctor/engine.ts";
import { examine } from "./doctor/examine.ts";
import { github } from "./doctor/github.ts";
import { mounts } from "./doctor/mounts.ts";
import { certificates, proxy } from "./doctor/network.ts";
import { baseImage, mirrors, registry } from "./doctor/registries.ts";
import { event, runner, version } from "./doctor/runner.ts";
import type { Look, World } from "./doctor/world.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

/** In the order in which they are told. */
const looks: readonly Look[] = [
  ...[version, runner, event],
  ...[engine, store, builder, mounts],
  ...[baseImage, registry, mirrors],
  ...[cache, proxy, certificates],
  ...[disks, ownImages, github],
];

/** For what asks the engine; what hangs for longer is itself the answer. */
const askMs = 7_000;
/** For all looks together, which are side by side: with the start of this process they stay below ten seconds. */
const limitMs = 9_000;

/**
 * `mode: doctor`: looks at everything a run needs, and says what to do about it. Builds, pulls and publishes nothing; what
 * it starts is one container that does nothing.
 */
export async function doctor(job: Job, runtime: Runtime): Promise<Report> {
  const { cancelled, redactor, log } = runtime;
  const over = AbortSignal.any([cancelled, AbortSignal.timeout(limitMs)]);
  const found = await examine(looks, worldOf(job, runtime), over);
  if (cancelled.aborted) {
    throw new Cancelled();
  }
  const findings = found.map((one) => ({
    ...one,
    says: redactor.redact(one.says),
    next: one.next && redactor.redact(one.next),
  }));
  for (const line of doctorLines(findings)) {
    log.info(line);
  }
  const none = findings.find(({ about, state }) => about === engine.about && state === "problem");
  return doctorReport(findings, none && `no task can run here: ${none.says}`);
}

function worldOf(job: Job, runtime: Runtime): World {
  const signal = AbortSignal.any([runtime.cancelled, AbortSignal.timeout(askMs)]);
  const late = `It has not answered within ${askMs / 1000} s: it hangs, or has much to do`;
  const bounded = dockerEngine(boundedBy(runtime.engine.cli, signal, late));
  let platform: Promise<Platform> | undefined;
  return {
    ...runtime,
    job,
    engine: bounded,
    platform: () => {
      platform ??= bounded.platform();
      return platform;
    },
    signal,
  };
}

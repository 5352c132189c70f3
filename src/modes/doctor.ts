import { setTimeout as pause } from "node:timers/promises";
import { reasonOf } from "../log/trouble.ts";
import { doctorLines, doctorReport, type Finding } from "../report/doctor.ts";
import type { Report } from "../report/report.ts";
import type { Job } from "../settings/load.ts";
import { lookAtEngine } from "./doctor/engine.ts";
import type { Look } from "./doctor/look.ts";
import { lookAtMachine } from "./doctor/machine.ts";
import { lookAtRegistries } from "./doctor/registries.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

const looks: readonly (readonly [string, Look])[] = [
  ["machine", lookAtMachine],
  ["engine", lookAtEngine],
  ["registries", lookAtRegistries],
];

/** All of them, side by side: what hangs for longer is itself the answer. */
const limitMs = 9_000;

/** `mode: doctor`: looks at everything a run needs, and says what to do about it. Builds, pulls and publishes nothing. */
export async function doctor(job: Job, runtime: Runtime): Promise<Report> {
  const over = new AbortController();
  const found = await Promise.all(
    looks.map(async ([about, look]) => {
      const late = pause(limitMs, undefined, { signal: over.signal }).then((): Finding[] => [
        {
          about,
          state: "problem",
          says: `it did not answer within ${limitMs / 1000} s`,
          next: "look whether it is busy, or hangs",
        },
      ]);
      late.catch(() => {});
      return Promise.race([look(job, runtime).catch((error) => failed(about, error)), late]);
    }),
  );
  over.abort();
  if (runtime.cancelled.aborted) {
    throw new Cancelled();
  }
  const findings = found.flat().map((one) => ({
    ...one,
    says: runtime.redactor.redact(one.says),
    next: one.next && runtime.redactor.redact(one.next),
  }));
  for (const line of doctorLines(findings)) {
    runtime.log.info(line);
  }
  const engine = findings.find(({ about, state }) => about === "engine" && state === "problem");
  return doctorReport(findings, engine && `no task can run here: ${engine.says}`);
}

function failed(about: string, error: unknown): Finding[] {
  return [{ about, state: "problem", says: reasonOf(error) }];
}

import type { Finding } from "../../report/doctor.ts";
import type { Job } from "../../settings/load.ts";
import type { Runtime } from "../runtime.ts";

/** One look at one part of the surroundings. It may throw: then that is what it found. */
export type Look = (job: Job, runtime: Runtime) => Promise<readonly Finding[]>;

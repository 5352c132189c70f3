import { isAbsolute } from "node:path";
import { oneLine } from "../log/text.ts";
import type { FailedStage } from "./notes.ts";
import type { TaskRequest } from "./request.ts";
import { sourcedStages, taskFolder } from "./start-script.ts";

/** Names that the start script may give to what failed. */
export function stagesOf({ job }: TaskRequest): readonly string[] {
  const desktop = job.settings["headless-desktop"] === "true" ? ["desktop"] : [];
  return [...desktop, ...sourcedStages.filter((name) => job.scripts[name] !== undefined)];
}

/** @param code the engine's word, not the note's */
export function stageFailure(
  { stage, line, file }: FailedStage,
  code: number,
  { job }: TaskRequest,
) {
  if (stage === "desktop") {
    return {
      message:
        "the desktop did not start; its logs are above. With `headless-desktop: optional` the task goes on without one",
    };
  }
  const script = job.scripts[stage as keyof typeof job.scripts];
  const label = script?.label ?? stage;
  const inScript = file === `${taskFolder}/${stage}.sh`;
  const where =
    line === undefined
      ? ""
      : inScript
        ? ` at line ${line}`
        : ` in ${oneLine(file, longestPath)}:${line}`;
  const source = script?.file;
  const annotated = source !== undefined && !isAbsolute(source);
  return {
    message: `${label} failed${where} with exit code ${code}`,
    file: annotated ? source : undefined,
    line: annotated && inScript ? line : undefined,
  };
}

/** Of a path that a task names, in a message. */
const longestPath = 200;

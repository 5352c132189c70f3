import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { agents } from "../agents/agents.ts";
import { reasonOf } from "../log/trouble.ts";
import { leadsOut } from "../settings/workspace-file.ts";
import { leftOutText } from "./allowance.ts";
import type { Container } from "./container.ts";
import { homeIn, type Notes } from "./notes.ts";
import type { TaskRequest } from "./request.ts";

/** Copies the agent's sessions out of the container, where they are wanted. Answers the folder. */
export async function readSessions(
  { sessionPath, job, folder }: TaskRequest,
  container: Container,
  notes: Notes,
  warnings: string[],
): Promise<string | undefined> {
  const home = homeIn(notes);
  const { agent } = job.settings;
  if (sessionPath === undefined || agent === undefined || home === undefined) {
    return undefined;
  }
  const fresh = await mkdtemp(join(folder, "sessions-"));
  const from = `${home}/${agents[agent].sessionFolder}`;
  const found = await container.sessions(from, fresh, job.settings["artifacts-limit"]);
  const cut = found && leftOutText(found.leftOut, "the agent's sessions");
  if (cut !== undefined) {
    warnings.push(cut);
  }
  if (found?.failed !== undefined) {
    warnings.push(notKept(found.failed));
  }
  return fresh;
}

/**
 * Puts sessions where they are kept, beside what is there. The task has ended and the workspace is handed back: nobody
 * moves a folder on the way. Answers what went wrong, if anything.
 */
export async function keepSessions(
  { sessionPath, job }: TaskRequest,
  sessions: string | undefined,
): Promise<readonly string[]> {
  if (sessionPath === undefined || sessions === undefined) {
    return [];
  }
  try {
    if (await leadsOut(job.workspace, job.settings["session-path"] ?? "")) {
      return [notKept(new Error("it leads out of the workspace by now"))];
    }
    await cp(sessions, sessionPath, { recursive: true });
    return [];
  } catch (error) {
    return [notKept(error)];
  } finally {
    await rm(sessions, { recursive: true, force: true });
  }
}

/** What is said where they could not be kept. */
export function notKept(error: unknown): string {
  return `the agent's sessions could not be kept in \`session-path\`: ${reasonOf(error)}`;
}

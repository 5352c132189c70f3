import { getState, saveState } from "@actions/core";
import { z } from "zod";
import { parseJson } from "../log/json.ts";
import { gitEntrySchema } from "../task/changes/git-folder.ts";
import { owedSchema } from "../task/workspace/lease.ts";

// What main leaves to post: written as soon as it is known, since main may be killed at any moment, and read
// with the same schema. The runner keeps it as text, one value a name.

const schema = z.object({
  /** Main has been started: the runner starts the same file for both. */
  isPost: z.boolean().optional(),
  runId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** Main came to its end by itself, and cleaned up. */
  ended: z.boolean().optional(),
  /** But for the container, which could not be removed. */
  container: z.boolean().optional(),
  /** What is owed for the workspace; null once it has been settled. */
  workspace: owedSchema.nullish(),
  /** The answer that says that work goes on, and what it is to say if main is killed; null once it says how it ended. */
  answer: z
    .object({
      kind: z.enum(["comment", "reply"]),
      id: z.number().int().positive(),
      text: z.string().max(65_536),
    })
    .nullish(),
  /** What stood at the workspace's `.git`; null once it is there again. */
  git: z.object({ workspace: z.string(), entry: gitEntrySchema }).nullish(),
  /** Files that steer an agent are to be put back; null once they are. */
  steering: z.literal(true).nullish(),
});
export type PostState = z.output<typeof schema>;

export function savePostState(state: PostState): void {
  for (const [name, value] of Object.entries(state)) {
    saveState(name, typeof value === "string" ? value : JSON.stringify(value));
  }
}

/** @throws z.ZodError when it is not what main has written */
export function readPostState(): PostState {
  const names = ["isPost", "ended", "container", "workspace", "git", "answer", "steering"];
  const read = Object.fromEntries(names.map((name) => [name, parseJson(getState(name))]));
  return schema.parse({ ...read, runId: getState("runId") || undefined });
}

import { z } from "zod";
import type { AgentLimits } from "./agent-files.ts";
import type { Settings } from "./schema.ts";

// What `review: true` asks of the agent: the form of its answer, for its tool, for us, and in words.

/** One remark about a place. Whether there is such a place is not asked here: one wrong number is not a lost review. */
const commentSchema = z.object({
  path: z.string(),
  line: z.number(),
  start_line: z.number().nullish(),
  side: z.enum(["LEFT", "RIGHT"]).nullish(),
  text: z.string(),
  suggestion: z.string().nullish(),
});

const answerSchema = z.object({ body: z.string(), comments: z.array(commentSchema) });

export type ReviewRemark = z.output<typeof commentSchema>;
export type ReviewAnswer = z.output<typeof answerSchema>;

/** The agent's structured answer; undefined when it is no review: it is only the agent's word. Pure. */
export function readReviewAnswer(structured: unknown): ReviewAnswer | undefined {
  return answerSchema.safeParse(structured).data;
}

/**
 * The same as a JSON Schema for the agent's tool. Every property is required, and what may be missing is null: some
 * models are held to a schema only so.
 */
export const reviewSchema = JSON.stringify({
  type: "object",
  additionalProperties: false,
  required: ["body", "comments"],
  properties: {
    body: { type: "string", description: "What is to be said of the changes as a whole, Markdown" },
    comments: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["path", "line", "start_line", "side", "text", "suggestion"],
        properties: {
          path: { type: "string", description: "The file, relative to the repository" },
          line: {
            type: "integer",
            description: "The line, or the last of several; numbered as in the new file",
          },
          start_line: {
            type: ["integer", "null"],
            description: "The first of several lines",
          },
          side: {
            type: ["string", "null"],
            enum: ["LEFT", "RIGHT", null],
            description: "LEFT for a deleted line, numbered as in the old file; else RIGHT",
          },
          text: { type: "string", description: "The remark, Markdown" },
          suggestion: {
            type: ["string", "null"],
            description:
              "What should stand in place of exactly these lines, as code without a fence; null for none",
          },
        },
      },
    },
  },
});

/** The part of a prompt that tells the agent what becomes of its answer. */
export const reviewNote = [
  "Your final answer becomes one review of the pull request: `body` stands above it, and each of `comments` at its line.",
  "A comment can only stand at a line that the diff shows: an added or unchanged one by its number in the new file, a deleted one (`side: LEFT`) by its number in the old. What is about other lines is put into the body, with path and line.",
  "Comment on what should change, and on nothing else; with no remarks `comments` is empty.",
].join("\n");

/** Why `review` cannot be had with what else is set: sentences for the setting. Pure. */
export function whyNoReview(settings: Partial<Settings>, limits: AgentLimits): readonly string[] {
  const { review, agent, command, "agent-schema": schema } = settings;
  if (review !== true) {
    return [];
  }
  if (command !== undefined) {
    return ["a `command` gives no answer to make a review of; give an `agent` with a `prompt`"];
  }
  const able = Object.entries(limits).flatMap(([name, { lacks }]) => (lacks.schema ? [] : [name]));
  return [
    ...(schema === undefined
      ? []
      : [
          "it gives the agent a JSON Schema of its own; leave `agent-schema` out, or make the review yourself of the output `structured-output`",
        ]),
    ...(agent !== undefined && limits[agent]?.lacks.schema !== undefined
      ? [`it needs a structured answer, which ${agent} cannot give; ${able.join(" and ")} can`]
      : []),
  ];
}

import { describe, expect, it } from "vitest";
import { agents } from "../../../src/agents/agents.ts";
import { schemaOf } from "../../../src/settings/agent-files.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { BadInput } from "../../../src/settings/problem.ts";
import { readReviewAnswer, reviewSchema } from "../../../src/settings/review.ts";
import { workspace } from "./workspace.ts";

async function load(inputs: Record<string, string>) {
  const given = Object.entries({ review: "true", prompt: "x", ...inputs });
  const raw = readInputs(
    Object.fromEntries(given.map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text])),
  );
  try {
    return { job: await loadJob(raw, workspace(), {}, { limits: agents }), messages: [] };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { job: undefined, messages: error.problems.map(({ message }) => message) };
  }
}

describe("`review`", () => {
  it.each(["claude", "codex"])("gives %s its schema", async (agent) => {
    expect((await load({ agent })).job?.agentFiles.schema).toBe(reviewSchema);
    expect((await load({ agent, review: "false" })).job?.agentFiles.schema).toBeUndefined();
  });

  it.each([
    [
      { agent: "gemini" },
      /^review: it needs a structured answer, which gemini cannot give; codex and claude can/,
    ],
    [{ agent: "copilot" }, /^review: .*which copilot cannot give/],
    [
      { agent: "claude", "agent-schema": '{"type":"object"}' },
      /^review: .*leave `agent-schema` out/,
    ],
    [{ command: "true" }, /^review: a `command` gives no answer/],
  ])("with %j is told", async (inputs, says) => {
    expect((await load(inputs as Record<string, string>)).messages).toEqual([
      expect.stringMatching(says),
    ]);
  });
});

const remark = { path: "a", line: 1, start_line: null, side: null, text: "x", suggestion: null };

describe("its schema", () => {
  it.each([
    [{ body: "", comments: [] }],
    [{ body: "b", comments: [remark] }],
    [{ body: "b", comments: [{ ...remark, start_line: 1, side: "LEFT", suggestion: "" }] }],
  ])("takes %j, and so do we", (answer) => {
    expect(schemaOf(reviewSchema).safeParse(answer).success).toBe(true);
    expect(readReviewAnswer(answer)).toEqual(answer);
  });

  it.each([
    [{ comments: [] }],
    [{ body: "b", comments: [{ ...remark, line: "1" }] }],
    [{ body: "b", comments: [{ ...remark, side: "UP" }] }],
    [[]],
  ])("refuses %j, and so do we", (answer) => {
    expect(schemaOf(reviewSchema).safeParse(answer).success).toBe(false);
    expect(readReviewAnswer(answer)).toBeUndefined();
  });

  // a model that is held to a schema strictly takes no property that may be missing
  it("requires every property, and allows no other", () => {
    const objects: { required: string[]; properties: object; additionalProperties: boolean }[] = [];
    JSON.parse(reviewSchema, (_, value) => {
      if (value?.type === "object") objects.push(value);
      return value;
    });
    expect(objects).toHaveLength(2);
    for (const { required, properties, additionalProperties } of objects) {
      expect(required).toEqual(Object.keys(properties));
      expect(additionalProperties).toBe(false);
    }
  });
});

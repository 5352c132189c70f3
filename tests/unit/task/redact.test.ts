import { expect, it } from "vitest";
import type { TaskResult } from "../../../src/task/ends.ts";
import { redacted } from "../../../src/task/redact.ts";

it("changes no path and no word of the action's own", () => {
  const result = {
    conclusion: "cancelled",
    exitCode: 130,
    failure: { message: "in /work/folder", file: "/work/folder/a.sh", line: 3 },
    warnings: [],
    artifacts: ["/work/folder/x"],
    artifactsPath: "/work/folder/artifacts",
    transcriptPath: "/work/folder/transcript.log",
    outputs: {},
    tail: "",
  } as unknown as TaskResult;
  expect(redacted(result, ["/work/folder", "cancelled"])).toEqual({
    ...result,
    failure: { message: "in ***", file: "/work/folder/a.sh", line: 3 },
  });
});

it("leaves no secret in what goes to the summary, a comment and the outputs", () => {
  const secret = "s3cret-value";
  const result = {
    conclusion: "failure",
    exitCode: 1,
    failure: { message: `the key ${secret} is wrong` },
    warnings: [`${secret}!`],
    outputs: { key: secret, other: "stays" },
    tail: `a\n${secret}\nb`,
    agent: { message: `It is ${secret}.`, structured: { keys: [secret, 1, null] } },
    changes: { files: [{ path: `a/${secret}`, status: "added" }], patchPath: "/changes.patch" },
  } as unknown as TaskResult;
  const told = redacted(result, [`${secret}-and-longer`, secret]);
  expect(JSON.stringify(told)).not.toContain(secret);
  expect(told).toMatchObject({
    failure: { message: "the key *** is wrong" },
    outputs: { other: "stays" },
    tail: "a\n***\nb",
    changes: { files: [{ path: "a/***", status: "added" }], patchPath: "/changes.patch" },
    agent: { message: "It is ***.", structured: { keys: ["***", 1, null] } },
  });
});

import { expect, it } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { namesWithoutSecrets } from "../../../src/task/artifact-names.ts";
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
  expect(redacted(result, createRedactor(["/work/folder", "cancelled"]))).toEqual({
    ...result,
    failure: { message: "in ***", file: "/work/folder/a.sh", line: 3 },
  });
});

it("leaves no secret in what goes to the summary, a comment and the outputs", () => {
  const secret = "s3cret_value";
  const encoded = Buffer.from(secret).toString("base64");
  const result = {
    conclusion: "failure",
    exitCode: 1,
    failure: { message: `the key ${secret} is wrong` },
    warnings: [`${secret}!`],
    outputs: { key: encoded, [secret]: "stays" },
    tail: `a\n\u001b[31ms3cret_\u001b[0mvalue\nb`,
    changes: { files: [{ path: `a/${secret}`, status: "added" }], patchPath: "/changes.patch" },
  } as unknown as TaskResult;
  expect(redacted(result, createRedactor([secret]))).toMatchObject({
    failure: { message: "the key *** is wrong" },
    warnings: ["***!"],
    outputs: { key: "***", "***": "stays" },
    tail: "a\n***\nb",
    changes: { files: [{ path: "a/***", status: "added" }], patchPath: "/changes.patch" },
  });
});

it("names artifacts without secrets, in a way that every upload takes, and loses none", () => {
  const name = namesWithoutSecrets(createRedactor(["s3cret_value", "another_one"]));
  expect(name("logs/plain.txt")).toBe("logs/plain.txt");
  expect(name("s3cret_value/a.txt")).toBe("redacted/a.txt");
  expect(name("another_one/a.txt")).toBe("redacted/a.txt-2");
  expect(name("s3cret_value/a.txt")).toBe("redacted/a.txt");
  expect(name("s3cret_value/b.txt")).toBe("redacted/b.txt");
  expect(name("redacted/b.txt")).toBe("redacted/b.txt-2");
});

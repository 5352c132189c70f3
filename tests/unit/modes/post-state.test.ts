import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { type PostState, readPostState, savePostState } from "../../../src/modes/post-state.ts";

/** What post finds of what main has kept, by the runner's own ways: a file, and then variables. */
function throughTheRunner(...states: PostState[]): PostState {
  const folder = mkdtempSync(join(tmpdir(), "agent-runner-state-"));
  const file = join(folder, "state");
  writeFileSync(file, "");
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  vi.stubEnv("GITHUB_STATE", file);
  for (const state of states) savePostState(state);
  const written = readFileSync(file, "utf8").matchAll(/^(\w+)<<(\S+)\n([\s\S]*?)\n\2$/gm);
  for (const [, name = "", , value = ""] of written) vi.stubEnv(`STATE_${name}`, value);
  return readPostState();
}

const answer = { kind: "reply", id: 7, text: "<!-- mark -->\n\n> octocat asked" } as const;

it("the answer that main has begun is known to post", () => {
  expect(throughTheRunner({ isPost: true }, { answer })).toMatchObject({ isPost: true, answer });
});

it("the answer that main has given is none for post", () => {
  expect(throughTheRunner({ answer }, { answer: null }).answer).toBeNull();
});

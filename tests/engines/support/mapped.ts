/** What an engine has to do whose containers' users have other numbers than this machine's. */
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureUserBaseImage, USER_BASE_IMAGE } from "../../harness/base-image.ts";
import { startAction } from "../../harness/runner.ts";
import { act, messages, ran, withBase } from "../../integration/support/act.ts";
import { nothingLeft } from "../../integration/support/leftovers.ts";
import { someSeconds } from "../../integration/support/processes.ts";
import { foreignIn, giveToRunner, runnersWorkspace } from "../../integration/support/task-users.ts";
import { walkThrough } from "./walk.ts";

export function mappedRows(engine: () => { readonly env: { DOCKER_HOST: string } }): void {
  test("a cold build and a hit", () => walkThrough(engine().env));

  test.each([
    ["root", {}, 0o755],
    ["the image's own user", { "base-image": USER_BASE_IMAGE }, 0o755],
    ["the runner's numbers", { user: "1001:1001" }, 0o755],
    ["numbers that nobody has", { user: "1234:4321" }, 0o755],
    ["root, in a workspace of the runner's alone", {}, 0o700],
    ["the runner's numbers, in a workspace of the runner's alone", { user: "1001:1001" }, 0o700],
  ])("the workspace as %s", async (_, user, mode) => {
    const { env } = engine();
    await ensureUserBaseImage({ host: env.DOCKER_HOST });
    const workspace = await runnersWorkspace({ "given/file": "given\n", gone: "" });
    await chmod(join(workspace, "given"), mode);
    await chmod(workspace, mode);
    await giveToRunner(workspace);
    const command =
      'cat given/file; echo more >>given/file; rm gone; mkdir -p new && echo made >new/file; echo kept >/tmp/agents-artifacts/kept; echo "said=it" >>"$AGENT_OUTPUT"; exit 7';
    const result = await act({ ...user, command }, { env, workspace });
    expect(result.outputs, result.stdout).toMatchObject({
      conclusion: "failure",
      "exit-code": "7",
    });
    expect(result.transcript).toBe("given\n");
    expect(JSON.parse(result.outputs["agent-outputs"] ?? "{}")).toEqual({ said: "it" });
    const text = (path: string) => readFile(join(workspace, path), "utf8");
    expect(await text("given/file")).toBe("given\nmore\n");
    expect(await text("new/file")).toBe("made\n");
    await expect(text("gone")).rejects.toThrow("ENOENT");
    expect(await foreignIn(workspace)).toEqual([]);
    expect(messages(result, "warning")).toEqual([]);
    const kept = join(result.outputs["artifacts-path"] ?? "", "kept");
    expect(await readFile(kept, "utf8")).toBe("kept\n");
  });

  test.each([[{}], [{ user: "1001:1001" }]])("a cancel leaves nothing: %j", async (user) => {
    const { env } = engine();
    const workspace = await runnersWorkspace({});
    const command = `echo partly >partly; echo begun; sleep ${someSeconds()}`;
    const action = await startAction({ inputs: withBase({ ...user, command }), env, workspace });
    await action.waitFor(/^begun$/m);
    expect(await action.cancel()).toEqual(["SIGINT"]);
    const result = await ran(await action.finish());
    expect(result.outputs).toMatchObject({ "exit-code": "130", conclusion: "cancelled" });
    expect(await readFile(join(workspace, "partly"), "utf8")).toBe("partly\n");
    expect(await foreignIn(workspace)).toEqual([]);
    await nothingLeft(result, { env });
  });
}

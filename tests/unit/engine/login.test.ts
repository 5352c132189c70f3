import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { logIn } from "../../../src/engine/login.ts";
import { ended, fakeDocker } from "../fakes.ts";

const host = "ghcr.io";

describe("logging in", () => {
  const login = { host, username: "octocat", password: "pass word\u00e9" };

  it("tells the password on standard input, as it is, and nowhere else", async () => {
    let told = "";
    const docker = fakeDocker(
      () => undefined,
      async (_args, { input, env }) => {
        for await (const chunk of input as Readable) told += chunk;
        expect(JSON.stringify(env ?? {})).not.toContain(login.password);
        return ended(0);
      },
    );
    expect(await logIn(docker, login)).toBeUndefined();
    expect(told).toBe(login.password);
    expect(docker.calls).toEqual([["login", "--username", "octocat", "--password-stdin", host]]);
  });

  it("answers what went wrong, with who and where", async () => {
    const docker = fakeDocker(
      () => undefined,
      (_args, { output }) => {
        output?.write("WARNING: something\nError: 401 Unauthorized\n");
        return ended(1);
      },
    );
    const wrong = await logIn(docker, login);
    expect(wrong).toBe("the login at ghcr.io as octocat failed: Error: 401 Unauthorized");
  });
});

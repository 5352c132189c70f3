import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { type DockerLog, dockerLog } from "../../harness/docker-log.ts";
import { startAction } from "../../harness/runner.ts";
import { act, layer, messages, printed, type Ran, salt, withBase } from "../support/act.ts";
import { type DockerUser, dockerUser } from "../support/docker-user.ts";
import { removeImages, removeLayers, SMALL_BASE_IMAGE } from "../support/images.ts";
import { filesIn, nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { account, asked, published, registryApi, sharing, writes } from "../support/sharing.ts";

const other = { username: "hubot", password: "another-secret-of-another-registry" };
const registry = useRegistry({ htpasswd: account });
const second = useRegistry({ htpasswd: other });
const login = { "registry-username": account.username, "registry-password": account.password };
const version = salt();
// A local base image: what is asked of the registry is about the layer alone.
const inputs = (more: Record<string, string> = {}) =>
  sharing(registry(), {
    "base-image": SMALL_BASE_IMAGE,
    pull: "never",
    "cache-version": version,
    ...more,
  });
let user: DockerUser;
let docker: DockerLog;
let built: Ran;

beforeAll(async () => {
  user = await dockerUser({ HttpHeaders: { "X-Kept": "1" } });
  docker = await dockerLog();
  const command = "env; tr '\\0' '\\n' </proc/1/environ; echo task: $(cat /env)";
  const env = { ...docker.env, ...user.env };
  built = await act(inputs({ ...login, push: "always", command }), { env });
});

describe("with `registry-username` and `registry-password`", () => {
  test("it is pushed, and nothing of the login is left, anywhere", async () => {
    expect(layer(built, "env").pushed).toBe(true);
    const api = registryApi(registry(), account);
    const there = await api.digestOf("demo/agent-runner-env", layer(built, "env").key);
    expect(published(built, "env")).toBe(there);
    expect(there).toMatch(/^sha256:/);
    expect(messages(built, "warning")).toEqual([]);
    await nothingLeft(built, { account });
  });

  test("the password is masked, and in no argv", async () => {
    expect(built.masks).toContain(account.password);
    const commands = await docker.commands();
    expect(commands.filter(([word]) => word === "login")).toEqual([
      ["login", "--username", account.username, "--password-stdin", registry().address],
    ]);
    expect(commands.flat().filter((word) => word.includes(account.password))).toEqual([]);
  });

  test("it is in no image, neither its history nor its labels, and in no container", async () => {
    const { reference } = layer(built, "env");
    const history = await run("docker", ["history", "--no-trunc", reference]);
    const inspected = await run("docker", ["image", "inspect", reference]);
    expect(history).toContain("RUN");
    expect(built.transcript).toContain("AGENTS_RUNNER_TASK_ID=");
    for (const text of [history, inspected, built.transcript]) {
      expect(text).not.toContain(account.password);
      expect(text).not.toContain(btoa(`${account.username}:${account.password}`));
    }
  });

  test("the user's own configuration is as it was", async () => {
    expect(await filesIn(user.folder)).toEqual([join(user.folder, "config.json")]);
    const text = await readFile(join(user.folder, "config.json"), "utf8");
    expect(text).toBe(JSON.stringify({ HttpHeaders: { "X-Kept": "1" } }));
  });

  test("restores with it, the token asked for once", async () => {
    await removeLayers([layer(built, "env").key]);
    registry().requests.length = 0;
    const warm = await act(inputs(login), { env: user.env });
    expect(warm.outputs["image-source"]).toBe("registry");
    expect(asked(registry())).toEqual([
      ["manifests", 401],
      ["manifests", 200],
      ["blobs", 200],
    ]);
    await nothingLeft(warm, { account });
  });

  test("after a kill -9 the post step takes the login away", async () => {
    const command = "echo started; sleep 300";
    const running = await startAction({
      inputs: withBase(inputs({ ...login, command, "cache-version": salt(), push: "always" })),
      env: user.env,
    });
    await running.waitFor(/^started/m);
    const folder = /agent-runner-[0-9a-f]{16}\/docker$/;
    const [config] = (await filesIn(running.temp)).filter((file) =>
      folder.test(file.replace(/\/config\.json$/, "")),
    );
    expect(await readFile(config ?? "", "utf8")).toContain(registry().address);
    expect((await stat(config ?? "")).mode & 0o077).toBe(0);
    running.kill();
    const result = await running.finish();
    expect(result.post?.exitCode).toBe(0);
    await expect(access(join(config ?? "", ".."))).rejects.toThrow("ENOENT");
    await removeLayers(keysIn(result.stdout));
  });

  test("a wrong password costs a warning that names who and where, and is not shown", async () => {
    const wrong = { username: account.username, password: "not-the-password-of-anybody" };
    const given = { ...login, "registry-password": wrong.password };
    const result = await act(
      inputs({ ...given, "cache-version": salt(), command: "exit 7", push: "always" }),
      { env: user.env },
    );
    expect(result.outputs["exit-code"]).toBe("7");
    expect(messages(result, "warning")).toEqual([
      expect.stringContaining(`${registry().address} answered 401`),
      expect.stringContaining(`the login at ${registry().address} as octocat failed`),
    ]);
    expect(messages(result, "notice")).toEqual([expect.stringContaining("denied")]);
    await nothingLeft(result, { account: wrong });
  });
});

test("without a login a private registry is a miss: the task builds and passes", async () => {
  await removeLayers([layer(built, "env").key]);
  registry().requests.length = 0;
  const result = await act(inputs({ push: "always" }), { env: user.env });
  expect(result.outputs).toMatchObject({ "image-source": "built", "exit-code": "0" });
  expect(messages(result, "warning")).toEqual([expect.stringContaining("401")]);
  expect(messages(result, "notice")).toEqual([expect.stringContaining("denied")]);
  expect(writes(registry()).filter(({ status }) => status < 400)).toEqual([]);
});

describe("with what `docker login` left", () => {
  let logged: DockerUser;
  let privateBase: string;
  beforeAll(async () => {
    logged = await dockerUser();
    await logged.logIn(registry().address, account);
    await logged.logIn(second().address, other);
    privateBase = `${second().address}/base/private:1`;
    await run("docker", ["tag", SMALL_BASE_IMAGE, privateBase]);
    await run("docker", ["push", "--quiet", privateBase], { env: logged.env });
    await removeImages([privateBase]);
  });
  afterAll(() => removeImages([privateBase]));

  test("it is used when no inputs are given", async () => {
    await removeLayers([layer(built, "env").key]);
    const result = await act(inputs(), { env: logged.env });
    expect(result.outputs["image-source"]).toBe("registry");
    expect(printed(result)).toEqual(printed(built));
    await nothingLeft(result, { account });
  });

  test("a private base image on another registry is resolved, built on and started", async () => {
    const before = await readFile(join(logged.folder, "config.json"));
    const based = { "base-image": privateBase, pull: "always", "cache-version": salt() };
    // The inputs' login for the one registry hides nothing of the user's for the other.
    const result = await act(inputs({ ...based, ...login, push: "always" }), { env: logged.env });
    expect(result.outputs).toMatchObject({ "image-source": "built", "exit-code": "0" });
    expect(layer(result, "env").pushed).toBe(true);
    expect(messages(result, "warning")).toEqual([]);
    const bare = await act({ ...based, command: "exit 7" }, { env: logged.env });
    expect(bare.outputs).toMatchObject({ "image-source": "base", "exit-code": "7" });
    expect(await readFile(join(logged.folder, "config.json"))).toEqual(before);
    await nothingLeft(result, { account });
    await nothingLeft(bare, { account: other });
  });

  test("without it a private base image is an error that says what to do", async () => {
    const based = { "base-image": privateBase, pull: "always", command: "true" };
    await removeImages([privateBase]);
    const result = await act(based, { env: user.env });
    expect(result.exitCode).toBe(1);
    expect(messages(result, "error")).toEqual([expect.stringMatching(/log in first/)]);
  });
});

function keysIn(output: string): string[] {
  return [...output.matchAll(/^layer \w+: built in .*, (\S+)$/gm)].map(([, key]) => key ?? "");
}

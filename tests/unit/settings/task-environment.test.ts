import { describe, expect, it } from "vitest";
import { readTaskEnvironment } from "../../../src/settings/task-environment.ts";
import { load } from "./workspace.ts";

describe("env", () => {
  it("has values, and the step's own, whole", () => {
    const read = readTaskEnvironment("A=1\r\n\n  B=x=y==\nC\nD=\nA=2\n", { C: 'two\n"lines"' });
    expect([...read.values]).toEqual([
      ["A", "2"],
      ["B", "x=y=="],
      ["C", 'two\n"lines"'],
      ["D", ""],
    ]);
    expect(read.problems).toEqual([]);
  });

  it.each([
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_CACHE_URL",
    "ACTIONS_RESULTS_URL",
    "ACTIONS_CACHE_SERVICE_V2",
    "ACTIONS_A_TOKEN_OF_TOMORROW",
    "ACTIONS_STEP_DEBUG_TOKEN",
    "GITHUB_ENV",
    "GITHUB_OUTPUT",
    "INPUT_COMMAND",
  ])("never takes the runner's own %s into the container", (name) => {
    const read = readTaskEnvironment(`${name}\n${name}=x\n`, { [name]: "token" });
    expect([...read.values]).toEqual([]);
    expect(read.problems).toHaveLength(2);
    expect(read.problems.join()).not.toContain("token\n");
  });

  it("may have what would break the docker CLI, had it been given to that", () => {
    const read = readTaskEnvironment("DOCKER_HOST=tcp://x\nHOME=/h\nPATH=/p", {});
    expect([...read.values.keys()]).toEqual(["DOCKER_HOST", "HOME", "PATH"]);
  });

  it("warns of a name that the step does not have", async () => {
    const job = await load({ inputs: { command: "true", env: "GONE\nHERE=1" } });
    expect(job.warnings).toEqual([expect.stringMatching(/GONE is not set/)]);
    expect([...job.environment]).toEqual([["HERE", "1"]]);
  });
});

describe("settings without effect", () => {
  it("are told", async () => {
    const job = await load({
      inputs: {
        command: "true",
        "cache-container-build": "true",
        "cached-preflight": " \n",
        "cache-desktop-build": "true",
        "cached-files": "a",
      },
      files: { a: "" },
    });
    expect(job.scripts).toEqual({});
    expect(job.warnings.map((warning) => warning.split(" ")[0])).toEqual([
      "cache-container-build",
      "cached-files",
      "cache-desktop-build",
    ]);
  });

  it("are told of a desktop that is not asked for", async () => {
    const inputs = {
      command: "true",
      "record-desktop": "true",
      "desktop-install-script": "true",
      "desktop-setup-script-file": "setup.sh",
    };
    const files = { "setup.sh": "true\n" };
    const { warnings } = await load({ inputs, files });
    expect(warnings).toEqual([
      "record-desktop has no effect without headless-desktop",
      "desktop-install-script has no effect without headless-desktop",
      "desktop-setup-script has no effect without headless-desktop",
    ]);
    const wanted = await load({ inputs: { ...inputs, "headless-desktop": "optional" }, files });
    expect(wanted.warnings).toEqual([]);
  });
});

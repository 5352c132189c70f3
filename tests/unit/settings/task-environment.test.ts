import { describe, expect, it } from "vitest";
import { readTaskEnvironment } from "../../../src/settings/task-environment.ts";
import { load, messagesOf } from "./workspace.ts";

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

  // as a secret is that the repository does not have
  it("warns of a name whose value is empty, and not of an empty line's", () => {
    const read = readTaskEnvironment("A_KEY\nB=\n", { A_KEY: "" });
    expect(read.warnings).toEqual([expect.stringMatching(/^env: A_KEY is empty/)]);
    expect(read.values.get("A_KEY")).toBe("");
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

  it("has nothing by a name that every object has", () => {
    const read = readTaskEnvironment("constructor\ntoString\n__proto__\n", {});
    expect([...read.values]).toEqual([]);
    expect(read.warnings).toHaveLength(3);
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

describe("secrets among the values of `env`", () => {
  const step = {
    MODEL: "a-model",
    LOG_LEVEL: "verbose",
    GITHUB_REPOSITORY: "o/n",
    HOME: "/home/x",
  };
  const secretOf = async (env: string, mask = "") =>
    [...(await load({ inputs: { command: "true", env, mask }, step })).secretNames].join();

  it("are those that came by name, but for what every job has", async () => {
    expect(await secretOf("MODEL\nLOG_LEVEL\nGITHUB_REPOSITORY\nHOME\nGONE")).toBe(
      "MODEL,LOG_LEVEL",
    );
  });

  it("are of those in the line itself the ones whose names say so", async () => {
    expect(await secretOf("A=a-value\nNPM_TOKEN=x\napi_key=y\nGIT_AUTHOR_NAME=z")).toBe(
      "NPM_TOKEN,api_key",
    );
    expect(await secretOf("MODEL\nMODEL=again")).toBe("");
    expect(await secretOf("GH_PAT=x\nCLASSPATH=y\nPATTERN=z\nNODE_PATH=w")).toBe("GH_PAT");
  });

  it("are addresses with a password, whatever they are called", async () => {
    const urls = [
      "DB=postgres://me:hunter2@host/x",
      "CACHE=redis://:hunter2@host",
      "A=http://me@x",
    ];
    const others = ["B=http://host:80/a@b", "C=http://host/a:b@c", "D=a:b@c"];
    expect(await secretOf([...urls, ...others].join("\n"))).toBe("DB,CACHE");
  });

  it("are what `mask` says", async () => {
    const env = "MODEL\nLOG_LEVEL\nA=a-value\nTOKEN_LIMIT=100000";
    expect(await secretOf(env, "LOG_LEVEL: false\nA:TRUE\n TOKEN_LIMIT : False")).toBe("MODEL,A");
  });

  it("can be told in a file as a map", async () => {
    const text = "command: x\nenv: [MODEL, LOG_LEVEL]\nmask:\n  LOG_LEVEL: false\n";
    const files = { "agent.yml": text };
    const job = await load({ inputs: { environment: "agent.yml" }, files, step });
    expect([...job.secretNames]).toEqual(["MODEL"]);
  });

  it("are not told by a name that `env` has not, or by another word than true and false", async () => {
    const inputs = { command: "true", env: "MODEL" };
    expect(await messagesOf({ inputs: { ...inputs, mask: "MODLE: false" }, step })).toEqual([
      "mask: MODLE is not in `env`, and only values of `env` can be named here (input mask)",
    ]);
    for (const mask of ["MODEL", "MODEL: maybe", "MODEL=false"]) {
      expect(await messagesOf({ inputs: { ...inputs, mask }, step })).toEqual([
        expect.stringMatching(/^mask: .*allowed: one `NAME: true` or `NAME: false` a line/),
      ]);
    }
    const files = { "agent.yml": "command: x\nmask: { MODEL: [false] }\n" };
    expect(await messagesOf({ inputs: { environment: "agent.yml" }, files })).toEqual([
      expect.stringMatching(/agent\.yml: mask: /),
    ]);
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

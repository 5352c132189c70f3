import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/settings/load.ts";
import { conclude } from "../../../src/task/ends.ts";
import { ScriptFailed } from "../../../src/task/provision.ts";
import type { TaskRequest } from "../../../src/task/request.ts";
import { envContent, only } from "../fakes.ts";

const script = only(envContent.scripts);
const settings = { "task-timeout": 0.5 } as Job["settings"];
const scripts: Job["scripts"] = {
  "run-preflight": { text: "", label: "ci/run.sh", file: "ci/run.sh" },
  "settings-preflight": { text: "", label: "settings-preflight" },
  "environment-preflight": { text: "", label: "/opt/shared.sh", file: "/opt/shared.sh" },
};
const request = {
  job: { workspace: "/work", settings, scripts, agentFiles: {} },
} as unknown as TaskRequest;

interface Given {
  desktop?: "true" | "false" | "optional";
  agent?: "codex";
  ended?: "by itself" | "timeout" | "cancelled";
  code?: number;
  oom?: boolean;
  /** Names of empty notes; `failed` is given apart. */
  notes?: string[];
  failed?: string[];
  scriptFailed?: ScriptFailed;
  warnings?: string[];
  lost?: string[];
}

function concluded(given: Given = {}) {
  const notes = new Map(
    (given.notes ?? ["pid", "started", "output"]).map((name) => [name, Buffer.from("")]),
  );
  if (given.failed !== undefined) notes.set("failed", Buffer.from(`${given.failed.join("\0")}\0`));
  return conclude({
    ended: given.ended ?? "by itself",
    scriptFailed: given.scriptFailed,
    lost: given.lost ?? [],
    warnings: given.warnings ?? [],
    tail: "",
    noVncUrl: "http://127.0.0.1:1/vnc.html",
    state: {
      Status: "exited",
      Running: false,
      ExitCode: given.code ?? 0,
      OOMKilled: given.oom ?? false,
      Error: "",
    },
    notes,
    artifacts: ["a"],
    artifactsPath: "/artifacts",
    agentStreamPath: "/tmp/agent.jsonl",
    transcriptPath: "/transcript",
    request: {
      ...request,
      environment: new Map(),
      job: {
        ...request.job,
        settings: { ...settings, "headless-desktop": given.desktop ?? "false", agent: given.agent },
      },
    } as TaskRequest,
  });
}

describe("a task whose work did not all come out of the container", () => {
  const lost = ["the artifacts could not be kept: the disk is full"];

  it("is no success, and says why", () => {
    expect(concluded({ lost })).toMatchObject({
      conclusion: "failure",
      exitCode: 1,
      failure: { message: lost[0] },
      warnings: [],
    });
  });

  it.each<Given>([{ code: 3 }, { ended: "timeout" }, { ended: "cancelled" }])(
    "keeps its own end, and is warned of it: %j",
    (given) => {
      const { exitCode, conclusion, warnings } = concluded({ ...given, lost });
      expect({ exitCode, conclusion }).toEqual({
        exitCode: concluded(given).exitCode,
        conclusion: concluded(given).conclusion,
      });
      expect(warnings).toEqual(lost);
    },
  );
});

describe("a task that ended by itself", () => {
  it("with 0 is a success, with all it left", () => {
    expect(concluded()).toMatchObject({
      conclusion: "success",
      exitCode: 0,
      failure: undefined,
      warnings: [],
      artifacts: ["a"],
      artifactsPath: "/artifacts",
      transcriptPath: "/transcript",
      noVncUrl: undefined,
    });
  });

  it.each([1, 7, 125, 126, 127, 128, 130, 143, 255])("with %i fails with that code", (code) => {
    const result = concluded({ code });
    expect(result).toMatchObject({ conclusion: "failure", exitCode: code });
    expect(result.failure?.message).toContain(`exit code ${code}`);
  });

  it("with 137 was killed", () => {
    expect(concluded({ code: 137 })).toMatchObject({
      exitCode: 137,
      failure: { message: expect.stringMatching(/killed/) },
    });
  });

  it("killed for its memory says so", () => {
    expect(concluded({ code: 137, oom: true })).toMatchObject({
      conclusion: "failure",
      exitCode: 137,
      failure: { message: expect.stringMatching(/memory/) },
    });
  });

  // the engine says OOMKilled when any process of the container was killed for memory
  it("well, after a process in it ran out of memory, is a success", () => {
    expect(concluded({ code: 0, oom: true })).toMatchObject({ conclusion: "success", exitCode: 0 });
  });

  it("with its own code after a process in it ran out of memory keeps it, and names the memory", () => {
    expect(concluded({ code: 2, oom: true })).toMatchObject({
      exitCode: 2,
      failure: { message: expect.stringMatching(/memory/) },
    });
  });

  it("with 0 but without the command having been reached is a failure", () => {
    const result = concluded({ notes: ["pid"] });
    expect(result).toMatchObject({ conclusion: "failure", exitCode: 1 });
    expect(result.failure?.message).toMatch(/before the command/);
    expect(concluded({ notes: ["pid"], code: 9 }).exitCode).toBe(9);
  });

  it("with 127 and no sign of the start script: the image has no bash", () => {
    expect(concluded({ notes: [], code: 127 })).toMatchObject({
      exitCode: 127,
      failure: { message: expect.stringMatching(/no `bash`/) },
    });
  });
});

describe("a task that was ended", () => {
  it("by its limit is a timeout with 124, whatever it said itself", () => {
    expect(concluded({ ended: "timeout", code: 143 })).toMatchObject({
      conclusion: "timeout",
      exitCode: 124,
      failure: { message: expect.stringMatching(/0\.5 min \(`task-timeout`\)/) },
    });
    expect(concluded({ ended: "timeout", code: 0 }).conclusion).toBe("timeout");
  });

  it("by a cancel is cancelled with 130", () => {
    expect(concluded({ ended: "cancelled", code: 137 })).toMatchObject({
      conclusion: "cancelled",
      exitCode: 130,
    });
  });
});

describe("a preflight that failed", () => {
  const notes = ["pid"];

  it("is named by its file with line and code, for an annotation there", () => {
    const failed = ["run-preflight", "3", "/run/agent-runner/run-preflight.sh", "4"];
    expect(concluded({ failed, notes, code: 4 })).toMatchObject({
      conclusion: "failure",
      exitCode: 4,
      failure: {
        message: "ci/run.sh failed at line 3 with exit code 4",
        file: "ci/run.sh",
        line: 3,
      },
    });
  });

  it("that is inline has no place", () => {
    const failed = ["settings-preflight", "1", "/run/agent-runner/settings-preflight.sh", "1"];
    const { failure } = concluded({ failed, notes, code: 1 });
    expect(failure?.message).toBe("settings-preflight failed at line 1 with exit code 1");
    expect(failure?.file).toBeUndefined();
  });

  it("that said exit has no line", () => {
    const { failure } = concluded({ failed: ["run-preflight", "", "", "3"], notes, code: 3 });
    expect(failure).toMatchObject({
      message: "ci/run.sh failed with exit code 3",
      file: "ci/run.sh",
    });
    expect(failure?.line).toBeUndefined();
  });

  it("in a file that it sourced names that, and no line of its own", () => {
    const failed = ["run-preflight", "2", "/workspace/lib.sh", "1"];
    const { failure } = concluded({ failed, notes, code: 1 });
    expect(failure?.message).toContain("/workspace/lib.sh:2");
    expect(failure?.line).toBeUndefined();
  });

  // GitHub shows annotations of the workspace's files only
  it("that lies outside of the workspace has no place", () => {
    const failed = [
      "environment-preflight",
      "1",
      "/run/agent-runner/environment-preflight.sh",
      "1",
    ];
    const { failure } = concluded({ failed, notes, code: 1 });
    expect(failure?.message).toContain("/opt/shared.sh");
    expect(failure?.file).toBeUndefined();
  });

  it("is the desktop, by its name", () => {
    const failed = ["desktop", "", "", "1"];
    const { failure } = concluded({ failed, notes, code: 1, desktop: "true" });
    expect(failure?.message).toMatch(/desktop did not start/);
  });
});

// whatever runs in the container can write them
describe("a note that the task forged", () => {
  const stage = ["run-preflight", "3", "/run/agent-runner/run-preflight.sh", "0"];

  it("makes no success of a failure: the code is the engine's", () => {
    const all = ["pid", "started", "output", "desktop", "home"];
    expect(concluded({ notes: all, failed: stage, code: 3 })).toMatchObject({
      conclusion: "failure",
      exitCode: 3,
    });
    expect(concluded({ notes: ["pid"], failed: stage, code: 3 })).toMatchObject({
      exitCode: 3,
      failure: { message: "ci/run.sh failed at line 3 with exit code 3" },
    });
  });

  it("makes no failure of a success, and blames nobody", () => {
    expect(concluded({ failed: stage, code: 0 })).toMatchObject({ conclusion: "success" });
    expect(concluded({ notes: ["pid"], failed: stage, code: 0 }).failure?.message).toMatch(
      /before the command was reached/,
    );
    const { failure } = concluded({ failed: stage, code: 5 });
    expect(failure).toEqual({ exitCode: 5, message: "the command ended with exit code 5" });
  });

  it.each([
    [["desktop", "", "", "1"], "a desktop that nobody asked for"],
    [["::error::x", "", "", "1"], "no stage at all"],
    [[], "nothing"],
  ])("about %j is not believed: %s", (failed) => {
    const { failure } = concluded({ notes: ["pid"], failed, code: 1 });
    expect(failure?.message).toMatch(/before the command was reached/);
  });

  it("puts no line of its own and no flood into a message", () => {
    const file = `/a\n::error::x\u001b[31m${"y".repeat(3_000)}`;
    const { failure } = concluded({
      notes: ["pid"],
      failed: ["run-preflight", "12345678", file, "1"],
      code: 1,
    });
    expect(failure?.message).toBe("ci/run.sh failed with exit code 1");
    const named = concluded({ notes: ["pid"], failed: ["run-preflight", "1", file, "1"], code: 1 });
    for (const control of ["\n", "\u001b"]) expect(named.failure?.message).not.toContain(control);
    expect(named.failure?.message.length).toBeLessThan(300);
  });

  it("about a tool that is not there needs its exit code, and an agent", () => {
    const notes = ["pid", "started", "output", "not-found"];
    const said = (given: Given) => concluded({ notes, ...given }).failure?.message;
    expect(said({ code: 1, agent: "codex" })).toMatch(/^codex ended with exit code 1/);
    expect(said({ code: 127 })).toMatch(/^the command ended/);
    expect(said({ code: 127, agent: "codex" })).toMatch(/was not found in the image/);
  });

  it("about a desktop says nothing where there is none", () => {
    const notes = ["pid", "started", "output", "desktop", "desktop-failed", "screenshot-failed"];
    expect(concluded({ notes })).toMatchObject({ warnings: [], noVncUrl: undefined });
  });
});

describe("what is installed at task start", () => {
  const failed = new ScriptFailed({ ...script, source: "ci/prepare.sh" }, 5);

  it("that fails ends the task by the script's name and code", () => {
    expect(concluded({ scriptFailed: failed, code: 1, notes: ["pid"] })).toMatchObject({
      conclusion: "failure",
      exitCode: 5,
      failure: {
        message: expect.stringMatching(/^the cached preflight failed with exit code 5/),
        file: "ci/prepare.sh",
      },
    });
  });

  it("that is an optional desktop only warns", () => {
    const result = concluded({
      desktop: "optional",
      warnings: ["the desktop could not be installed"],
      notes: ["pid", "started", "output", "desktop-failed"],
    });
    expect(result.conclusion).toBe("success");
    expect(result.warnings).toHaveLength(2);
    expect(result.warnings.join()).toMatch(/headless-desktop: optional/);
  });
});

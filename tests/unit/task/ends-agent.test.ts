import { describe, expect, it } from "vitest";
import { type AgentName, agents } from "../../../src/agents/agents.ts";
import type { Job } from "../../../src/settings/load.ts";
import type { AgentRun } from "../../../src/task/agent-stream.ts";
import { conclude } from "../../../src/task/ends.ts";
import type { TaskRequest } from "../../../src/task/request.ts";

function concluded(given: {
  agent?: AgentName;
  code?: number;
  notes?: Record<string, string>;
  ended?: "timeout" | "cancelled";
  environment?: ReadonlyMap<string, string>;
  run?: AgentRun;
  maxCost?: string;
}) {
  const { agent, code = 0, notes = {}, ended = "by itself", environment = new Map() } = given;
  const settings = {
    agent,
    "task-timeout": 1,
    "agent-max-cost": given.maxCost,
  } as Job["settings"];
  return conclude({
    ended,
    scriptFailed: undefined,
    lost: [],
    warnings: [],
    tail: "",
    noVncUrl: undefined,
    state: { Status: "exited", Running: false, ExitCode: code, OOMKilled: false, Error: "" },
    notes: new Map(Object.entries(notes).map(([name, text]) => [name, Buffer.from(text)])),
    artifacts: [],
    artifactsPath: "/artifacts",
    agentStreamPath: "/tmp/agent.jsonl",
    agent: given.run,
    transcriptPath: "/transcript",
    request: {
      job: { workspace: "/work", settings, scripts: {}, agentFiles: {} },
      environment,
    } as unknown as TaskRequest,
  });
}

const reached = { pid: "1", started: "2", output: "" };

describe.each(Object.keys(agents) as AgentName[])("%s", (agent) => {
  it("that is not in the image is 127, with its name and the line that installs it", () => {
    const { exitCode, conclusion, failure } = concluded({
      agent,
      code: 127,
      notes: { ...reached, "not-found": "" },
    });
    expect({ exitCode, conclusion }).toEqual({ exitCode: 127, conclusion: "failure" });
    expect(failure?.message).toContain(`${agents[agent].binary} was not found`);
    expect(failure?.message).toContain(`npm install --global ${agents[agent].npmPackage}@latest`);
  });

  it.each([125, 126, 127])("that exits %i itself was found, and is named with its code", (code) => {
    const environment = new Map([[agents[agent].keys[0] ?? "", "key"]]);
    const { exitCode, failure } = concluded({ agent, code, notes: reached, environment });
    expect(exitCode).toBe(code);
    expect(failure?.message).toBe(`${agent} ended with exit code ${code}`);
  });

  it("that failed without access to its model is told what may be missing", () => {
    const { failure } = concluded({ agent, code: 1, notes: reached });
    for (const name of agents[agent].keys) expect(failure?.message).toContain(name);
    expect(failure?.message).toContain(`~/${agents[agent].configFolder}`);
  });
});

describe("what a run may cost", () => {
  const notes = { pid: "1", started: "2", output: "" };
  const run = { message: "done", ended: true, usage: { cost: 3 } } as const;

  it("is said where it cost more and its tool went on", () => {
    const { conclusion, warnings } = concluded({ agent: "claude", notes, run, maxCost: "2.50" });
    expect(conclusion).toBe("success");
    expect(warnings).toEqual([expect.stringMatching(/agent-max-cost/)]);
    expect(concluded({ agent: "claude", notes, run }).warnings).toEqual([]);
  });

  it("fails a run that its tool ended for it, in one line", () => {
    const failed = "it reached the limit of what it may cost (`agent-max-cost`)";
    const { conclusion, failure, warnings } = concluded({
      agent: "claude",
      notes,
      run: { ...run, failed },
      maxCost: "2.50",
    });
    expect(conclusion).toBe("failure");
    expect(failure?.message).toBe(`claude failed: ${failed}`);
    expect(warnings).toEqual([]);
  });
});

describe("what the agent set", () => {
  it("is kept however the task ended", () => {
    const notes = { ...reached, output: "pr=12\n" };
    for (const given of [{}, { code: 3 }, { ended: "timeout" }, { ended: "cancelled" }] as const) {
      expect(concluded({ ...given, notes }).outputs).toEqual({ pr: "12" });
    }
  });

  it("that cannot be understood is a warning and fails nothing", () => {
    const { conclusion, warnings } = concluded({ notes: { ...reached, output: "junk\nx=1\n" } });
    expect(conclusion).toBe("success");
    expect(warnings).toEqual([expect.stringMatching(/^\$AGENT_OUTPUT: line 1/)]);
  });

  it("that is gone or too large is a warning with the limit", () => {
    const { conclusion, outputs, warnings } = concluded({ notes: { pid: "1", started: "2" } });
    expect({ conclusion, outputs }).toEqual({ conclusion: "success", outputs: {} });
    expect(warnings).toEqual([expect.stringMatching(/1048576 bytes/)]);
  });

  it("is nothing to warn of where the agent was never reached", () => {
    const { warnings } = concluded({ code: 1, notes: { pid: "1" } });
    expect(warnings).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLog, type Log } from "../../../src/log/log.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { LineSplitter, StepLog } from "../../harness/runner-log.ts";

/** What the runner makes of it; @actions/core writes to standard output by itself, so that is caught. */
let step: StepLog;
let written: string;
let splitter: LineSplitter;
const take = (chunk: string | Uint8Array) => {
  const text = Buffer.from(chunk).toString("utf8");
  written += text;
  splitter.write(text);
  return true;
};

beforeEach(() => {
  step = new StepLog();
  written = "";
  splitter = new LineSplitter((line) => step.line(line));
  vi.spyOn(process.stdout, "write").mockImplementation(take);
});
afterEach(() => vi.restoreAllMocks());

const logOf = (onGitHub = true, ...secrets: string[]): Log =>
  createLog({ onGitHub, redactor: createRedactor(secrets), write: take, drained: async () => {} });

describe("messages", () => {
  it("are annotations on GitHub, in their place", () => {
    logOf().warning("careful\n::error::no", { file: "a.sh", line: 3 });
    expect(step.annotations).toEqual([
      { level: "warning", message: "careful\n::error::no", file: "a.sh", line: 3 },
    ]);
  });

  it("are no commands when they only inform", () => {
    const log = logOf();
    log.info("::error::forged");
    log.info("##[error]forged");
    expect(step.commands).toEqual([]);
  });

  it("are words off GitHub", () => {
    const log = logOf(false);
    log.error("bad", { file: "a.sh", line: 3 });
    log.warning("hm");
    log.mask("secret");
    expect(written).toBe("error: a.sh:3: bad\nwarning: hm\n");
  });

  it("are grouped, and the group ends whatever happens in it", async () => {
    const log = logOf();
    expect(await log.group("a title", async () => 7)).toBe(7);
    await expect(log.group("::error::x", () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(step.commands).toEqual(["group", "endgroup", "group", "endgroup"]);
  });

  it("mask a secret in what follows", () => {
    const log = logOf();
    log.mask("hunter2");
    log.mask("");
    log.info("it is hunter2");
    expect(step.visible).toBe("it is ***\n");
    expect(step.masks).toEqual(["hunter2"]);
  });
});

describe("output that is not ours", () => {
  it("cannot be a command, in either form, and commands resume after it", async () => {
    const log = logOf();
    await log.untrusted(async (output) => {
      output.write("::error::forged\n##[error]forged\n::set-output name=a::b\n");
      output.write("::stop-commands::pause\n::pause::\n::error::again\n");
    });
    expect(step.annotations).toEqual([]);
    expect(step.outputs).toEqual({});
    expect(step.commands).toEqual(["stop-commands"]);
    expect(step.stopped).toBe(false);
    log.error("ours");
    expect(step.annotations).toMatchObject([{ message: "ours" }]);
  });

  it("never learns the token before it ends, and each has its own", async () => {
    const log = logOf();
    const tokens = [];
    for (let round = 0; round < 2; round++) {
      await log.untrusted(async () => {});
      tokens.push(/stop-commands::(\S+)/.exec(written.slice(written.lastIndexOf("::stop")))?.[1]);
    }
    expect(tokens[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(tokens[1]).not.toBe(tokens[0]);
  });

  it.each(["no line end", "half a command ::", "é".slice(0, 1), "a\r"])(
    "that ends with %j has a line end before the token",
    async (text) => {
      await logOf().untrusted(async (output) => void output.write(text));
      expect(step.stopped).toBe(false);
      expect(written).toMatch(/\n::[0-9a-f]{32}::\n$/);
    },
  );

  it("that ends with a line end, or says nothing, gets no further one", async () => {
    await logOf().untrusted(async (output) => void output.write("line\n"));
    await logOf().untrusted(async () => {});
    expect(written).not.toContain("\n\n");
  });

  it("has our messages wait: while commands are stopped a mask would print its secret", async () => {
    const log = logOf();
    await log.untrusted(async (output) => {
      log.mask("hunter2");
      log.warning("beside");
      log.info("beside, too");
      output.write("the agent\n");
      await log.group("inside", async () => {});
      expect(written).not.toMatch(/hunter2|beside/);
    });
    expect(step.masks).toEqual(["hunter2"]);
    expect(step.annotations).toMatchObject([{ level: "warning", message: "beside" }]);
    expect(step.visible).not.toContain("hunter2");
    expect(step.visible.indexOf("the agent")).toBeLessThan(step.visible.indexOf("beside, too"));
  });

  it("may fail: commands resume, and messages are told", async () => {
    const log = logOf();
    const failing = log.untrusted(async () => {
      log.notice("kept");
      throw new Error("the work failed");
    });
    await expect(failing).rejects.toThrow("the work failed");
    expect(step.stopped).toBe(false);
    expect(step.annotations).toMatchObject([{ message: "kept" }]);
  });

  it("may be nested: the messages wait for the outer one", async () => {
    const log = logOf();
    await log.untrusted(async (outer) => {
      await log.untrusted(async (inner) => {
        log.warning("ours");
        inner.write("::error::inner\n");
      });
      outer.write("::error::outer\n");
      expect(step.stopped).toBe(true);
    });
    expect(step.stopped).toBe(false);
    expect(step.annotations).toMatchObject([{ level: "warning", message: "ours" }]);
  });

  // the runner knows one stop token at a time
  it("may overlap: as long as one of them runs, commands are stopped", async () => {
    const log = logOf();
    const firstEnds = Promise.withResolvers<void>();
    const first = log.untrusted(() => firstEnds.promise);
    await log.untrusted(async (second) => {
      firstEnds.resolve();
      await first;
      second.write("::error::forged\n");
    });
    expect(step.annotations).toEqual([]);
    expect(step.stopped).toBe(false);
  });

  it("waits for a writer that is full", async () => {
    const drained = Promise.withResolvers<void>();
    let full = true;
    const log = createLog({
      onGitHub: false,
      redactor: createRedactor(),
      write: (chunk) => take(chunk) && !full,
      drained: () => drained.promise,
    });
    const done = log.untrusted(async (output) => {
      output.write("one\n");
      output.write("two\n");
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(written).toBe("one\n");
    full = false;
    drained.resolve();
    await done;
    expect(written).toBe("one\ntwo\n");
  });
});

describe("secrets", () => {
  const secret = "s3cret_value";

  it.each([true, false])("are in nothing that is written, on GitHub: %s", async (onGitHub) => {
    const log = logOf(onGitHub, secret);
    log.info(`an ${secret}`);
    log.info(`a \u001b[1ms3cret_\u001b[0mvalue in colours`);
    log.notice(secret);
    log.warning(secret);
    log.error(secret, { file: `${secret}.sh` });
    await log.group(secret, async () => {});
    await log.untrusted(async (output) => {
      output.write("s3cret");
      output.write("_val");
      output.write("ue\n");
      await output.beginGroup(`in ${secret}`);
      output.write("s3cr");
      await output.endGroup();
      output.write("no end: s3cret_va");
    });
    const own = written.replace(`${secret}.sh`, "");
    expect(own).not.toContain(secret);
    expect(own).toContain("\n***\n");
    // what waited is written before something of ours, and at the end
    expect(own).toMatch(/^s3cr(?:\n|no end)/m);
    expect(own).toContain("no end: s3cret_va");
    // a place is no word of anybody
    expect(written).toContain(`${secret}.sh`);
  });
});

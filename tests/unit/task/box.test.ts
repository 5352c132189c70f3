import { describe, expect, it } from "vitest";
import { createArgv } from "../../../src/engine/create-argv.ts";
import { type BoxWish, boxFor } from "../../../src/task/box.ts";

const GiB = 1024 ** 3;
const wish: BoxWish = { user: "", allowSudo: false, memory: undefined, machineMemory: undefined };

describe("a task's capabilities", () => {
  const never = ["MKNOD", "NET_RAW", "SYS_ADMIN", "DAC_READ_SEARCH"];

  it.each(["", "0", "0:0", "root", "root:users"])(
    "are a package manager's for root '%s'",
    (user) => {
      const { capabilities, noNewPrivileges } = boxFor({ ...wish, user });
      expect(capabilities).toEqual(expect.arrayContaining(["CHOWN", "SETUID", "DAC_OVERRIDE"]));
      expect(capabilities).not.toContain("AUDIT_WRITE");
      for (const name of never) expect(capabilities).not.toContain(name);
      expect(noNewPrivileges).toBe(true);
    },
  );

  it.each(["agent", "1000", "1000:0", "rooted", "01"])("are none for '%s'", (user) => {
    expect(boxFor({ ...wish, user })).toMatchObject({ capabilities: [], noNewPrivileges: true });
  });

  it("are root's for everybody with `allow-sudo`, and what sudo tells the audit log with", () => {
    const { capabilities, noNewPrivileges } = boxFor({ ...wish, user: "1000", allowSudo: true });
    expect(noNewPrivileges).toBe(false);
    expect(capabilities).toEqual([...boxFor(wish).capabilities, "AUDIT_WRITE"]);
    for (const name of never) expect(capabilities).not.toContain(name);
  });

  it("are all that it has: the engine's own set goes first", () => {
    const spec = { image: "i", entrypoint: "bash", command: [], ...boxFor({ ...wish, user: "1" }) };
    expect(createArgv(spec)).toEqual([
      "--pull=never",
      "--log-driver=none",
      "--entrypoint=bash",
      "--cap-drop=ALL",
      "--security-opt=no-new-privileges",
      "--pids-limit=16384",
      "i",
    ]);
  });
});

describe("a task's memory", () => {
  it.each([
    ["the machine's less 1 GiB", { machineMemory: 16 * GiB }, `${15 * GiB}b`],
    ["three quarters of a small one's", { machineMemory: 2 * GiB }, `${1.5 * GiB}b`],
    ["what the setting says", { machineMemory: 16 * GiB, memory: "20g" }, "20g"],
    ["not limited where nobody knows the machine", {}, undefined],
  ])("is %s", (_what, given, memory) => {
    expect(boxFor({ ...wish, ...given }).memory).toBe(memory);
  });
});

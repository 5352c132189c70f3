import { describe, expect, it } from "vitest";
import { isNotShared, planWorkspace } from "../../../../src/task/workspace/shared.ts";

const owner = { uid: 1001, gid: 121 };
const root = { uid: 0, gid: 0 };

describe("a workspace of the runner's user 1001", () => {
  it.each([
    { user: "", handOver: false, takeBack: true },
    { user: "root", handOver: false, takeBack: true },
    { user: "0", handOver: false, takeBack: true },
    { user: "0:0", handOver: false, takeBack: true },
    { user: "1001", handOver: false, takeBack: false },
    { user: "1001:5", handOver: false, takeBack: false },
    { user: "4321", handOver: true, takeBack: true },
    { user: "4321:1001", handOver: true, takeBack: true },
    // only the image knows a name's number
    { user: "agent", handOver: true, takeBack: true },
    { user: "agent:users", handOver: true, takeBack: true },
    { user: "1001agent", handOver: true, takeBack: true },
  ])("for the container's user '$user'", ({ user, handOver, takeBack }) => {
    expect(planWorkspace(owner, user)).toEqual({ owner, handOver, takeBack });
  });
});

describe("a workspace of root's", () => {
  it("needs nothing for a container that runs as root", () => {
    expect(planWorkspace(root, "")).toEqual({ owner: root, handOver: false, takeBack: false });
  });

  it("goes to another user and back", () => {
    expect(planWorkspace(root, "4321")).toEqual({ owner: root, handOver: true, takeBack: true });
  });
});

describe("an engine that does not have the runner's files", () => {
  it("is known by what it says of the mount", () => {
    const said =
      'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /home/runner/work/demo/demo';
    expect(isNotShared(said)).toBe(true);
  });

  it("is no other failure", () => {
    expect(isNotShared("Error response from daemon: No such image: it:1")).toBe(false);
    expect(isNotShared("")).toBe(false);
  });
});

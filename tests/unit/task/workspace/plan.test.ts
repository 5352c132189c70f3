import { describe, expect, it } from "vitest";
import { planWorkspace } from "../../../../src/task/workspace/plan.ts";

const owner = { uid: 1001, gid: 121 };
const root = { uid: 0, gid: 0 };

describe("a workspace of the runner's user 1001", () => {
  it.each([
    { user: "", handOver: false },
    { user: "root", handOver: false },
    { user: "0", handOver: false },
    { user: "0:0", handOver: false },
    { user: "1001", handOver: false },
    { user: "1001:5", handOver: false },
    { user: "4321", handOver: true },
    { user: "4321:1001", handOver: true },
    // only the image knows a name's number
    { user: "agent", handOver: true },
    { user: "agent:users", handOver: true },
    { user: "1001agent", handOver: true },
  ])("for the container's user '$user'", ({ user, handOver }) => {
    expect(planWorkspace(owner, user)).toEqual({ owner, handOver });
  });
});

describe("a workspace of root's", () => {
  it("needs nothing for a container that runs as root", () => {
    expect(planWorkspace(root, "")).toEqual({ owner: root, handOver: false });
  });

  it("goes to another user and back", () => {
    expect(planWorkspace(root, "4321")).toEqual({ owner: root, handOver: true });
  });
});

import { describe, expect, it } from "vitest";
import { userIn } from "../../../../src/task/workspace/user.ts";

const passwd = [
  "root:x:0:0:root:/root:/bin/bash",
  "agent:x:4321:100::/home/agent:/bin/bash",
  "7:x:8:9::/:/bin/sh",
  "odd:x::::",
  "",
].join("\n");
const group = "root:x:0:\nusers:x:100:agent\n5:x:6:\n";

describe("the container's user has the numbers that the engine gives it", () => {
  it.each([
    ["", { uid: 0, gid: 0 }],
    ["agent", { uid: 4321, gid: 100 }],
    ["4321", { uid: 4321, gid: 100 }],
    ["4321:7", { uid: 4321, gid: 7 }],
    ["agent:root", { uid: 4321, gid: 0 }],
    ["1234", { uid: 1234, gid: 0 }],
    ["1234:users", { uid: 1234, gid: 100 }],
    ["7", { uid: 8, gid: 9 }], // a name counts before a number
    ["1:5", { uid: 1, gid: 6 }],
    ["nobody-here", undefined],
    ["agent:nobody-here", undefined],
    ["odd", undefined],
  ])("%j", (user, numbers) => {
    expect(userIn(user, passwd, group)).toEqual(numbers);
  });

  it("in an image without lists, too", () => {
    expect(userIn("", "", "")).toEqual({ uid: 0, gid: 0 });
    expect(userIn("5", "", "")).toEqual({ uid: 5, gid: 0 });
    expect(userIn("agent", "", "")).toBeUndefined();
  });
});

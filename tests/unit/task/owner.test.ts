import { expect, it } from "vitest";
import { archivedFor } from "../../../src/task/owner.ts";

const image = {
  text: async (path: string) => (path === "/etc/passwd" ? "app:x:5:6::/:/bin/sh\n" : ""),
};
const old = { looksForUsersAtHome: async () => true };
const recent = { looksForUsersAtHome: async () => false };

it.each([
  ["root", old, "", undefined],
  ["root by number", old, "0", undefined],
  [
    "numbers, which an old engine looks for in its own lists",
    old,
    "1001:1001",
    { uid: 1001, gid: 1001 },
  ],
  ["a name that is another's there, or nobody's", old, "app", { uid: 5, gid: 6 }],
  ["root with a group", old, "0:0", { uid: 0, gid: 0 }],
  ["a name, on an engine that looks into the container", recent, "app", undefined],
] as const)("%s", async (_, engine, user, owner) => {
  expect(await archivedFor(engine, image, user)).toEqual(owner);
});

it("is for numbers wherever that is asked for", async () => {
  expect(await archivedFor(recent, image, "app", true)).toEqual({ uid: 5, gid: 6 });
});

it("says which user the image does not know", async () => {
  await expect(archivedFor(old, image, "nobody-knows")).rejects.toThrow(
    /not know its user nobody-knows$/,
  );
});

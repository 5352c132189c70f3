import { symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listingOf, roomForAll } from "../../../../src/task/steering/listing.ts";
import { workspace } from "../../settings/workspace.ts";

describe("a listing", () => {
  it("reads no more than there is room for in all, however large files claim to be", () => {
    const folder = workspace({ "x/a": "a\n", "x/huge": "", "y/b": "b\n" });
    truncateSync(join(folder, "x/huge"), 2 ** 40);
    symlinkSync("a", join(folder, "x/link"));
    const room = { ...roomForAll(), bytes: 3 };
    expect(Object.fromEntries(listingOf(folder, "x", room))).toEqual({
      "x/a": "100644 78981922613b2afb6025042ff6bd878ac1994e85",
      "x/huge": `100644 of ${2 ** 40} bytes`,
      "x/link": "120000 a",
    });
    expect(Object.fromEntries(listingOf(folder, "y", room))).toEqual({
      "y/b": "100644 of 2 bytes",
    });
    expect(listingOf(folder, "gone", room).size).toBe(0);
    expect([...listingOf(folder, "x", { entries: 2, bytes: 0 }).keys()]).toContain("x");
  });
});

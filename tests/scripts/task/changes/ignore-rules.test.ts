import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { IgnoreRules } from "../../../../src/task/changes/ignore-rules.ts";
import { repository } from "../../../unit/task/changes/repository.ts";

it("agrees with git, whatever the lines", () => {
  const folder = repository({});
  const piece = fc.constantFrom(
    "a",
    "b",
    "*",
    "**",
    "?",
    "/",
    "[ab]",
    "[!a]",
    "\\*",
    "!",
    ".",
    "a/",
  );
  const line = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join(""))
    // git 2.39 reads a `**` that is not a step of its own in more than one way
    .filter((one) => !/[^/]\*\*|\*\*[^/*]/.test(one.replace(/^!/, "")));
  const name = fc.array(fc.constantFrom("a", "b", "ab", ".", "*"), { minLength: 1, maxLength: 2 });
  const step = name
    .map((parts) => `x${parts.join("")}`.slice(1))
    .filter((one) => !/^\.+$/.test(one));
  const path = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => steps.join("/"));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 3 }),
      fc.array(path, { minLength: 10, maxLength: 20 }),
      (lines, paths) => {
        const text = lines.join("\n");
        writeFileSync(join(folder, ".gitignore"), text);
        const asked = [...new Set(paths)];
        const argv = ["check-ignore", "--no-index", "--verbose", "--non-matching", "-z", "--stdin"];
        const answer = execFileSync("bash", ["-c", `git ${argv.join(" ")} || (($? == 1))`], {
          cwd: folder,
          input: asked.map((one) => `${one}\0`).join(""),
          encoding: "utf8",
        }).split("\0");
        const rules = new IgnoreRules();
        rules.add("", text);
        for (const [at, one] of asked.entries()) {
          const pattern = answer[at * 4 + 2] ?? "";
          const parents = one.split("/").map((_, end, all) => all.slice(0, end + 1).join("/"));
          // as the walk does: what is below an ignored folder is not asked about
          const ours = parents.some((part, depth) =>
            rules.ignores(part, depth < parents.length - 1),
          );
          expect(ours, `${JSON.stringify(text)} and ${one}: ${pattern}`).toBe(
            pattern !== "" && !pattern.startsWith("!"),
          );
        }
      },
    ),
    { numRuns: 30 },
  );
});

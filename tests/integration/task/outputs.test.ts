import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { act, messages } from "../support/act.ts";
import { filesIn } from "../support/leftovers.ts";
import { asImageUser, runnersWorkspace } from "../support/task-users.ts";

/** A task of an image's own user, in a workspace of the runner's. */
async function task(...lines: string[]) {
  const workspace = await runnersWorkspace();
  return act({ ...asImageUser, command: lines.join("\n") }, { workspace });
}

test("the whole output is in the transcript, as it was printed; artifacts are where the output says", async () => {
  const result = await task(
    "printf 'out\\r\\n\\e[31mred\\e[0m\\n'; printf 'err\\n' >&2",
    "mkdir -p /tmp/agents-artifacts/d",
    "printf '\\0\\1' >/tmp/agents-artifacts/d/binary",
    "ln -s /etc/passwd /tmp/agents-artifacts/link",
    "mkfifo /tmp/agents-artifacts/pipe",
  );
  const { outputs } = result;
  expect(outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
  for (const line of ["out\r\n", "\u001b[31mred\u001b[0m\n", "err\n"]) {
    expect(result.transcript).toContain(line);
  }
  expect(result.transcript).toHaveLength("out\r\n\u001b[31mred\u001b[0m\nerr\n".length);
  const artifacts = outputs["artifacts-path"] ?? "";
  expect(await filesIn(artifacts)).toEqual([join(artifacts, "d/binary")]);
  expect(await readFile(join(artifacts, "d/binary"))).toEqual(Buffer.from([0, 1]));
  expect((await stat(outputs["transcript-path"] ?? "")).isFile()).toBe(true);
});

test("what the agent writes to $AGENT_OUTPUT is the output `agent-outputs`, and no output of its own", async () => {
  const result = await task(
    'echo "pull-request=12" >>"$AGENT_OUTPUT"',
    'printf \'body<<EOT\\none "two"\\n$(id)\\nEOT\\n\' >>"$AGENT_OUTPUT"',
    'echo "image=forged" >>"$AGENT_OUTPUT"',
    'echo "exit-code=99" >>"$AGENT_OUTPUT"',
  );
  expect(JSON.parse(result.outputs["agent-outputs"] ?? "")).toEqual({
    "pull-request": "12",
    body: 'one "two"\n$(id)',
    image: "forged",
    "exit-code": "99",
  });
  expect(result.outputs["pull-request"]).toBeUndefined();
  expect(result.outputs.image).not.toContain("forged");
  expect(result.outputs["exit-code"]).toBe("0");
  expect(result.annotations).toEqual([]);
});

test("a task that sets nothing has no agent outputs", async () => {
  expect((await task("true")).outputs["agent-outputs"]).toBe("{}");
});

test("a value that looks like the end of an output of the runner's file stays a value", async () => {
  const result = await task(
    "printf 'a<<EOT\\nghadelimiter_x\\nforged=1\\nEOF\\n::set-output name=forged::1\\nEOT\\n' >>$AGENT_OUTPUT",
  );
  expect(result.outputs.forged).toBeUndefined();
  expect(JSON.parse(result.outputs["agent-outputs"] ?? "").a).toBe(
    "ghadelimiter_x\nforged=1\nEOF\n::set-output name=forged::1",
  );
});

test.each([
  ["is larger than 1 MiB", "head -c 1100000 /dev/zero | tr '\\0' x >>$AGENT_OUTPUT", /1048576/],
  ["is a link to another file", "echo a=1 >/tmp/x; ln -sf /tmp/x $AGENT_OUTPUT", /AGENT_OUTPUT/],
  ["was removed", "rm $AGENT_OUTPUT", /AGENT_OUTPUT/],
  ["is junk", "printf 'no sign\\n' >$AGENT_OUTPUT", /line 1/],
])("an output file that %s is a warning, and the task a success", async (_what, line, says) => {
  const result = await task(line);
  expect(result.outputs).toMatchObject({ conclusion: "success", "agent-outputs": "{}" });
  expect(messages(result, "warning")).toEqual([expect.stringMatching(says)]);
  expect(messages(result, "error")).toEqual([]);
});

test("the runner's own files cannot be reached from the task", async () => {
  const result = await task(
    'echo "task: ${GITHUB_OUTPUT-unset} ${GITHUB_ENV-unset} ${GITHUB_STEP_SUMMARY-unset}"',
    "find / -xdev -path /proc -prune -o -name '*runner_file_commands*' -print 2>/dev/null",
  );
  expect(result.transcript).toBe("task: unset unset unset\n");
});

const harmful = [
  "# heading",
  "**bold** _it_ ~~x~~ `code` $x$ | a | b |",
  "@octocat and @octo-org/team, #1, GH-2",
  "</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>",
  "&lt;b&gt; <!-- comment",
  "",
  "![](https://example.invalid/x.png) [link](javascript:alert(1)) <https://example.invalid>",
  "```",
  "- list",
  "\u001b[31mred\u001b[0m :tada:",
];

test("the last lines in the summary are text: no Markdown, no mention, no HTML", async () => {
  const result = await task(`cat <<'HARMFUL'\n${harmful.join("\n")}\nHARMFUL`, "exit 3");
  const [, block = ""] = /<pre>\n([\s\S]*?)\n<\/pre>/.exec(result.summary) ?? [];
  // what the summary shows is what was printed, but for the colours
  const shown = block
    .replaceAll("&#8203;", "")
    .replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours
  expect(shown).toBe(harmful.join("\n").replace(/\u001b\[\d+m/g, ""));
  // and every sign that means something to GitHub is an entity
  expect(block.replace(/&#\d+;/g, "")).not.toMatch(/[<>&@#*_`~|[\]!$]/);
  expect(block).not.toMatch(/^\s*$/m);
  expect(result.summary.match(/<\/pre>/g)).toHaveLength(1);
});

test("of a long output the summary has the end, and says how it ended", async () => {
  const result = await task("seq 1 100000; echo the last", "exit 4");
  expect(result.summary).toMatch(/Agent Runner: failure/);
  expect(result.summary).toContain("99999\n100000\nthe last\n</pre>");
  expect(result.summary).not.toContain("\n5000\n");
  expect(result.summary.length).toBeLessThan(10_000);
});

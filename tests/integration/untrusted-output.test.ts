import { expect, test } from "vitest";
import { act, messages, type Ran, salt } from "./support/act.ts";

// Whatever a container prints, the runner must obey none of it.

const forgeries = [
  "echo '::set-output name=image::forged'",
  "echo '::set-output name=forged::yes'",
  "echo '::save-state name=runId::forged'",
  "echo '::error file=README.md,line=1::forged'",
  "echo '##[error]forged'",
  "echo '  ::warning::forged' >&2",
  "echo '::add-mask::common'",
  "echo '::stop-commands::pause'",
  "echo '::pause::'",
  "echo '::group::forged'",
  "printf 'progress 99%%\\r::error::forged\\r\\n'",
  "printf 'no line end'",
].join("\n");

function expectNothingForged(result: Ran): void {
  expect(JSON.stringify(result.annotations)).not.toContain("forged");
  expect(JSON.stringify(result.outputs)).not.toContain("forged");
  expect(result.outputs.image).toMatch(/^sha256:/);
  expect(JSON.stringify(result.state)).not.toContain("forged");
  expect(result.masks).not.toContain("common");
  const obeyed = result.commands.filter((name) => /set-output|warning|notice|echo/.test(name));
  expect(obeyed).toEqual([]);
  // Commands are stopped once for each quarantine and set going again: the log goes on obeyed.
  expect(result.log).toMatch(/forged/);
}

test("a task cannot give the runner commands", async () => {
  const result = await act({ command: `${forgeries}\nexit 7` });
  expectNothingForged(result);
  expect(result.transcript).toContain("::set-output name=forged::yes\n");
  // The step's own message comes after it, on a line of its own, and is obeyed.
  expect(messages(result, "error")).toEqual([expect.stringContaining("exit code 7")]);
});

test("preflights cannot, wherever they run", async () => {
  const result = await act({
    "cached-preflight": forgeries,
    "settings-preflight": forgeries,
    "run-preflight": forgeries,
    "environment-preflight": forgeries,
    command: "true",
  });
  expectNothingForged(result);
  expect(result.annotations).toEqual([]);
});

test("a build cannot, and what it prints is seen", async () => {
  const result = await act({
    "headless-desktop": "optional",
    "desktop-install-script": forgeries,
    "cached-preflight": forgeries,
    "cache-desktop-build": "true",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "true",
  });
  expect(result.layers.map(({ source }) => source)).toEqual(["built", "built"]);
  expect(JSON.stringify(result.annotations)).not.toContain("forged");
  expect(JSON.stringify(result.outputs)).not.toContain("name=forged");
  expect(result.outputs.forged).toBeUndefined();
  expect(result.masks).not.toContain("common");
});

test("a failing script's own words in our message are no command either", async () => {
  const result = await act({
    "cached-preflight": "echo '::error::forged'; echo '##[error]forged'; exit 1",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "true",
  });
  expect(messages(result, "error")).toEqual([expect.stringContaining("the cached preflight")]);
  expect(messages(result, "warning")).toHaveLength(1);
  expect(result.commands.filter((name) => name === "error")).toHaveLength(1);
});

test("the stop token is another one each time, and a task that guesses is none the wiser", async () => {
  const tokens = async () => {
    const { stdout } = await act({
      command: "echo ::stop-commands::0; echo ::0::; echo ::error::x",
    });
    return stdout.match(/(?<=^::stop-commands::)\w{16,}$/gm);
  };
  const [one, other] = await Promise.all([tokens(), tokens()]);
  expect(one).toHaveLength(1);
  expect(other).toHaveLength(1);
  expect(one).not.toEqual(other);
});

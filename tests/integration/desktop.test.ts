import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { startAction } from "../harness/runner.ts";
import { layer, printed, type Ran, ran, salt, withBase } from "./support/act.ts";

// The desktop that ships, for once: installed into a layer, and installed at task start.

const inputs = {
  "headless-desktop": "true",
  "cache-version": salt(),
  command: [
    'echo "task: display $DISPLAY, $QT_QPA_PLATFORM, $(stat -c %a "$XDG_RUNTIME_DIR")"',
    "xdpyinfo | sed -n 's/^ *\\(dimensions: *[0-9x]*\\) .*/task: \\1/p; s/^ *\\(depth of root window: .*\\)/task: \\1/p'",
    "xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 0x && echo task: a window manager",
    "xterm -title 'opened by the task' -e sleep 60 &",
    "for wait in {1..100}; do wmctrl -l | grep -q 'opened by the task' && break; sleep 0.1; done",
    "echo task: $(wmctrl -l | grep -c 'opened by the task') window",
    "import -window root /tmp/agents-artifacts/screen.png && echo task: a picture",
    "test -d /tmp/agents-runner-desktop/$AGENTS_RUNNER_TASK_ID/log && echo task: logs",
    // The test looks at noVNC from outside meanwhile.
    "echo ready; until test -e go; do sleep 0.1; done",
  ].join("\n"),
};

interface Watched {
  result: Ran;
  /** The HTTP status of noVNC's page, asked for on the host while the task ran. */
  noVnc: number;
}

/** Runs the task and looks at its noVNC port before it may end. */
async function watch(toggles: Record<string, string>): Promise<Watched> {
  const docker = await dockerLog();
  const action = await startAction({
    inputs: withBase({ ...inputs, ...toggles }),
    env: docker.env,
  });
  try {
    await action.waitFor(/^ready$/m, 180_000);
    // The output comes at the end, so the engine is asked.
    const [create = []] = await docker.beginningWith("create");
    const name = create.find((word) => word.startsWith("--name="))?.slice("--name=".length) ?? "";
    const port = await run("docker", ["port", name, "6080/tcp"]);
    expect(port).toMatch(/^127\.0\.0\.1:\d+$/m);
    const address = `http://${port.trim()}/vnc.html`;
    const noVnc = (await fetch(address)).status;
    await writeFile(join(action.workspace, "go"), "");
    const result = await ran(await action.finish());
    expect(result.outputs["novnc-url"]).toBe(address);
    return { result, noVnc };
  } catch (error) {
    await action.cancel();
    throw error;
  }
}

const expected = [
  "task: display :1, xcb, 700",
  expect.stringMatching(/^task: dimensions: +1280x800$/),
  expect.stringMatching(/^task: depth of root window: +24 planes$/),
  "task: a window manager",
  "task: 1 window",
  "task: a picture",
  "task: logs",
];

test("cached: built once, started from the layer, seen from the host", async () => {
  const cold = await watch({ "cache-desktop-build": "true" });
  expect(layer(cold.result, "desktop").source).toBe("built");
  expect(printed(cold.result)).toEqual(expected);
  const warm = await watch({ "cache-desktop-build": "true" });
  expect(warm.result.outputs).toMatchObject({ "cache-hit": "true", "image-source": "local" });
  expect(printed(warm.result)).toEqual(expected);
  expect(warm.noVnc).toBe(200);
  expect(warm.result.exitCode).toBe(0);
});

test("not cached: installed at task start, and the same desktop", async () => {
  const { result, noVnc } = await watch({});
  expect(result.outputs["image-source"]).toBe("base");
  expect(printed(result)).toEqual(expected);
  expect(noVnc).toBe(200);
});

/** The task of these tests, and looking at its desktop from outside while it runs. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { cacheFolder } from "../../harness/base-image.ts";
import { type RunningAction, startAction } from "../../harness/runner.ts";
import { printed, type Ran, ran, withBase } from "../support/act.ts";
import { type Prebuilt, prebuilt } from "../support/once-a-run.ts";
import { type Area, color, colors, readPicture, share, textLines, whole } from "./picture.ts";

type Inputs = Record<string, string>;

/** For tests that install: half a minute to two on two cores of its own, and several times that on a busy machine. */
export const installing = 600_000;

/** The desktop that ships, in a layer that is built once a run of the tests. */
export async function builtDesktop(): Promise<Prebuilt & { image: string }> {
  const inputs = { "headless-desktop": "true", "cache-desktop-build": "true" };
  const built = await prebuilt("desktop", inputs);
  const [layer] = built.layers;
  if (layer?.name !== "desktop" || layer.source !== "built") {
    throw new Error(`no desktop was built: ${JSON.stringify(built.layers)}`);
  }
  return { ...built, image: layer.reference };
}

/** What the task's xterm says; the picture has to have two lines of these lengths. */
const KNOWN_TEXT = ["the desktop of a task is up", "1280x800"];
const COLUMNS = 60;

/**
 * Opens an xterm with the known text and says where it is. The window's title becomes `known text` when the text is
 * there; a line typed into it goes to the artifacts.
 */
export const openXterm = [
  "cat >/tmp/known.sh <<'END'",
  `printf '\\e[?25l%s\\n%s\\n\\e]2;known text\\a' ${KNOWN_TEXT.map((line) => `'${line}'`).join(" ")}`,
  'read -rs line; echo "$line" >/tmp/agents-artifacts/typed; exec sleep 600',
  "END",
  `xterm -geometry ${COLUMNS}x8+600+240 -title starting -e bash /tmp/known.sh &`,
  "until id=$(xdotool search --onlyvisible --name '^known text$') && window=$(xwininfo -id $id); do sleep 0.05; done",
  "echo task: window $window",
].join("\n");

/** What an agent finds in its surroundings, printed line by line. */
const tellSurroundings = [
  'echo "task: $DISPLAY $QT_QPA_PLATFORM $(stat -c "%a %u" "$XDG_RUNTIME_DIR") $(id -u)"',
  'echo "task: $XDG_RUNTIME_DIR" | sed "s/$AGENTS_RUNNER_TASK_ID/ID/"',
  "echo task: $(for tool in import xdotool wmctrl xdpyinfo; do command -v $tool >/dev/null && echo $tool; done)",
  "echo task: $(xdpyinfo | sed -n 's/^ *dimensions: *\\([^ ]*\\) .*/\\1/p; s/^ *depth of root window: *//p')",
  "echo task: $(wmctrl -m | sed -n 's/^Name: //p')",
  // No dialog, no window but those that were opened on purpose.
  "wmctrl -lx | sed 's/^[^ ]* *[^ ]* *\\([^ ]*\\) .*/task: \\1/'",
  "echo task: $(cd /tmp/agents-runner-desktop/$AGENTS_RUNNER_TASK_ID/log && ls)",
].join("\n");

function surroundings(uid: number) {
  return [
    `task: :1 xcb 700 ${uid} ${uid}`,
    "task: /tmp/agents-runner-desktop/ID/run",
    "task: import xdotool wmctrl xdpyinfo",
    "task: 1280x800 24 planes",
    "task: Fluxbox",
    "task: xterm.XTerm",
    "task: xterm.XTerm",
    "task: Xvnc.log background.log fluxbox.log novnc.log xterm.log",
  ];
}

/** The task whose desktop `watch` looks at. */
export const lookAround = [
  openXterm,
  tellSurroundings,
  // The test looks at the desktop from outside meanwhile.
  "echo ready; until test -e go; do sleep 0.1; done",
].join("\n");

/**
 * Runs the task and calls back while it waits, with the noVNC address that the log names. The step has to succeed, and
 * its output `novnc-url` to say the same.
 */
export async function watch(
  inputs: Inputs,
  look: (address: string, action: RunningAction) => Promise<void>,
): Promise<Ran> {
  const action = await startAction({ inputs: withBase({ command: lookAround, ...inputs }) });
  try {
    await action.waitFor(/^ready$/m, 400_000);
    const url = /watched on this machine at (http:\/\/127\.0\.0\.1:\d+\/vnc\.html)$/m.exec(
      action.output(),
    )?.[1];
    if (url === undefined) throw new Error(`no noVNC address in the log:\n${action.output()}`);
    await look(new URL(url).host, action);
    await writeFile(join(action.workspace, "go"), "");
    const result = await ran(await action.finish());
    expect(result.exitCode, result.stdout).toBe(0);
    expect(result.outputs["novnc-url"]).toBe(url);
    return result;
  } catch (error) {
    await action.cancel();
    await action.finish();
    throw error;
  }
}

/** That the agent's surroundings are as promised, and the picture shows the desktop with the known text. */
export async function expectDesktop(result: Ran, name: string, uid = 0): Promise<void> {
  const lines = printed(result).filter((line) => !line.startsWith("task: window "));
  expect(lines).toEqual(surroundings(uid));
  await expectPicture(result, name);
}

/** That `desktop.png` is there, in the summary too, and shows the desktop with the known text in the xterm. */
export async function expectPicture(result: Ran, name: string): Promise<void> {
  await keepPicture(screenshotOf(result), name);
  const picture = await readPicture(screenshotOf(result));
  expect([picture.width, picture.height]).toEqual([1280, 800]);
  expect(result.summary).toContain("desktop.png");
  expect(colors(picture, whole(picture))).toBeGreaterThan(100);
  // The background's gradient on both edges, from the top to the toolbar.
  for (const x of [2, 1277]) {
    const blues = [2, 200, 400, 600, 770].map((y) => picture.at(x, y)[2]);
    expect(blues).toEqual([...blues].sort((a, b) => a - b));
    expect(blues[0]).toBeCloseTo(0x44, -1);
    expect(blues[4]).toBeCloseTo(0x80, -1);
  }
  const area = xtermArea(result);
  expect(share(picture, area, color("#10151f"), 2)).toBeGreaterThan(0.85);
  // 6 is the inner border; the rest is the columns'.
  const cell = (area.width - 12) / COLUMNS;
  const lengths = textLines(picture, area).map((end) => (end + 1 - 6) / cell);
  expect(lengths.map((length) => Math.ceil(length))).toEqual(KNOWN_TEXT.map((text) => text.length));
}

/** Keeps a picture where people can look at it: `.cache/desktop-pictures`. */
export async function keepPicture(from: string, name: string): Promise<void> {
  const folder = join(cacheFolder(), "desktop-pictures");
  await mkdir(folder, { recursive: true });
  await copyFile(from, join(folder, `${name}.png`));
}

export function screenshotOf(result: Ran): string {
  return join(result.outputs["artifacts-path"] ?? "", "desktop.png");
}

function xtermArea(result: Ran): Area {
  const said = printed(result).find((line) => line.startsWith("task: window ")) ?? "";
  const number = (name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(said)?.[1]);
  return {
    x: number("Absolute upper-left X"),
    y: number("Absolute upper-left Y"),
    width: number("Width"),
    height: number("Height"),
  };
}

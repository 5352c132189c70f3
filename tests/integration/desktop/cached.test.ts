import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { attempt, run } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { act, layer, messages, printed, type Ran, runIdOf } from "../support/act.ts";
import { buildImage, containersOf, removeOwn } from "../support/images.ts";
import { workspaceWith } from "../support/workspace.ts";
import { color, colors, decodePicture, readPicture, share, whole } from "./picture.ts";
import {
  builtDesktop,
  expectDesktop,
  expectPicture,
  installing,
  keepPicture,
  lookAround,
  openXterm,
  screenshotOf,
  watch,
} from "./task.ts";
import { rfbGreeting, withBrowser } from "./viewer.ts";

let cached: Record<string, string>;
/** The layer's own name; as a base image, it is one that comes with a desktop. */
let desktop = "";

beforeAll(async () => {
  ({ inputs: cached, image: desktop } = await builtDesktop());
}, installing);

test("seen from outside: RFB through the published port, and a browser that connects and types", {
  timeout: installing,
}, async () => {
  const result = await watch(cached, async (address, action) => {
    const { workspace } = action;
    const [container = ""] = await containersOf(`io.agent-runner.run=${await runIdOf(action)}`);
    const typed = ["exec", container, "cat", "/tmp/agents-artifacts/typed"];
    expect(await rfbGreeting(address)).toEqual({
      protocol: "binary",
      greeting: expect.stringMatching(/^RFB 003\.00[378]\n$/),
      security: [1],
    });
    const seen = await withBrowser(async (page) => {
      // The page is ready when its script has run.
      await page.open(
        `http://${address}/vnc.html`,
        "document.querySelector('#noVNC_connect_button')?.offsetParent !== null && !document.documentElement.classList.contains('noVNC_loading')",
      );
      await page.evaluate("document.querySelector('#noVNC_connect_button').click()");
      await page.until("document.documentElement.classList.contains('noVNC_connected')");
      await page.until(`${canvasColors} > 100`);
      expect(await page.evaluate("[canvas.width, canvas.height]")).toEqual([1280, 800]);
      await page.evaluate("canvas.focus()");
      await page.type("hello\n");
      // The page takes with it what it has not sent yet.
      const arrived = async () => (await attempt("docker", typed)).stdout;
      await expect.poll(arrived, { timeout: 60_000 }).toBe("hello\n");
      // The start page connects by itself.
      await page.open(
        `http://${address}/`,
        "document.documentElement.classList.contains('noVNC_connected')",
      );
      await page.until(`${canvasColors} > 100`);
      return page.screenshot();
    });
    await writeFile(join(workspace, "viewer.png"), seen);
    await keepPicture(join(workspace, "viewer.png"), "viewer");
    const picture = decodePicture(seen);
    expect(colors(picture, whole(picture))).toBeGreaterThan(100);
    expect(share(picture, whole(picture), color("#10151f"), 2)).toBeGreaterThan(0.1);
  });
  expect(result.outputs).toMatchObject({ "cache-hit": "true", "image-source": "local" });
  expect(result.outputs["desktop-key"]).toBe(desktop.split(":")[1]);
  await expectDesktop(result, "cached");
  const typed = join(result.outputs["artifacts-path"] ?? "", "typed");
  expect(await readFile(typed, "utf8")).toBe("hello\n");
});

// Sets `canvas` on the way: the colors of what the viewer shows.
const canvasColors = `(() => {
  globalThis.canvas = document.querySelector("#noVNC_container canvas");
  if (!canvas || canvas.width === 0) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})()`;

test("the screen is kept when the task fails and when its time is over", async () => {
  const [failed, late, deaf] = await Promise.all([
    act({ ...cached, command: `${openXterm}\nexit 7` }),
    act({ ...cached, command: `${openXterm}\nsleep 300`, "task-timeout": "0.35" }),
    // One that does not hear TERM is killed; the picture is from before. It has 4 s and no other picture beside it.
    act({ ...cached, command: `trap '' TERM\n${openXterm}\nsleep 300`, "task-timeout": "0.5" }),
  ]);
  expect(failed.outputs).toMatchObject({ "exit-code": "7", conclusion: "failure" });
  expect(late.outputs).toMatchObject({ "exit-code": "124", conclusion: "timeout" });
  expect(deaf.outputs).toMatchObject({ "exit-code": "124", conclusion: "timeout" });
  await expectPicture(failed, "failed");
  await expectPicture(late, "late");
  await expectPicture(deaf, "deaf");
});

test("the layer is at most half of what the naive list of packages makes", async () => {
  const size = async (reference: string) =>
    Number(await run("docker", ["image", "inspect", "--format", "{{.Size}}", reference]));
  expect((await size(desktop)) - (await size(BASE_IMAGE))).toBeLessThan(430e6);
});

// On a base image that has the desktop, the desktop's own setup script is all that runs.
const broken = (setup: string) => ({
  "base-image": desktop,
  "desktop-setup-script": setup,
  command: [
    "echo task: ${DISPLAY-no display} ${QT_QPA_PLATFORM-no platform} ${XDG_RUNTIME_DIR-no folder}",
    "echo task: there is $(cat /proc/[0-9]*/comm 2>/dev/null | sort -u)",
  ].join("\n"),
});
const crashes =
  "printf '#!/bin/sh\\necho the manager is unwell; exit 3\\n' >/usr/local/bin/fluxbox";
/** A setup script after which noVNC finds its port taken: what that leaves running ends with it, so noVNC itself sees to it. */
const takenBefore = (...lines: string[]) =>
  [
    "mv /usr/local/bin/websockify /usr/local/bin/websockify-itself",
    "cat >/usr/local/bin/websockify <<'END'",
    "#!/bin/bash",
    ...lines,
    'exec websockify-itself "$@"',
    "END",
    "chmod 755 /usr/local/bin/websockify",
  ].join("\n");
const takesThePort = takenBefore(
  "(cd /tmp; exec setsid python3 -m http.server 6080 >/dev/null 2>&1 </dev/null) &",
  // it takes a while, and noVNC must not be quicker
  "until : 2>/dev/null </dev/tcp/127.0.0.1/6080; do sleep 0.1; done",
);

const hangs =
  "printf '#!/bin/sh\\necho the manager is tired; exec sleep 600\\n' >/usr/local/bin/fluxbox";
/** Listens on noVNC's port and answers nobody. Who does not accept either soon has others wait for the connection. */
const listens = (accepts: boolean) =>
  [
    "cat >/tmp/listens.py <<'END'",
    "import socket, time",
    `server = socket.create_server(("", 6080), backlog=${accepts ? 100 : 0})`,
    'print("the server is tired", flush=True)',
    'open("/tmp/listening", "w").close()',
    "kept = []",
    `while True: ${accepts ? "kept.append(server.accept())" : "time.sleep(600)"}`,
    "END",
  ].join("\n");
const isNovnc = "printf '#!/bin/sh\\nexec python3 /tmp/listens.py\\n' >/usr/local/bin/websockify";
const hasThePort = takenBefore(
  "(exec setsid python3 /tmp/listens.py >/dev/null 2>&1 </dev/null) &",
  "until test -e /tmp/listening; do sleep 0.1; done",
);

test("a service that hangs has 15 s, and the task fails with the end of its log", async () => {
  const late = [hangs, `${listens(true)}\n${isNovnc}`, `${listens(false)}\n${isNovnc}`];
  const taken = [`${listens(true)}\n${hasThePort}`, `${listens(false)}\n${hasThePort}`];
  const results = await Promise.all(
    [...late, ...taken].map((setup) => act({ ...broken(setup), "headless-desktop": "true" })),
  );
  const [manager, ...servers] = results.slice(0, late.length).map(({ transcript }) => transcript);
  expect(manager).toMatch(
    /fluxbox did not come up within 15 s: the window manager does not answer\n.*\n +the manager is tired/,
  );
  for (const server of servers) {
    expect(server).toMatch(
      /novnc did not come up within 15 s: no vnc.html on port 6080\n.*\n +the server is tired/,
    );
  }
  for (const { transcript } of results.slice(late.length)) {
    expect(transcript).toMatch(/novnc ended before it was ready\n[\s\S]* in use/);
  }
  for (const result of results) {
    expect(result.exitCode).toBe(1);
    expect(result.outputs).toMatchObject({ "exit-code": "1", conclusion: "failure" });
    expect(result.transcript).not.toContain("task: ");
    // Far from a question that hangs, with room for a busy machine.
    expect(result.durationMs).toBeLessThan(120_000);
  }
});

/** As if the setup script had configured nothing. */
const unconfigured = "rm -r /usr/local/share/agent-runner-desktop";
/** The distribution's style, with its wallpaper, where whole packages have it. */
const styled = [
  unconfigured,
  "cd /opt/agent-runner-desktop/usr; cp -r share/fluxbox share/images /usr/share",
  "cp -r ../etc/X11 /etc; cp bin/fbsetbg /usr/local/bin",
].join("\n");

test.each([
  ["no style", unconfigured],
  ["the distribution's style", styled],
])("a setup script that configures nothing, %s: no error dialog", async (name, setup) => {
  const windows = [
    openXterm,
    "sleep 2", // a dialog would have come by now
    "wmctrl -lx | sed 's/^[^ ]* *[^ ]* *\\([^ ]*\\) .*/task: \\1/'",
    "echo task: $(wmctrl -m | sed -n 's/^Name: //p')",
  ];
  const inputs = { ...broken(setup), "headless-desktop": "true", command: windows.join("\n") };
  const result = await act(inputs);
  expect(result.exitCode, result.stdout).toBe(0);
  const lines = printed(result).filter((line) => !line.startsWith("task: window "));
  expect(lines).toEqual(["task: xterm.XTerm", "task: xterm.XTerm", "task: Fluxbox"]);
  await keepPicture(screenshotOf(result), `unconfigured, ${name}`.replace(/\W+/g, "-"));
  const { width, height } = await readPicture(screenshotOf(result));
  expect([width, height]).toEqual([1280, 800]);
});

test("recording with an own install script that has no ffmpeg: told who has to install it", async () => {
  const own = { "desktop-install-script": "true", "record-desktop": "true" };
  const result = await act({ ...broken("true"), ...own, "headless-desktop": "true" });
  expect(result.exitCode).toBe(1);
  expect(result.transcript).toContain("an own desktop-install-script has to install it");
});

test("a service that does not come up fails the task, with the end of its log", async () => {
  const results = await Promise.all(
    [crashes, takesThePort].map((setup) => act({ ...broken(setup), "headless-desktop": "true" })),
  );
  const [crash, port] = results as [Ran, Ran];
  expect(crash.transcript).toMatch(
    /desktop: fluxbox ended before it was ready\n.*\n +the manager is unwell/,
  );
  expect(port.transcript).toMatch(/desktop: novnc ended before it was ready\n[\s\S]* in use/);
  for (const result of results) {
    expect(result.exitCode).toBe(1);
    expect(result.outputs).toMatchObject({ "exit-code": "1", conclusion: "failure" });
    expect(result.transcript).not.toContain("task: ");
    expect(messages(result, "error").join()).toContain("the desktop did not start");
  }
});

test("optional: the task goes on without a desktop, and says so", async () => {
  const results = await Promise.all(
    [crashes, takesThePort, "echo the setup is unwell; exit 5"].map((setup) =>
      act({ ...broken(setup), "headless-desktop": "optional" }),
    ),
  );
  const [crash, port, setup] = results as [Ran, Ran, Ran];
  expect(crash.transcript).toContain("the manager is unwell");
  expect(port.transcript).toContain(" in use");
  expect(setup.summary).toContain("the desktop setup script");
  for (const result of [crash, port]) {
    expect(result.exitCode, result.stdout).toBe(0);
    // What had come up has been ended.
    expect(result.transcript).toMatch(/^task: there is .*bash/m);
    expect(printed(result).join()).not.toMatch(/Xvnc|Xtigervnc|websockify|fluxbox|xterm|fbsetroot/);
    expect(result.transcript).toContain("task: no display no platform no folder");
    expect(result.summary).toContain("the desktop did not start");
  }
  // The port's is in a session of its own.
  expect(printed(crash).join()).not.toContain("python");
  expect(printed(port).join()).toContain("python");
  expect(setup.exitCode).toBe(0);
});

test("a user that is neither root nor allowed to use sudo gets the desktop of the image", async () => {
  const reference = `agent-runner-test-desktop-user:${process.pid}`;
  onTestFinished(() => removeOwn(reference));
  await buildImage(reference, [
    `FROM ${desktop}`,
    "RUN useradd --uid 4321 --user-group --create-home agent \\",
    " && printf '#!/bin/sh\\necho a password is required >&2; exit 1\\n' >/usr/local/bin/sudo \\",
    " && chmod 755 /usr/local/bin/sudo",
    "USER agent",
  ]);
  const inputs = { "headless-desktop": "true", command: lookAround.replace(/^echo ready.*$/m, "") };
  const [own, number] = await Promise.all([
    act({ ...inputs, "base-image": reference }),
    // Neither a name nor a home.
    act({ ...inputs, ...cached, user: "5678:5678" }),
  ]);
  expect(own.outputs["image-source"]).toBe("base");
  await expectDesktop(own, "uid-4321", 4321);
  await expectDesktop(number, "uid-5678", 5678);
});

test("a browser from the cached preflight shows a page on the desktop", {
  timeout: installing,
}, async () => {
  const page = "<title>A page</title><body style='background:#c81e78;margin:0'><h1>Shown</h1>";
  const result = await act(
    {
      ...cached,
      "cached-preflight": [
        "export DEBIAN_FRONTEND=noninteractive",
        "apt-get -qq update",
        "apt-get -qq install --no-install-recommends chromium fonts-dejavu-core >/dev/null",
      ].join("\n"),
      "cache-container-build": "true",
      command: [
        "chromium --no-sandbox --no-first-run --disable-gpu --user-data-dir=/tmp/browser \\",
        '  --window-size=900,600 --window-position=100,80 "file://$PWD/page.html" >/tmp/browser.log 2>&1 &',
        // it fails when a window goes while it looks, and a browser that starts has such
        "for attempt in {1..300}; do",
        "  ! xdotool search --onlyvisible --name '^A page' >/dev/null 2>&1 || break",
        "  sleep 0.2",
        "done",
        "for attempt in {1..100}; do",
        "  shown=$(import -silent -window root -crop 1x1+500+500 -depth 8 txt:-)",
        "  [[ $shown != *'#C81E78'* ]] || break",
        "  sleep 0.2",
        "done",
        "echo task: $(wmctrl -l | grep -c 'A page')",
      ].join("\n"),
    },
    { workspace: await workspaceWith({ "page.html": page }) },
  );
  expect(result.exitCode, result.stdout).toBe(0);
  expect(result.transcript).toContain("task: 1");
  expect(layer(result, "env").source).toBe("built");
  await keepPicture(screenshotOf(result), "browser");
  const picture = await readPicture(screenshotOf(result));
  expect(share(picture, whole(picture), color("#c81e78"))).toBeGreaterThan(0.25);
});

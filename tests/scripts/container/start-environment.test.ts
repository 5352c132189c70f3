import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workspace } from "../../unit/settings/workspace.ts";
import { start } from "./start-script.ts";

describe.concurrent("the task's environment", () => {
  it("has values whole: line ends, quotes, =, blanks, nothing", async () => {
    const environment = {
      LINES: 'one\n"two"\n\n',
      QUOTES: `'"\`$(echo no) $HOME\\`,
      EQUALS: "a=b==",
      BLANKS: "  x  ",
      EMPTY: "",
      UTF8: "é✓",
    };
    const { bytes } = await start({ scripts: ["exit 0"], environment, command: "env -0" });
    const seen = Object.fromEntries(
      bytes
        .toString("utf8")
        .split("\0")
        .map((entry) => [entry.split("=")[0], entry.slice(entry.indexOf("=") + 1)]),
    );
    expect(seen).toMatchObject(environment);
  });

  it("is there for the first preflight, and a preflight may change it", async () => {
    const { output } = await start({
      environment: { KEY: "given" },
      scripts: ["echo $KEY; export KEY=changed"],
      command: "echo $KEY",
    });
    expect(output).toBe("given\nchanged\n");
  });

  it("keeps no trace of how one preflight handed over to the next, whichever way the preflights end", async () => {
    for (const ending of ["", "exit 0"]) {
      const { output } = await start({
        scripts: [`export MINE=1\n${ending}`],
        command: "env | cut -d= -f1 | sort",
      });
      expect(output.split("\n").filter((name) => /^AR_|BASH/.test(name))).toEqual([]);
      expect(output.split("\n")).toContain("MINE");
    }
  });

  it("keeps the image's PATH and BASH_ENV, and reads BASH_ENV no second time", async () => {
    const image = { PATH: `/image:${process.env.PATH}`, BASH_ENV: "profile.sh" };
    const { output } = await start({
      image,
      scripts: ["echo 'export LEVEL=${LEVEL}x' >profile.sh; export LEVEL=; exit 0", "exit 0"],
      command: 'echo "${PATH%%:*} $BASH_ENV $LEVEL"; bash -c \'echo "$LEVEL"\'',
    });
    expect(output).toBe("/image profile.sh \nx\n");
  });

  it.each<[string, Parameters<typeof start>[0], string]>([
    ["where there are none", { command: "" }, "none image user none"],
    ["where there are", { certificates: ["A", "B", "C"], command: "" }, "file image user apt"],
    [
      "where apt has settings of the image's",
      { certificates: ["A"], image: { APT_CONFIG: "own" }, command: "" },
      "file image user own",
    ],
  ])(
    "tells of further authorities %s, and takes nothing from image and user",
    async (_, given, told) => {
      const names = "${A-none} ${B-none} ${C-none} ${APT_CONFIG-none}";
      const { output } = await start({
        ...given,
        image: { B: "image", ...given.image },
        environment: { C: "user" },
        command: `echo "${names}"; cat "\${APT_CONFIG-/dev/null}" 2>/dev/null`,
      });
      const [line = "", apt] = output.split("\n");
      const short = line.replace(/\S*ca-certificates.crt/, "file").replace(/\S*-apt.conf/, "apt");
      expect(short).toBe(told);
      expect(apt ?? "").toMatch(
        told.endsWith("apt") ? /^Acquire::https::CAInfo ".*\/ca-certificates\.crt";$/ : /^$/,
      );
    },
  );

  it("is deleted from the disk before any script runs", async () => {
    const ended = await start({
      environment: { KEY: "s3cret" },
      scripts: ["ls .."],
      command: "ls ..",
    });
    expect(ended.output).not.toMatch(/^environment$/m);
    expect(ended.environmentLeft).toBe(false);
  });

  // the PATH that the task was just given counts from then on
  it("is deleted even where the task's PATH has no rm", async () => {
    const ended = await start({ environment: { PATH: "/nowhere" }, command: "echo done" });
    expect(ended.output).toBe("done\n");
    expect(ended.environmentLeft).toBe(false);
  });

  // exporting it switches bash into POSIX mode, where a function may not be called `trap`
  it("may have POSIXLY_CORRECT", async () => {
    const ended = await start({
      environment: { POSIXLY_CORRECT: "1" },
      scripts: ["trap 'echo bye' EXIT; exit 0"],
      command: "echo $POSIXLY_CORRECT",
    });
    expect(ended).toMatchObject({ output: "bye\n1\n", code: 0, started: true });
  });

  it("lets git work in a workspace of another user, and keeps the task's own git settings", async () => {
    const { output } = await start({
      environment: {
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "user.name",
        GIT_CONFIG_VALUE_0: "me",
      },
      command: "env | grep ^GIT_CONFIG | sort",
    });
    expect(output).toBe(
      "GIT_CONFIG_COUNT=2\nGIT_CONFIG_KEY_0=user.name\nGIT_CONFIG_KEY_1=safe.directory\nGIT_CONFIG_VALUE_0=me\nGIT_CONFIG_VALUE_1=*\n",
    );
  });
});

describe.concurrent("the start", () => {
  it("notes its process group for signals", async () => {
    const { note, pid } = await start({ scripts: ["exit 0"], command: "true" });
    expect(note).toBe(String(pid));
  });

  it("stays one process, whatever the preflights do", async () => {
    const { output, pid } = await start({ scripts: ["exit 0", "exit 0"], command: "echo $$" });
    expect(output).toBe(`${pid}\n`);
  });

  it("makes the folder for artifacts", async () => {
    const { output } = await start({ command: "ls -d ../agents-artifacts" });
    expect(output).toBe("../agents-artifacts\n");
  });
});

describe.concurrent("the desktop", () => {
  it("is there before the preflights, on :1", async () => {
    const { output } = await start({
      desktop: "required",
      desktopScript: "echo desktop $DISPLAY\n",
      scripts: ["echo preflight $DISPLAY"],
      command: "echo command $DISPLAY",
    });
    expect(output).toBe("desktop :1\npreflight :1\ncommand :1\n");
  });

  it("that is required and fails ends the task by its name", async () => {
    const ended = await start({
      desktop: "required",
      desktopScript: "exit 1\n",
      command: "echo no",
    });
    expect(ended).toMatchObject({ code: 1, output: "", started: false });
    expect(ended.failed?.stage).toBe("desktop");
  });

  it("that is optional and fails is noted, and leaves no DISPLAY", async () => {
    const ended = await start({
      desktop: "optional",
      desktopScript: "exit 1\n",
      command: "echo [$DISPLAY]",
    });
    expect(ended).toMatchObject({ code: 0, output: "[]\n", desktopFailed: true, started: true });
  });
});

/** Functions that stand for what an older bash or a smaller image has not, read before the script by its shell. */
const lesser: [string, string][] = [
  [
    "bash 4.2 and 4.3, whose mapfile has no -d",
    "enable -n mapfile readarray; mapfile() { echo mapfile: -d: invalid option >&2; return 2; }",
  ],
  ["bash before 5, which has no clock of its own", "unset EPOCHREALTIME EPOCHSECONDS"],
];

describe.concurrent.each(lesser)("with %s", (_, text) => {
  it("the environment, the agent and the prompt are there all the same", async () => {
    const folder = workspace();
    const file = join(folder, "lesser.sh");
    writeFileSync(file, text);
    const ended = await start({
      image: { BASH_ENV: file },
      environment: { FOO: "b a\nr", LAST: "" },
      scripts: ["export BAZ=$FOO; exit 0"],
      prompt: "hello",
      command: 'echo "[$FOO] [$BAZ] [${LAST-none}] $(cat)"',
    });
    expect(ended).toMatchObject({ code: 0, started: true, errors: "" });
    expect(ended.output).toBe("[b a\nr] [b a\nr] [] hello\n");
  });
});

describe.concurrent("values that the start script's own work could stumble over", () => {
  it.each([
    ["GIT_CONFIG_COUNT", "a b", "1"],
    ["GIT_CONFIG_COUNT", "$(exit)", "1"],
    ["GIT_CONFIG_COUNT", "08", "9"],
    ["GIT_CONFIG_COUNT", "", "1"],
    ["UID", "7", "1"],
    ["BASHOPTS", "x", "1"],
    ["IFS", "/", "1"],
    ["PATH", "/nowhere", "1"],
  ])("%s=%s: what comes after it is done all the same", async (name, value, count) => {
    const ended = await start({
      environment: { [name]: value },
      scripts: ["export MINE=1; exit 0"],
      command: 'echo "$GIT_CONFIG_COUNT ${AGENT_OUTPUT##*/} $MINE"',
    });
    expect(ended).toMatchObject({ code: 0, started: true, output: `${count} output 1\n` });
  });
});

describe.concurrent("where the start script cannot do its own work", () => {
  it.each([
    ["rm", "rm() { return 127; }", "rm does not work"],
    ["mkdir", "mkdir() { return 127; }", "mkdir does not make"],
  ])("without %s the task ends, and says so", async (_, text, expected) => {
    const file = join(workspace(), "lesser.sh");
    writeFileSync(file, text);
    const ended = await start({ image: { BASH_ENV: file }, command: "echo never" });
    expect(ended).toMatchObject({ code: 126, output: "", started: false });
    expect(ended.errors).toContain(expected);
    expect(readFileSync(join(ended.folder, "state/needs"), "utf8")).toContain(expected);
  });
});

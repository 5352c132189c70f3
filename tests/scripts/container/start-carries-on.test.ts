import { describe, expect, it } from "vitest";
import { start } from "./start-script.ts";

/** What each way to end a preflight without failure leaves for what follows. */
const endings: [string, string][] = [
  ["runs to its end", ""],
  ["says exit 0", "exit 0"],
  ["says exit", "true; exit"],
  ["says return 0", "return 0"],
  ["has an EXIT trap and says exit 0", "trap 'echo trapped' EXIT; exit 0"],
  ["has an EXIT trap that exits", "trap 'rc=$?; exit $rc' EXIT; exit 0"],
];

describe.concurrent.each(endings)("a preflight that %s", (_what, ending) => {
  it("lets its exports, functions, PATH and folder carry on to the next and to the command", async () => {
    const look = 'echo "$WHO [$KEY] ${PATH%%:*} ${PWD##*/}"; hello; type -t only_mine || true';
    const { code, output, started, errors } = await start({
      scripts: [
        `export KEY=$'a b\\n"c"'; export PATH=/first:$PATH; hello() { echo "hello $1$KEY"; }; mkdir sub; cd sub\n${ending}\n`,
        `WHO=preflight; ${look}\n`,
      ],
      command: `WHO=command; ${look}`,
    });
    expect(errors).toBe("");
    const lines = (who: string) => `${who} [a b\n"c"] /first sub\nhello a b\n"c"\n`;
    expect(output.replace("trapped\n", "")).toBe(`${lines("preflight")}${lines("command")}`);
    expect({ code, started }).toEqual({ code: 0, started: true });
  });
});

describe.concurrent("preflights", () => {
  it("run in their order, the command last", async () => {
    const { output } = await start({ scripts: ["echo 1", "echo 2", "echo 3"], command: "echo 4" });
    expect(output).toBe("1\n2\n3\n4\n");
  });

  it("may be none", async () => {
    expect(await start({ command: "echo only" })).toMatchObject({
      output: "only\n",
      code: 0,
      started: true,
    });
  });

  it("that say exit 0 one after the other all run", async () => {
    const { output, code } = await start({
      scripts: ["export A=1; exit 0", "export B=2$A; exit 0", "echo $B; exit 0"],
      command: "echo $A $B",
    });
    expect(output).toBe("21\n1 21\n");
    expect(code).toBe(0);
  });

  it("do not eat the prompt: it reaches the command byte for byte", async () => {
    const prompt = Buffer.from([
      ...Buffer.from("line\r\n\n  é \\n $HOME `x`\n"),
      0,
      0xff,
      0xfe,
      0x0a,
      0x0a,
    ]);
    const { bytes, code } = await start({
      scripts: ["cat; read -r line || true; exit 0", "cat"],
      command: "cat",
      prompt,
    });
    expect(bytes.equals(prompt)).toBe(true);
    expect(code).toBe(0);
  });

  it("and a command without a prompt find nothing on standard input", async () => {
    expect((await start({ scripts: ["cat"], command: "cat; echo end" })).output).toBe("end\n");
  });

  it.each([
    ["runs to its end", ""],
    ["says exit 0", "exit 0"],
  ])("leave no shell options behind when one %s", async (_what, ending) => {
    const show = 'echo "$-"; shopt -p | sort; set +o | sort';
    const plain = await start({ scripts: ["true"], command: show });
    const changed = await start({
      scripts: [
        `set +e +o pipefail; set -u -f -x -C; set -o noglob; shopt -s nullglob extglob dotglob nocasematch expand_aliases\n${ending}`,
      ],
      command: show,
    });
    expect(changed.output).toBe(plain.output);
    const fails = await start({ scripts: ["set +e", "false\necho not reached"], command: "true" });
    expect(fails).toMatchObject({ code: 1, output: "", started: false });
  });

  it.each([
    ["runs to its end", ""],
    ["says exit 0", "exit 0"],
  ])("leave no traps but those of signals behind when one %s", async (_what, ending) => {
    const { output, code } = await start({
      scripts: [`trap 'echo err' ERR; trap 'true' DEBUG; trap 'echo bye' EXIT\n${ending}`],
      command: "trap -p EXIT; trap -p ERR; trap -p DEBUG; (exit 3) || true; echo end",
    });
    expect(output).toBe("bye\nend\n");
    expect(code).toBe(0);
  });

  it("may use trap as they know it", async () => {
    const { output, code } = await start({
      scripts: [
        "trap -- 'echo one' EXIT\ntrap 'echo two' 0\ntrap -p EXIT >/dev/null; exit 0",
        "trap 'echo three' EXIT SIGUSR1\nkill -USR1 $$\nexit 0",
        "trap 'echo no' EXIT; trap - EXIT; exit 0",
        "trap 'echo no' SIGEXIT; trap EXIT; exit 0",
      ],
      command: "echo end",
    });
    expect(output).toBe("two\nthree\nthree\nend\n");
    expect(code).toBe(0);
  });

  it("have subshells with EXIT traps of their own", async () => {
    const { output, code } = await start({
      scripts: [
        "(trap 'echo sub' EXIT; true)\nx=$(trap 'echo inner' EXIT; echo a)\necho $x\n{ trap 'echo piped' EXIT; true; } | cat\necho on",
      ],
      command: "echo end",
    });
    expect(output).toBe("sub\na inner\npiped\non\nend\n");
    expect(code).toBe(0);
  });
});

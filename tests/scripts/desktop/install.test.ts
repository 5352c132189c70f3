import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// install.sh and install-record.sh with package managers that only write down how they were called. Nothing of the
// machine may be seen or changed: the PATH holds links to the harmless tools the script uses, and stubs for the rest.

const desktop = fileURLToPath(new URL("../../../desktop/", import.meta.url));
const programs = [
  "Xvnc",
  "fluxbox",
  "xterm",
  "websockify",
  "import",
  "xdotool",
  "wmctrl",
  "xdpyinfo",
  "xprop",
  "xwininfo",
];
const tools = [
  "bash",
  "cat",
  "cut",
  "dirname",
  "grep",
  "head",
  "paste",
  "sed",
  "sort",
  "touch",
  "tr",
  "true",
];
const stubs = ["find", "rm", "tee", "chmod", "ldconfig", "cp", "dpkg-deb", "tar", "yes"];

let directory: string;
let bin: string;

async function program(name: string, body: string): Promise<void> {
  const path = join(bin, name);
  await writeFile(path, `#!/bin/bash\n${body}\n`);
  await chmod(path, 0o755);
}

/** A stub that records who called it how, and then does `body`. */
function stub(name: string, body = ""): Promise<void> {
  return program(name, `echo "\${STUB_USER:-user}: ${name} $*" >>'${directory}/calls'\n${body}`);
}

/** Shell text for what an installation leaves behind: these programs, and noVNC's files. */
function leaves(names: string[], novnc = true): string {
  const paths = names.map((name) => `'${bin}/${name}'`);
  const lines = paths.map((path) => `echo '#!/bin/bash' >${path}`);
  if (paths.length > 0) lines.push(`/bin/chmod 755 ${paths.join(" ")}`);
  if (novnc) lines.push(`/bin/mkdir -p '${directory}/novnc'; touch '${directory}/novnc/vnc.html'`);
  return lines.join("\n");
}

function replaceOnce(text: string, what: string | RegExp, by: string): string {
  const replaced = text.replace(what, () => by);
  if (replaced === text) throw new Error(`install.sh no longer has ${what}`);
  return replaced;
}

interface Result {
  code: number;
  stdout: string;
  stderr: string;
  calls: string[];
}

/** sudo runs the command as root, without its own options and the assignments before it; or it asks for a password. */
async function surroundings(uid: number, sudo: boolean | "refuses"): Promise<void> {
  await program("id", `echo ${uid}`);
  const runs = 'while [[ $1 == -* || $1 == *=* ]]; do shift; done\nSTUB_USER=root exec "$@"';
  if (sudo !== false) await stub("sudo", sudo === "refuses" ? "exit 1" : runs);
}

async function run(options: {
  uid: number;
  sudo?: boolean | "refuses";
  record?: boolean;
}): Promise<Result> {
  await surroundings(options.uid, options.sudo ?? options.uid !== 0);
  let text = await readFile(join(desktop, "install.sh"), "utf8");
  text = replaceOnce(text, "prefix=/opt/agent-runner-desktop\n", `prefix='${directory}/prefix'\n`);
  text = replaceOnce(text, "/usr/share/novnc /usr/share/webapps/novnc;", `'${directory}/novnc';`);
  text = replaceOnce(text, /^PATH=.*$/m, "");
  if (options.record) text += `\n${await readFile(join(desktop, "install-record.sh"), "utf8")}`;
  return execute(text, options.uid);
}

async function execute(text: string, uid: number): Promise<Result> {
  const script = join(directory, "script.sh");
  await writeFile(script, text);
  const result = await new Promise<Omit<Result, "calls">>((resolve) => {
    const env = { PATH: bin, ...(uid === 0 ? { STUB_USER: "root" } : {}) };
    const argv = ["--noprofile", "--norc", "-eo", "pipefail", script];
    const child = execFile("/bin/bash", argv, { env, cwd: directory }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin?.end();
  });
  const calls = await readFile(join(directory, "calls"), "utf8").catch(() => "");
  return { ...result, calls: calls.split("\n").filter((call) => call !== "") };
}

/** The calls of one program, with the user in front: "root: apk add …". */
function of(calls: string[], name: string): string[] {
  return calls.filter((call) => call.split(" ")[1] === name);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "desktop-install-"));
  bin = join(directory, "bin");
  await mkdir(bin);
  for (const tool of tools) {
    const path = [`/usr/bin/${tool}`, `/bin/${tool}`].find(existsSync);
    if (path === undefined) throw new Error(`this machine has no ${tool}`);
    await symlink(path, join(bin, tool));
  }
  for (const name of stubs)
    await stub(name, name === "tee" || name === "tar" || name === "yes" ? "cat >/dev/null" : "");
  await program("mkdir", `[[ $* != *'${directory}'* ]] || exec /bin/mkdir "$@"`);
  await program("mktemp", `/bin/mkdir -p '${directory}/work'; echo '${directory}/work'`);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe("Fedora", () => {
  const install =
    "root: dnf install -y --setopt=install_weak_deps=False --setopt=tsflags=nodocs tigervnc-server-minimal fluxbox xterm " +
    "novnc python3-websockify ImageMagick xdotool wmctrl xdpyinfo xprop xwininfo dejavu-sans-mono-fonts util-linux";

  it.each([0, 4321])("installs with dnf, as root or through sudo (uid %i)", async (uid) => {
    await stub("dnf", leaves(programs));
    const { code, stderr, calls } = await run({ uid });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(of(calls, "dnf")).toEqual([install, "root: dnf clean all"]);
    expect(of(calls, "sudo")).toHaveLength(uid === 0 ? 0 : 3);
  });
});

describe("Alpine", () => {
  it.each([0, 4321])("installs with apk, as root or through sudo (uid %i)", async (uid) => {
    await stub("apk", leaves(programs));
    const { code, calls } = await run({ uid });
    expect(code).toBe(0);
    expect(of(calls, "apk")).toEqual([
      "root: apk add --no-cache tigervnc fluxbox xterm novnc websockify imagemagick xdotool wmctrl xdpyinfo xprop " +
        "xwininfo xkbcomp xkeyboard-config font-dejavu",
    ]);
  });
});

describe("Arch", () => {
  const packages =
    "tigervnc fluxbox xterm websockify imagemagick xdotool wmctrl xorg-xdpyinfo xorg-xprop xorg-xwininfo xorg-xauth ttf-dejavu";

  it("uses yay as the image's ordinary user, without sudo in front", async () => {
    await stub("yay", leaves(programs));
    await stub("pacman");
    const { code, calls } = await run({ uid: 1000 });
    expect(code).toBe(0);
    expect(of(calls, "yay")).toEqual([
      `user: yay -Syu --needed --noconfirm ${packages}`,
      "user: yay -S --needed --noconfirm novnc",
    ]);
    expect(of(calls, "pacman")).toEqual(["root: pacman -Scc"]);
  });

  it.each([0, 1000])("downloads noVNC when yay cannot build it (uid %i)", async (uid) => {
    const cannot = `[[ $* != *novnc ]] || exit 1\n${leaves(programs, false)}`;
    await stub("yay", cannot);
    await stub("pacman", leaves(programs, false));
    await program("getent", 'echo "${2:-builder}:x:1000:1000::/home/builder:/bin/bash"');
    await program("runuser", 'shift 3; [ "$1" != env ] || shift 2; STUB_USER=builder exec "$@"');
    await stub("curl", `echo bytes >'${directory}/work/novnc.tar.gz'`);
    await stub("sha256sum", "/bin/cat >/dev/null");
    await stub("cp", leaves([]));
    const { code, stdout, stderr, calls } = await run({ uid, sudo: true });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("yay could not build noVNC");
    expect(of(calls, "yay").at(-1)).toMatch(/: yay -S --needed --noconfirm novnc$/);
    expect(of(calls, "curl")).toHaveLength(1);
    expect(of(calls, "cp")).toEqual([expect.stringMatching(/^root: cp -r /)]);
    expect(of(calls, "pacman").at(-1)).toBe("root: pacman -Scc");
  });

  it("fails when yay cannot install the packages", async () => {
    await stub("yay", "exit 1");
    await stub("pacman");
    const { code, calls } = await run({ uid: 1000 });
    expect(code).toBe(1);
    expect(of(calls, "yay")).toHaveLength(1);
  });

  it("never runs yay as root: pacman for the packages, a sudo user for noVNC", async () => {
    await stub("yay", leaves([]));
    await stub("pacman", leaves(programs, false));
    await program("getent", 'echo "${2:-builder}:x:1000:1000::/home/builder:/bin/bash"');
    await program(
      "runuser",
      'shift 3; if [ "$1" = env ]; then shift 2; fi; STUB_USER=builder exec "$@"',
    );
    const { code, stderr, calls } = await run({ uid: 0, sudo: true });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(of(calls, "pacman")[0]).toBe(`root: pacman -Syu --needed --noconfirm ${packages}`);
    expect(of(calls, "yay")).toEqual(["builder: yay -S --needed --noconfirm novnc"]);
  });

  describe("as root with yay, when nobody else may use sudo", () => {
    const archive = "https://github.com/novnc/noVNC/archive/refs/tags/v1.5.0.tar.gz";
    const download = (calls: string[]) => of(calls, "curl").map((call) => call.split(" ").at(-1));

    beforeEach(async () => {
      await stub("yay", "exit 9");
      await stub("pacman", leaves(programs, false));
      await stub("curl", `echo bytes >'${directory}/work/novnc.tar.gz'`);
      await stub("cp", leaves([]));
      await program("getent", "exit 0");
    });

    it("does without yay, and downloads a noVNC whose checksum is known", async () => {
      await stub("sha256sum", `/bin/cat >'${directory}/checked'`);
      const { code, stderr, calls } = await run({ uid: 0 });
      expect(stderr).toBe("");
      expect(code).toBe(0);
      expect(of(calls, "yay")).toEqual([]);
      expect(download(calls)).toEqual([archive]);
      expect(of(calls, "sha256sum")).toEqual(["root: sha256sum -c --status"]);
      expect(await readFile(join(directory, "checked"), "utf8")).toBe(
        `6a73e41f98388a5348b7902f54b02d177cb73b7e5eb0a7a0dcf688cc2c79b42a  ${directory}/work/novnc.tar.gz\n`,
      );
      expect(of(calls, "tar")[0]).toContain(`-xzf ${directory}/work/novnc.tar.gz`);
    });

    it("unpacks nothing else, and says what to do", async () => {
      await symlink("/usr/bin/sha256sum", join(bin, "sha256sum"));
      const { code, stderr, calls } = await run({ uid: 0 });
      expect(code).toBe(1);
      expect(stderr).toBe(
        `desktop install: what came from ${archive} does not have the SHA-256 ` +
          "6a73e41f98388a5348b7902f54b02d177cb73b7e5eb0a7a0dcf688cc2c79b42a: install noVNC in the base image, or use " +
          "desktop-install-script\n",
      );
      expect([...of(calls, "tar"), ...of(calls, "cp")]).toEqual([]);
    });

    it.each([
      [
        "cannot be reached",
        () => stub("curl", "exit 6"),
        `could not be downloaded from ${archive}`,
      ],
      ["is not asked, for want of curl", () => rm(join(bin, "curl")), "no curl to download it"],
    ])("says what to do when GitHub %s", async (_, arrange, said) => {
      await arrange();
      const { code, stderr } = await run({ uid: 0 });
      expect(code).toBe(1);
      expect(stderr).toContain(said);
      expect(stderr).toContain("install noVNC in the base image, or use desktop-install-script");
    });
  });

  it.each([0, 1000])("does with pacman alone (uid %i)", async (uid) => {
    await stub("pacman", leaves(programs));
    const { code, calls } = await run({ uid });
    expect(code).toBe(0);
    expect(of(calls, "pacman")).toEqual([
      `root: pacman -Syu --needed --noconfirm ${packages}`,
      "root: pacman -Scc",
    ]);
  });
});

describe("Debian", () => {
  // What apt-cache says about the packages that are unpacked, as in Debian 12, cut to what matters.
  const depends: Record<string, string> = {
    "tigervnc-standalone-server":
      "libc6 (>= 2.35), libgl1, xauth, libxfont2 (>= 1:2.0.1), perl:any, tigervnc-common (= 1.12)",
    "x11-utils": "libc6, libgl1, libxtst6",
    libgl1: "libc6 (>= 2.34), libglvnd0 (= 1.6.0-1), libglx0 (= 1.6.0-1)",
    libglx0: "libc6, libglvnd0, libglx-mesa0",
    fluxbox: "menu (>= 2.1.19), libxft2 (>> 2.1.1), libimlib2 (>= 1.4.5)",
    libimlib2: "libfreetype6, librsvg2-2, libspectre1, libheif1",
    imagemagick: "imagemagick-6.q16 (>= 8:6.9)",
    "imagemagick-6.q16": "libmagickcore-6.q16-6, libmagickwand-6.q16-6, hicolor-icon-theme",
    "libmagickcore-6.q16-6": "libheif1, libpng16-16, imagemagick-6-common (>= 8:6.9)",
    "libmagickwand-6.q16-6": "libgomp1, libmagickcore-6.q16-6",
    "imagemagick-6-common": "",
    novnc: "nodejs, python3-novnc, websockify",
    "python3-websockify": "python3-numpy, python3:any",
  };

  /** `whenInstalling`, `whenDownloading` and `whenSimulating` are what apt-get does then. */
  async function apt(
    known: Record<string, string>,
    whenInstalling: string,
    { whenDownloading = "touch x.deb", whenSimulating = "" } = {},
  ): Promise<void> {
    const cases = Object.entries(known).map(([name, list]) => `${name}) echo 'Depends: ${list}';;`);
    await program("apt-cache", `case "\${@: -1}" in\n${cases.join("\n")}\nesac`);
    await program("dpkg-query", "exit 1");
    await stub(
      "apt-get",
      [
        'case " $* " in',
        `*' download '*) ${whenDownloading};;`,
        `*' -s install '*) ${whenSimulating};;`,
        `*' install '*) ${whenInstalling};;`,
        "esac",
      ].join("\n"),
    );
  }
  const simulated = (call: string) => call.includes(" -s install ");
  const installed = (calls: string[]) =>
    of(calls, "apt-get")
      .filter((call) => !simulated(call))
      .flatMap((call) => call.split(" install ").slice(1))
      .map((list) => list.split(" ").sort());

  it.each([0, 4321])(
    "unpacks the programs and installs only what they load (uid %i)",
    async (uid) => {
      await apt(depends, leaves(programs));
      const { code, stderr, calls } = await run({ uid });
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const expected =
        "libc6 libfreetype6 libglvnd0 libgomp1 libpng16-16 libxfont2 libxft2 libxtst6 python3 wmctrl ";
      const [packages, ...rest] = installed(calls);
      expect(rest).toEqual([]);
      expect([...new Set(packages)]).toEqual(
        `${expected} x11-xkb-utils xauth xdotool xkb-data xterm`.split(/ +/).sort(),
      );
      const download = of(calls, "apt-get").find((call) => call.includes(" download "));
      for (const name of Object.keys(depends).filter((name) => name !== "imagemagick"))
        expect(download?.split(" ")).toContain(name);
      // Everything but asking and the download into a directory of its own needs root.
      const asUser = of(calls, "apt-get").filter((call) => call.startsWith("user:"));
      const asked = of(calls, "apt-get").filter(simulated);
      expect(asked).toHaveLength(1);
      expect(asUser).toEqual(uid === 0 ? [] : [...asked, download]);
      expect(of(calls, "apt-get").at(-1)).toBe("root: apt-get clean");
      expect(of(calls, "find")).toContain(
        "root: find /var/lib/apt/lists /var/cache/ldconfig -mindepth 1 -delete",
      );
      expect(
        of(calls, "apt-get").every(
          (call) => !/ install /.test(call) || call.includes("APT::Install-Recommends=false"),
        ),
      ).toBe(true);
    },
  );

  const { novnc: _, ...withoutNovnc } = depends;
  const { fluxbox: __, ...withoutFluxbox } = depends;

  it.each([
    ["a package is not there", withoutNovnc, {}, "unpacked: novnc"],
    ["a dependency has another name", { ...depends, imagemagick: "magick" }, {}, "(a dependency)"],
    ["two are not there", withoutFluxbox, {}, "unpacked: fluxbox (a dependency)"],
    ["what they load cannot be installed", depends, { whenSimulating: "exit 100" }, "lean way"],
  ])("installs whole packages where %s", async (_what, known, failing, said) => {
    await apt(known, leaves(programs), failing);
    const { code, stdout, calls } = await run({ uid: 0 });
    expect(code).toBe(0);
    expect(stdout).toContain(said);
    expect(stdout).toContain("installing whole packages");
    expect(installed(calls)).toEqual([
      "fluxbox imagemagick tigervnc-standalone-server websockify wmctrl x11-utils xdotool xterm".split(
        " ",
      ),
    ]);
  });

  it("installs whole packages where the lean way leaves something missing", async () => {
    const complete = `if [[ $* == *imagemagick* ]]; then\n${leaves(programs)}\nfi`;
    await apt(depends, complete);
    const { code, stdout, calls } = await run({ uid: 0 });
    expect(code).toBe(0);
    expect(stdout).toContain("still missing: Xvnc");
    expect(installed(calls)).toHaveLength(2);
  });

  // A layer of whole packages, four times as large, would be kept for good because of a moment without a network.
  it.each([
    ["installed", "exit 100", {}],
    ["downloaded", "", { whenDownloading: "exit 100" }],
  ])(
    "fails when the packages cannot be %s, and does not try whole ones",
    async (what, installing, failing) => {
      await apt(depends, installing, failing);
      const { code, stdout, stderr, calls } = await run({ uid: 0 });
      expect(code).toBe(1);
      const verb = what.replace(/ed$/, "");
      expect(stderr).toBe(
        `desktop install: apt-get could not ${verb} the packages (it says why above)\n`,
      );
      expect(stdout).not.toContain("whole packages");
      expect(installed(calls)).toHaveLength(1);
    },
  );

  it("fails when apt has no lists", async () => {
    await apt({}, leaves(programs));
    const { code, stderr, calls } = await run({ uid: 0 });
    expect(code).toBe(1);
    expect(stderr).toContain("its lists could not be had");
    expect(installed(calls)).toEqual([]);
  });
});

describe("any system", () => {
  it("does nothing when everything is there already", async () => {
    await stub("apt-get");
    for (const name of programs) await program(name, "");
    await mkdir(join(directory, "novnc"));
    await writeFile(join(directory, "novnc", "vnc.html"), "");
    const { code, stdout, calls } = await run({ uid: 4321, sudo: false });
    expect(code).toBe(0);
    expect(stdout).toBe("desktop install: everything is installed already\n");
    expect(calls).toEqual([]);
  });

  it("says so when it knows no package manager, and what is missing", async () => {
    const { code, stderr } = await run({ uid: 0 });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "desktop install: no package manager it knows (apt-get, yay, pacman, dnf, apk): use desktop-install-script, or an " +
        `image that has ${programs.join(" ")} noVNC\n`,
    );
  });

  it.each(["apt-get", "pacman", "yay", "dnf", "apk"])(
    "says so when it may not become root for %s",
    async (name) => {
      await stub(name);
      if (name === "yay") await stub("pacman");
      const { code, stderr, calls } = await run({ uid: 4321, sudo: false });
      expect(code).toBe(1);
      expect(stderr).toContain("uid 4321) is not root and there is no sudo");
      expect(calls).toEqual([]);
    },
  );

  it("says so when there is a sudo that it may not use", async () => {
    await stub("apk");
    const { code, stderr, calls } = await run({ uid: 4321, sudo: "refuses" });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "desktop install: the image's user (uid 4321) is not root and may not use sudo, or not without a password: packages " +
        "cannot be installed\n",
    );
    expect(calls).toEqual(["user: sudo -n true"]);
  });

  it("names what an installation has left missing", async () => {
    await stub("apk", leaves(programs.slice(1)));
    const { code, stderr } = await run({ uid: 0 });
    expect(code).toBe(1);
    expect(stderr).toBe("desktop install: installed, and still missing: Xvnc\n");
  });

  it("fails when the package manager does", async () => {
    await stub("apk", "exit 7");
    expect((await run({ uid: 0 })).code).toBe(7);
  });
});

describe("recording", () => {
  it.each([
    ["apk", "apk add --no-cache ffmpeg"],
    ["dnf", "dnf install -y --setopt=install_weak_deps=False --setopt=tsflags=nodocs ffmpeg-free"],
    ["pacman", "pacman -Syu --needed --noconfirm ffmpeg"],
  ])("adds ffmpeg with %s", async (name, expected) => {
    await stub(name, `${leaves(programs)}\n[[ $* != *ffmpeg* ]] || {\n${leaves(["ffmpeg"])}\n}`);
    const { code, calls } = await run({ uid: 4321, record: true });
    expect(code).toBe(0);
    expect(of(calls, name)).toContain(`root: ${expected}`);
  });

  it("fails when there is no ffmpeg to be had", async () => {
    await stub("apk", leaves(programs));
    const { code, stderr } = await run({ uid: 0, record: true });
    expect(code).toBe(1);
    expect(stderr).toBe("desktop install: ffmpeg could not be installed\n");
  });
});

describe("setup", () => {
  it.each([false, "refuses"] as const)(
    "configures nothing, and says so, without root (sudo: %s)",
    async (sudo) => {
      await surroundings(4321, sudo);
      const text = await readFile(join(desktop, "setup.sh"), "utf8");
      const { code, stdout, stderr, calls } = await execute(
        replaceOnce(text, /^PATH=.*$/m, ""),
        4321,
      );
      expect(stderr).toBe("");
      expect(code).toBe(0);
      expect(stdout).toBe(
        "desktop setup: uid 4321 is not root and may not become root through sudo, nothing is configured\n",
      );
      expect(calls).toEqual(sudo ? ["user: sudo -n true"] : []);
    },
  );
});

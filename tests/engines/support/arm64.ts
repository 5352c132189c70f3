/** Programs of another processor on this machine: QEMU, which the kernel is told to run them with, and a Debian of theirs. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attempt, run } from "../../../scripts/shell.ts";
import { unpacked } from "./unpacked.ts";

const registered = "/proc/sys/fs/binfmt_misc";
const ours = "agent-runner-test-aarch64";

/** How a program of arm64 begins, and what of it counts. */
const magic =
  "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00";
const mask =
  "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff";

/** Whether the kernel runs arm64's programs already, by whatever this machine has. */
export async function runsArm64(): Promise<boolean> {
  if (process.arch === "arm64") return true;
  const names = await readdir(registered).catch(() => []);
  const texts = await Promise.all(
    names
      .filter((name) => name !== "register" && name !== "status")
      .map((name) => readFile(join(registered, name), "utf8")),
  );
  return texts.some((text) => /^enabled$/m.test(text) && /^magic .{32,36}b700/m.test(text));
}

/** With QEMU for arm64, as `docker/setup-qemu-action` does it: opened at once, so that no container needs to have it. */
export async function withQemu(body: () => Promise<void>): Promise<void> {
  const files = await unpacked("qemu", ["qemu-user-static"]);
  const qemu = join(files, "usr/bin/qemu-aarch64-static");
  if (!existsSync(join(registered, "register"))) {
    await run("mount", ["-t", "binfmt_misc", "binfmt_misc", registered]);
  }
  const end = () => writeFile(join(registered, ours), "-1").catch(() => {});
  await end(); // of a run that was killed
  await writeFile(join(registered, "register"), `:${ours}:M::${magic}:${mask}:${qemu}:OCF`);
  try {
    await body();
  } finally {
    await end();
  }
}

/** Makes an image of arm64 in that engine: what Debian's bash and coreutils need, and no more. */
export async function importArm64(image: string, env: { DOCKER_HOST: string }): Promise<void> {
  const packages = [
    ...["bash", "coreutils", "dash", "libc6", "libtinfo6"],
    ...["libacl1", "libattr1", "libgmp10", "libselinux1", "libpcre2-8-0"],
  ].map((name) => `${name}:arm64`);
  const files = await unpacked("arm64", packages, "arm64");
  await mkdir(join(files, "tmp"), { recursive: true, mode: 0o1777 });
  await writeFile(join(files, "etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
  await writeFile(join(files, "etc/group"), "root:x:0:\n");
  await run("chmod", ["1777", join(files, "tmp")]);
  const tar = `${files}.tar`;
  await run("tar", ["-C", files, "--owner=0", "--group=0", "-cf", tar, "."]);
  await run("docker", ["import", "--platform", "linux/arm64", tar, image], { env });
  const { code } = await attempt("rm", [tar]);
  if (code !== 0) throw new Error(`${tar} could not be removed`);
}

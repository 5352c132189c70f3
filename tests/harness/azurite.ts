/** Microsoft's own blob server for development, on a loopback port, with its data in a temporary folder. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BlobSASPermissions,
  ContainerClient,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { endProcess, isAlive } from "../../scripts/shell.ts";
import { freePort } from "./free-port.ts";

export interface Azurite {
  /** `127.0.0.1:PORT` */
  address: string;
  /** A signed address of a blob, by path (`/account/container/name?…`). It need not exist yet. */
  sign(name: string, permission: "read" | "write", validMs: number): string;
  /** The blob's bytes are replaced. */
  overwrite(name: string, bytes: Buffer): Promise<void>;
  read(name: string): Promise<Buffer>;
  remove(name: string): Promise<void>;
  stop(): Promise<void>;
}

const ACCOUNT = "devstoreaccount1";
/** Azurite's published key; it opens nothing but an Azurite. */
const KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const CONTAINER = "actions-cache";

/** Starts Azurite. Throws when it does not answer within 30 s. */
export async function startAzurite(): Promise<Azurite> {
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-azurite-"));
  const port = await freePort();
  const main = join(import.meta.dirname, "../../node_modules/azurite/dist/src/blob/main.js");
  const child = spawn(
    process.execPath,
    [
      ...[main, "--blobHost", "127.0.0.1", "--blobPort", String(port), "--location", dir],
      ...["--silent", "--disableTelemetry", "--skipApiVersionCheck"],
    ],
    { cwd: dir, stdio: "ignore", env: { PATH: process.env.PATH } },
  );
  const pid = child.pid;
  if (pid === undefined) throw new Error("cannot start azurite");
  child.unref();
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  const address = `127.0.0.1:${port}`;
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
  const container = new ContainerClient(`http://${address}/${ACCOUNT}/${CONTAINER}`, credential);
  await answering(container, pid);
  return {
    address,
    sign(name, permission, validMs) {
      const now = Date.now();
      const query = generateBlobSASQueryParameters(
        {
          containerName: CONTAINER,
          blobName: name,
          permissions: BlobSASPermissions.parse(permission === "read" ? "r" : "cw"),
          startsOn: new Date(now - 3_600_000),
          expiresOn: new Date(now + validMs),
        },
        credential,
      );
      return `/${ACCOUNT}/${CONTAINER}/${name}?${query}`;
    },
    overwrite: async (name, bytes) => {
      await container.getBlockBlobClient(name).uploadData(bytes);
    },
    read: (name) => container.getBlobClient(name).downloadToBuffer(),
    remove: async (name) => {
      await container.getBlobClient(name).deleteIfExists();
    },
    stop: async () => {
      await endProcess(pid);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answering(container: ContainerClient, pid: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await container.createIfNotExists();
      return;
    } catch (error) {
      if (!(await isAlive(pid)) || Date.now() > deadline) {
        throw new Error(`azurite does not answer: ${error}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

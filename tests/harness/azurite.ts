/** Microsoft's own blob server for development, on a loopback port, with its data in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BlobSASPermissions,
  ContainerClient,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { endProcess } from "../../scripts/shell.ts";
import { startServer } from "./server.ts";

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

/** Starts Azurite. Throws when it does not listen within 30 s. */
export async function startAzurite(): Promise<Azurite> {
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-azurite-"));
  const main = join(import.meta.dirname, "../../node_modules/azurite/dist/src/blob/main.js");
  const { pid, address } = await startServer(
    [
      ...([process.execPath, main, "--blobHost", "127.0.0.1", "--blobPort", "0"] as const),
      ...["--location", dir, "--silent", "--disableTelemetry", "--skipApiVersionCheck"],
    ],
    dir,
    /successfully listens on http:\/\/(127\.0\.0\.1:\d+)\W/,
  );
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
  const container = new ContainerClient(`http://${address}/${ACCOUNT}/${CONTAINER}`, credential);
  await container.createIfNotExists();
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

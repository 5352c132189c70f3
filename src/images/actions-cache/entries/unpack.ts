import { createReadStream, fstatSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { extract } from "tar-stream";
import { megabytes } from "../../../log/text.ts";
import { reasonOf } from "../../../log/trouble.ts";
import { mostBytes, type Promised, whatIsRefused } from "./member.ts";

/** An archive that is open already, and that this closes. */
export interface Archive {
  readonly descriptor: number;
  readonly packedWith: "zstd" | "gzip";
}

/** What is wrong with an archive; `refused` where asking again would bring the same. */
export interface Wrong {
  readonly why: string;
  readonly refused: boolean;
}

class Refused extends Error {}

/** Headers, padding and the end of an archive; GNU tar needs some 12 KB. */
const overhead = 1_000_000;
/** What is unpacked is written in pieces of this size: a block of zstd has no more. */
const pieceBytes = 128 * 1024;
/** 2^23 bytes, which a reader of zstd should have (RFC 8878); the machine's zstd uses 2^21 unless it is told to. */
const windowLog = 23;

/**
 * Unpacks the one file of an entry into the folder, as it comes: an entry is somebody's archive. Each member is looked
 * at before a byte of it is written, and is written nowhere but where the file belongs; of an archive that has anything
 * else, or more than was promised, nothing stays.
 */
export async function unpack(
  { descriptor, packedWith }: Archive,
  folder: string,
  promised: Promised,
): Promise<Wrong | undefined> {
  const path = join(folder, promised.file);
  const maxBytes = mostBytes(promised.maxBytes, fstatSync(descriptor).size);
  const members = extract();
  const [taken, unpacked] = await Promise.allSettled([
    takeMembers(members, path, { ...promised, maxBytes }),
    pipeline(
      createReadStream("", { fd: descriptor, highWaterMark: pieceBytes }),
      unpacker(packedWith),
      atMost(maxBytes + overhead),
      members,
    ),
  ]);
  const failed = [taken, unpacked]
    .filter((one) => one.status === "rejected")
    .map(({ reason }) => reason as unknown);
  if (failed.length === 0) {
    return undefined;
  }
  await rm(path, { force: true, recursive: true });
  const refused = failed.find((error) => error instanceof Refused);
  return refused === undefined
    ? { why: `the entry's archive cannot be unpacked: ${reasonOf(failed.at(-1))}`, refused: false }
    : { why: refused.message, refused: true };
}

async function takeMembers(
  members: ReturnType<typeof extract>,
  path: string,
  promised: Promised,
): Promise<void> {
  let taken = 0;
  for await (const member of members) {
    const refused = whatIsRefused(member.header, promised, taken);
    if (refused !== undefined) {
      throw new Refused(refused);
    }
    taken += 1;
    await rm(path, { force: true, recursive: true }); // a link there must not be written through
    const file = await open(path, "wx", 0o600);
    await pipeline(member, file.createWriteStream({ highWaterMark: pieceBytes }));
  }
  if (taken === 0) {
    throw new Refused("the entry's archive is empty");
  }
}

function unpacker(packedWith: Archive["packedWith"]) {
  return packedWith === "gzip"
    ? createGunzip({ chunkSize: pieceBytes })
    : createZstdDecompress({
        chunkSize: pieceBytes,
        params: { [constants.ZSTD_d_windowLogMax]: windowLog },
      });
}

/** Passes bytes on, but no more than so many: headers and empty blocks can be a bomb, too. */
function atMost(bytes: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed > bytes) {
        done(new Refused(`the entry's archive unpacks to more than ${megabytes(bytes)}`));
      } else {
        done(null, chunk);
      }
    },
  });
}

import { zstdCompressSync } from "node:zlib";

/** What `tar` itself would not write. */
export interface Poison {
  name: string;
  /** The letter of the format: a file unless given. */
  type?: "0" | "1" | "2" | "3" | "5" | "6" | "L" | "S" | "x" | "g";
  content?: Buffer | string;
  target?: string;
  mode?: number;
}

const block = 512;

/** An archive of an entry, packed as `@actions/cache` has it. */
export function poisoned(members: readonly Poison[], after: Buffer = Buffer.alloc(0)): Buffer {
  const end = Buffer.alloc(2 * block);
  return zstdCompressSync(Buffer.concat([...members.flatMap(bytesOf), end, after]));
}

/** A field of a pax header. */
export function pax(name: string, value: string): Poison {
  const rest = ` ${name}=${value}\n`;
  const length = rest.length + 2;
  return { name: "PaxHeader", type: "x", content: `${length}${rest}` };
}

function bytesOf({ name, type = "0", content = "", target = "", mode = 0o644 }: Poison): Buffer[] {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number) =>
    header.write(`${value.toString(8).padStart(digits, "0")}\0`, at);
  header.write(name, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(bytes.length, 124, 11);
  octal(0, 136, 11);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write("ustar\x0000", 257);
  octal(1, 329, 7);
  octal(3, 337, 7);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  return [header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)];
}

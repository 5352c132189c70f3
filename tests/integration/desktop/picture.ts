/** Reads screenshots: just enough of PNG for what ImageMagick and Chromium write, without a library. */
import { readFile } from "node:fs/promises";
import { inflateSync } from "node:zlib";

export type Color = readonly [red: number, green: number, blue: number];

export interface Picture {
  width: number;
  height: number;
  at(x: number, y: number): Color;
}

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export async function readPicture(path: string): Promise<Picture> {
  return decodePicture(await readFile(path));
}

/** Throws for what is no PNG, for one that is cut short, and for interlaced ones. */
export function decodePicture(file: Buffer): Picture {
  const chunks = chunksOf(file);
  const header = chunks.find(({ type }) => type === "IHDR")?.data;
  if (!header || chunks.at(-1)?.type !== "IEND") throw new Error("the PNG is not complete");
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const depth = header.readUInt8(8);
  const kind = header.readUInt8(9);
  const channels = CHANNELS[kind] ?? 0;
  if (channels === 0 || header.readUInt8(12) !== 0) throw new Error("a PNG of another kind");
  const palette = chunks.find(({ type }) => type === "PLTE")?.data;
  const packed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const stride = Math.ceil((width * channels * depth) / 8);
  const bytes = Math.max(1, (channels * depth) >> 3);
  const rows = unfilter(inflateSync(Buffer.concat(packed)), stride, height, bytes);
  const sample = (x: number, y: number, channel: number) => {
    const bit = (x * channels + channel) * depth;
    const byte = rows[y * stride + (bit >> 3)] ?? 0;
    // Of 16 bits the first 8 do.
    return depth >= 8 ? byte : (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  };
  return {
    width,
    height,
    at(x, y) {
      if (kind === 3) {
        const index = sample(x, y, 0) * 3;
        return [palette?.[index] ?? 0, palette?.[index + 1] ?? 0, palette?.[index + 2] ?? 0];
      }
      if (channels >= 3) return [sample(x, y, 0), sample(x, y, 1), sample(x, y, 2)];
      const gray = depth >= 8 ? sample(x, y, 0) : (sample(x, y, 0) * 255) / ((1 << depth) - 1);
      return [gray, gray, gray];
    },
  };
}

function chunksOf(file: Buffer): { type: string; data: Buffer }[] {
  if (file.toString("latin1", 1, 4) !== "PNG") throw new Error("this is no PNG");
  const chunks = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    chunks.push({ type, data: file.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** Undoes PNG's line filters. */
function unfilter(data: Buffer, stride: number, height: number, bytes: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const raw = data[y * (stride + 1) + 1 + x] ?? 0;
      const left = x >= bytes ? (out[y * stride + x - bytes] ?? 0) : 0;
      const up = y > 0 ? (out[(y - 1) * stride + x] ?? 0) : 0;
      const corner = y > 0 && x >= bytes ? (out[(y - 1) * stride + x - bytes] ?? 0) : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0;
      out[y * stride + x] = (raw + guess) & 255;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

export function same(one: Color, other: Color, tolerance = 0): boolean {
  return one.every((value, index) => Math.abs(value - (other[index] ?? 0)) <= tolerance);
}

/** `#rrggbb` */
export function color(text: string): Color {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** How much of an area has a color, 0 to 1. */
export function share(picture: Picture, area: Area, wanted: Color, tolerance = 0): number {
  let count = 0;
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) {
      if (same(picture.at(x, y), wanted, tolerance)) count++;
    }
  }
  return count / (area.width * area.height);
}

/** How many colors an area has. */
export function colors(picture: Picture, area: Area): number {
  const seen = new Set<string>();
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) seen.add(picture.at(x, y).join());
  }
  return seen.size;
}

export function whole({ width, height }: Picture): Area {
  return { x: 0, y: 0, width, height };
}

/** Bright text on a dark ground: for each line, from the top, where its last bright pixel is, in columns. */
export function textLines(picture: Picture, area: Area): number[] {
  const lines: number[] = [];
  let inLine = false;
  for (let y = area.y; y < area.y + area.height; y++) {
    let last = -1;
    for (let x = area.x; x < area.x + area.width; x++) {
      if (picture.at(x, y).every((value) => value > 100)) last = x - area.x;
    }
    if (last >= 0) lines.push(Math.max(inLine ? (lines.pop() ?? 0) : 0, last));
    inLine = last >= 0;
  }
  return lines;
}

import { expect, it } from "vitest";
import { bytesIn } from "../../../src/engine/sizes.ts";

it.each([
  ["5.59MB", 5_590_000],
  ["12kB", 12_000],
  ["1.2GB", 1_200_000_000],
  ["0B", 0],
  ["", 0],
  ["N/A", 0],
])("the size %j is %i bytes", (size, bytes) => {
  expect(bytesIn(size)).toBe(bytes);
});

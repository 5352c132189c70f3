import { expect, it } from "vitest";
import { load } from "./workspace.ts";

it.each([
  ["", 2e9, 10_000],
  ["2g, 10000 files", 2e9, 10_000],
  ["500m", 5e8, 10_000],
  ["1 file", 2e9, 1],
  ["10GB,5 files", 1e10, 5],
  ["64K , 7 files", 64_000, 7],
  ["0", 0, 10_000],
  ["0 files", 2e9, 0],
])("artifacts-limit: %j", async (text, bytes, files) => {
  const { settings } = await load({ inputs: { command: "true", "artifacts-limit": text } });
  expect(settings["artifacts-limit"]).toEqual({ bytes, files });
});

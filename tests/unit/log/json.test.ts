import { expect, it } from "vitest";
import { parseJson } from "../../../src/log/json.ts";

it.each<[string, unknown]>([
  ['{"a":[1]}', { a: [1] }],
  ["null", null],
  ['""', ""],
  ["", undefined],
  ["{", undefined],
  ["undefined", undefined],
])("%s", (text, json) => expect(parseJson(text)).toEqual(json));

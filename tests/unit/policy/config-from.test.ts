import { expect, it } from "vitest";
import { configFromOf, trustOf } from "../../../src/policy/trust.ts";
import { eventCases } from "./events.ts";

it.each(eventCases)("$name, trusted: $trusted (%#)", ({ name, payload, trusted }) => {
  expect(trustOf(name, payload).trusted).toBe(trusted);
  expect(configFromOf({ name, payload })).toBe(trusted ? "checkout" : "default-branch");
});

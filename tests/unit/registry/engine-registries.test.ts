import { expect, it } from "vitest";
import { isInsecure } from "../../../src/registry/engine-registries.ts";

const said = {
  mirrors: [],
  insecureHosts: ["plain.example:5000", "Bare.example"],
  insecureNetworks: [
    "10.1.0.0/16",
    "fd00::/8",
    "127.0.0.0/8",
    "nonsense",
    "10.0.0.0/99",
    "10.9.0.0",
  ],
};
const names: Record<string, string[]> = {
  "inside.example": ["192.0.2.1", "10.1.2.3"],
  "outside.example": ["192.0.2.1"],
};

it.each([
  ["plain.example:5000", true],
  ["PLAIN.example:5000", true],
  ["plain.example", false],
  ["plain.example:5001", false],
  ["bare.example", true],
  ["bare.example:443", false],
  ["10.1.255.255:5000", true],
  ["10.2.0.1:5000", false],
  ["10.9.0.0", false],
  ["[fd00::1]:5000", true],
  ["[fe00::1]", false],
  ["inside.example:5000", true],
  ["outside.example", false],
  ["unknown.example", false],
])("%s needs no trusted certificate: %s", async (host, is) => {
  expect(await isInsecure(host, said, async (name) => names[name] ?? [])).toBe(is);
});

it("an address in an old spelling is not looked up", async () => {
  expect(await isInsecure("127.1:5000", said)).toBe(false);
});

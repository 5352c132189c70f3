import { expect, it } from "vitest";
import { parseReference, type Reference } from "../../../src/keys/reference.ts";
import { placeOf } from "../../../src/registry/address.ts";
import { isLoopback } from "../../../src/registry/loopback.ts";

const hub = "https://registry-1.docker.io/v2";

it.each([
  ["debian:12", "docker.io", `${hub}/library/debian`],
  ["index.docker.io/library/debian", "docker.io", `${hub}/library/debian`],
  ["docker.io/o/i", "docker.io", `${hub}/o/i`],
  ["ghcr.io/o/i", "ghcr.io", "https://ghcr.io/v2/o/i"],
  ["r.example:5000/i", "r.example:5000", "https://r.example:5000/v2/i"],
  ["localhost:5000/i", "localhost:5000", "http://localhost:5000/v2/i"],
  ["127.0.0.2/i", "127.0.0.2", "http://127.0.0.2/v2/i"],
  ["[::1]:5000/i", "[::1]:5000", "http://[::1]:5000/v2/i"],
])("%s is asked for at %s", (text, registry, url) => {
  expect(placeOf(parseReference(text) as Reference)).toMatchObject({ registry, url });
});

// the whole name counts, not how it begins or ends
it.each([
  "127.evil.example",
  "localhost.evil.example",
  "evil.localhost.example",
  "127.0.0.1.evil.example",
  "[::2]",
  "",
])("%s is not this machine", (host) => expect(isLoopback(host)).toBe(false));

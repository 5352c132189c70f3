import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";

// a value of each kind of sign: `env` has it as SECRET
const value = "a/b c'd\"e$f`g&h~i(j)k=l@m:n,o;p?q#r%s\\t!u*v+w";

it.each([
  'set -x; : "$SECRET"',
  'set -x; : "key: $SECRET"',
  'set -x; [[ x == "$SECRET" ]]',
  'set -x; case "$SECRET" in x) ;; esac; A=$SECRET',
  'printf "%q" "$SECRET"',
  "export -p",
  "declare -p SECRET",
  'echo "${SECRET@Q}"',
])("hides a value as bash writes it: %s", (script) => {
  const env = { PATH: process.env.PATH, SECRET: value, LANG: "C.UTF-8" };
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { env, encoding: "utf8" });
  const told = createRedactor([value]).redact(`${stdout}${stderr}`);
  expect(told).toContain("***");
  expect(told).not.toMatch(/t\W*!\W*u/);
});

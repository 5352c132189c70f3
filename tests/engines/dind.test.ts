import { tmpdir } from "node:os";
import { test } from "vitest";
import { withDind } from "./support/dind.ts";
import { walkThrough } from "./support/walk.ts";

// the folders of all jobs are in the temp folder
test("Docker in Docker that shares the folder of the jobs", () =>
  withDind([tmpdir()], walkThrough));

test("Docker in Docker that shares nothing", () => withDind([], walkThrough));

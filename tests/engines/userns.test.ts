import { test } from "vitest";
import { ownEngine } from "../integration/support/own-engine.ts";
import { walkThrough } from "./support/walk.ts";

test("walk", async () => {
  await walkThrough({ DOCKER_HOST: process.env.OW_HOST ?? "" });
});

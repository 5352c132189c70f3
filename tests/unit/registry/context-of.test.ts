import { expect, it } from "vitest";
import { contextOf } from "../../../src/registry/docker-config.ts";
import { workspace } from "../settings/workspace.ts";

const home = (config: object) => workspace({ ".docker/config.json": JSON.stringify(config) });

it.each([
  ["nothing is said", {}, {}, "default"],
  ["docker context use", { currentContext: "far" }, {}, "far"],
  ["a variable", { currentContext: "far" }, { DOCKER_CONTEXT: "near" }, "near"],
  ["an empty variable", { currentContext: "far" }, { DOCKER_CONTEXT: "" }, "far"],
  [
    "DOCKER_HOST",
    { currentContext: "far" },
    { DOCKER_HOST: "tcp://h:1", DOCKER_CONTEXT: "n" },
    "default",
  ],
  ["an empty DOCKER_HOST", { currentContext: "far" }, { DOCKER_HOST: "" }, "far"],
  ["no text", { currentContext: 3 }, {}, "default"],
])(
  "the context in use is told by the CLI's rules: %s",
  async (_, config, environment, expected) => {
    expect(await contextOf({ HOME: home(config), ...environment })).toBe(expected);
  },
);

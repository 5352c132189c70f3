import { expect, test } from "vitest";
import { execSync } from "node:child_process";
import { act, messages, printed } from "./support/act.ts";
import { useEngine } from "./support/engines.ts";
import { SMALL_BASE_IMAGE } from "./support/images.ts";
const engine = useEngine({ containerd: true });
test("fall-back on containerd", async () => {
  const { env, docker } = engine();
  execSync(`docker save ${SMALL_BASE_IMAGE} | docker -H ${env.DOCKER_HOST} load`);
  const result = await act({ "base-image": SMALL_BASE_IMAGE, "cached-preflight": "echo here >/made", command: "echo task: $(cat /made)", network: "none" }, { env });
  console.log(messages(result, "error"), messages(result, "warning"));
  expect(printed(result)).toEqual(["task: here"]);
  console.log(await docker("images", "-a"), await docker("ps", "-a"));
});

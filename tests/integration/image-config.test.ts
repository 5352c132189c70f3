import { afterAll, beforeAll, expect, test } from "vitest";
import { BASE_IMAGE } from "../harness/base-image.ts";
import { act, layer, printed, salt } from "./support/act.ts";
import { buildImage, removeOwn } from "./support/images.ts";

// An image that says much of itself: none of it may get lost, and none of it in the way.

const image = `agent-runner-test-config:${salt()}`;

beforeAll(() =>
  buildImage(image, [
    `FROM ${BASE_IMAGE}`,
    "RUN mkdir -p /opt/tool/bin /elsewhere && useradd --uid 4444 --create-home worker",
    "RUN printf '#!/bin/sh\\necho the tool\\n' >/opt/tool/bin/tool && chmod +x /opt/tool/bin/tool",
    "RUN printf 'export PATH=/nowhere FROM_PROFILE=1\\n' >/etc/profile.d/breaks.sh",
    'ENV PATH=/opt/tool/bin:/usr/bin:/bin GREETING="hello \\"world\\"" BASH_ENV=/etc/profile.d/breaks.sh',
    "ENV BASH_ENV=",
    "WORKDIR /elsewhere",
    "USER worker",
    'ENTRYPOINT ["/bin/echo", "the entrypoint swallows"]',
    'CMD ["the command"]',
  ]),
);
afterAll(() => removeOwn(image));

const inputs = {
  "base-image": image,
  "cached-preflight": "echo $PWD $PATH $(id -un) $GREETING $(tool) >/var/tmp/seen",
  "cache-version": salt(),
  command: [
    'echo "task: $PATH"',
    'echo "task: $GREETING ${FROM_PROFILE-no profile}"',
    'echo "task: $(tool)"',
    'echo "task: $PWD $(id -un) $HOME"',
    'echo "task: $(cat /var/tmp/seen)"',
  ].join("\n"),
};
const expected = [
  "task: /opt/tool/bin:/usr/bin:/bin",
  'task: hello "world" no profile',
  "task: the tool",
  "task: /workspace worker /home/worker",
  'task: / /opt/tool/bin:/usr/bin:/bin worker hello "world" the tool',
];

test("ENTRYPOINT, ENV, PATH, USER and WORKDIR of the image, installed at task start", async () => {
  const result = await act(inputs);
  expect(printed(result)).toEqual(expected);
  expect(result.transcript).not.toContain("swallows");
});

test("the same from a layer built on it, cold and warm", async () => {
  for (const source of ["built", "local"]) {
    const result = await act({ ...inputs, "cache-container-build": "true" });
    expect(layer(result, "env").source).toBe(source);
    expect(printed(result)).toEqual(expected);
  }
});

test("another folder for the workspace, and another user, by number and without a name", async () => {
  const result = await act({
    ...inputs,
    user: "1234:1234",
    "container-workdir": "/home/runner/my work",
    command: 'echo "task: $PWD $(id -u):$(id -g)"',
  });
  expect(printed(result)).toEqual(["task: /home/runner/my work 1234:1234"]);
});

test("`user: runner` is the runner's own number", async () => {
  const result = await act({ ...inputs, user: "runner", command: "echo task: $(id -u):$(id -g)" });
  expect(printed(result)).toEqual([`task: ${process.getuid?.()}:${process.getgid?.()}`]);
});

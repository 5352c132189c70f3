import { expect, it } from "vitest";
import { NoEngine } from "../../../src/engine/trouble.ts";

it.each([
  [
    "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?",
    /^no Docker engine answers on this runner\. Start one/,
  ],
  [
    "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41",
    /^the Docker engine cannot be used: .*`DOCKER_API_VERSION`/,
  ],
  [
    "Got permission denied while trying to connect to the Docker daemon socket at unix:///x.sock",
    /^the Docker engine cannot be used: .*group of the engine's socket/,
  ],
  [
    'error during connect: Get "https://1.2.3.4:2376/version": tls: failed to verify certificate: x509: unknown authority',
    /^the Docker engine cannot be used: .*`DOCKER_CERT_PATH`/,
  ],
  ["unable to parse docker host `foo`", /^the Docker engine cannot be used: .*check `DOCKER_HOST`/],
  ["it took longer than 60 s and was ended", /^the Docker engine cannot be used: it took longer/],
  [
    "Error response from daemon: something new",
    /^the Docker engine cannot be used: Error response/,
  ],
])("%s", (said, expected) => {
  expect(new NoEngine(said).message).toMatch(expected);
});

import { expect, it } from "vitest";
import { configChanges } from "../../../src/engine/flatten.ts";

it("says again what an image says of itself, and reads no variable in it", () => {
  const config = {
    Env: ["PATH=/bin:/usr/bin", 'ODD=a "b" $HOME \\n', "EMPTY="],
    WorkingDir: "/app",
    User: "agent",
    ExposedPorts: { "80/tcp": {} },
    Volumes: { "/data": {}, "/more": {} },
    StopSignal: "SIGINT",
    Labels: { "a.b": "c $d" },
  };
  expect(configChanges(config)).toEqual([
    'ENV PATH="/bin:/usr/bin"',
    'ENV ODD="a \\"b\\" \\$HOME \\\\n"',
    'ENV EMPTY=""',
    "WORKDIR /app",
    "USER agent",
    "EXPOSE 80/tcp",
    'VOLUME ["/data","/more"]',
    "STOPSIGNAL SIGINT",
    'LABEL "a.b"="c \\$d"',
  ]);
});

it("says nothing of an image that says nothing", () => {
  expect(configChanges({ Env: null, Volumes: {}, User: "" })).toEqual([]);
});

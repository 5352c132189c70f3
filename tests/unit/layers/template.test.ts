import { describe, expect, it } from "vitest";
import { dockerfileTemplate, scriptArgv } from "../../../src/layers/template.ts";

const argv =
  '["bash","--noprofile","--norc","-c","if [[ -s /run/agent-runner/ca-certificates.crt ]]; then for ar_name in SSL_CERT_FILE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO CARGO_HTTP_CAINFO AWS_CA_BUNDLE DENO_CERT NIX_SSL_CERT_FILE BUNDLE_SSL_CA_CERT HEX_CACERTS_PATH; do [[ -n ${!ar_name+x} ]] || export $ar_name=/run/agent-runner/ca-certificates.crt; done; fi; cd / && unset OLDPWD && exec bash --noprofile --norc -eo pipefail /run/agent-runner/build/a.sh </dev/null"]';
const bindScript =
  "--mount=type=bind,source=a.sh,target=/run/agent-runner/build/a.sh --mount=type=secret,id=agent-runner-ca,target=/run/agent-runner/ca-certificates.crt,mode=0444,required=false";
const plain = {
  scripts: ["a.sh"],
  withFiles: false,
  secrets: [],
  cacheVersion: undefined,
  remarks: [],
};

describe("a layer's Dockerfile template, byte for byte", () => {
  it("with one script", () => {
    expect(dockerfileTemplate(plain)).toBe(`FROM {{parent}}\nRUN ${bindScript} ${argv}\n`);
  });

  it("with a script each line, in their order", () => {
    const [from, first, second, rest] = dockerfileTemplate({
      ...plain,
      scripts: ["b.sh", "a.sh"],
    }).split("\n");
    expect(from).toBe("FROM {{parent}}");
    expect(first).toContain("build/b.sh </dev/null");
    expect(second).toBe(`RUN ${bindScript} ${argv}`);
    expect(rest).toBe("");
  });

  it("with files, secrets and cache-version", () => {
    expect(
      dockerfileTemplate({
        scripts: ["a.sh"],
        withFiles: true,
        secrets: ["x", "y"],
        cacheVersion: "7",
        remarks: [],
      }),
    ).toBe(
      `FROM {{parent}}\n# cache-version: 7\nRUN ${bindScript} ` +
        "--mount=type=bind,source=cache-version,target=/run/agent-runner/build/cache-version " +
        "--mount=type=bind,source=files,target=/tmp/agents-cached-files " +
        "--mount=type=secret,id=x,mode=0444,required=true " +
        "--mount=type=secret,id=y,mode=0444,required=true " +
        `${argv}\n`,
    );
  });

  it("never names a frontend, which BuildKit would pull first", () => {
    expect(dockerfileTemplate(plain)).not.toMatch(/^#\s*syntax/m);
  });

  it("changes with everything that changes the build", () => {
    const texts = [
      plain,
      { ...plain, scripts: ["b.sh"] },
      { ...plain, scripts: [] },
      { ...plain, withFiles: true },
      { ...plain, secrets: ["x"] },
      { ...plain, secrets: ["y"] },
      { ...plain, cacheVersion: "1" },
      { ...plain, cacheVersion: "2" },
      { ...plain, remarks: ["how"] },
    ].map((options) => dockerfileTemplate(options));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe("how a build script is run", () => {
  it("is as a `run:` step would, in /, with nothing on standard input", () => {
    const [shell, ...rest] = scriptArgv("a.sh");
    expect(shell).toBe("bash");
    expect(rest.slice(0, 3)).toEqual(["--noprofile", "--norc", "-c"]);
    expect(rest[3]).toMatch(
      /; cd \/ &&.* bash --noprofile --norc -eo pipefail .*a\.sh <\/dev\/null$/,
    );
  });
});

import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../../src/registry/challenge.ts";

/** Schemes and parameters, in order. */
const read = (header: string | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

const bearer = ["bearer", { realm: "https://a/t", service: "s" }];

describe("what a 401 asks for", () => {
  it.each<[string, unknown[]]>([
    ['Bearer realm="https://a/t",service="s"', [bearer]],
    ['bearer SERVICE="s" ,\tRealm = "https://a/t"', [bearer]],
    ["Bearer realm=r, error=invalid_token", [["bearer", { realm: "r", error: "invalid_token" }]]],
    ["Bearer realm=https://a/t,service=s", [bearer]],
    ["BEARER Realm=https://a/t , Service=s", [bearer]],
    ['Bearer realm="https://a/t"; service="s"', [["bearer", { realm: "https://a/t" }]]],
    ['Bearer realm="https://a/t?x=1&y=a=b"', [["bearer", { realm: "https://a/t?x=1&y=a=b" }]]],
    ["Basic", [["basic", {}]]],
    ["Negotiate", [["negotiate", {}]]],
    ["Negotiate YII=", [["negotiate", {}]]],
    ['Negotiate, Bearer realm="https://a/t",service="s"', [["negotiate", {}], bearer]],
    ['NTLM TlRMTVNTUAAC==, Bearer realm="https://a/t",service="s"', [["ntlm", {}], bearer]],
    [
      'Basic realm="x", Bearer realm="https://a/t", service="s"',
      [["basic", { realm: "x" }], bearer],
    ],
    ['Bearer realm="https://a/t",service="s",Basic realm="x"', [bearer, ["basic", { realm: "x" }]]],
    [
      ',, Basic realm="x" , , Negotiate ,',
      [
        ["basic", { realm: "x" }],
        ["negotiate", {}],
      ],
    ],
  ])("%s", (header, challenges) => expect(read(header)).toEqual(challenges));

  it("may have commas, quotes and whole challenges inside quoted strings", () => {
    expect(
      read(
        'Basic realm="a, \\"b\\", Bearer realm=\\"x\\"", Bearer realm="r",scope="a:b:pull,push"',
      ),
    ).toEqual([
      ["basic", { realm: 'a, "b", Bearer realm="x"' }],
      ["bearer", { realm: "r", scope: "a:b:pull,push" }],
    ]);
  });

  it("is nothing without a header, and in what is none", () => {
    for (const header of [undefined, "", " , ,", 'realm="x"']) expect(read(header)).toEqual([]);
  });

  it("loses what is malformed, and not the rest", () => {
    expect(read('Bearer realm="r" service="s"')).toEqual([
      ["bearer", { realm: "r", service: "s" }],
    ]);
    expect(read('Basic realm="x", Bearer realm="open')).toEqual([
      ["basic", { realm: "x" }],
      ["bearer", {}],
    ]);
  });

  it("is read in no time, however long it is", () => {
    const began = performance.now();
    for (const part of [" ,", 'a="', "a=\\", "a ", "="]) parseChallenges(part.repeat(20_000));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

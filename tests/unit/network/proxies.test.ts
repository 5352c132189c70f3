import { expect, it } from "vitest";
import { completeProxies, isExcepted } from "../../../src/network/proxies.ts";

it.each([
  [{ https_proxy: "proxy.example:3128" }, { https_proxy: "http://proxy.example:3128" }],
  [{ HTTP_PROXY: "me:word@proxy:1" }, { HTTP_PROXY: "http://me:word@proxy:1" }],
  [{ HTTPS_PROXY: "https://proxy:1" }, { HTTPS_PROXY: "https://proxy:1" }],
  [{ https_proxy: "" }, { https_proxy: "" }],
  [
    { NO_PROXY: "a.example", MY_HTTPS_PROXY: "x:1" },
    { NO_PROXY: "a.example", MY_HTTPS_PROXY: "x:1" },
  ],
])("%j is completed to %j", (given, expected) => {
  const environment = { ...given };
  completeProxies(environment);
  expect(environment).toEqual(expected);
});

it.each([
  ["https://r.corp.example/v2/", "*.corp.example", true],
  ["https://R.Corp.example/v2/", "x, *.CORP.example", true],
  ["https://corp.example/v2/", "*.corp.example", false],
  ["https://r.corp.example.org/v2/", "*.corp.example", false],
  ["https://10.1.2.3:5000/v2/", "a.example,10.0.0.0/8", true],
  ["https://11.1.2.3/v2/", "10.0.0.0/8", false],
  ["https://[fd00::1]/v2/", "fd00::/8 10.0.0.0/8", true],
  ["https://10.1.2.3/v2/", "10.0.0.0/99,/8,10.0.0.0/x", false],
  // a name is not looked up: only who asks directly would know its address
  ["https://r.corp.example/v2/", "10.0.0.0/8", false],
  ["https://r.corp.example/v2/", "", false],
])("%s with NO_PROXY=%s: %s", (url, except, is) => {
  expect(isExcepted(new URL(url), { NO_PROXY: except })).toBe(is);
});

it("small letters come first, where they say anything", () => {
  const url = new URL("https://r.corp.example/");
  expect(isExcepted(url, { no_proxy: "other", NO_PROXY: "*.example" })).toBe(false);
  expect(isExcepted(url, { no_proxy: "", NO_PROXY: "*.example" })).toBe(true);
});

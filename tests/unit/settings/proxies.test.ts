import { describe, expect, it } from "vitest";
import { proxiesOf, proxySecrets, withoutNamed } from "../../../src/settings/proxies.ts";

const proxy = "http://proxy.example:3128";

describe("the step's proxies", () => {
  it.each(["HTTP_PROXY", "https_proxy", "FTP_PROXY", "all_proxy"])(
    "are handed over in both spellings: %s",
    (name) => {
      const { values, warning } = proxiesOf({ [name]: proxy, PATH: "/bin" });
      expect(Object.fromEntries(values)).toEqual({
        [name.toUpperCase()]: proxy,
        [name.toLowerCase()]: proxy,
      });
      expect(warning).toBeUndefined();
    },
  );

  it("come with what is not sent through them, as it is", () => {
    const { values } = proxiesOf({ https_proxy: proxy, NO_PROXY: "localhost,.corp.example" });
    expect(values.get("NO_PROXY")).toBe("localhost,.corp.example");
    expect(values.get("no_proxy")).toBe("localhost,.corp.example");
  });

  it.each([{}, { HTTP_PROXY: "" }, { NO_PROXY: "a.example" }])("are none: %j", (environment) => {
    expect(proxiesOf(environment)).toEqual({ values: new Map(), warning: undefined });
  });

  it.each([
    "http://127.0.0.1:3128",
    "http://user:pass-word@127.1.2.3:3128",
    "localhost:3128",
    "http://LOCALHOST:3128/",
    "http://[::1]:3128",
    "socks5h://127.0.0.1:1080",
    "http://0.0.0.0:3128",
  ])("on the loopback are left out with a word, and never with the address: %s", (value) => {
    const { values, warning } = proxiesOf({ HTTPS_PROXY: value, no_proxy: "a.example" });
    expect([...values]).toEqual([]);
    expect(warning).toContain("HTTPS_PROXY");
    expect(warning).not.toContain(value);
  });

  it("are left to Docker's configuration where that has them", () => {
    const environment = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
    const { values } = proxiesOf(environment, new Set(["https_proxy"]));
    expect([...values.keys()]).toEqual(["HTTP_PROXY", "http_proxy"]);
  });

  it("give way to the user's own, in whichever spelling", () => {
    const { values } = proxiesOf({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy });
    const left = withoutNamed(values, new Map([["https_proxy", ""]]));
    expect([...left.keys()]).toEqual(["HTTP_PROXY", "http_proxy"]);
  });
});

describe("what is secret of a proxy", () => {
  it.each([
    ["http://user:p%40ss-word@proxy.example:3128", ["p%40ss-word", "p@ss-word", "user:p@ss-word"]],
    ["user:pass-word@proxy.example", ["pass-word", "pass-word", "user:pass-word"]],
    ["http://user:p@ss-word@proxy.example/", ["p@ss-word", "p@ss-word", "user:p@ss-word"]],
    ["http://:%zz-word@proxy.example", ["%zz-word", "%zz-word", ":%zz-word"]],
  ])("is its password, and all of it: %s", (value, parts) => {
    expect(proxySecrets({ HTTPS_PROXY: value })).toEqual([value, ...parts]);
  });

  it.each([
    "http://proxy.example:3128",
    "http://user@proxy.example",
    "http://user:@proxy.example",
    "",
  ])("is nothing without one: %s", (value) => {
    expect(proxySecrets({ https_proxy: value, OTHER: "http://a:b-c-d-e@f" })).toEqual([]);
  });
});

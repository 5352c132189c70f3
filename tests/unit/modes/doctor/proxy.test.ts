import { expect, it } from "vitest";
import { proxyOf } from "../../../../src/modes/doctor/machine.ts";

it.each([
  ["http://user:hunter2@proxy.example:3128", "proxy.example:3128"],
  ["proxy.example:3128", "proxy.example:3128"],
  ["user:hunter2@proxy.example:3128", "proxy.example:3128"],
  ["socks5://proxy.example:1080", "proxy.example:1080"],
  ["http://user:hun/ter2@proxy.example:3128", "(its address cannot be read)"],
])("of the proxy %s the doctor shows its place alone", (proxy, shown) => {
  expect(proxyOf({ HTTPS_PROXY: proxy }).says).toBe(`\`HTTPS_PROXY\` ${shown}`);
});

it("shows what is not sent through one as it is", () => {
  expect(proxyOf({ NO_PROXY: "localhost,.corp.example" }).says).toBe(
    "`NO_PROXY` localhost,.corp.example",
  );
  expect(proxyOf({}).says).toBe("none is set");
});

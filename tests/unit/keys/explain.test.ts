import { describe, expect, it } from "vitest";
import { explain, describe as inWords } from "../../../src/keys/explain.ts";
import { componentWord } from "../../../src/layers/rules.ts";

const component = (name: string, sha256: string) => ({ name, sha256 });

describe("explain", () => {
  const wanted = [component("base", "1"), component("install", "2"), component("dockerfile", "3")];

  it("finds nothing between equal components, in any order", () => {
    expect(explain(wanted, [...wanted].reverse())).toEqual([]);
  });

  it("names what differs, in the order of the wanted ones, with both sides", () => {
    const found = [component("dockerfile", "9"), component("install", "2"), component("base", "8")];
    expect(explain(wanted, found)).toEqual([
      { name: "base", wanted: "1", found: "8" },
      { name: "dockerfile", wanted: "3", found: "9" },
    ]);
  });

  it("names what only one side has", () => {
    expect(explain(wanted, [component("base", "1"), component("setup", "7")])).toEqual([
      { name: "install", wanted: "2", found: undefined },
      { name: "dockerfile", wanted: "3", found: undefined },
      { name: "setup", wanted: undefined, found: "7" },
    ]);
  });
});

describe("describe", () => {
  const say = (...names: string[]) =>
    inWords(
      names.map((name) => ({ name, wanted: "1", found: "2" })),
      componentWord,
    );

  it("speaks of what the user knows", () => {
    expect(say()).toBe("nothing changed");
    expect(say("preflight")).toBe("the cached preflight changed");
    expect(say("base", "preflight")).toBe("the base image and the cached preflight changed");
    expect(say("base", "install", "setup")).toBe(
      "the base image, the desktop install script and the desktop setup script changed",
    );
    expect(say("something-new")).toBe("something-new changed");
  });
});

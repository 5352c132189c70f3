import { describe, expect, it } from "vitest";
import { about, type SettingName, settingNames } from "../../../src/settings/schema.ts";
import { messagesOf } from "./workspace.ts";

/** A value that the schema would take, were it there already. */
const examples: Record<string, string> = {
  "agent-version": "1.2.3",
  "agent-args": "--verbose",
};

const notYet = settingNames.flatMap((name): [string, string][] => {
  const { notYet, values } = about(name);
  const all = notYet === true ? (values ?? [examples[name] ?? ""]) : (notYet ?? []);
  return all.map((value) => [name, value]);
});

describe("what is not available yet", () => {
  it("is known to this test", () => {
    expect(notYet.filter(([, value]) => value === "")).toEqual([]);
  });

  it.each(notYet)("%s: %s is refused and says so", async (name, value) => {
    const messages = await messagesOf({
      inputs: { command: "true", ...(name === "agent" ? { agent: "codex" } : {}), [name]: value },
    });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(new RegExp(`^${name}.*not available yet`));
  });

  const flags = notYet.filter(([name]) => about(name as SettingName).json === "boolean");
  it.each(flags)("is refused in every spelling: %s: %s", async (name, value) => {
    for (const spelling of [value.toUpperCase(), `${value[0]?.toUpperCase()}${value.slice(1)}`]) {
      const [message] = await messagesOf({ inputs: { command: "true", [name]: spelling } });
      expect(message).toMatch(/not available yet/);
    }
  });

  const defaults = settingNames.flatMap((name): [string, string][] => {
    const value = about(name).default;
    return value === undefined ? [] : [[name, value]];
  });
  it.each(defaults)("is never the default: %s: %s", async (name, value) => {
    expect(await messagesOf({ inputs: { command: "true", [name]: value } })).toEqual([]);
  });
});

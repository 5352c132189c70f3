import type { GivingUp } from "../../../../src/images/actions-cache/entries/giving-up.ts";
import type { Outcome, Request } from "../../../../src/images/actions-cache/entries/protocol.ts";

export interface FakeEntries extends GivingUp {
  /** `<operation> <key>`, in order. */
  readonly asked: string[];
  /** The most bytes that a file may have which is to come, by the entry's key. */
  readonly limits: Map<string, number>;
  closed: number;
}

type Answer = (
  op: Request["op"],
  file: string,
  key: string,
) => Outcome | undefined | Promise<Outcome | undefined>;

/** A cache that answers as it is told; what it is told nothing about it has not, and it takes everything. */
export function fakeEntries(answer: Answer = () => undefined): FakeEntries {
  const asked: string[] = [];
  const limits = new Map<string, number>();
  const ask = (op: Request["op"]) => async (file: string, key: string, maxBytes?: number) => {
    asked.push(`${op} ${key}`);
    if (maxBytes !== undefined) limits.set(key, maxBytes);
    const usual: Outcome = op === "save" ? { outcome: "saved", bytes: 1_000 } : { outcome: "miss" };
    return (await answer(op, file, key)) ?? usual;
  };
  const self: FakeEntries = {
    asked,
    limits,
    closed: 0,
    restore: ask("restore"),
    fetch: ask("restore"),
    lookup: ask("lookup"),
    save: ask("save"),
    failed: () => undefined,
    close: () => {
      self.closed += 1;
    },
  };
  return self;
}

import { describe, expect, it } from "vitest";
import { evaluated, filledIn } from "../../harness/github/expressions.ts";

const contexts = {
  github: { event: { number: 7, label: { name: "Agent" }, pulls: [{ number: 3 }] }, token: "t" },
};

describe("an expression", () => {
  it.each([
    ["github.event.number", 7],
    ["github.event.pulls[0].number", 3],
    ["github.event.none.at.all", undefined],
    ["github.event.label.name == 'agent'", true],
    ["github.event.none == ''", true],
    ["github.event.number != 8 && !github.event.none", true],
    ["github.event.none || 'a''b'", "a'b"],
    ["github.event.label.name == 'x' && 'x' || github.token", "t"],
    ["(true || false) && false", false],
    ["contains('one two', 'TWO') && startsWith('/agent x', '/agent')", true],
    ["contains(fromJSON('[\"A\", \"B\"]'), 'B')", true],
    ["contains(fromJSON('[\"A\"]'), 'AB')", false],
    ["always() && 1 == 1", true],
  ])("%s", (expression, value) => {
    expect(evaluated(expression, contexts)).toEqual(value);
  });

  it.each(["secrets.X", "hashFiles('x')", "github.token ? 1", "github.token github.token", "('x'"])(
    "that is not known is an error: %s",
    (expression) => {
      expect(() => evaluated(expression, contexts)).toThrow();
    },
  );
});

it("stands in a text, more than once, and by itself keeps what it is", () => {
  expect(filledIn("a ${{ github.token }} b ${{github.event.number}}.", contexts)).toBe("a t b 7.");
  expect(filledIn("${{ github.event.label }}", contexts)).toEqual({ name: "Agent" });
  expect(filledIn("${{ github.event.none }}x", contexts)).toBe("x");
});

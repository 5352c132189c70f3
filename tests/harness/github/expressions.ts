/**
 * What GitHub makes of `${{ … }}` in a workflow, as far as the examples need it: names, texts, comparisons, `&&`, `||`,
 * `!`, and the functions below. What is not known is an error, so that nothing passes by being overlooked.
 * https://docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions
 */

export type Value = unknown;
export type Contexts = Readonly<Record<string, Value>>;

/** A value of the workflow's with every expression in it evaluated: as it is where it is one expression, else text. */
export function filledIn(text: string, contexts: Contexts): Value {
  const whole = /^\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*$/s.exec(text)?.[1];
  if (whole !== undefined) return evaluated(whole, contexts);
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression) =>
    asText(evaluated(expression, contexts)),
  );
}

/** A value as an input or a variable has it. */
export function asText(value: Value): string {
  return value === null || value === undefined ? "" : String(value);
}

const functions: Readonly<Record<string, (...given: Value[]) => Value>> = {
  contains: (all, one) =>
    Array.isArray(all) ? all.includes(one) : lower(all).includes(lower(one)),
  startsWith: (all, one) => lower(all).startsWith(lower(one)),
  fromJSON: (text) => JSON.parse(asText(text)) as Value,
  always: () => true,
};

const lower = (value: Value) => asText(value).toLowerCase();
const isTrue = (value: Value) => !["", 0, false, null, undefined].includes(value as never);
/** As GitHub compares: texts without regard to case; a missing one is the empty text. */
const same = (one: Value, other: Value) =>
  typeof one === "string" || typeof other === "string"
    ? lower(one) === lower(other)
    : one === other;

/** The value of what stands between `${{` and `}}`, or behind `if:`. */
export function evaluated(expression: string, contexts: Contexts): Value {
  const token = /\s*('(?:[^']|'')*'|\d+(?:\.\d+)?|[A-Za-z_][\w-]*|&&|\|\||==|!=|[!.,()[\]])/y;
  const tokens: string[] = [];
  while (token.lastIndex < expression.trimEnd().length) {
    const found = token.exec(expression)?.[1];
    if (found === undefined) throw new Error(`not understood: ${expression}`);
    tokens.push(found);
  }
  let at = 0;
  const eat = (...wanted: string[]) =>
    wanted.includes(tokens[at] ?? "") ? tokens[at++] : undefined;
  const must = (wanted: string) => {
    if (eat(wanted) === undefined) throw new Error(`${wanted} is missing in: ${expression}`);
  };
  const either = (): Value => {
    let value = both();
    while (eat("||")) {
      const other = both();
      value = isTrue(value) ? value : other;
    }
    return value;
  };
  const both = (): Value => {
    let value = compared();
    while (eat("&&")) {
      const other = compared();
      value = isTrue(value) ? other : value;
    }
    return value;
  };
  const compared = (): Value => {
    const value = single();
    const how = eat("==", "!=");
    return how === undefined ? value : same(value, single()) === (how === "==");
  };
  const single = (): Value => {
    if (eat("!")) return !isTrue(single());
    if (eat("(")) {
      const value = either();
      must(")");
      return value;
    }
    const word = tokens[at++] ?? "";
    if (word.startsWith("'")) return word.slice(1, -1).replaceAll("''", "'");
    if (/^\d/.test(word)) return Number(word);
    if (word === "true" || word === "false") return word === "true";
    return eat("(") ? called(word) : property(word);
  };
  const called = (name: string): Value => {
    const given: Value[] = [];
    while (!eat(")")) {
      given.push(either());
      eat(",");
    }
    const known = functions[name];
    if (known === undefined) throw new Error(`${name}() is not known, in: ${expression}`);
    return known(...given);
  };
  const property = (name: string): Value => {
    if (!(name in contexts)) throw new Error(`${name} is not known, in: ${expression}`);
    let value: Value = contexts[name];
    for (;;) {
      if (eat(".")) value = member(value, tokens[at++] ?? "");
      else if (eat("[")) {
        value = member(value, asText(either()));
        must("]");
      } else return value;
    }
  };
  const value = either();
  if (at < tokens.length) throw new Error(`${tokens[at]} is not understood in: ${expression}`);
  return value;
}

function member(value: Value, name: string): Value {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, Value>)[name]
    : undefined;
}

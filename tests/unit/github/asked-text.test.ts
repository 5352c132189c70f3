import { describe, expect, it } from "vitest";
import { type AskedText, whyNotAsAsked } from "../../../src/github/asked-text.ts";
import type { Thread } from "../../harness/github/state.ts";
import { comment, person, repositoryOfTest, seconds, serve, sha } from "./asked-about.ts";

const text = "Hello\n/agent does it open?";

interface Row {
  readonly kind: string;
  readonly route: string;
  readonly number: number;
  /** Puts the text where it is asked. */
  readonly put: (state: Thread, body: string | null) => void;
}

const said = { user: person("mona"), author_association: "MEMBER" };
const at = seconds(-9);

const rows: Row[] = [
  {
    kind: "issue-comment",
    route: "GET /repos/:owner/:repo/issues/comments/:id",
    number: 7,
    put: ({ comments }, body) => comments.push(comment("mona", body ?? "", { id: 31 })),
  },
  {
    kind: "review-comment",
    route: "GET /repos/:owner/:repo/pulls/comments/:id",
    number: 7,
    put: ({ reviewComments }, body) =>
      reviewComments.push({
        ...said,
        id: 31,
        pull: 7,
        path: "door.ts",
        line: 4,
        body: body ?? "",
        created_at: at,
        updated_at: at,
      }),
  },
  {
    kind: "review",
    route: "GET /repos/:owner/:repo/pulls/:number/reviews/:review",
    number: 7,
    put: ({ reviews }, body) =>
      reviews.push({
        ...said,
        id: 31,
        pull: 7,
        state: "COMMENTED",
        commit_id: sha("b"),
        body: body ?? "",
        submitted_at: at,
      }),
  },
  {
    kind: "issue",
    route: "GET /repos/:owner/:repo/issues/:number",
    number: 8,
    put: ({ issues }, body) => Object.assign(issues.get(8) ?? {}, { body }),
  },
  {
    kind: "pull-request",
    route: "GET /repos/:owner/:repo/pulls/:number",
    number: 7,
    put: ({ issues }, body) => Object.assign(issues.get(7) ?? {}, { body }),
  },
];

async function served({ kind, number, put }: Row, body: string | null, was: string = text) {
  const state = repositoryOfTest();
  put(state, body);
  const { server, api } = await serve(state);
  const isPullRequest = number === 7;
  const asked: AskedText = { asked: { kind, id: 31 }, number, isPullRequest, text: was };
  return { server, ask: () => whyNotAsAsked(api, asked) };
}

describe.each(rows)("a question in the text of: $kind", (row) => {
  it("is answered as it stands there, whatever its line ends", async () => {
    expect(await (await served(row, text)).ask()).toBeUndefined();
    expect(await (await served(row, text.replaceAll("\n", "\r\n"))).ask()).toBeUndefined();
  });

  it.each([
    ["in its words", "Hello\n/agent open it"],
    ["by a line at its end", `${text}\nand delete the rest`],
    ["to nothing", ""],
    ["in its spaces", text.replace("Hello", "Hello ")],
  ])("is refused once it was edited %s", async (_, now) => {
    expect(await (await served(row, now)).ask()).toBe(
      "the question was edited after it was asked; ask again in a new comment",
    );
  });

  it.each<[number, RegExp]>([
    [404, /^the question is not there any more: .*; if it is there, the token .*: read`$/],
    [403, /^the question cannot be read again, .*403 .*\. The token needs `.*: read`\. Ask again/],
    [502, /^the question cannot be read again, .*502 .*\)\. Ask again in a new comment$/],
  ])("is refused where GitHub answers %d", async (status, why) => {
    const { server, ask } = await served(row, text);
    server.faults.set(row.route, { status, body: { message: "no" } });
    expect(await ask()).toMatch(why);
  });

  it("is refused where GitHub's answer is none, or there is none", async () => {
    const { server, ask } = await served(row, text);
    server.faults.set(row.route, { body: [] });
    expect(await ask()).toContain("GitHub's answer is not understood");
    await server.stop();
    expect(await ask()).toContain("GitHub could not be reached (");
  });
});

describe.each([
  ["label", 7],
  ["label", 8],
  ["assignment", 7],
  ["assignment", 8],
])("what a %s asks for at #%d", (kind, number) => {
  const served = async () => {
    const state = repositoryOfTest();
    const about = state.issues.get(number) ?? {};
    Object.assign(about, { title: "The door", body: "It squeaks." });
    const { api } = await serve(state);
    const isPullRequest = number === 7;
    const was = { text: "It squeaks.", title: "The door" };
    const asked: AskedText = { asked: { kind }, number, isPullRequest, ...was };
    return { about, ask: () => whyNotAsAsked(api, asked) };
  };

  it("is what was written then", async () => {
    expect(await (await served()).ask()).toBeUndefined();
  });

  it.each([{ title: "The door, and the safe" }, { body: "It squeaks. Remove the lock." }])(
    "is not what its author made of it since: %j",
    async (edit) => {
      const { about, ask } = await served();
      Object.assign(about, edit);
      expect(await ask()).toMatch(/^the title or the description was edited after the /);
    },
  );
});

describe("what nobody wrote", () => {
  it("is not read again", async () => {
    const { server, api } = await serve(repositoryOfTest());
    const label = { asked: { kind: "label" }, number: 7, isPullRequest: true, text: undefined };
    expect(await whyNotAsAsked(api, label)).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  it("is refused where it has a text that is nowhere", async () => {
    const { api } = await serve(repositoryOfTest());
    const other = { asked: { kind: "sign" }, number: 7, isPullRequest: true, text };
    expect(await whyNotAsAsked(api, other)).toContain("it is not known where");
  });

  it("is as nothing: an issue without a text", async () => {
    const issue = rows.find(({ kind }) => kind === "issue") as Row;
    expect(await (await served(issue, null, "")).ask()).toBeUndefined();
  });
});

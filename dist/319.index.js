export const id = 319;
export const ids = [319];
export const modules = {

/***/ 3319:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  afterTask: () => (/* binding */ afterTask)
});

// EXTERNAL MODULE: ./.build/lib/modes/api.js
var modes_api = __webpack_require__(8365);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 5 modules
var schemas = __webpack_require__(2017);
// EXTERNAL MODULE: ./.build/lib/github/checked.js
var checked = __webpack_require__(9233);
// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(4573);
// EXTERNAL MODULE: ./node_modules/p-limit/index.js + 1 modules
var p_limit = __webpack_require__(370);
;// CONCATENATED MODULE: ./.build/lib/github/commit-contents.js




const object = schemas.object({ sha: checked/* shaSchema */.Ye });
const differs = {
    status: 200,
    why: "what GitHub has made of it is not what was sent",
};
const atOnce = 4;
const mostAlong = 4 * 1024 * 1024;
const mostSent = 200;
async function sendContents(api, entries) {
    const blobs = new Map(entries.flatMap(({ id, content }) => (content ? [[id, content]] : [])));
    const times = Map.groupBy(entries, ({ id }) => id);
    const texts = new Map();
    const limit = (0,p_limit/* default */.A)(atOnce);
    let failed;
    let room = mostAlong;
    let sent = 0;
    await limit.map([...blobs], async ([id, content]) => {
        if (failed !== undefined) {
            return;
        }
        const bytes = await content();
        const size = bytes.length * (times.get(id)?.length ?? 1);
        if (isPlain(bytes) && size <= room) {
            room -= size;
            texts.set(id, bytes.toString("utf8"));
            return;
        }
        sent += 1;
        if (sent > mostSent) {
            failed ??= tooMany;
            return;
        }
        const made = await (0,checked/* checked */.KD)(api, object, "POST /repos/{owner}/{repo}/git/blobs", {
            content: bytes.toString("base64"),
            encoding: "base64",
        });
        if (!("value" in made)) {
            failed ??= made;
        }
        else if (made.value.sha !== id) {
            failed ??= differs;
        }
    });
    return failed ?? { value: texts };
}
const tooMany = {
    status: 200,
    why: `more than ${mostSent} files are no text, or text beyond ${mostAlong / 1024 / 1024} MiB: GitHub takes no more at a time`,
};
function isPlain(bytes) {
    return bytes.length > 0 && !bytes.includes(0) && (0,external_node_buffer_.isUtf8)(bytes);
}

;// CONCATENATED MODULE: ./.build/lib/github/git-data.js



const commit = object.extend({
    tree: object,
    parents: schemas.array(object).optional(),
    author: schemas.object({ name: schemas.string() }).nullish(),
});
const reference = schemas.object({ ref: schemas.string(), object: object });
async function writeCommit(api, { parent, base, entries, tree, message }) {
    const contents = await sendContents(api, entries);
    if (!("value" in contents)) {
        return contents;
    }
    const lines = entries.map((entry) => lineOf(entry, contents.value));
    const made = await writeTrees(api, base, lines);
    if (!("value" in made)) {
        return made;
    }
    if (made.value !== tree) {
        return differs;
    }
    const written = await (0,checked/* checked */.KD)(api, commit, "POST /repos/{owner}/{repo}/git/commits", {
        message,
        tree,
        parents: [parent],
    });
    if (!("value" in written)) {
        return written;
    }
    const { sha, tree: has, parents, author } = written.value;
    const isOurs = has.sha === tree && (parents ?? [{ sha: parent }])[0]?.sha === parent;
    return isOurs ? { value: { sha, author: author?.name ?? "" } } : differs;
}
function lineOf({ path, mode, id }, texts) {
    if (mode === undefined) {
        return { path, mode: "100644", type: "blob", sha: null };
    }
    const content = texts.get(id);
    return content === undefined
        ? { path, mode, type: "blob", sha: id }
        : { path, mode, type: "blob", content };
}
async function writeTrees(api, base, lines) {
    const isGone = ({ sha }) => sha === null;
    const steps = inEachOthersWay(lines)
        ? [lines.filter(isGone), lines.filter((line) => !isGone(line))]
        : [lines];
    let tree = base;
    for (const step of steps) {
        const route = "POST /repos/{owner}/{repo}/git/trees";
        const made = await (0,checked/* checked */.KD)(api, object, route, { base_tree: tree, tree: step });
        if (!("value" in made)) {
            return made;
        }
        tree = made.value.sha;
    }
    return { value: tree };
}
function inEachOthersWay(lines) {
    const paths = new Set(lines.map(({ path }) => path));
    return lines.some(({ path }) => [...path.matchAll(/\//g)].some(({ index }) => paths.has(path.slice(0, index))));
}
async function branchTip(api, branch) {
    const route = "GET /repos/{owner}/{repo}/git/ref/{ref}";
    const read = await (0,checked/* checked */.KD)(api, reference, route, { ref: `heads/${branch}` });
    return "value" in read ? { value: read.value.object.sha } : read;
}
async function moveBranch(api, branch, sha) {
    const route = "PATCH /repos/{owner}/{repo}/git/refs/{ref}";
    const ref = `heads/${branch}`;
    const moved = await (0,checked/* checked */.KD)(api, reference, route, { ref, sha, force: false });
    return hasIt(moved, sha);
}
async function createBranch(api, branch, sha) {
    const route = "POST /repos/{owner}/{repo}/git/refs";
    return hasIt(await (0,checked/* checked */.KD)(api, reference, route, { ref: `refs/heads/${branch}`, sha }), sha);
}
function hasIt(answer, sha) {
    return !("value" in answer) ? answer : answer.value.object.sha === sha ? { value: sha } : differs;
}
const pullRequest = schemas.object({
    number: schemas.number().int().positive(),
    html_url: schemas.url({ protocol: /^https?$/ }),
});
async function openPullRequest(api, wanted) {
    const made = await (0,checked/* checked */.KD)(api, pullRequest, "POST /repos/{owner}/{repo}/pulls", wanted);
    return "value" in made
        ? { value: { number: made.value.number, url: made.value.html_url } }
        : made;
}
const repository = schemas.object({ default_branch: schemas.string(), archived: schemas.boolean().optional() });
async function repositoryOf(api) {
    return (0,checked/* checked */.KD)(api, repository, "GET /repos/{owner}/{repo}", {});
}

// EXTERNAL MODULE: ./.build/lib/log/trouble.js
var trouble = __webpack_require__(4840);
// EXTERNAL MODULE: ./.build/lib/policy/agent-written.js
var agent_written = __webpack_require__(3714);
// EXTERNAL MODULE: ./.build/lib/log/text.js
var log_text = __webpack_require__(4056);
;// CONCATENATED MODULE: ./.build/lib/policy/commit-message.js


const mostInTitle = 72;
const mostRead = 1_000;
function titleOf(words) {
    const first = (0,log_text/* plain */.pj)(words)
        .split("\n")
        .find((line) => line.trim() !== "");
    const quiet = (first ?? "")
        .slice(0, mostRead)
        .replace(/\p{Cf}/gu, "")
        .replace(/[#@[\]<>`*\\]/g, "")
        .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S*/gi, "(link)")
        .replace(/\bwww\.\S+/gi, "(link)")
        .replace(/\b(?:GH-)+(?=\d)/gi, "")
        .replace(/(?:NO_)+(?:CI)+/gi, "");
    return (0,log_text/* oneLine */.TN)(`Agent: ${quiet.trim() || "changes"}`, mostInTitle);
}
function commitMessage(title, run) {
    return `${title}\n\n${agent_written/* agentTrailer */.v$}: ${run}\n`;
}

;// CONCATENATED MODULE: ./.build/lib/policy/hands.js

function handsFor(facts) {
    const { changes, conclusion, files, tree } = facts;
    if (changes === "none" || files === 0) {
        return { kind: "none" };
    }
    if (changes === "patch") {
        return { kind: "patch" };
    }
    if (conclusion !== "success") {
        return patch(`the run ended with \`${conclusion}\`, and half a work is not committed`);
    }
    const place = placeOf(facts);
    if ("why" in place) {
        return patch(place.why);
    }
    if (place.isIssue && changes === "commit") {
        return patch("an issue has no branch to commit on; use `changes: pull-request`");
    }
    if (tree === undefined) {
        return patch(facts.noTree ?? "they could not be kept as a commit; the log says why");
    }
    if (tree.commit !== place.sha) {
        const how = place.isIssue ? "" : "`checkout: head`, or ";
        return patch(`the workspace has the commit ${hands_short(tree.commit)} and not ${hands_short(place.sha)}, which \`${place.branch}\` had; ${how}\`actions/checkout\` with that \`ref\`, brings it`);
    }
    const workflow = tree.entries.find(({ path }) => isWorkflow(path));
    if (workflow !== undefined && !facts.allowWorkflowChanges) {
        return patch("there are files below `.github/workflows` among them; `allow-workflow-changes: true` commits them with a `github-token` that may write workflows, which the job's own may not");
    }
    if (changes === "pull-request") {
        return { kind: "pull-request", base: place.base };
    }
    if (place.branch === facts.defaultBranch) {
        return patch(`\`${place.branch}\` is the default branch, which gets no commits that nobody has seen; use \`changes: pull-request\``);
    }
    if (facts.pull?.movedTo !== undefined) {
        return patch(`\`${place.branch}\` has moved on since it was asked; ask again`);
    }
    return { kind: "commit", branch: place.branch };
}
function patch(why) {
    return { kind: "patch", why };
}
function hands_short(sha) {
    return sha.slice(0, 12);
}
function isWorkflow(path) {
    return /^\.github(?:\/workflows(?:\/|$)|$)/i.test(path);
}
const side = schemas.object({
    ref: schemas.string(),
    sha: schemas.string(),
    repo: schemas.object({ id: schemas.number() }).nullable(),
});
const ofPullRequest = schemas.object({ pull_request: schemas.object({ head: side, base: side }) });
const ofRun = schemas.object({
    workflow_run: schemas.object({
        head_branch: schemas.string(),
        head_sha: schemas.string(),
        head_repository: schemas.object({ id: schemas.number() }).nullable(),
    }),
    repository: schemas.object({ id: schemas.number() }),
});
const fork = { why: "the code is a fork's, on which nothing is written" };
const noBranch = { why: "the event belongs to no branch of this repository" };
function placeOf(facts) {
    const { pull, event, ask, ref, sha, defaultBranch } = facts;
    if (pull !== undefined) {
        return pull.isFork
            ? fork
            : pull.state === "open"
                ? { branch: pull.head.ref, sha: pull.head.sha, base: pull.base.ref, isIssue: false }
                : { why: `the pull request is ${pull.state}` };
    }
    if (event === undefined || event.name === "merge_group") {
        return noBranch;
    }
    if (/^pull_request/.test(event.name)) {
        const { data } = ofPullRequest.safeParse(event.payload);
        if (data === undefined) {
            return { why: "the event's payload does not say whose pull request it is" };
        }
        const { head, base } = data.pull_request;
        return head.repo === null || head.repo.id !== base.repo?.id
            ? fork
            : { branch: head.ref, sha: head.sha, base: base.ref, isIssue: false };
    }
    if (event.name === "workflow_run") {
        const { data } = ofRun.safeParse(event.payload);
        const run = data?.workflow_run;
        return run === undefined
            ? { why: "the event's payload does not say on which branch the run was" }
            : run.head_repository?.id !== data?.repository.id
                ? fork
                : { branch: run.head_branch, sha: run.head_sha, base: run.head_branch, isIssue: false };
    }
    const isIssue = ask?.isPullRequest === false || /^(?:issues|issue_comment)$/.test(event.name);
    const branch = /^refs\/heads\/(.+)$/.exec(ref ?? "")?.[1];
    if (branch === undefined || !sha) {
        return noBranch;
    }
    return { branch, sha, base: isIssue ? (defaultBranch ?? branch) : branch, isIssue };
}

;// CONCATENATED MODULE: ./.build/lib/policy/hands-refused.js

const rows = [
    [
        /not permitted to create or approve pull requests/i,
        () => 'GitHub Actions may not create pull requests here: the settings of the repository, or its organization, have "Allow GitHub Actions to create and approve pull requests" below Actions, General. Turn it on, or give the `github-token` of an app',
    ],
    [/archived/i, () => "the repository is archived, and takes no changes"],
    [
        /rate limit|abuse detection/i,
        () => "GitHub takes no more requests of this token for now; run it again later",
    ],
    [
        /fast.?forward|is at \S+ but expected/i,
        ({ branch }) => `\`${branch}\` has moved on meanwhile; ask again, and it starts from there`,
    ],
    [
        /\bworkflows?\b.*\bpermission|refusing to allow/i,
        () => "the `github-token` may not write workflows; give one of an app or a person that has `workflows: write`",
    ],
    [
        /protected branch|rule violation|ruleset|push declined|required status check|verified signature/i,
        ({ branch }) => `\`${branch}\` is protected against it; use \`changes: pull-request\`, or let the token's account pass its rules`,
    ],
];
const needs = {
    read: "contents: read",
    write: "contents: write",
    branch: "contents: write",
    "pull request": "pull-requests: write",
};
function whyRefused({ status, why }, facts) {
    const said = (0,log_text/* oneLine */.TN)(why, 300);
    const known = status === undefined ? undefined : rows.find(([says]) => says.test(said));
    if (known !== undefined) {
        return `${known[1](facts)} (${said})`;
    }
    if (status === 401 || status === 403 || (status === 404 && facts.step !== "read")) {
        return `${said}. The \`github-token\` needs \`${needs[facts.step]}\``;
    }
    if (status === 404) {
        return `\`${facts.branch}\` is not there any more, or the \`github-token\` may not see it (${said})`;
    }
    const perhaps = status === undefined && facts.sha !== undefined
        ? `. Whether it has been done is not known: the commit is ${facts.sha}`
        : "";
    return `${said}${perhaps}`;
}

// EXTERNAL MODULE: ./.build/lib/report/comment.js
var comment = __webpack_require__(3752);
// EXTERNAL MODULE: ./.build/lib/report/markdown.js
var markdown = __webpack_require__(2144);
// EXTERNAL MODULE: ./.build/lib/task/changes/paths.js
var paths = __webpack_require__(420);
// EXTERNAL MODULE: ./.build/lib/modes/wants-commit.js
var wants_commit = __webpack_require__(454);
;// CONCATENATED MODULE: ./.build/lib/modes/hands.js













const answerMs = 120_000;
async function handOver(job, work, runtime) {
    const nothing = { outputs: {}, warnings: [], said: undefined };
    if (!(0,wants_commit/* wantsCommit */.b)(job) || work.changes === undefined) {
        return nothing;
    }
    const limit = AbortSignal.any([runtime.cancelled, AbortSignal.timeout(answerMs)]);
    try {
        return await runtime.timeline.measure("hand the changes over", () => handOverBy(job, work, runtime, limit));
    }
    catch (error) {
        return stays(work, limit.aborted ? "GitHub did not answer in time" : (0,trouble/* reasonOf */.A3)(error));
    }
    finally {
        const { tree } = work.changes;
        if (tree !== undefined) {
            await (0,promises_.rm)(tree.folder, { recursive: true, force: true }).catch(() => { });
        }
    }
}
async function handOverBy(job, work, runtime, limit) {
    const { settings } = job;
    const { environment, event } = runtime;
    const { changes, conclusion, ask, pull } = work;
    const tree = changes?.tree;
    const facts = {
        changes: settings.changes,
        ...{ conclusion, event, ask, pull, tree, noTree: changes?.noTree },
        files: changes?.files.length ?? 0,
        allowWorkflowChanges: settings["allow-workflow-changes"],
        ref: environment.GITHUB_REF,
        sha: environment.GITHUB_SHA,
        defaultBranch: defaultBranchIn(event?.payload),
    };
    const first = handsFor(facts);
    if (first.kind === "none") {
        return { outputs: {}, warnings: [], said: undefined };
    }
    if (first.kind === "patch" || tree === undefined) {
        return stays(work, first.kind === "patch" ? first.why : undefined);
    }
    const leak = await secretIn(tree, runtime.redactor);
    if (leak !== undefined) {
        return stays(work, `a secret of this run stands in ${leak}`);
    }
    const entries = entriesOf(tree);
    if (entries === undefined) {
        return stays(work, "the name of a file is no text (UTF-8), which GitHub's API does not take");
    }
    const api = await (0,modes_api/* apiOf */.i)(settings, environment, limit);
    if (api === undefined) {
        return stays(work, "there is no `github-token`, or `GITHUB_REPOSITORY` is not set");
    }
    let hands = first;
    if (facts.defaultBranch === undefined) {
        const known = await repositoryOf(api);
        if (!("value" in known)) {
            return stays(work, whyRefused(known, { step: "read", branch: "the default branch" }));
        }
        hands = handsFor({ ...facts, defaultBranch: known.value.default_branch });
    }
    if (hands.kind !== "commit" && hands.kind !== "pull-request") {
        return stays(work, hands.kind === "patch" ? hands.why : undefined);
    }
    return commitBy(api, hands, { tree, entries, words: wordsOf(job, work, runtime) }, work, runtime);
}
async function commitBy(api, hands, { tree, entries, words }, work, { environment, runId }) {
    const run = (0,comment/* runUrl */.Vp)(environment) ?? runId;
    const title = titleOf(words);
    const ownBranch = `${agent_written/* agentBranches */.A}${environment.GITHUB_RUN_ID || runId}`;
    let branch = hands.kind === "commit" ? hands.branch : ownBranch;
    const refused = (answer, step, sha) => stays(work, whyRefused(answer, { step, branch, sha }));
    if (hands.kind === "commit") {
        const tip = await branchTip(api, branch);
        if (!("value" in tip)) {
            return refused(tip, "read");
        }
        if (tip.value !== tree.commit) {
            return refused({ status: 422, why: "Update is not a fast forward" }, "branch");
        }
    }
    const message = commitMessage(title, run);
    const commit = { parent: tree.commit, base: tree.base, entries, tree: tree.id, message };
    const written = await writeCommit(api, commit);
    if (!("value" in written)) {
        return refused(written, "write");
    }
    const { sha, author } = written.value;
    const make = () => hands.kind === "commit" ? moveBranch(api, branch, sha) : createBranch(api, branch, sha);
    let put = await make();
    if (hands.kind === "pull-request" && !("value" in put) && /already exists/i.test(put.why)) {
        branch = `${ownBranch}-${runId}`;
        put = await make();
    }
    if (!("value" in put)) {
        return refused(put, "branch", sha);
    }
    const server = environment.GITHUB_SERVER_URL || "https://github.com";
    const page = `${server}/${api.repository}`;
    const where = `[${(0,markdown/* code */.aY)(sha.slice(0, 7))}](${page}/commit/${sha}) on ${(0,markdown/* code */.aY)(branch)}`;
    const outputs = { "commit-sha": sha, branch };
    if (hands.kind === "commit") {
        return { outputs, warnings: [], said: `**Committed** as ${where}.${noChecks(author)}` };
    }
    const body = bodyOf(work, run);
    const opened = await openPullRequest(api, { head: branch, base: hands.base, title, body });
    if (!("value" in opened)) {
        const why = whyRefused(opened, { step: "pull request", branch });
        const compare = `${page}/compare/${encodeURIComponent(hands.base)}...${encodeURIComponent(branch)}?expand=1`;
        return {
            outputs,
            warnings: [
                `the pull request could not be made: ${why}. The changes are on the branch \`${branch}\``,
            ],
            said: `The changes are ${where}, and [a pull request can be made of it](${compare}); none was: ${(0,markdown/* prose */.CS)(why)}.${noChecks(author)}`,
        };
    }
    const { number, url } = opened.value;
    return {
        outputs: { ...outputs, "pull-request-url": url },
        warnings: [],
        said: `**Pull request [#${number}](${page}/pull/${number})** has the changes, ${where}.${noChecks(author)}`,
    };
}
function stays({ changes }, why) {
    const kept = changes?.patchPath === undefined
        ? "the changes were not committed"
        : "the changes are in the patch (`changes-path`) only";
    return why === undefined
        ? { outputs: {}, warnings: [], said: undefined }
        : {
            outputs: {},
            warnings: [`${kept}: ${why}`],
            said: `${kept.replace(/^t/, "T")}: ${(0,markdown/* prose */.CS)(why)}.`,
        };
}
function noChecks(author) {
    return author === "github-actions[bot]"
        ? " <sub>GitHub starts no workflows for what the job's own token makes; the `github-token` of an app or a person has them run.</sub>"
        : "";
}
function bodyOf({ ask, pull }, run) {
    const number = ask?.number ?? pull?.number;
    const asked = number === undefined ? "" : `, asked at #${number}`;
    return `An agent made these changes${asked}. [The run](${run}) has its answer; review them as a stranger's.`;
}
function wordsOf({ settings }, { ask }, { redactor }) {
    return redactor.redact(ask?.question || settings.prompt || "");
}
async function secretIn({ entries }, redactor) {
    for (const { path, contentPath } of entries) {
        const name = Buffer.from(path, "latin1").toString("utf8");
        if (redactor.redact(name) !== name) {
            return "the name of a file";
        }
        const bytes = contentPath === undefined ? Buffer.alloc(0) : await (0,promises_.readFile)(contentPath);
        const pieces = redactor.pieces();
        if (!Buffer.concat([pieces.take(bytes), pieces.rest()]).equals(bytes)) {
            return `\`${(0,paths/* readable */.HD)(path)}\``;
        }
    }
    return undefined;
}
function entriesOf(tree) {
    const entries = tree.entries.map(({ path, mode, id, contentPath }) => ({
        path: Buffer.from(path, "latin1").toString("utf8"),
        ...{ mode, id },
        content: contentPath === undefined ? undefined : () => (0,promises_.readFile)(contentPath),
    }));
    const isText = (path, at) => Buffer.from(path).equals(Buffer.from(tree.entries[at]?.path ?? "", "latin1"));
    return entries.every(({ path }, at) => isText(path, at)) ? entries : undefined;
}
const ofRepository = schemas.object({ repository: schemas.object({ default_branch: schemas.string() }) });
function defaultBranchIn(payload) {
    return ofRepository.safeParse(payload).data?.repository.default_branch;
}

// EXTERNAL MODULE: ./.build/lib/github/client.js
var client = __webpack_require__(3305);
;// CONCATENATED MODULE: ./.build/lib/github/review.js



const madeSchema = schemas.object({ html_url: schemas.url({ protocol: /^https?$/ }) });
async function makeReview(api, number, commit, { body, comments, allInBody }) {
    const send = async (parts) => {
        const route = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
        const about = { pull_number: number, commit_id: commit, event: "COMMENT" };
        const { data } = await api.call(route, { ...about, ...parts });
        return madeSchema.safeParse(data).data?.html_url;
    };
    try {
        const url = await send({ body, comments });
        return { url, made: true, atLines: comments.length, warnings: [] };
    }
    catch (error) {
        const { status, why } = (0,client/* refusalOf */.Of)(error);
        if (status !== 422 || comments.length === 0) {
            return notMade(error);
        }
        try {
            const url = await send({ body: allInBody, comments: [] });
            const said = `GitHub took no remark at its line (${(0,log_text/* oneLine */.TN)(why, 200)}): all of the review stands in its body`;
            return { url, made: true, atLines: 0, warnings: [said] };
        }
        catch (again) {
            return notMade(again);
        }
    }
}
function notMade(error) {
    const { status, why } = (0,client/* refusalOf */.Of)(error);
    const said = (0,log_text/* oneLine */.TN)(why, 200);
    const reason = status === undefined
        ? `GitHub could not be reached (${said})`
        : `GitHub answered ${status} (${said})`;
    const denied = (status === 403 || status === 404) && !/rate limit/i.test(why);
    const help = denied
        ? ". The token needs `pull-requests: write`, which the job's own has in no `pull_request` run of a fork"
        : "";
    const warnings = [`the review could not be made: ${reason}${help}`];
    return { url: undefined, made: false, atLines: 0, warnings };
}

// EXTERNAL MODULE: ./.build/lib/github/comment.js
var github_comment = __webpack_require__(1105);
;// CONCATENATED MODULE: ./.build/lib/github/diff-lines.js
function diffFiles(diff) {
    const files = [];
    let names = { old: undefined, new: undefined };
    let hunks = [];
    const lines = diff.split("\n");
    const close = () => {
        const path = names.new ?? names.old;
        if (path !== undefined) {
            const from = names.old === path ? undefined : names.old;
            files.push({ path, from, hunks });
        }
        hunks = [];
    };
    for (let at = 0; at < lines.length;) {
        const line = lines[at] ?? "";
        const begin = hunkAt(line);
        if (line.startsWith("diff --git ")) {
            close();
            names = namesOf(line.slice("diff --git ".length));
            at += 1;
        }
        else if (begin === undefined) {
            nameIn(line, names);
            at += 1;
        }
        else {
            const read = readHunk(lines, at + 1, begin);
            hunks.push(read.hunk);
            at = read.next;
        }
    }
    close();
    return files;
}
function hunkAt(line) {
    const found = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    const [, old, oldCount = "1", fresh, newCount = "1"] = found ?? [];
    return found === null
        ? undefined
        : {
            old: Number(old),
            oldCount: Number(oldCount),
            new: Number(fresh),
            newCount: Number(newCount),
        };
}
function readHunk(lines, from, begin) {
    const left = [];
    let old = begin.old;
    let fresh = begin.new;
    const oldEnd = begin.old + begin.oldCount;
    const newEnd = begin.new + begin.newCount;
    let at = from;
    for (; at < lines.length && (old < oldEnd || fresh < newEnd); at++) {
        const line = lines[at] ?? "";
        if (line.startsWith("-")) {
            const last = left.at(-1);
            if (last?.last === old - 1) {
                last.last = old;
            }
            else {
                left.push({ first: old, last: old });
            }
            old += 1;
        }
        else if (line.startsWith("+")) {
            fresh += 1;
        }
        else if (line.startsWith(" ") || (line === "" && at < lines.length - 1)) {
            old += 1;
            fresh += 1;
        }
        else if (!line.startsWith("\\")) {
            break;
        }
    }
    const right = fresh > begin.new ? { first: begin.new, last: fresh - 1 } : undefined;
    return { hunk: { right, left }, next: at };
}
function nameIn(line, names) {
    const [, word = "", rest = ""] = /^(---|\+\+\+|rename from|rename to|copy from|copy to) (.*?)\t?$/.exec(line) ?? [];
    switch (word) {
        case "---":
            names.old = nameOf(rest, "a/");
            break;
        case "+++":
            names.new = nameOf(rest, "b/");
            break;
        case "rename from":
        case "copy from":
            names.old = unquoted(rest);
            break;
        case "rename to":
        case "copy to":
            names.new = unquoted(rest);
            break;
    }
}
function nameOf(name, prefix) {
    const plain = unquoted(name);
    return plain === "/dev/null" ? undefined : without(plain, prefix);
}
function without(name, prefix) {
    return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
function namesOf(both) {
    const [, first, second] = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(both) ?? [];
    if (first !== undefined && second !== undefined) {
        return { old: nameOf(first, "a/"), new: nameOf(second, "b/") };
    }
    const middle = (both.length - 1) / 2;
    const [old, fresh] = [both.slice(0, middle), both.slice(middle + 1)];
    const same = without(old, "a/") === without(fresh, "b/") && both[middle] === " ";
    return same
        ? { old: without(old, "a/"), new: without(fresh, "b/") }
        : { old: undefined, new: undefined };
}
const signs = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
function unquoted(name) {
    const inner = /^"(.*)"$/.exec(name)?.[1];
    if (inner === undefined) {
        return name;
    }
    const parts = inner.match(/\\[0-7]{3}|\\.|[^\\]+/g) ?? [];
    const bytes = parts.map((part) => {
        if (/^\\[0-7]{3}$/.test(part)) {
            return Buffer.of(Number.parseInt(part.slice(1), 8) & 0xff);
        }
        const sign = part.startsWith("\\") ? part.slice(1) : undefined;
        const code = sign === undefined ? undefined : signs[sign];
        return code === undefined ? Buffer.from(sign ?? part) : Buffer.of(code);
    });
    return Buffer.concat(bytes).toString("utf8");
}

// EXTERNAL MODULE: ./.build/lib/report/summary.js
var summary = __webpack_require__(3861);
;// CONCATENATED MODULE: ./.build/lib/report/review.js





const mostBody = 60_000;
const mostSuggestion = 20_000;
const mostComments = 50;
const mostCharacters = 400_000;
const mark = (0,github_comment/* marker */.xL)("review");
function reviewOf({ body, comments: remarks }, diff) {
    const files = byName(diffFiles(diff));
    const at = new Map();
    const outside = [];
    for (const remark of withoutDoubles(remarks)) {
        const place = review_placeOf(remark, files);
        if (place === undefined) {
            outside.push(remarkInBody(remark));
            continue;
        }
        const key = JSON.stringify([place.path, place.side, place.start, place.line]);
        const found = at.get(key) ?? { place, texts: new Set() };
        found.texts.add(textOf(remark, place.exact && place.side === "RIGHT"));
        at.set(key, found);
    }
    const comments = [];
    const tooMany = [];
    let room = mostCharacters;
    for (const { place, texts } of at.values()) {
        const text = `${mark}\n${[...texts].join("\n\n")}`;
        room -= text.length;
        if (comments.length < mostComments && room >= 0 && text.length <= mostBody) {
            comments.push(commentAt(place, text));
        }
        else {
            tooMany.push(`${placeText(place)}\n\n${[...texts].map(withoutButton).join("\n\n")}`);
        }
    }
    const all = withoutDoubles(remarks).map(remarkInBody);
    return {
        body: review_bodyOf(body, [...tooMany, ...outside], comments.length),
        comments,
        allInBody: review_bodyOf(body, all, 0),
    };
}
function withoutDoubles(remarks) {
    return [...new Map(remarks.map((remark) => [JSON.stringify(remark), remark])).values()];
}
function byName(files) {
    const renamed = files.flatMap((file) => file.from === undefined ? [] : [[file.from, file]]);
    return new Map([...renamed, ...files.map((file) => [file.path, file])]);
}
function review_placeOf({ path, line, start_line, side }, files) {
    const file = files.get(path.replace(/^(?:\.\/)+/, ""));
    const lines = file?.hunks.flatMap((hunk) => linesOf(hunk, side ?? "RIGHT")) ?? [];
    const first = Math.min(start_line || line, line);
    const last = Math.max(start_line || line, line);
    const shown = lines.find((one) => has(one, last));
    if (file === undefined || shown === undefined) {
        return undefined;
    }
    const exact = has(shown, first);
    const start = exact && first < last ? first : undefined;
    return { path: file.path, side: side ?? "RIGHT", line: last, start, exact };
}
function linesOf({ left, right }, side) {
    return side === "LEFT" ? left : right === undefined ? [] : [right];
}
function has({ first, last }, line) {
    return Number.isSafeInteger(line) && first <= line && line <= last;
}
function commentAt({ path, side, line, start }, body) {
    const several = start === undefined ? {} : { start_line: start, start_side: side };
    return { path, side, line, ...several, body };
}
function textOf({ text, suggestion }, replaces) {
    const said = (0,summary/* unquoted */.qZ)(text);
    if (!suggestion) {
        return said;
    }
    const shown = suggestionText(suggestion, replaces ? "suggestion" : "");
    return said.trim() === "" ? shown : `${said}\n\n${shown}`;
}
function suggestionText(suggestion, word) {
    if (suggestion.length > mostSuggestion) {
        return "(Its suggestion is left out: it is too long.)";
    }
    const text = (0,log_text/* plain */.pj)(suggestion);
    const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
    const fence = "`".repeat(longest + 1);
    return `${fence}${word}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`;
}
function withoutButton(text) {
    return text.replace(/^(`{3,})suggestion$/gm, "$1");
}
function remarkInBody(remark) {
    const { start_line: start, ...place } = remark;
    return `${placeText({ ...place, start })}\n\n${textOf(remark, false)}`;
}
function placeText({ path, line, start, side, }) {
    const first = start && start !== line ? `${start}-` : "";
    const old = side === "LEFT" ? " (before the change)" : "";
    return `**${(0,markdown/* code */.aY)(`${path}:${first}${line}`)}**${old}`;
}
function review_bodyOf(said, remarks, atLines) {
    const own = (0,summary/* unquoted */.qZ)(said).trim();
    const nothing = atLines > 0 ? "The remarks are at their lines." : "There is nothing to remark.";
    const parts = [mark, own === "" && remarks.length === 0 ? nothing : own].filter((part) => part !== "");
    let room = mostBody - parts.join("\n\n").length;
    const kept = [];
    for (const remark of remarks) {
        room -= remark.length + 2;
        if (room < 0) {
            break;
        }
        kept.push(remark);
    }
    const missing = remarks.length - kept.length;
    const left = missing === 0 ? [] : [`(${missing} more remarks are left out: they are too long.)`];
    return [...parts, ...kept, ...left].join("\n\n");
}

// EXTERNAL MODULE: ./.build/lib/settings/review.js
var settings_review = __webpack_require__(1520);
;// CONCATENATED MODULE: ./.build/lib/modes/review.js



async function reviewFrom({ structured, pull, diff, api }) {
    const answer = (0,settings_review/* readReviewAnswer */.Lo)(structured);
    if (answer === undefined) {
        const why = structured === undefined ? "the agent gave no answer" : "its answer is no review";
        return { warnings: [`no review was made: ${why}`], said: undefined, url: undefined };
    }
    const review = reviewOf(answer, diff ?? "");
    const { url, made, atLines, warnings } = await makeReview(api, pull.number, pull.head.sha, review);
    const what = url === undefined ? "a review" : `[a review](${linkOf(url)})`;
    const lines = `${atLines} ${atLines === 1 ? "remark" : "remarks"} at lines`;
    return { warnings, said: made ? `It made ${what}, with ${lines}.` : undefined, url };
}
function linkOf(url) {
    return url.replace(/[\s()<>\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

;// CONCATENATED MODULE: ./.build/lib/modes/after-task.js



const after_task_answerMs = 120_000;
async function afterTask(job, result, { pull, diff }, { ask }, runtime) {
    const { environment, cancelled, log } = runtime;
    const { changes, conclusion } = result;
    const handedOver = await handOver(job, { changes, conclusion, ask, pull }, runtime);
    for (const warning of handedOver.warnings) {
        log.warning(warning);
    }
    const said = [handedOver.said].flatMap((one) => one ?? []);
    let reviewUrl;
    if (cancelled.aborted) {
        return { said: said[0], reviewUrl, handedOver };
    }
    const signals = [cancelled, AbortSignal.timeout(after_task_answerMs)];
    const api = await (0,modes_api/* apiOf */.i)(job.settings, environment, ...signals);
    if (job.settings.review && api !== undefined && result.conclusion === "success") {
        if (pull === undefined) {
            log.warning("no review was made: there is no pull request");
        }
        else {
            const { structured } = result.agent ?? {};
            const review = await reviewFrom({ structured, pull, diff, api });
            review.warnings.forEach((warning) => {
                log.warning(warning);
            });
            said.push(...[review.said].flatMap((one) => one ?? []));
            reviewUrl = review.url;
        }
    }
    return { said: said.length === 0 ? undefined : said.join("\n\n"), reviewUrl, handedOver };
}


/***/ })

};

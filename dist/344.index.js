export const id = 344;
export const ids = [344];
export const modules = {

/***/ 7700:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ answerMark),
/* harmony export */   o: () => (/* binding */ readAnswerMark)
/* harmony export */ });
function answerMark({ run, attempt, step, asked, by, state }) {
    const word = (text) => text.replace(/[^\w.[\]-]/g, "_") || "_";
    return `<!-- agent-runner: answer run=${word(run)} attempt=${attempt} step=${word(step)} asked=${word(asked)} by=${word(by)} state=${state} -->`;
}
const line = /^<!-- agent-runner: answer run=(\d{1,20}) attempt=(\d{1,6}) step=([\w.-]{1,200}) asked=([\w.-]{1,100}) by=([\w.-]{1,100}(?:\[bot\])?) state=(working|done|refused) -->/;
function readAnswerMark(body) {
    const [, run, attempt, step, asked, by, state] = line.exec(body) ?? [];
    return run === undefined || step === undefined || asked === undefined || by === undefined
        ? undefined
        : { run, attempt: Number(attempt), step, asked, by, state: state };
}


/***/ }),

/***/ 3307:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C4: () => (/* binding */ ownLogin),
/* harmony export */   Dc: () => (/* binding */ editAnswer),
/* harmony export */   u7: () => (/* binding */ replyTo)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2017);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4377);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3305);


const createdSchema = zod__WEBPACK_IMPORTED_MODULE_1__.object({ id: zod__WEBPACK_IMPORTED_MODULE_1__.number().int().positive(), created_at: zod__WEBPACK_IMPORTED_MODULE_2__.datetime() });
const reviewCommentSchema = zod__WEBPACK_IMPORTED_MODULE_1__.object({ in_reply_to_id: zod__WEBPACK_IMPORTED_MODULE_1__.number().int().positive().nullish() });
async function replyTo(api, { asked, number }, body) {
    if (asked.kind === "review-comment" && asked.id !== undefined) {
        try {
            const thread = await threadOf(api, asked.id);
            const { data } = await api.call("POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies", { pull_number: number, comment_id: thread, body: body("reply") });
            return given("reply", data);
        }
        catch (error) {
            const { status } = (0,_client_js__WEBPACK_IMPORTED_MODULE_0__/* .refusalOf */ .Of)(error);
            if (status !== 404 && status !== 422) {
                throw error;
            }
        }
    }
    const { data } = await api.call("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        issue_number: number,
        body: body("comment"),
    });
    return given("comment", data);
}
async function threadOf(api, id) {
    const { data } = await api.call("GET /repos/{owner}/{repo}/pulls/comments/{comment_id}", {
        comment_id: id,
    });
    return reviewCommentSchema.parse(data).in_reply_to_id ?? id;
}
function given(kind, data) {
    const { id, created_at } = createdSchema.parse(data);
    return { kind, id, createdAt: Date.parse(created_at) };
}
async function editAnswer(api, { kind, id }, body) {
    const of = kind === "reply" ? "pulls" : "issues";
    await api.call(`PATCH /repos/{owner}/{repo}/${of}/comments/{comment_id}`, {
        comment_id: id,
        body,
    });
}
const viewerSchema = zod__WEBPACK_IMPORTED_MODULE_1__.object({
    data: zod__WEBPACK_IMPORTED_MODULE_1__.object({ viewer: zod__WEBPACK_IMPORTED_MODULE_1__.object({ login: zod__WEBPACK_IMPORTED_MODULE_1__.string().min(1) }) }),
});
async function ownLogin(api, graphqlUrl) {
    const { data } = await api.call(`POST ${graphqlUrl || "/graphql"}`, {
        query: "{ viewer { login } }",
        ...{ owner: undefined, repo: undefined },
    });
    return viewerSchema.parse(data).data.viewer.login;
}


/***/ }),

/***/ 744:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   l: () => (/* binding */ pullOfEvent)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2017);
/* harmony import */ var _checked_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9233);
/* harmony import */ var _comment_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1105);



const ofPull = zod__WEBPACK_IMPORTED_MODULE_1__.object({ pull_request: zod__WEBPACK_IMPORTED_MODULE_1__.object({ head: zod__WEBPACK_IMPORTED_MODULE_1__.object({ sha: _checked_js__WEBPACK_IMPORTED_MODULE_0__/* .shaSchema */ .Ye }) }) });
const ofRun = zod__WEBPACK_IMPORTED_MODULE_1__.object({
    workflow_run: zod__WEBPACK_IMPORTED_MODULE_1__.object({ event: zod__WEBPACK_IMPORTED_MODULE_1__["enum"](["pull_request", "push"]), head_sha: _checked_js__WEBPACK_IMPORTED_MODULE_0__/* .shaSchema */ .Ye }),
});
function pullOfEvent(event) {
    const { name, payload } = event;
    const number = (0,_comment_js__WEBPACK_IMPORTED_MODULE_2__/* .pullRequestNumber */ .Kd)(event);
    if (number === undefined) {
        return undefined;
    }
    const head = name.startsWith("pull_request")
        ? ofPull.safeParse(payload).data?.pull_request.head.sha
        : name === "workflow_run"
            ? ofRun.safeParse(payload).data?.workflow_run.head_sha
            : undefined;
    return { number, head };
}


/***/ }),

/***/ 7698:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  D: () => (/* binding */ readPullRequest)
});

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 5 modules
var schemas = __webpack_require__(2017);
// EXTERNAL MODULE: ./.build/lib/github/checked.js
var checked = __webpack_require__(9233);
;// CONCATENATED MODULE: ./.build/lib/github/pinned-head.js
function pinnedHead(facts) {
    const { now, closedAt, pushedAt, updatedAt, pushes } = facts;
    const asked = second(facts.at);
    const isBefore = (time) => time !== undefined && second(time) < asked;
    if (isBefore(closedAt)) {
        return { sha: now };
    }
    if (typeof pushes === "string") {
        return isBefore(pushedAt) || isBefore(updatedAt) ? { sha: now } : { why: pushes };
    }
    if (pushes.some(({ timestamp }) => second(timestamp) === asked)) {
        return { why: "the branch was pushed to in the very second in which it was asked" };
    }
    const later = pushes.filter(({ timestamp }) => second(timestamp) > asked);
    const before = pushes.find(({ timestamp }) => isBefore(timestamp))?.after;
    const then = later.at(-1)?.before ?? before;
    if (then === undefined) {
        return isBefore(pushedAt) || second(updatedAt) <= asked
            ? { sha: now }
            : { why: "GitHub's list of pushes does not reach back to it" };
    }
    const isWhole = (before === undefined || before === then) &&
        (then === now || later.some(({ after }) => after === now));
    if (!isWhole) {
        return { why: "GitHub's list of pushes does not agree with the pull request" };
    }
    return /^0+$/.test(then) ? { why: "there was no such branch" } : { sha: then };
}
function second(time) {
    return Math.floor(Date.parse(time) / 1000);
}
function isEarlier(time, at) {
    return second(time) < second(at);
}

;// CONCATENATED MODULE: ./.build/lib/github/pushes.js



const mostPages = 10;
const activitiesSchema = schemas.array(schemas.object({ ref: schemas.string(), before: checked/* shaSchema */.Ye, after: checked/* shaSchema */.Ye, timestamp: checked/* timeSchema */.Rl }));
async function pushesSince(api, repository, branch, at) {
    const [owner = "", repo = ""] = repository.split("/");
    const ref = `refs/heads/${branch}`;
    const pushes = [];
    let pages = 0;
    try {
        const route = "GET /repos/{owner}/{repo}/activity";
        for await (const page of api.pages(route, { owner, repo, ref, direction: "desc" })) {
            const read = activitiesSchema.safeParse(page);
            if (!read.success) {
                return "GitHub's list of pushes is not understood";
            }
            for (const { timestamp, before, after } of read.data.filter((one) => one.ref === ref)) {
                const newer = pushes.at(-1);
                if (newer !== undefined && Date.parse(newer.timestamp) < Date.parse(timestamp)) {
                    return "GitHub's list of pushes is not in order";
                }
                pushes.push({ timestamp, before, after });
                if (isEarlier(timestamp, at)) {
                    return pushes;
                }
            }
            pages += 1;
            if (pages === mostPages) {
                return "there were too many pushes since";
            }
        }
        return pushes;
    }
    catch (error) {
        const unread = (0,checked/* unreadOf */.Ds)(error);
        return `GitHub's list of pushes cannot be read: ${unread.why}${(0,checked/* permissionHint */.fm)(unread, "contents: read")}`;
    }
}

;// CONCATENATED MODULE: ./.build/lib/github/pull-request.js




const refSchema = schemas.string().regex(/^(?![-/.])[^\u0000- \u007F~^:?*[\\]{1,255}$/);
const repositorySchema = schemas.object({
    id: schemas.number().int(),
    full_name: schemas.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
    pushed_at: checked/* timeSchema */.Rl.nullish(),
});
const pullSchema = schemas.object({
    number: schemas.number().int(),
    title: schemas.string(),
    body: schemas.string().nullish(),
    user: checked/* authorSchema */.Bu,
    state: schemas["enum"](["open", "closed"]),
    merged_at: checked/* timeSchema */.Rl.nullish(),
    closed_at: checked/* timeSchema */.Rl.nullish(),
    updated_at: checked/* timeSchema */.Rl,
    head: schemas.object({ ref: refSchema, sha: checked/* shaSchema */.Ye, repo: repositorySchema.nullish() }),
    base: schemas.object({ ref: refSchema, sha: checked/* shaSchema */.Ye, repo: repositorySchema }),
});
async function readPullRequest(api, number, asked) {
    const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
    const read = await (0,checked/* checked */.KD)(api, pullSchema, route, { pull_number: number });
    if (!("value" in read)) {
        const isTrouble = read.status === undefined || read.status >= 500;
        const help = isTrouble ? ". Try again later" : (0,checked/* permissionHint */.fm)(read, "pull-requests: read");
        return `pull request #${number} cannot be read: ${read.why}${help}`;
    }
    const pull = read.value;
    if (pull.number !== number) {
        return `pull request #${number} cannot be read: GitHub answered with another one`;
    }
    const head = await headOf(api, pull, asked);
    if ("why" in head) {
        return `it cannot be told which commit of pull request #${number} was asked about: ${head.why}. Ask again in a new comment`;
    }
    const { id, full_name } = pull.head.repo ?? {};
    return {
        number,
        title: pull.title,
        body: pull.body ?? "",
        author: pull.user,
        state: pull.merged_at ? "merged" : pull.state,
        head: { sha: head.sha, ref: pull.head.ref, repository: full_name },
        base: { ref: pull.base.ref, sha: pull.base.sha },
        isFork: id !== pull.base.repo.id,
        movedTo: head.sha === pull.head.sha ? undefined : pull.head.sha,
    };
}
async function headOf(api, pull, { at, head: named }) {
    if (named !== undefined) {
        return checked/* shaSchema */.Ye.safeParse(named).success
            ? { sha: named }
            : { why: "the event names a head that is no commit" };
    }
    if (!checked/* timeSchema */.Rl.safeParse(at).success) {
        return { why: "the event does not say when it was" };
    }
    const { head, updated_at: updatedAt } = pull;
    const pushes = head.repo == null
        ? "the branch's repository is gone"
        : await pushesSince(api, head.repo.full_name, head.ref, at);
    return pinnedHead({
        at,
        now: head.sha,
        closedAt: pull.closed_at ?? undefined,
        updatedAt,
        pushedAt: head.repo?.pushed_at ?? undefined,
        pushes,
    });
}


/***/ }),

/***/ 1344:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  arrangeWork: () => (/* binding */ arrangeWork)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: ./.build/lib/checkout/checkout.js + 9 modules
var checkout = __webpack_require__(2777);
// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 5 modules
var schemas = __webpack_require__(2017);
// EXTERNAL MODULE: ./.build/lib/github/checked.js
var checked = __webpack_require__(9233);
;// CONCATENATED MODULE: ./.build/lib/github/asked-text.js


const textSchema = schemas.object({ body: schemas.string().nullish(), title: schemas.string().nullish() });
async function whyNotAsAsked(api, asked) {
    if (asked.text === undefined) {
        return undefined;
    }
    const place = placeOf(asked);
    if (place === undefined) {
        return "it is not known where the question could be read again; ask again in a new comment";
    }
    const read = await (0,checked/* checked */.KD)(api, textSchema, `GET /repos/{owner}/{repo}${place.path}`, place.ids);
    if ("value" in read) {
        const { body, title } = read.value;
        const isSame = asked.title === undefined || asked.title === title;
        return isSame && lines(body ?? "") === lines(asked.text) ? undefined : editedText(asked);
    }
    return read.status === 404 || read.status === 410
        ? `the question is not there any more: ${read.why}. Ask again in a new comment${orPermission(place.permission)}`
        : `the question cannot be read again, to see whether it was edited: ${read.why}${(0,checked/* permissionHint */.fm)(read, place.permission)}. Ask again in a new comment`;
}
function editedText({ asked: { kind } }) {
    switch (kind) {
        case "label":
            return "the title or the description was edited after the label was set; read it, and set the label again";
        case "assignment":
            return "the title or the description was edited after the assignment; read it, and assign again";
        default:
            return "the question was edited after it was asked; ask again in a new comment";
    }
}
function orPermission(permission) {
    return `; if it is there, the token may not see it and needs \`${permission}\``;
}
function placeOf({ asked: { kind, id = 0 }, number, isPullRequest }) {
    const onPull = "pull-requests: read";
    switch (kind) {
        case "issue-comment":
            return {
                path: "/issues/comments/{comment_id}",
                ids: { comment_id: id },
                permission: "issues: read",
            };
        case "review-comment":
            return {
                path: "/pulls/comments/{comment_id}",
                ids: { comment_id: id },
                permission: onPull,
            };
        case "review":
            return {
                path: "/pulls/{pull_number}/reviews/{review_id}",
                ids: { pull_number: number, review_id: id },
                permission: onPull,
            };
        case "issue":
        case "pull-request":
        case "label":
        case "assignment":
            return isPullRequest
                ? { path: "/pulls/{pull_number}", ids: { pull_number: number }, permission: onPull }
                : {
                    path: "/issues/{issue_number}",
                    ids: { issue_number: number },
                    permission: "issues: read",
                };
        default:
            return undefined;
    }
}
function lines(text) {
    return text.replaceAll("\r\n", "\n");
}

// EXTERNAL MODULE: ./.build/lib/github/pull-request.js + 2 modules
var pull_request = __webpack_require__(7698);
// EXTERNAL MODULE: ./.build/lib/github/pull-request-event.js
var pull_request_event = __webpack_require__(744);
// EXTERNAL MODULE: ./.build/lib/log/text.js
var log_text = __webpack_require__(4056);
// EXTERNAL MODULE: ./.build/lib/log/trouble.js
var trouble = __webpack_require__(4840);
// EXTERNAL MODULE: ./.build/lib/report/run-report.js + 1 modules
var run_report = __webpack_require__(1768);
// EXTERNAL MODULE: ./node_modules/zod/v4/classic/iso.js
var iso = __webpack_require__(4377);
// EXTERNAL MODULE: ./.build/lib/github/answer-mark.js
var answer_mark = __webpack_require__(7700);
;// CONCATENATED MODULE: ./.build/lib/github/own-answers.js


class TooManyComments extends Error {
}
const mostPages = 30;
const commentSchema = schemas.object({
    id: schemas.number().int().positive(),
    body: schemas.string().nullish(),
    user: schemas.object({ login: schemas.string(), type: schemas.string().nullish() }).nullish(),
    created_at: iso.datetime(),
    html_url: schemas.string().nullish(),
    issue_url: schemas.string().nullish(),
    pull_request_url: schemas.string().nullish(),
});
async function ownAnswers(api, login, { number, isPullRequest = true, since }) {
    const repository = "GET /repos/{owner}/{repo}";
    const [comments, replies] = number === undefined
        ? [`${repository}/issues/comments`, `${repository}/pulls/comments`]
        : [`${repository}/issues/{number}/comments`, `${repository}/pulls/{number}/comments`];
    const parameters = {
        ...(number !== undefined && { number }),
        ...(since !== undefined && { since: since.toISOString() }),
    };
    const [self, ...found] = await Promise.all([
        login,
        read(api, comments, parameters, "comment"),
        ...(isPullRequest ? [read(api, replies, parameters, "reply")] : []),
    ]);
    return found.flat().flatMap((one) => {
        const mark = (0,answer_mark/* readAnswerMark */.o)(one.comment.body ?? "");
        const at = number ?? numberOf(one.comment);
        return mark === undefined || at === undefined || !isOurs(one.comment, self)
            ? []
            : [
                {
                    ...mark,
                    kind: one.kind,
                    id: one.comment.id,
                    createdAt: Date.parse(one.comment.created_at),
                    number: at,
                    url: one.comment.html_url ?? undefined,
                },
            ];
    });
}
async function read(api, route, parameters, kind) {
    const found = [];
    let pages = 0;
    for await (const page of api.pages(route, parameters)) {
        pages += 1;
        if (pages > mostPages) {
            throw new TooManyComments(`there are more than ${mostPages * 100} comments`);
        }
        found.push(...schemas.array(commentSchema)
            .parse(page)
            .map((comment) => ({ comment, kind })));
    }
    return found;
}
function isOurs({ user }, self) {
    const login = user?.login.toLowerCase();
    const own = self.toLowerCase();
    return login === own || (user?.type === "Bot" && login === `${own}[bot]`);
}
function numberOf({ issue_url, pull_request_url }) {
    const [, number] = /\/(?:issues|pulls)\/(\d{1,15})$/.exec(issue_url ?? pull_request_url ?? "") ?? [];
    return number === undefined ? undefined : Number(number);
}
const runSchema = schemas.object({ status: schemas.string().nullish() });
async function isGoing(api, run) {
    try {
        const { data } = await api.call("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
            run_id: run,
        });
        const { status } = runSchema.parse(data);
        return status == null ? undefined : status !== "completed";
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./.build/lib/policy/limits.js
const countedMs = 24 * 60 * 60 * 1000;
function whyTooMany({ person, all }, answers, { run, by }, now) {
    const begun = new Map();
    for (const answer of answers) {
        const counts = answer.state !== "refused" && answer.run !== run;
        if (counts && answer.createdAt > now - countedMs) {
            begun.set(answer.run, answer);
        }
    }
    const everybody = [...begun.values()];
    const own = everybody.filter((one) => one.by.toLowerCase() === by.toLowerCase());
    if (own.length >= person) {
        return `${by} has asked ${times(own.length)} within 24 hours, and \`max-runs-per-day\` lets one person ask ${times(person)}. ${nextTime(own, person)}`;
    }
    return all !== undefined && everybody.length >= all
        ? `there have been ${everybody.length} runs within 24 hours, and \`max-runs-per-day\` allows ${all} in all. ${nextTime(everybody, all)}`
        : undefined;
}
function times(count) {
    return count === 1 ? "once" : `${count} times`;
}
function nextTime(runs, most) {
    const sorted = runs.map(({ createdAt }) => createdAt).toSorted((one, other) => one - other);
    const frees = sorted[sorted.length - most] ?? 0;
    const at = new Date(frees + countedMs).toISOString();
    return `The next question is taken from ${at.slice(0, 10)}, ${at.slice(11, 16)} UTC on`;
}
function isOlder(one, other) {
    if (one.kind === other.kind) {
        return one.id < other.id;
    }
    return one.createdAt === other.createdAt
        ? one.kind === "comment"
        : one.createdAt < other.createdAt;
}
function rivals(answers, run, now) {
    return answers.filter((one) => one.state === "working" && one.run !== run && one.createdAt > now - countedMs);
}
const longestMs = 6 * 60 * 60 * 1000;
function mayBeGoing({ createdAt }, now) {
    return createdAt > now - longestMs;
}

// EXTERNAL MODULE: ./.build/lib/report/comment.js
var comment = __webpack_require__(3752);
// EXTERNAL MODULE: ./.build/lib/report/markdown.js
var markdown = __webpack_require__(2144);
// EXTERNAL MODULE: ./.build/lib/report/summary.js
var summary = __webpack_require__(3861);
;// CONCATENATED MODULE: ./.build/lib/report/answer.js



const mostCharacters = 65_000;
const leftOut = "\n\nThe rest is left out: it is too long for a comment.";
function answerText(mark, question, said) {
    const text = [mark, question, said].filter((part) => part !== "").join("\n\n");
    return text.length <= mostCharacters
        ? text
        : `${text.slice(0, mostCharacters - leftOut.length).replace(/[\uD800-\uDBFF]$/, "")}${leftOut}`;
}
const mostLines = 3;
const mostOfLine = 200;
function askedText(ask, { GITHUB_SERVER_URL: server }) {
    const who = /^[\w-]+$/.test(ask.by) ? `**${ask.by}**` : (0,markdown/* code */.aY)(ask.by);
    const what = `${deed(ask.asked)}${ask.question.trim() === "" ? "" : ":"}`;
    const page = ask.url !== undefined && isPage(ask.url, server) ? ask.url : undefined;
    const head = `> ${who} ${page === undefined ? what : `[${what}](${page})`}`;
    const lines = ask.question.split("\n").filter((line) => line.trim() !== "");
    const first = lines.slice(0, mostLines).map(shortened);
    const more = lines.length > mostLines ? [...first, "…"] : first;
    return more.length === 0 ? head : `${head}\n>\n${(0,summary/* quoted */.TL)(more.join("\n"))}`;
}
function deed(asked) {
    switch (asked.kind) {
        case "label":
            return `set the label ${(0,markdown/* code */.aY)(asked.name)}`;
        case "assignment":
            return `assigned ${(0,markdown/* code */.aY)(asked.login)}`;
        default:
            return "asked";
    }
}
function shortened(line) {
    return line.length > mostOfLine ? `${line.slice(0, mostOfLine - 1)}…` : line;
}
function isPage(url, server = "https://github.com") {
    return url.startsWith(`${server}/`) && /^[\w:/.#?=&%-]+$/.test(url);
}
function workingText(pull, environment) {
    const run = (0,comment/* runUrl */.Vp)(environment);
    const where = run === undefined ? "" : ` [The run](${run}) shows how far it is.`;
    return `**Working on it**${headText(pull)}.${where}${movedText(pull)}`;
}
function headText(pull) {
    return pull === undefined ? "" : `, at ${answer_short(pull.head.sha)}`;
}
function movedText(pull) {
    return pull?.movedTo === undefined
        ? ""
        : ` The branch has moved on to ${answer_short(pull.movedTo)} since it was asked: that is not looked at.`;
}
function answer_short(sha) {
    return (0,markdown/* code */.aY)(sha.slice(0, 7));
}
function endText(settings, told, ms, pull, environment) {
    const { conclusion, failure, agent, handedOver } = told;
    const message = agent?.message?.trim() ? (0,summary/* unquoted */.qZ)(agent.message) : undefined;
    const at = pull === undefined ? [] : [`at ${answer_short(pull.head.sha)}`];
    const facts = [...(0,comment/* factsOf */.xS)(settings, told, ms, environment), ...at];
    return [
        ...(conclusion === "success" ? [] : [`**Agent Runner: ${conclusion}**`]),
        ...(failure === undefined ? [] : [(0,markdown/* code */.aY)(failure.message)]),
        ...(message === undefined ? [] : [message]),
        ...(message === undefined && conclusion === "success" ? ["**Done.**"] : []),
        ...(handedOver === undefined ? [] : [handedOver]),
        `---\n<sub>${facts.join(" · ")}</sub>${movedText(pull)}`,
    ].join("\n\n");
}
function refusalText(why, environment, link) {
    const run = (0,comment/* runUrl */.Vp)(environment);
    const see = link !== undefined && isPage(link.url, environment.GITHUB_SERVER_URL) ? link : undefined;
    const links = [
        ...(see === undefined ? [] : [`[${see.name}](${see.url})`]),
        ...(run === undefined ? [] : [`[this run](${run})`]),
    ];
    return `**Nothing was started:** ${(0,markdown/* prose */.CS)(why.replace(/\.$/, ""))}.${links.length === 0 ? "" : ` <sub>${links.join(" · ")}</sub>`}`;
}
function killedText(environment) {
    const run = (0,comment/* runUrl */.Vp)(environment);
    const where = run === undefined ? "" : ` [The run](${run}) shows how far it came.`;
    return `**The run was ended before it could answer.**${where}`;
}

;// CONCATENATED MODULE: ./.build/lib/modes/answer-limits.js


const mostRivals = 10;
async function rivalOf(api, answers, run, now) {
    const asked = rivals(answers, run, now)
        .toSorted((one, other) => other.createdAt - one.createdAt)
        .slice(0, mostRivals);
    const going = await Promise.all(asked.map(async (one) => (await isGoing(api, one.run)) ?? mayBeGoing(one, now)));
    return asked.findLast((_, index) => going[index]);
}
function busy(rival, isPullRequest) {
    const where = isPullRequest ? "pull request" : "issue";
    const { url } = rival;
    return {
        why: `run ${rival.run} is answering another question here, and there is one run at a time for a ${where}. Ask again when it has ended`,
        link: url === undefined ? undefined : { name: "its answer", url },
    };
}

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/errors.js
var errors = __webpack_require__(3342);
// EXTERNAL MODULE: ./.build/lib/github/answers.js
var answers = __webpack_require__(3307);
// EXTERNAL MODULE: ./.build/lib/github/client.js
var client = __webpack_require__(3305);
// EXTERNAL MODULE: ./.build/lib/modes/comment.js
var modes_comment = __webpack_require__(2984);
;// CONCATENATED MODULE: ./.build/lib/modes/answer-page.js








function graphqlUrl({ GITHUB_GRAPHQL_URL: url, GITHUB_API_URL: rest }) {
    return url || (rest && `${rest.replace(/\/v3\/?$/, "")}/graphql`);
}
function answerPage(ask, world) {
    const { settings, environment, redactor, cancelled } = world;
    const { number, isPullRequest, by } = ask;
    const run = environment.GITHUB_RUN_ID || "0";
    const attempt = Number(environment.GITHUB_RUN_ATTEMPT) || 1;
    const asked = "id" in ask.asked ? `${ask.asked.kind}-${ask.asked.id}` : ask.asked.kind;
    const step = (0,comment/* commentKey */.Td)(environment, settings, asked);
    const question = askedText({ ...ask, question: redactor.redact(ask.question) }, environment);
    let current;
    let login;
    const account = (api) => {
        const asked = login ?? (0,answers/* ownLogin */.C4)(api, graphqlUrl(environment));
        login = asked;
        asked.catch(() => {
            login = undefined;
        });
        return asked;
    };
    const textOf = (kind, state, said) => {
        const mark = (0,answer_mark/* answerMark */.G)({ run, attempt, step, asked, by, state });
        return answerText(mark, kind === "reply" ? "" : question, said);
    };
    return {
        run,
        attempt,
        asked,
        textOf,
        account,
        current: () => current,
        async attend(work) {
            const { GITHUB_REPOSITORY: repository } = environment;
            const token = settings["github-token"];
            if (token === undefined || !repository) {
                return token === undefined
                    ? "there is no `github-token`"
                    : "`GITHUB_REPOSITORY` is not set";
            }
            const signal = (0,modes_comment/* commentLimit */.j9)(cancelled);
            const access = { repository, token, apiUrl: (0,client/* apiUrlOf */.po)(environment), signal };
            try {
                await work(await (0,client/* apiClient */.uE)(access));
                return undefined;
            }
            catch (error) {
                if (signal.aborted) {
                    return "GitHub did not answer in time";
                }
                return error instanceof errors/* ZodError */.G
                    ? "GitHub's answer is not understood"
                    : (0,modes_comment/* whyNotWritten */.z5)(error, isPullRequest ? "pull-requests: write" : "issues: write");
            }
        },
        async read(api, since) {
            const found = await ownAnswers(api, account(api), { number, isPullRequest, since });
            current ??= found.find((one) => one.run === run && one.step === step);
            return found;
        },
        async put(api, state, said) {
            if (current !== undefined) {
                try {
                    await (0,answers/* editAnswer */.Dc)(api, current, textOf(current.kind, state, said));
                    return current;
                }
                catch (error) {
                    if ((0,client/* refusalOf */.Of)(error).status !== 404) {
                        throw error;
                    }
                }
            }
            current = await (0,answers/* replyTo */.u7)(api, ask, (kind) => textOf(kind, state, said));
            return current;
        },
    };
}

// EXTERNAL MODULE: ./.build/lib/modes/runtime.js + 1 modules
var runtime = __webpack_require__(3354);
;// CONCATENATED MODULE: ./.build/lib/modes/answer.js







function answerTo(ask, world) {
    const { settings, environment, log, cancelled, remember, now = Date.now } = world;
    if ((0,comment/* commentWay */.nJ)(settings.comment, true) !== "answer") {
        return { begin: async () => undefined, finish: async () => { }, refuse: async () => { } };
    }
    const redact = (text) => world.redactor.redact(text);
    const page = answerPage(ask, world);
    const { run, attempt } = page;
    const { isPullRequest } = ask;
    const limit = settings["max-runs-per-day"];
    let pullRequest;
    let begun = false;
    let lastWarning = "";
    const warn = (what, why) => {
        const warning = why === undefined ? "" : `${what}: ${why}`;
        if (warning !== lastWarning && warning !== "") {
            log.warning(warning);
            lastWarning = warning;
        }
    };
    const goOn = () => {
        if (cancelled.aborted) {
            throw new runtime/* Cancelled */.cJ();
        }
    };
    const notWritten = "the answer could not be written";
    const countedFrom = () => new Date(now() - countedMs);
    const putRefusal = async (api, { why, link }) => {
        await page.put(api, "refused", refusalText(redact(why), environment, link));
        remember({ answer: null });
    };
    const whyOver = async (api, since, counts = () => true) => {
        const [here, everywhere] = await Promise.all([
            page.read(api, since),
            limit === undefined ? [] : ownAnswers(api, page.account(api), { since: countedFrom() }),
        ]);
        const runs = everywhere.filter(counts);
        const why = limit && whyTooMany(limit, runs, { run, by: ask.by }, now());
        const rival = why === undefined ? await rivalOf(api, here.filter(counts), run, now()) : undefined;
        return why !== undefined ? { why } : rival && busy(rival, isPullRequest);
    };
    const putWorking = async (api) => {
        const { kind, id } = await page.put(api, "working", workingText(pullRequest, environment));
        const text = page.textOf(kind, "done", killedText(environment));
        remember({ answer: { kind, id, text } });
    };
    const started = async () => {
        let refusal;
        const unread = await page.attend(async (api) => {
            const since = attempt === 1 ? countedFrom() : undefined;
            refusal = await whyOver(api, since);
        });
        goOn();
        if (unread !== undefined && limit !== undefined) {
            refusal = { why: `\`max-runs-per-day\` could not be counted: ${unread}` };
        }
        const known = refusal;
        if (known !== undefined) {
            warn(notWritten, await page.attend((api) => putRefusal(api, known)));
            return known;
        }
        warn("it is not known whether another run is at work here", unread);
        if (unread !== undefined && attempt > 1) {
            return undefined;
        }
        const unwritten = await page.attend(putWorking);
        goOn();
        warn(notWritten, unwritten);
        if (unwritten !== undefined) {
            const why = `the run could not be noted for \`max-runs-per-day\`: ${unwritten}`;
            return limit === undefined ? undefined : { why };
        }
        const unchecked = await page.attend(async (api) => {
            const own = page.current();
            const isFirst = (one) => own !== undefined && isOlder(one, own);
            refusal = await whyOver(api, countedFrom(), isFirst);
            if (refusal !== undefined) {
                await putRefusal(api, refusal);
            }
        });
        warn("it is not known whether another run has begun here", unchecked);
        return refusal;
    };
    return {
        async begin(pull) {
            pullRequest = pull;
            begun = true;
            const refusal = await started();
            goOn();
            return refusal?.why;
        },
        async finish(told, ms, known = settings) {
            const { failure, agent, handedOver } = told;
            const clean = {
                ...told,
                failure: failure && { ...failure, message: redact(failure.message) },
                agent: agent && { ...agent, message: agent.message && redact(agent.message) },
                handedOver: handedOver && redact(handedOver),
            };
            const unwritten = await page.attend(async (api) => {
                if (page.current() === undefined && attempt > 1) {
                    await page.read(api, undefined);
                }
                const state = begun ? "done" : "refused";
                await page.put(api, state, endText(known, clean, ms, pullRequest, environment));
                remember({ answer: null });
            });
            warn(notWritten, unwritten);
        },
        async refuse(why) {
            const unwritten = await page.attend(async (api) => {
                const from = attempt === 1 ? Date.parse(ask.at) : Number.NaN;
                const since = Number.isNaN(from) ? undefined : new Date(from);
                const here = await page.read(api, since);
                const other = here.find((one) => one.asked === page.asked && one.run !== run);
                const isText = ask.asked.kind !== "label" && ask.asked.kind !== "assignment";
                if (page.current() === undefined && isText && other !== undefined) {
                    log.info(`this question has its reply already, by run ${other.run}`);
                    return;
                }
                await putRefusal(api, { why });
            });
            warn(notWritten, unwritten);
        },
    };
}

// EXTERNAL MODULE: ./.build/lib/modes/api.js
var modes_api = __webpack_require__(8365);
// EXTERNAL MODULE: ./.build/lib/modes/authorities.js
var authorities = __webpack_require__(4908);
// EXTERNAL MODULE: ./.build/lib/modes/permission.js + 3 modules
var permission = __webpack_require__(9432);
// EXTERNAL MODULE: ./.build/lib/modes/work.js
var work = __webpack_require__(96);
;// CONCATENATED MODULE: ./.build/lib/modes/arrange.js














const answerMs = 20_000;
async function arrangeWork(desk, settings, listened, isWrong) {
    const ask = listened?.ask;
    const answer = ask && answerTo(ask, { ...desk, settings });
    if (isWrong) {
        return { ...work/* noWork */.v, answer };
    }
    try {
        return await arrange(desk, settings, listened, answer);
    }
    catch (error) {
        if (!(error instanceof trouble/* Trouble */.qm)) {
            throw error;
        }
        const message = desk.redactor.redact(error.message);
        const conclusion = error instanceof runtime/* Cancelled */.cJ ? "cancelled" : "failure";
        await answer?.finish({ conclusion, failure: { message } }, desk.timeline.elapsed());
        return (0,run_report/* endedReport */.DR)(conclusion, message);
    }
}
async function arrange(desk, settings, listened, answer) {
    const { event, log, redactor, timeline, environment, cancelled } = desk;
    const ask = listened?.ask;
    const edited = listened?.ask && listened.refused;
    const refuse = async (why, told = true) => {
        if (cancelled.aborted) {
            throw new runtime/* Cancelled */.cJ();
        }
        log.warning(`nothing was started: ${why}`);
        if (told) {
            await answer?.refuse(why);
        }
        return (0,run_report/* skippedReport */.VY)(redactor.redact(why));
    };
    const forbidden = await timeline.measure("ask who may start it", () => (0,permission/* whyNotPermitted */.E)({ settings }, { event, environment, cancelled }));
    if (forbidden !== undefined) {
        return refuse(forbidden, edited === undefined);
    }
    if (edited !== undefined) {
        return refuse(edited);
    }
    const api = await apiFor(desk, settings);
    const changed = ask && (await whyNotAsAsked(api, ask));
    if (changed !== undefined) {
        return refuse(changed);
    }
    const pull = await pullOf(api, ask, event);
    if (typeof pull === "string") {
        return refuse(pull);
    }
    if (pull?.isFork && !settings["allow-forks"] && !isForksOwn(event, ask)) {
        return refuse(`pull request ${pull.number} is from a fork, whose code is a stranger's; \`allow-forks: true\` lets it be worked on`);
    }
    if (ask !== undefined) {
        const where = ask.isPullRequest ? "pull request" : "issue";
        log.info(`${(0,log_text/* oneLine */.TN)(ask.by, 100)} asks at ${where} ${ask.number}`);
    }
    const busy = answer && (await timeline.measure("begin the answer", () => answer.begin(pull)));
    if (busy !== undefined) {
        log.warning(`nothing was started: ${busy}`);
        return (0,run_report/* skippedReport */.VY)(redactor.redact(busy));
    }
    if ((settings.checkout ?? "head") === "head") {
        await timeline.measure("check out the head", () => bringHead(desk, settings, pull, ask));
    }
    return { ask, pull, answer, permitted: settings };
}
function isForksOwn(event, ask) {
    return event?.name === "pull_request" && ask === undefined;
}
async function apiFor({ environment, cancelled }, settings) {
    const api = await (0,modes_api/* apiOf */.i)(settings, environment, cancelled, AbortSignal.timeout(answerMs));
    if (api === undefined) {
        const missing = settings["github-token"] === undefined
            ? "`github-token` is empty"
            : "`GITHUB_REPOSITORY` is not set";
        throw new trouble/* Trouble */.qm(`what is asked cannot be looked up on GitHub: ${missing}`);
    }
    return api;
}
async function pullOf(api, ask, event) {
    if (ask !== undefined) {
        return ask.isPullRequest ? (0,pull_request/* readPullRequest */.D)(api, ask.number, ask) : undefined;
    }
    const pull = event && (0,pull_request_event/* pullOfEvent */.l)(event);
    if (pull === undefined) {
        throw new trouble/* Trouble */.qm(`\`checkout: head\`: the event \`${event?.name ?? "none"}\` does not belong to a pull request; use \`actions/checkout\` there`);
    }
    const { number, head } = pull;
    return (0,pull_request/* readPullRequest */.D)(api, number, { head, at: new Date().toISOString() });
}
async function bringHead(desk, settings, pull, ask) {
    const { workspace, environment, folder, cancelled, log } = desk;
    if (pull === undefined) {
        if (settings.checkout === "head") {
            log.notice(`\`checkout: head\` has no effect at issue ${ask?.number}: it has no branch`);
        }
        return;
    }
    const depth = settings["fetch-depth"];
    await (0,promises_.mkdir)(folder, { recursive: true, mode: 0o700 });
    const { warnings, notices } = await (0,checkout/* checkOut */.b)({
        workspace,
        serverUrl: environment.GITHUB_SERVER_URL || "https://github.com",
        repository: environment.GITHUB_REPOSITORY ?? "",
        token: settings["github-token"],
        number: pull.number,
        head: pull.head,
        base: pull.base,
        depth: depth === undefined ? undefined : Number(depth),
        environment,
        authorities: (0,authorities/* filesForGit */.Xn)((0,authorities/* authoritiesBeforeJob */.es)(desk), folder),
        signal: cancelled,
        scratch: folder,
    });
    log.info(`checked out ${pull.head.sha.slice(0, 12)}, the head of pull request ${pull.number}`);
    for (const warning of warnings) {
        log.warning(warning);
    }
    for (const notice of notices) {
        log.notice(notice);
    }
}


/***/ })

};

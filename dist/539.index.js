export const id = 539;
export const ids = [539];
export const modules = {

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

/***/ 5539:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   endKilledAnswer: () => (/* binding */ endKilledAnswer)
/* harmony export */ });
/* harmony import */ var _github_answers_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3307);
/* harmony import */ var _github_client_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3305);
/* harmony import */ var _comment_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2984);



const answerMs = 10_000;
async function endKilledAnswer({ answer, ended }, token, environment, log) {
    const { GITHUB_REPOSITORY: repository } = environment;
    if (!answer || ended || token === undefined || !repository) {
        return;
    }
    const signal = AbortSignal.timeout(answerMs);
    const access = { repository, token, apiUrl: (0,_github_client_js__WEBPACK_IMPORTED_MODULE_1__/* .apiUrlOf */ .po)(environment), signal };
    try {
        await (0,_github_answers_js__WEBPACK_IMPORTED_MODULE_0__/* .editAnswer */ .Dc)(await (0,_github_client_js__WEBPACK_IMPORTED_MODULE_1__/* .apiClient */ .uE)(access), answer, answer.text);
    }
    catch (error) {
        const why = signal.aborted ? "GitHub did not answer in time" : (0,_comment_js__WEBPACK_IMPORTED_MODULE_2__/* .whyNotWritten */ .z5)(error);
        log.warning(`the answer still says that work goes on, and could not be edited: ${why}`);
    }
}


/***/ })

};

export const id = 318;
export const ids = [318];
export const modules = {

/***/ 2318:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  doctor: () => (/* binding */ doctor)
});

// EXTERNAL MODULE: ./.build/lib/engine/engine.js + 8 modules
var engine = __webpack_require__(4345);
// EXTERNAL MODULE: ./.build/lib/log/text.js
var log_text = __webpack_require__(4056);
// EXTERNAL MODULE: ./.build/lib/report/markdown.js
var markdown = __webpack_require__(2144);
// EXTERNAL MODULE: ./.build/lib/report/summary.js
var summary = __webpack_require__(3861);
;// CONCATENATED MODULE: ./.build/lib/report/doctor.js



const marks = { ok: "ok     ", note: "note   ", problem: "PROBLEM" };
function doctorLines(findings) {
    const width = Math.max(...findings.map(({ about }) => about.length));
    return findings.flatMap(({ about, state, says, next }) => [
        `${marks[state]} ${about.padEnd(width)}  ${(0,log_text/* harmless */.Is)(says)}`,
        ...(next === undefined
            ? []
            : [`${" ".repeat(marks.ok.length + width + 3)}→ ${(0,log_text/* harmless */.Is)(next)}`]),
    ]);
}
function doctorReport(findings, unusable) {
    const problems = findings.filter(({ state }) => state === "problem").length;
    return {
        outputs: { conclusion: unusable === undefined ? "success" : "failure", "cache-hit": "false" },
        exitCode: unusable === undefined ? 0 : 1,
        failure: unusable === undefined ? undefined : { message: unusable },
        summary: (0,summary/* summary */.z)({
            title: `Agent Runner: ${problems === 0 ? "nothing is wrong here" : `${problems} ${problems === 1 ? "problem" : "problems"}`}`,
            facts: findings.map(({ about, state, says, next }) => [
                about,
                (0,markdown/* prose */.CS)(`${state === "ok" ? "" : `${state}: `}${says}${next === undefined ? "" : `. Next: ${next}`}`),
            ]),
            layers: [],
            spans: [],
            warnings: [],
        }),
    };
}

// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(7075);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/bounded.js

const graceMs = 0;
function boundedBy(cli, over, late) {
    const expired = { code: 124, stdout: "", stderr: late };
    return {
        ...cli,
        async ask(...args) {
            if (over.aborted) {
                return expired;
            }
            const stdout = bounded_text();
            const stderr = bounded_text();
            const running = cli.start(args, { stdout: stdout.stream, output: stderr.stream });
            const { promise, resolve } = Promise.withResolvers();
            const end = () => {
                running.end(graceMs).catch(() => { });
                resolve();
            };
            over.addEventListener("abort", end, { once: true });
            try {
                const ended = await Promise.race([running.done, promise]);
                return ended === undefined || over.aborted
                    ? expired
                    : { code: ended.code ?? 128, stdout: stdout.all(), stderr: stderr.all() };
            }
            finally {
                over.removeEventListener("abort", end);
            }
        },
    };
}
function bounded_text() {
    const chunks = [];
    const stream = new external_node_stream_.Writable({
        write(chunk, _encoding, done) {
            chunks.push(chunk);
            done();
        },
    });
    return { stream, all: () => Buffer.concat(chunks).toString("utf8").trimEnd() };
}

// EXTERNAL MODULE: ./.build/lib/build/builder-choice.js
var builder_choice = __webpack_require__(240);
// EXTERNAL MODULE: ./.build/lib/engine/words.js
var words = __webpack_require__(3512);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/world.js
function ofEngine(about, at) {
    const nothing = { about, state: "note", says: "not looked at: no engine answers" };
    return {
        about,
        at: async (world) => {
            const answers = await world.platform().then(() => true, () => false);
            return answers ? at(world) : [nothing];
        },
    };
}

;// CONCATENATED MODULE: ./.build/lib/modes/doctor/builder.js



const builder = ofEngine("buildx", async ({ engine, engineContext, job }) => {
    const about = "buildx";
    const { cli } = engine;
    const { builder: named } = job.settings;
    const builds = await engine.builds();
    if (builds === "podman") {
        const says = "none: podman builds by itself";
        return named === undefined
            ? [{ about, state: "ok", says }]
            : [{ about, state: "note", says, next: `leave \`builder\` out: ${named} is not used` }];
    }
    if (builds === "podman's API" && (0,builder_choice/* meansOwnBuilder */.aJ)(named, engineContext)) {
        const says = "not used: podman's Docker API builds, and takes no build secrets";
        return (job.settings["build-secrets"] ?? []).length === 0
            ? [{ about, state: "ok", says }]
            : [
                {
                    about,
                    state: "problem",
                    says,
                    next: "use podman's own command, without docker on the `PATH`",
                },
            ];
    }
    const version = await cli.ask("buildx", "version");
    if (version.code !== 0) {
        return [
            {
                about,
                state: "problem",
                says: `docker has no buildx: ${(0,words/* reasonIn */.YY)(version.stderr)}`,
                next: "install the buildx plugin; without it nothing is built, and everything is installed at each task's start",
            },
        ];
    }
    const name = named === undefined || (0,builder_choice/* meansOwnBuilder */.aJ)(named, engineContext) ? engineContext : named;
    const [inspected, others] = await Promise.all([
        cli.ask("buildx", "inspect", name),
        cli.ask("buildx", "ls", "--format", "{{.Builder.Name}}"),
    ]);
    if (inspected.code !== 0) {
        return [
            {
                about,
                state: "problem",
                says: `the builder ${name} cannot be used: ${(0,words/* reasonIn */.YY)(inspected.stderr)}`,
                next: "leave `builder` out, or create it in an earlier step (`docker/setup-buildx-action`)",
            },
        ];
    }
    const names = others.code === 0 ? others.stdout.split("\n").map((line) => line.trim()) : [];
    const rest = [...new Set(names)].filter((one) => one !== "" && one !== name);
    const also = rest.length === 0 ? "" : `; there are ${rest.join(", ")}, too`;
    const [, number = version.stdout.trim()] = /\bv?(\d+\.\d+\S*)/.exec(version.stdout) ?? [];
    return [{ about, state: "ok", says: `version ${number}, with the builder ${name}${also}` }];
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./.build/lib/policy/cache.js
var cache = __webpack_require__(4891);
// EXTERNAL MODULE: ./.build/lib/policy/push.js
var policy_push = __webpack_require__(5729);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/cache.js




const cache_cache = {
    about: "cache",
    at: async ({ environment, event, job: { settings } }) => {
        const about = "cache";
        const setting = settings["actions-cache"];
        const { push } = (0,policy_push/* decidePush */.v)(settings.push, settings.registry, event);
        if (setting === "off" || (setting === "auto" && push)) {
            const why = setting === "off" ? "`actions-cache: off`" : "images go to the `registry`";
            return [{ about, state: "ok", says: `the Actions cache is not used: ${why}` }];
        }
        const { read, write, why, warning } = (0,cache/* decideCache */.x)(setting, environment, push, event);
        if (!read && !write) {
            if (warning === undefined && environment.GITHUB_ACTIONS !== "true") {
                return [
                    { about, state: "ok", says: "there is no Actions cache outside of GitHub Actions" },
                ];
            }
            const next = warning ?? "set `registry`: without either, every runner builds its own images";
            return [{ about, state: "note", says: "this job has no Actions cache", next }];
        }
        const found = await usable(environment.PATH ?? "");
        if (found !== undefined) {
            return [found];
        }
        if (write) {
            return [{ about, state: "ok", says: "the Actions cache is read and written" }];
        }
        const next = why && `nothing, if that is meant: ${why}`;
        return [{ about, state: "note", says: "the Actions cache is only read", next }];
    },
};
async function usable(path) {
    return (await isOnPath("tar", path))
        ? undefined
        : {
            about: "cache",
            state: "problem",
            says: "the Actions cache cannot be used: there is no `tar` on the PATH",
            next: "install `tar` on this runner",
        };
}
async function isOnPath(program, path) {
    const places = path.split(external_node_path_.delimiter).filter((folder) => folder !== "");
    const found = places.map((folder) => (0,promises_.access)((0,external_node_path_.join)(folder, program), promises_.constants.X_OK));
    return Promise.any(found).then(() => true, () => false);
}

// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: ./.build/lib/layers/labels.js
var labels = __webpack_require__(2542);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/disk.js





const fewBytes = 5e9;
const disks = {
    about: "disk",
    at: async ({ engine, environment }) => {
        const [machine, isRemote] = await Promise.all([
            engine.machine().catch(() => undefined),
            engine.isRemote().catch(() => false),
        ]);
        const found = await Promise.all([
            free("disk", environment.RUNNER_TEMP || (0,external_node_os_.tmpdir)()),
            machine && !isRemote ? free("engine's disk", machine.dataRoot) : [],
        ]);
        return found.flat();
    },
};
async function free(about, folder) {
    const found = await (0,promises_.statfs)(folder).catch(() => undefined);
    if (found === undefined) {
        return [];
    }
    const bytes = found.bavail * found.bsize;
    const says = `${(0,log_text/* megabytes */.ix)(bytes)} free in ${folder}`;
    const next = "free space (`docker system prune`), or use a larger runner";
    return bytes < fewBytes
        ? [{ about, state: "problem", says, next }]
        : [{ about, state: "ok", says }];
}
const ownImages = ofEngine("images", async ({ engine }) => {
    const about = "images";
    const usage = await engine.images.usage(labels/* labelNames */.l3.layer);
    if (usage === undefined) {
        const next = "ask it with `docker image ls`";
        return [{ about, state: "note", says: "the engine does not say which it has", next }];
    }
    const { count, bytes } = usage;
    const says = count === 0
        ? "none of Agent Runner's"
        : `${count} of Agent Runner's, ${(0,log_text/* megabytes */.ix)(bytes)} at most: what they share is counted for each`;
    return [{ about, state: "ok", says }];
});

// EXTERNAL MODULE: ./.build/lib/engine/program.js
var program = __webpack_require__(1329);
// EXTERNAL MODULE: ./.build/lib/registry/documents.js
var documents = __webpack_require__(3642);
// EXTERNAL MODULE: ./.build/lib/settings/proxies.js
var proxies = __webpack_require__(6818);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/shown.js

function withoutLogin(address) {
    return address.replace(/(?<=\/\/).*@/s, "");
}
function hostOf(address) {
    const [, ...rest] = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[/?#]/);
    const host = rest.join("").includes("@") ? undefined : (0,proxies/* placeOfProxy */.$M)(address)?.host;
    return host ?? "(its address cannot be read)";
}

;// CONCATENATED MODULE: ./.build/lib/modes/doctor/engine.js




const engine_engine = {
    about: "engine",
    at: async ({ engine, platform, environment, engineContext }) => {
        const [its, machine] = await Promise.all([platform(), engine.machine()]);
        const host = environment.DOCKER_HOST;
        const docker = host ? `\`DOCKER_HOST\` ${withoutLogin(host)}` : `the context ${engineContext}`;
        const where = (0,program/* programOf */.oQ)(engine.cli).hasBuilders ? docker : "podman's own command";
        const kind = machine?.isRootless ? ", rootless" : machine?.mapsUsers ? ", userns-remap" : "";
        const says = `version ${machine?.version || "unknown"}, ${(0,documents/* platformText */.VQ)(its)}${kind}, by ${where}`;
        return [{ about: "engine", state: "ok", says }];
    },
};
const store = ofEngine("store", async ({ engine }) => {
    const about = "store";
    const machine = await engine.machine();
    if (machine === undefined) {
        const next = "ask it with `docker info`";
        return [{ about, state: "note", says: "the engine does not say", next }];
    }
    const { hasContainerdStore, driver, dataRoot } = machine;
    const own = (0,program/* programOf */.oQ)(engine.cli).hasBuilders ? "the classic image store" : "podman's own store";
    const kind = hasContainerdStore ? "containerd's image store" : own;
    return [{ about, state: "ok", says: `${kind}, ${driver}, in ${dataRoot}` }];
});

// EXTERNAL MODULE: ./.build/lib/log/trouble.js
var trouble = __webpack_require__(4840);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/examine.js

async function examine(looks, world, over) {
    const late = new Promise((resolve) => {
        over.addEventListener("abort", () => resolve(), { once: true });
        if (over.aborted) {
            resolve();
        }
    });
    const found = await Promise.all(looks.map(({ about, at }) => Promise.race([
        at(world).catch((error) => [{ about, state: "problem", says: (0,trouble/* reasonOf */.A3)(error) }]),
        late.then(() => [
            {
                about,
                state: "problem",
                says: "it did not answer in the time there was",
                next: "ask once more; if it stays so, something hangs there",
            },
        ]),
    ])));
    return found.flat();
}

// EXTERNAL MODULE: ./.build/lib/github/client.js
var client = __webpack_require__(3305);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/github.js

const about = "GitHub";
const farOff = 60;
const github = {
    about,
    at: async ({ environment, job, signal }) => {
        const token = job.settings["github-token"];
        const repository = environment.GITHUB_REPOSITORY;
        if (!token || !repository) {
            const what = repository
                ? "there is no `github-token`"
                : "there is no repository to ask about";
            return [{ about, state: "ok", says: `its API is not asked: ${what}` }];
        }
        const apiUrl = (0,client/* apiUrlOf */.po)(environment);
        try {
            const api = await (0,client/* apiClient */.uE)({ repository, token, apiUrl, signal });
            const { date } = await api.call("GET /repos/{owner}/{repo}");
            const reached = { about, state: "ok", says: `${apiUrl} answers for ${repository}` };
            return [reached, ...clock(date, Date.now())];
        }
        catch (error) {
            return [refused(apiUrl, error)];
        }
    },
};
function refused(apiUrl, error) {
    const { status, why } = (0,client/* refusalOf */.Of)(error);
    if ((0,client/* isEnded */.pl)(error) || status === undefined || status >= 500) {
        const said = (0,client/* isEnded */.pl)(error) ? "did not answer in time" : `cannot be asked: ${why}`;
        const next = "check the network and the proxy of this machine";
        return { about, state: "problem", says: `${apiUrl} ${said}`, next };
    }
    return {
        about,
        state: "problem",
        says: `${apiUrl} answers ${status}: ${why}`,
        next: "give the job `contents: read`, or another `github-token`",
    };
}
function clock(date, now) {
    const off = Math.round((now - Date.parse(date ?? "")) / 1000);
    return Math.abs(off) > farOff
        ? [
            {
                about: "clock",
                state: "problem",
                says: `it is ${Math.abs(off)} s ${off > 0 ? "ahead of" : "behind"} GitHub's`,
                next: "set this machine's clock: certificates, tokens and the cache's addresses are valid for a time only",
            },
        ]
        : [];
}

// EXTERNAL MODULE: ./.build/lib/engine/advice.js
var advice = __webpack_require__(7421);
// EXTERNAL MODULE: ./.build/lib/engine/create-argv.js
var create_argv = __webpack_require__(1032);
// EXTERNAL MODULE: ./.build/lib/task/container-spec.js
var container_spec = __webpack_require__(7081);
// EXTERNAL MODULE: ./.build/lib/task/workspace/plan.js
var plan = __webpack_require__(9169);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/mounts.js








const mounts_about = "mounts";
const script = ': > /shared/written && { [ -w /workspace ] && echo "may write" || echo "may not"; }';
const mounts = ofEngine(mounts_about, async (world) => {
    const { engine, runId, folder } = world;
    const base = world.job.settings["base-image"];
    const image = await engine.images.inspect(base);
    if (image === undefined) {
        const says = `not tried: ${base} is not in the engine`;
        return [{ about: mounts_about, state: "note", says, next: "run a task or `mode: prebuild`, and ask again" }];
    }
    const workspace = (0,external_node_path_.resolve)(world.job.workspace);
    const beside = await folderForAll(folder);
    const { code, stdout, stderr } = await engine.containers.run({
        ...{ image: image.id, entrypoint: "bash", user: "0:0", workdir: "/", network: "none" },
        command: ["--noprofile", "--norc", "-c", script],
        noNewPrivileges: true,
        capabilities: ["DAC_OVERRIDE"],
        labels: [`${container_spec/* runLabel */.Az}=${runId}`],
        mounts: [
            (0,create_argv/* mountSpec */.l)({ type: "bind", source: workspace, target: "/workspace" }),
            (0,create_argv/* mountSpec */.l)({ type: "bind", source: beside, target: "/shared" }),
        ],
    });
    if (code !== 0) {
        return [await whyNot(world, stderr)];
    }
    const written = await (0,promises_.stat)((0,external_node_path_.join)(beside, "written")).catch(() => undefined);
    if (written === undefined) {
        return [notShared(workspace)];
    }
    const shared = {
        about: mounts_about,
        state: "ok",
        says: `the engine has this machine's ${workspace}`,
    };
    return [shared, await users(workspace, written.uid, stdout.trim() === "may write")];
});
async function folderForAll(folder) {
    const made = (0,external_node_path_.join)(folder, "doctor");
    await (0,promises_.mkdir)(made, { recursive: true });
    await (0,promises_.chmod)(made, 0o777);
    return made;
}
const copied = "nothing: the workspace is copied into the task's container and back, which takes its time";
function notShared(workspace) {
    const says = `the engine does not have this machine's ${workspace}`;
    return { about: mounts_about, state: "note", says, next: copied };
}
async function users(workspace, root, mayWrite) {
    const about = "users";
    const { uid } = await (0,plan/* ownerOf */.b)(workspace);
    if (!mayWrite) {
        const says = `root in a container is user ${root} here, who may not write the workspace of user ${uid}`;
        return { about, state: "note", says, next: copied };
    }
    const says = root === 0
        ? `numbers are the same in a container; the workspace goes back to user ${uid} after a task`
        : `root in a container is user ${root} here, who may write the workspace of user ${uid}`;
    return { about, state: "ok", says };
}
async function whyNot({ engine, job }, stderr) {
    const refusal = (0,words/* readRefusal */.ni)(stderr, job.settings["base-image"]);
    if (refusal.kind === "not shared") {
        return notShared((0,external_node_path_.resolve)(job.workspace));
    }
    const machine = await engine.machine();
    if (machine?.mapsUsers && /permission denied/i.test(refusal.reason)) {
        const says = `root in a container is another user here, who may not enter the workspace: ${refusal.reason}`;
        return { about: mounts_about, state: "note", says, next: copied };
    }
    const says = `a container of the base image does not run: ${(0,advice/* withAdvice */.b)(refusal)}`;
    return { about: mounts_about, state: "problem", says };
}

// EXTERNAL MODULE: ./.build/lib/settings/certificates.js
var certificates = __webpack_require__(7088);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/network.js





const names = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"];
const proxy = {
    about: "proxy",
    at: async ({ environment, job }) => {
        const about = "proxy";
        const said = names
            .flatMap((name) => [name.toUpperCase(), name])
            .flatMap((name) => {
            const value = environment[name];
            return value ? [`\`${name}\` ${/^no_/i.test(name) ? value : hostOf(value)}`] : [];
        });
        if (said.length === 0) {
            return [{ about, state: "ok", says: "none is set" }];
        }
        const says = said.join(", ");
        if (job.settings.proxy === "off") {
            return [{ about, state: "ok", says: `${says}; builds and tasks get none (\`proxy: off\`)` }];
        }
        const { warning } = (0,proxies/* proxiesOf */._j)(environment);
        return [
            warning === undefined
                ? { about, state: "ok", says: `${says}; builds and tasks get the same` }
                : { about, state: "note", says, next: warning },
        ];
    },
};
const network_certificates = {
    about: "certificates",
    at: async ({ environment, job }) => {
        const about = "certificates";
        const count = (job.certificates ?? "").split("-----BEGIN").length - 1;
        const given = count === 0 ? "" : `; builds and tasks trust ${count} of this machine's`;
        const named = new Map();
        for (const name of [...certificates/* certificateVariables */.vH, "SSL_CERT_DIR"]) {
            const path = environment[name];
            if (path) {
                named.set(path, [...(named.get(path) ?? []), `\`${name}\``]);
            }
        }
        const files = [...named].map(([path, names]) => ({ path, by: names.join(", ") }));
        const missing = await Promise.all(files.map(notReadable));
        const said = files.map(({ path, by }) => `${path} by ${by}`).join("; ");
        return [
            { about, state: "ok", says: `${said || "no variable names any"}${given}` },
            ...missing.flat(),
        ];
    },
};
async function notReadable({ path, by }) {
    if (by === "`SSL_CERT_DIR`") {
        return [];
    }
    try {
        await (0,promises_.access)(path, promises_.constants.R_OK);
        return [];
    }
    catch (error) {
        return [
            {
                about: "certificates",
                state: "problem",
                says: `what ${by} names cannot be read: ${(0,trouble/* reasonOf */.A3)(error)}`,
                next: "put the file there, or unset the variable",
            },
        ];
    }
}

// EXTERNAL MODULE: ./.build/lib/keys/reference.js
var reference = __webpack_require__(4290);
// EXTERNAL MODULE: ./.build/lib/registry/address.js
var address = __webpack_require__(9772);
// EXTERNAL MODULE: ./.build/lib/registry/budget.js
var budget = __webpack_require__(5675);
// EXTERNAL MODULE: ./.build/lib/registry/credentials.js
var registry_credentials = __webpack_require__(4942);
// EXTERNAL MODULE: ./.build/lib/registry/trouble.js
var registry_trouble = __webpack_require__(4187);
// EXTERNAL MODULE: ./.build/lib/modes/registries.js + 11 modules
var registries = __webpack_require__(8203);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/registries.js









const askMs = 6_000;
const baseImage = {
    about: "base image",
    at: async (world) => {
        const about = "base image";
        const { pull, "base-image": name } = world.job.settings;
        const base = (0,reference/* parseReference */.F2)(name);
        if (pull === "never") {
            return ofEngine(about, () => neverPulled(world, name)).at(world);
        }
        if (pull === "missing" && (await isInEngine(world, name))) {
            return [{ about, state: "ok", says: `${name} is in the engine` }];
        }
        const { who, trouble } = await ask(world, base, base.digest ?? base.tag ?? "latest");
        if (trouble === undefined) {
            return [{ about, state: "ok", says: `${name} is there, asked ${who}` }];
        }
        const says = `${trouble.message}, asked ${who}`;
        if (!(await isInEngine(world, name))) {
            return [{ about, state: "problem", says, next: whatNext(trouble, who) }];
        }
        const next = "nothing for now: tasks start from the engine's own copy";
        return [{ about, state: "note", says: `${says}; it is in the engine`, next }];
    },
};
const registry = {
    about: "registry",
    at: async (world) => {
        const about = "registry";
        const { settings } = world.job;
        const name = settings.registry?.toLowerCase();
        const image = name === undefined ? undefined : (0,reference/* parseReference */.F2)(`${name}/agent-runner-env`);
        if (image === undefined) {
            const next = "set one to share images between runners; without it the Actions cache keeps them";
            return [{ about, state: "note", says: "no `registry` is set", next }];
        }
        const { push, why } = (0,policy_push/* decidePush */.v)(settings.push, name, world.event);
        const pushed = push ? "images are pushed" : `images are not pushed${why ? `: ${why}` : ""}`;
        const { who, trouble } = await ask(world, image, "doctor");
        if (trouble === undefined || trouble.kind === "absent") {
            return [{ about, state: "ok", says: `${name} answers, asked ${who}; ${pushed}` }];
        }
        const says = `${trouble.message}, asked ${who}; ${pushed}`;
        return [{ about, state: "problem", says, next: whatNext(trouble, who) }];
    },
};
const mirrors = ofEngine("mirrors", async ({ engine }) => {
    const { mirrors = [], insecureHosts = [] } = (await engine.machine())?.registries ?? {};
    const listed = (all) => all.map(withoutLogin).join(", ") || "none";
    const says = `${listed(mirrors)}; without TLS or its check: ${listed(insecureHosts)}`;
    return [{ about: "mirrors", state: "ok", says }];
});
async function isInEngine({ engine }, name) {
    const found = await engine.images.inspect(name).catch(() => undefined);
    return found !== undefined;
}
async function neverPulled(world, name) {
    const about = "base image";
    return (await isInEngine(world, name))
        ? [{ about, state: "ok", says: `${name} is in the engine` }]
        : [
            {
                about,
                state: "problem",
                says: `${name} is not in the engine, and \`pull: never\` does not pull it`,
                next: "pull or build it in an earlier step, or leave `pull` out",
            },
        ];
}
async function ask(world, image, tag) {
    const client = (0,registries/* registriesOf */.H)(world, (0,budget/* startBudget */.c)(askMs));
    const who = await asWhom(world, image);
    try {
        await client.manifest(image, tag);
        return { who, trouble: undefined };
    }
    catch (error) {
        if (!(error instanceof registry_trouble/* RegistryTrouble */.P)) {
            throw error;
        }
        return { who, trouble: error };
    }
}
const nobody = "without a login";
async function asWhom({ credentials, environment }, image) {
    const { registry, repository } = (0,address/* placeOf */.$)(image);
    const [used, stored] = await Promise.all([
        credentials(registry, repository),
        (0,registry_credentials/* loginFor */.LD)(registry, repository, environment),
    ]);
    if (used === undefined) {
        return nobody;
    }
    if (JSON.stringify(used) !== JSON.stringify(stored?.credentials)) {
        return "with the login of `registry-username`";
    }
    return stored?.helper === undefined
        ? "with the login that `docker login` left"
        : `with the login of the credential helper ${stored.helper}`;
}
function whatNext({ kind, status }, who) {
    switch (kind) {
        case "absent":
            return "check the name, or build the image into the engine and set `pull: never`";
        case "denied":
            return who === nobody
                ? "log in in an earlier step (`docker/login-action`), or give `registry-username` and `registry-password`; for GHCR the job needs `packages: read`"
                : "check that this login is still valid and may read there; for GHCR the job needs `packages: read`";
        case "unreachable":
            return status === undefined
                ? "check the name, the network, the proxy and the certificates of this machine"
                : status === 429
                    ? "log in there, which gives more pulls, or name a mirror or a copy of your own"
                    : "try again later: the registry itself is in trouble";
        case "invalid":
            return "check the name: what answers there is no registry";
    }
}

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 5 modules
var schemas = __webpack_require__(2017);
// EXTERNAL MODULE: ./.build/lib/assets.js
var assets = __webpack_require__(9405);
// EXTERNAL MODULE: ./.build/lib/log/json.js
var json = __webpack_require__(6953);
// EXTERNAL MODULE: ./.build/lib/policy/trust.js
var trust = __webpack_require__(315);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/runner.js






const packageSchema = schemas.object({ version: schemas.string() });
const version = {
    about: "version",
    at: async ({ environment, engine }) => {
        const own = packageSchema.safeParse((0,json/* parseJson */.q)(await (0,assets/* readAsset */.f)("package.json"))).data?.version;
        const { GITHUB_ACTION_REPOSITORY: from, GITHUB_ACTION_REF: ref } = environment;
        const used = from && ref ? ` (${from}@${ref})` : "";
        const { name } = (0,program/* programOf */.oQ)(engine.cli);
        const its = await engine.cli.ask("version", "--format", "{{.Client.Version}}").then(({ stdout }) => stdout.split("\n")[0] || "unknown", () => "none");
        return [
            {
                about: "version",
                state: "ok",
                says: `Agent Runner ${own ?? "unknown"}${used}, Node.js ${process.versions.node}, ${name} command ${its}`,
            },
        ];
    },
};
const runner = {
    about: "runner",
    at: async ({ environment }) => {
        const { RUNNER_ENVIRONMENT: kind, RUNNER_OS: os, RUNNER_ARCH: arch } = environment;
        const where = kind
            ? `a ${kind} runner (${os}, ${arch})`
            : `${environment.GITHUB_ACTIONS === "true" ? "a runner" : "outside of GitHub Actions"} (${process.platform}, ${process.arch})`;
        const says = `${where}, kernel ${(0,external_node_os_.release)()}, user ${(0,external_node_os_.userInfo)().uid}`;
        return [{ about: "runner", state: "ok", says }];
    },
};
const runner_event = {
    about: "event",
    at: async ({ event, environment }) => {
        const about = "event";
        if (event === undefined) {
            return environment.GITHUB_ACTIONS === "true"
                ? [
                    {
                        about,
                        state: "note",
                        says: "nothing says which event started the job, so none is trusted",
                        next: "pass `GITHUB_EVENT_NAME` and `GITHUB_EVENT_PATH` through",
                    },
                ]
                : [{ about, state: "ok", says: "none, on a terminal" }];
        }
        const { trusted, why } = (0,trust/* trustIn */.Us)(event);
        return trusted
            ? [{ about, state: "ok", says: `\`${event.name}\`, trusted` }]
            : [
                {
                    about,
                    state: "note",
                    says: `\`${event.name}\`, not trusted: ${why}`,
                    next: "nothing, if that is so: nothing is published, and settings come from the default branch",
                },
            ];
    },
};

// EXTERNAL MODULE: ./.build/lib/modes/runtime.js + 1 modules
var modes_runtime = __webpack_require__(3354);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor.js














const looks = [
    ...[version, runner, runner_event],
    ...[engine_engine, store, builder, mounts],
    ...[baseImage, registry, mirrors],
    ...[cache_cache, proxy, network_certificates],
    ...[disks, ownImages, github],
];
const doctor_askMs = 7_000;
const limitMs = 9_000;
async function doctor(job, runtime) {
    const { cancelled, redactor, log } = runtime;
    const over = AbortSignal.any([cancelled, AbortSignal.timeout(limitMs)]);
    const found = await examine(looks, worldOf(job, runtime), over);
    if (cancelled.aborted) {
        throw new modes_runtime/* Cancelled */.cJ();
    }
    const findings = found.map((one) => ({
        ...one,
        says: redactor.redact(one.says),
        next: one.next && redactor.redact(one.next),
    }));
    for (const line of doctorLines(findings)) {
        log.info(line);
    }
    const none = findings.find(({ about, state }) => about === engine_engine.about && state === "problem");
    return doctorReport(findings, none && `no task can run here: ${none.says}`);
}
function worldOf(job, runtime) {
    const signal = AbortSignal.any([runtime.cancelled, AbortSignal.timeout(doctor_askMs)]);
    const late = `It has not answered within ${doctor_askMs / 1000} s: it hangs, or has much to do`;
    const bounded = (0,engine/* dockerEngine */.JH)(boundedBy(runtime.engine.cli, signal, late));
    let platform;
    return {
        ...runtime,
        job,
        engine: bounded,
        platform: () => {
            platform ??= bounded.platform();
            return platform;
        },
        signal,
    };
}


/***/ })

};

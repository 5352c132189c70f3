export const id = 62;
export const ids = [62];
export const modules = {

/***/ 2062:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  doctor: () => (/* binding */ doctor)
});

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./.build/lib/log/trouble.js
var trouble = __webpack_require__(4840);
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

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./.build/lib/engine/create-argv.js
var create_argv = __webpack_require__(1032);
// EXTERNAL MODULE: ./.build/lib/engine/words.js
var words = __webpack_require__(3512);
// EXTERNAL MODULE: ./.build/lib/registry/docker-config.js
var docker_config = __webpack_require__(4829);
// EXTERNAL MODULE: ./.build/lib/registry/documents.js
var documents = __webpack_require__(3642);
// EXTERNAL MODULE: ./.build/lib/task/container-spec.js
var container_spec = __webpack_require__(7081);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/engine.js






const lookAtEngine = async ({ settings, workspace }, runtime) => {
    const { engine } = runtime;
    const platform = await engine.platform();
    const [machine, builder, shared] = await Promise.all([
        engine.machine(),
        builderOf(runtime, settings.builder),
        sharing(engine, runtime, settings["base-image"], (0,external_node_path_.resolve)(workspace)),
    ]);
    return [
        {
            about: "engine",
            state: "ok",
            says: await engineText(runtime, machine, (0,documents/* platformText */.VQ)(platform)),
        },
        ...(machine === undefined ? [] : [storeOf(machine), usersOf(machine)]),
        builder,
        shared,
    ];
};
async function engineText({ environment }, machine, platform) {
    const host = environment.DOCKER_HOST;
    const where = host
        ? `\`DOCKER_HOST\` ${host.replace(/\/\/[^@/]*@/, "//")}`
        : `the context ${await (0,docker_config/* engineContext */.iv)(environment)}`;
    const rootless = machine?.isRootless ? ", rootless" : "";
    return `version ${machine?.version || "unknown"}, ${platform}${rootless}, by ${where}`;
}
function storeOf({ hasContainerdStore, driver, dataRoot }) {
    const store = hasContainerdStore ? "containerd's image store" : "the classic image store";
    return { about: "store", state: "ok", says: `${store}, ${driver}, in ${dataRoot}` };
}
function usersOf({ mapsUsers }) {
    return mapsUsers
        ? {
            about: "users",
            state: "note",
            says: "user numbers are other ones in a container (rootless, or user namespaces)",
            next: "if the task cannot write the workspace, run it as root in the container (`user: 0`), which is the engine's own user outside",
        }
        : { about: "users", state: "ok", says: "user numbers are the same in a container" };
}
async function builderOf({ engine, environment }, wanted) {
    const version = await engine.cli.ask("buildx", "version");
    if (version.code !== 0) {
        return {
            about: "buildx",
            state: "problem",
            says: `docker has no buildx: ${(0,words/* reasonIn */.YY)(version.stderr)}`,
            next: "install the buildx plugin; without it nothing is cached, and everything is installed at task start",
        };
    }
    const name = wanted ?? (await (0,docker_config/* engineContext */.iv)(environment));
    const { code, stderr } = await engine.cli.ask("buildx", "inspect", name);
    return code === 0
        ? { about: "buildx", state: "ok", says: `${version.stdout.trim()}, the builder ${name}` }
        : {
            about: "buildx",
            state: "problem",
            says: `the builder ${name} cannot be used: ${(0,words/* reasonIn */.YY)(stderr)}`,
            next: "leave `builder` out, or create it in an earlier step (`docker/setup-buildx-action`)",
        };
}
async function sharing({ images, containers }, { runId }, base, workspace) {
    const about = "mounts";
    const image = await images.inspect(base);
    if (image === undefined) {
        const next = "run `mode: prebuild` once, and ask again";
        return { about, state: "note", says: `not tried: ${base} is not in the engine`, next };
    }
    const name = `agent-runner-${runId}-doctor`;
    const mount = { type: "bind", source: workspace, target: "/workspace", readonly: true };
    const created = await containers.create({
        ...{ image: image.id, name, entrypoint: "true", command: [], network: "none" },
        labels: [`${container_spec/* runLabel */.Az}=${runId}`],
        mounts: [(0,create_argv/* mountSpec */.l)(mount)],
    });
    await containers.remove(name);
    if (!("kind" in created)) {
        return { about, state: "ok", says: `the engine has this machine's ${workspace}` };
    }
    return created.kind === "not shared"
        ? {
            about,
            state: "note",
            says: `the engine does not have this machine's ${workspace}`,
            next: "nothing: the workspace is copied into the container and back, which takes its time",
        }
        : { about, state: "problem", says: `no container can be made: ${created.reason}` };
}

// EXTERNAL MODULE: external "node:fs/promises"
var external_node_fs_promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: ./.build/lib/policy/cache.js
var cache = __webpack_require__(4891);
// EXTERNAL MODULE: ./.build/lib/policy/trust.js
var policy_trust = __webpack_require__(315);
// EXTERNAL MODULE: ./.build/lib/settings/proxies.js
var proxies = __webpack_require__(6818);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/machine.js






const lookAtMachine = async ({ settings }, runtime) => {
    const { environment } = runtime;
    return [
        runnerOf(runtime),
        cacheOf(runtime, settings["actions-cache"]),
        proxyOf(environment),
        certificatesOf(environment),
        ...(await disksOf(runtime)),
    ];
};
function runnerOf({ event, environment }) {
    const { RUNNER_ENVIRONMENT: kind, RUNNER_OS: os, RUNNER_ARCH: arch } = environment;
    const where = kind ? `a ${kind} runner (${os}, ${arch})` : "outside of GitHub Actions";
    const trust = event && (0,policy_trust/* trustIn */.Us)(event);
    const started = event === undefined
        ? ""
        : `; the event \`${event.name}\` is ${trust?.trusted ? "trusted" : `not trusted: ${trust?.why}`}`;
    return {
        about: "runner",
        state: "ok",
        says: `Node.js ${process.versions.node}, ${where}${started}`,
    };
}
function cacheOf({ environment, event }, setting) {
    const about = "cache";
    const { read, write, why, warning } = (0,cache/* decideCache */.x)(setting, environment, false, event);
    if (read && write) {
        return { about, state: "ok", says: "the Actions cache is read and written" };
    }
    const next = warning ?? why;
    return read
        ? { about, state: "note", says: "the Actions cache is read only", next: why }
        : { about, state: "note", says: "there is no Actions cache for this run", next };
}
const machine_proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
function proxyOf(environment) {
    const said = machine_proxies.flatMap((name) => {
        const value = environment[name];
        if (!value) {
            return [];
        }
        const host = (0,proxies/* placeOfProxy */.$M)(value)?.host ?? "(its address cannot be read)";
        return [`\`${name}\` ${/^no_/i.test(name) ? value : host}`];
    });
    return { about: "proxy", state: "ok", says: said.join(", ") || "none is set" };
}
function certificatesOf(environment) {
    const names = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    const said = names.flatMap((name) => environment[name] ? [`\`${name}\` ${environment[name]}`] : []);
    return { about: "certificates", state: "ok", says: said.join(", ") || "the system's own" };
}
const fewBytes = 5e9;
async function disksOf({ engine, environment }) {
    const machine = await engine.machine().catch(() => undefined);
    const folders = [
        ["disk", environment.RUNNER_TEMP || (0,external_node_os_.tmpdir)()],
        ["engine's disk", machine?.dataRoot ?? ""],
    ];
    const found = await Promise.all(folders.map(async ([about, folder]) => {
        const stat = folder === "" ? undefined : await (0,external_node_fs_promises_.statfs)(folder).catch(() => undefined);
        if (stat === undefined) {
            return [];
        }
        const free = stat.bavail * stat.bsize;
        const says = `${(0,log_text/* megabytes */.ix)(free)} free in ${folder}`;
        return [
            free < fewBytes
                ? {
                    about,
                    state: "problem",
                    says,
                    next: "free space (`docker system prune`), or use a larger runner",
                }
                : { about, state: "ok", says },
        ];
    }));
    return found.flat();
}

// EXTERNAL MODULE: ./.build/lib/keys/reference.js
var reference = __webpack_require__(4290);
// EXTERNAL MODULE: ./.build/lib/registry/address.js
var address = __webpack_require__(9772);
// EXTERNAL MODULE: ./.build/lib/registry/budget.js
var budget = __webpack_require__(5675);
// EXTERNAL MODULE: ./.build/lib/registry/trouble.js
var registry_trouble = __webpack_require__(4187);
// EXTERNAL MODULE: ./.build/lib/modes/registries.js + 10 modules
var registries = __webpack_require__(3948);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor/registries.js





const askMs = 7_000;
const lookAtRegistries = async ({ settings }, runtime) => {
    const client = (0,registries/* registriesOf */.H)(runtime, (0,budget/* startBudget */.c)(askMs));
    const base = (0,reference/* parseReference */.F2)(settings["base-image"]);
    const own = settings.registry && (0,reference/* parseReference */.F2)(`${settings.registry.toLowerCase()}/agent-runner-env`);
    const [first, second, told] = await Promise.all([
        settings.pull === "never"
            ? inEngine(settings["base-image"], runtime)
            : ask("base image", base, base.digest ?? base.tag ?? "latest", client, runtime),
        own ? ask("registry", own, "doctor", client, runtime) : undefined,
        runtime.engine.machine().catch(() => undefined),
    ]);
    const { mirrors = [], insecureHosts = [] } = told?.registries ?? {};
    return [
        first,
        second ?? {
            about: "registry",
            state: "note",
            says: "no `registry` is set",
            next: "give one to share images between runners; else they are kept in the Actions cache, where there is one",
        },
        {
            about: "mirrors",
            state: "ok",
            says: `${mirrors.join(", ") || "none"}; without TLS: ${insecureHosts.join(", ") || "none"}`,
        },
    ];
};
async function inEngine(reference, { engine }) {
    const about = "base image";
    return (await engine.images.inspect(reference)) === undefined
        ? {
            about,
            state: "problem",
            says: `${reference} is not in the engine, and \`pull: never\` does not pull it`,
            next: "pull it in an earlier step, or leave `pull` out",
        }
        : { about, state: "ok", says: `${reference} is in the engine` };
}
async function ask(about, image, tag, client, { credentials }) {
    const { registry, repository } = (0,address/* placeOf */.$)(image);
    const login = await credentials(registry, repository);
    const who = login === undefined ? "without a login" : "with a login";
    const name = (0,reference/* nameOf */.Vb)(image);
    try {
        await client.manifest(image, tag);
        return { about, state: "ok", says: `${name} is there, asked ${who}` };
    }
    catch (error) {
        if (!(error instanceof registry_trouble/* RegistryTrouble */.P)) {
            throw error;
        }
        const says = `${error.message}, asked ${who}`;
        if (error.kind === "absent" && about === "registry") {
            return { about, state: "ok", says: `${registry} answers ${who}; ${name} may be read` };
        }
        return { about, state: "problem", says, next: whatNext(error) };
    }
}
function whatNext({ kind }) {
    switch (kind) {
        case "absent":
            return "check the name, or build the image into the engine and set `pull: never`";
        case "denied":
            return "log in in an earlier step (`docker/login-action`), or give `registry-username` and `registry-password`; for GHCR the job needs `packages: read`";
        case "unreachable":
            return "check the network, the proxy and the certificates of this machine";
        case "invalid":
            return undefined;
    }
}

// EXTERNAL MODULE: ./.build/lib/modes/runtime.js + 2 modules
var modes_runtime = __webpack_require__(2674);
;// CONCATENATED MODULE: ./.build/lib/modes/doctor.js







const looks = [
    ["machine", lookAtMachine],
    ["engine", lookAtEngine],
    ["registries", lookAtRegistries],
];
const limitMs = 9_000;
async function doctor(job, runtime) {
    const over = new AbortController();
    const found = await Promise.all(looks.map(async ([about, look]) => {
        const late = (0,promises_.setTimeout)(limitMs, undefined, { signal: over.signal }).then(() => [
            {
                about,
                state: "problem",
                says: `it did not answer within ${limitMs / 1000} s`,
                next: "look whether it is busy, or hangs",
            },
        ]);
        late.catch(() => { });
        return Promise.race([look(job, runtime).catch((error) => failed(about, error)), late]);
    }));
    over.abort();
    if (runtime.cancelled.aborted) {
        throw new modes_runtime/* Cancelled */.cJ();
    }
    const findings = found.flat().map((one) => ({
        ...one,
        says: runtime.redactor.redact(one.says),
        next: one.next && runtime.redactor.redact(one.next),
    }));
    for (const line of doctorLines(findings)) {
        runtime.log.info(line);
    }
    const engine = findings.find(({ about, state }) => about === "engine" && state === "problem");
    return doctorReport(findings, engine && `no task can run here: ${engine.says}`);
}
function failed(about, error) {
    return [{ about, state: "problem", says: (0,trouble/* reasonOf */.A3)(error) }];
}


/***/ })

};

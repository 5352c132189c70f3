/**
 * Hands a workspace back and prints what there is to tell, as a process of another user than the tests':
 * `node take-back.ts IMAGE WORKSPACE RUN`
 */
import { dockerCli } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { takeBack } from "../../../src/task/workspace/shared.ts";

const [image = "", workspace = "", runId = ""] = process.argv.slice(2);
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const engine = dockerEngine(dockerCli(process.env));
console.log(JSON.stringify(await takeBack(engine, { image, workspace, owner, since: 0 }, runId)));

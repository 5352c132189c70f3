/**
 * Hands a workspace back and prints what there is to tell, as a process of another user than the tests':
 * `node take-back.ts IMAGE WORKSPACE RUN OWNER`
 */
import { dockerCli } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { takeBack } from "../../../src/task/workspace/shared.ts";

const [image = "", workspace = "", runId = "", id = ""] = process.argv.slice(2);
const owner = { uid: Number(id), gid: Number(id) };
const engine = dockerEngine(dockerCli(process.env));
console.log(JSON.stringify(await takeBack(engine, { image, workspace, owner, since: 0 }, runId)));

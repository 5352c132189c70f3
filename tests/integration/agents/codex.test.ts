import { startOpenAi } from "../../harness/models/openai.ts";
import { testAgent } from "./agent.ts";

// The real Codex from npm.
testAgent({
  agent: "codex",
  startModel: startOpenAi,
  inputs: (url) => ({
    env: "OPENAI_API_KEY=sk-stand-in", // the name that people give; the tool reads another
    "agent-args": `--config\nopenai_base_url="${url}/v1"`,
  }),
  structured: true,
});
